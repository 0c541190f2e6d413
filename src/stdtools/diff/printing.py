"""Writes what differs between files, pair by pair, in the format that was asked for."""

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from stdtools.diff.comparing import Outcome
from stdtools.diff.comparison import Comparison
from stdtools.diff.expressions import Matches
from stdtools.diff.headers import ABSENT, quote, title
from stdtools.diff.inputs import STDIN_PATH, Source
from stdtools.diff.keys import Ignored
from stdtools.diff.unified_format import Writable
from stdtools.shared import screen
from stdtools.shared.records import RecordWriter
from stdtools.shared.streams import Output

if TYPE_CHECKING:
    from stdtools.diff.functions import Functions
    from stdtools.diff.summary import Row

PATCHES = ("unified", "context", "normal")  # what patch reads
WHOLE = ("side-by-side", "ndiff", "html", "json", "jsonl")  # written also where nothing differs
RECORDS = ("json", "jsonl")


class Shape(NamedTuple):
    """In which format, and how: each field is for those that it means something to."""

    style: str = "unified"
    context: int | None = None
    labels: tuple[bytes, ...] = ()
    timestamps: bool = True
    epoch: int | None = None  # seconds: the time of all files, in UTC
    functions: Matches | None = None
    initial_tab: bool = False
    width: int | None = None
    only_changes: bool = False
    without_cr: bool = False  # for columns alone, in which they would go back to the first
    word_regex: str | None = None
    brief: bool = False
    report_identical: bool = False
    color: bool = False

    @property
    def around(self) -> int:
        """How many lines of context there are in the formats that have some."""
        return 3 if self.context is None else self.context

    @property
    def shows_whole(self) -> bool:
        """Whether there is something to write where nothing differs."""
        return self.style in WHOLE and not self.brief and not self.only_changes

    @property
    def counts(self) -> bool:
        """Whether numbers take the place of all that is said of a pair."""
        return self.style in ("stat", "numstat") and not self.brief


class Printer:
    """Writes one pair after the other on *output*; ``close`` writes what comes behind all of them."""

    def __init__(self, output: Output, shape: Shape) -> None:
        self._output = output
        self._shape = shape
        self._out: Writable = output
        self._rows: list[Row] = []
        self._records: RecordWriter | None = None
        if shape.style in RECORDS:
            from stdtools.diff.hunk_records import COLUMNS

            self._records = RecordWriter(output, COLUMNS, shape.style)
        elif output.is_terminal:
            from stdtools.diff.coloring import SafeOutput

            self._out = SafeOutput(output)

    @property
    def style(self) -> str:
        """The format."""
        return self._shape.style

    def say(self, a: bytes, b: bytes, text: bytes, *, differs: bool) -> None:
        """Write a line about a pair that is not compared."""
        if self._records:
            self._record(a, b, Outcome(differs), text)
        elif not self._shape.counts:
            self._say(text)

    def _say(self, text: bytes) -> None:
        """Write a line with names; on a terminal nothing in these ends it, or steers."""
        if self._output.is_terminal:
            text = screen.safe(os.fsdecode(text)).encode()
        self._output.write(text + b"\n")

    def write(self, a: Source, b: Source, outcome: Outcome, options: bytes | None = None) -> None:
        """Write what became of a pair; below the command with *options* that would compare it, where there are any."""
        names = self._names(a, b)
        if self._records:
            self._record(a.path, b.path, outcome, _note(names, outcome))
            return
        if outcome.differs and self._shape.counts:
            self._count(a, b, outcome)
            return
        note = _note(names, outcome)
        if outcome.differs and self._shape.brief:
            note = b"Files %b and %b differ" % names
        if note:
            self._say(note)
        elif outcome.comparison and not self._shape.brief and (outcome.differs or self._shape.shows_whole):
            if options is not None:
                shown = [given or quote(source.path) for given, source in zip(self._labels(), (a, b), strict=True)]
                self._out.write(b"diff%b %b %b\n" % (options, *shown))
            _STYLES[self._shape.style](self, a, b, outcome, outcome.comparison)
        if not outcome.differs and self._shape.report_identical and self._shape.style != "html":
            self._say(b"Files %b and %b are identical" % names)

    def close(self) -> None:
        """Write what ends the output."""
        if self._records:
            self._records.close()
        if self._rows:
            from stdtools.diff.summary import write_graph

            write_graph(self._rows, self._output, self._columns(80), color=self._shape.color)

    def _columns(self, default: int) -> int:
        """Return how wide the output is to be: *default* where neither the user nor a terminal says."""
        if self._shape.width is not None or not self._output.is_terminal:
            return self._shape.width or default
        return os.get_terminal_size(self._output.fd).columns or 80

    def _labels(self) -> tuple[bytes | None, bytes | None]:
        labels = [*self._shape.labels, None, None]
        return labels[0], labels[1]

    def _names(self, a: Source, b: Source) -> tuple[bytes, bytes]:
        labels = self._labels()
        return labels[0] or a.path, labels[1] or b.path

    def _titles(self, a: Source, b: Source) -> tuple[bytes, bytes]:
        zone = "local" if self._shape.epoch is None else "utc"
        one, other = (
            title(source.path, self._time(source), given=given, zone=zone)
            for source, given in zip((a, b), self._labels(), strict=True)
        )
        return one, other

    def _time(self, source: Source) -> int | None:
        if not self._shape.timestamps:
            return None
        if source.found is None:
            return ABSENT
        if self._shape.epoch is not None:
            return self._shape.epoch * 1_000_000_000
        return time.time_ns() if source.path == STDIN_PATH else source.found.st_mtime_ns

    def _count(self, a: Source, b: Source, outcome: Outcome) -> None:
        from stdtools.diff.summary import row_of, write_numbers

        old, new = (source.path if source.found else b"/dev/null" for source in (a, b))
        row = row_of(old, new, outcome)
        if self._shape.style == "stat":
            self._rows.append(row)
        else:
            write_numbers(row, self._out)

    def _record(self, a: bytes, b: bytes, outcome: Outcome, note: bytes) -> None:
        from stdtools.diff.hunk_records import write_record

        comparison = outcome.comparison
        minimal = None if comparison is None else comparison.minimal
        if note == b"" and comparison is not None and comparison.why:
            note = b"perhaps not the fewest lines: " + comparison.why.encode()
        text = os.fsdecode(note) or None
        start = (os.fsdecode(a), os.fsdecode(b), not outcome.differs, text, minimal, outcome.ignored)
        assert self._records is not None
        write_record(self._records, start, outcome, self._shape.around)

    def _functions(self, comparison: Comparison) -> "Functions | None":
        if self._shape.functions is None:
            return None
        from stdtools.diff.functions import Functions

        return Functions(comparison.a, self._shape.functions)

    def _unified(self, a: Source, b: Source, outcome: Outcome, comparison: Comparison) -> None:
        from stdtools.diff import unified_format

        shape = self._shape
        context = shape.around
        titles, functions, tab = self._titles(a, b), self._functions(comparison), b"\t" * shape.initial_tab
        write, out = unified_format.write, self._out
        if shape.color:
            from stdtools.diff.coloring import write_unified

            write, out = write_unified, self._output
        write(comparison, titles, out, context, functions=functions, tab=tab, ignored=outcome.trivial)

    def _context(self, a: Source, b: Source, outcome: Outcome, comparison: Comparison) -> None:
        from stdtools.diff import context

        context.write(
            comparison, self._titles(a, b), self._marked(), self._shape.around,
            functions=self._functions(comparison), tab=self._tab(), ignored=outcome.trivial,
        )  # fmt: skip

    def _normal(self, a: Source, b: Source, outcome: Outcome, comparison: Comparison) -> None:
        from stdtools.diff import normal

        normal.write(comparison, self._marked(), tab=self._tab(), ignored=outcome.trivial)

    def _tab(self) -> bytes:
        return b"\t" if self._shape.initial_tab else b" "

    def _marked(self) -> Writable:
        """Return where lines go that are painted by their marks."""
        if not self._shape.color:
            return self._out
        from stdtools.diff.coloring import PaintedOutput

        return PaintedOutput(self._output)

    def _side_by_side(self, a: Source, b: Source, outcome: Outcome, comparison: Comparison) -> None:
        from stdtools.diff import side_by_side

        shape, output = self._shape, self._output
        wrapped = output.is_terminal and shape.width is None
        if shape.without_cr:
            stripped = Ignored(trailing_cr=True).key
            comparison = comparison._replace(a=stripped(comparison.a), b=stripped(comparison.b))
        side_by_side.write(
            comparison, output if wrapped or shape.color else self._out, self._columns(130),
            ignored=outcome.trivial, only_changes=shape.only_changes, wrapped=wrapped, color=shape.color,
        )  # fmt: skip

    def _ndiff(self, a: Source, b: Source, outcome: Outcome, comparison: Comparison) -> None:
        from stdtools.diff import ndiff

        ndiff.write(comparison, self._out, outcome.trivial)

    def _inline(self, a: Source, b: Source, outcome: Outcome, comparison: Comparison) -> None:
        from stdtools.diff import inline

        shape = self._shape
        inline.write(
            comparison, self._titles(a, b), self._output if shape.color else self._out,
            unit="char" if shape.style == "char" else "word", regex=shape.word_regex,
            context=shape.around,
            ignored=outcome.trivial, color=shape.color,
        )  # fmt: skip

    def _html(self, a: Source, b: Source, outcome: Outcome, comparison: Comparison) -> None:
        from stdtools.diff import html

        names = self._names(a, b)
        html.write(comparison, names, self._output, context=self._shape.context, ignored=outcome.trivial)


_STYLES: dict[str, Callable[[Printer, Source, Source, Outcome, Comparison], None]] = {
    "unified": Printer._unified,
    "context": Printer._context,
    "normal": Printer._normal,
    "side-by-side": Printer._side_by_side,
    "ndiff": Printer._ndiff,
    "word": Printer._inline,
    "char": Printer._inline,
    "color-words": Printer._inline,
    "html": Printer._html,
}


def _note(names: tuple[bytes, bytes], outcome: Outcome) -> bytes:
    """Return what to say of a pair in the place of its lines, if there are none to show."""
    if outcome.differs and outcome.is_binary:
        return b"Binary files %b and %b differ" % names
    if outcome.differs and outcome.comparison and not outcome.comparison.changes:
        encodings = [encoding.encode() or b"UTF-8 or other" for encoding in outcome.encodings]
        return b"Files %b and %b differ in their encoding alone: %b, %b" % (*names, *encodings)
    return b""
