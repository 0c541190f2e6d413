"""The part of the command line that --each is."""

import gc
import os
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

from stdtools.shared import journal, screen
from stdtools.shared.commands import print_text
from stdtools.shared.errors import TROUBLE, ToolError
from stdtools.shared.streams import Flushable, Output, open_input
from stdtools.tmpl.command_render import VERIFIED
from stdtools.tmpl.files import FileSet
from stdtools.tmpl.record_batches import batches
from stdtools.tmpl.rows import Batch, RowRenderer
from stdtools.tmpl.telling import encode, encoded, message, tell
from stdtools.tmpl.values import Values

if TYPE_CHECKING:
    from stdtools.tmpl.sharing import Piece

_MOST_TOLD = 10
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "\\": "\\"}


class RowRun:
    """A run over the records of --each; *name* is that of the template."""

    def __init__(self, given: dict[str, Any], renderer: RowRenderer, name: str, values: Values) -> None:
        self._given = given
        self._renderer = renderer
        self._name = name
        self._values = values
        self._told = 0
        self._code = 0
        self._is_refused = False
        self._where = ""
        gc.disable()  # a million new lists hold no cycle

    def into(self, output: Output) -> int:
        """Write all renderings one after the other, and return the exit code."""
        if self._given["jobs"] > 1 and not self._given["separator"]:
            with open_input(self._given["each"]) as source:
                from stdtools.tmpl.sharing import pieces_of

                if pieces := pieces_of(source):
                    return self._share(pieces, output)
        separator = _unescaped(self._given["separator"] or "")
        before = self._line("header")
        count = 0
        for batch in self._batches(output):
            if texts := self._texts(self._renderer, batch):
                output.write(encode(before + separator.join(texts), output))
                before = separator
                count += len(texts)
        if self._is_refused:
            return self._code
        # A text of -e is a line, which the last of them ends here.
        end = "\n" if count and separator and self._given["text"] is not None else ""
        output.write(encode(f"{'' if count else before}{end}{self._line('footer')}", output))
        return self._finish()

    def _share(self, pieces: "list[Piece]", output: Output) -> int:
        """Have several processes write the renderings of *pieces*."""
        from mmap import mmap

        from stdtools.shared.turns import write_in_turn

        if pieces[0].columns and self._refuses(pieces[0].columns):
            return self._code
        jobs = min(self._given["jobs"], len(pieces))
        results = memoryview(mmap(-1, 16 * jobs)).cast("q")  # the exit code and the records of each
        output.write(encode(self._line("header"), output))
        output.flush()
        parts = [self._part(pieces[job::jobs], output, results[2 * job : 2 * job + 2]) for job in range(jobs)]
        write_in_turn(parts, output.fd, pieces[0].source.name)
        self._code = max(results[::2])
        journal.counts["records"] = sum(results[1::2])
        output.write(encode(self._line("footer"), output))
        return self._code

    def _part(self, pieces: "list[Piece]", output: Output, result: memoryview) -> Iterator[bytes]:
        """Yield what each of *pieces* becomes, in a process of its own, and leave code and count in *result*."""
        records = 0
        for piece in pieces:
            self._where = f"{piece.source.name}, from byte {piece.at} on"
            texts: list[str] = []
            for batch in piece.batches():
                texts += self._texts(self._renderer, batch)
                records += len(batch.rows)
            yield encode("".join(texts), output)
        result[0], result[1] = self._finish(), records

    def into_files(self, paths: RowRenderer, escape: str) -> int:
        """Write each rendering into the file that *paths* names, and return the exit code."""
        root = os.path.join(os.path.dirname(paths.head), "")
        with FileSet(root, dry=self._given["dry_run"]) as files:
            for batch in self._batches(None):
                texts = self._renderer.texts(batch)
                problems = self._renderer.problems
                names = paths.texts(batch)
                self._tell(self._renderer, self._name)
                for number, (name, text) in enumerate(zip(names, texts, strict=True), batch.first):
                    if name is not None and text is not None and not self._code:
                        self._check(text, escape, number)
                        files.add(name, encoded(text, f"record {number}"), number)
                if not problems:
                    self._tell(paths, "--output")
            if self._code:
                self._finish()
                return self._code
            if self._given["dry_run"]:
                print_text("".join(f"{path}\n" for path in files.changed))
            else:
                files.commit()
        journal.counts["files"] = len(files.changed)
        screen.note(f"{screen.amount(len(files.changed), 'file')} written, {files.unchanged} as they were", verbosity=1)
        return 0

    def _check(self, text: str, escape: str, number: int) -> None:
        """Raise ToolError when *text* is not what it is escaped for."""
        if escape not in VERIFIED:
            return
        from stdtools.tmpl.verifying import fault_in

        fault = fault_in(text, escape)
        if fault is not None:
            line = text.count("\n", 0, fault.offset) + 1
            what = f"the output is not {escape.upper()}: {fault.what} in line {line}"
            raise ToolError(what, where=f"{self._name}: record {number}")

    def _batches(self, output: Flushable | None) -> Iterator[Batch]:
        """Yield the records, unless none of them has what the template asks for."""
        records = 0
        columns: object = None
        with open_input(self._given["each"], output) as source:
            self._where = source.name
            for batch in batches(source):
                if batch.columns is not None and batch.columns is not columns:
                    columns = batch.columns
                    if self._refuses(batch.columns):
                        return
                records += len(batch.rows)
                journal.counts["records"] = records
                yield batch

    def _refuses(self, columns: Sequence[str]) -> bool:
        """Tell what the template asks for and no row of *columns* has; say whether there is such."""
        absent = self._renderer.absent(columns)
        if absent.total:
            self._is_refused = True
            self._code = tell(absent, self._name, self._values, columns)
        return self._is_refused

    def _texts(self, renderer: RowRenderer, batch: Batch) -> list[str]:
        """Return what *batch* becomes, without the records that lack something, which are told."""
        texts = renderer.texts(batch)
        if not renderer.problems:
            return cast(list[str], texts)  # None stands only where there is a problem
        self._tell(renderer, self._name)
        return [text for text in texts if text is not None]

    def _tell(self, renderer: RowRenderer, name: str) -> None:
        for number, trouble in renderer.problems:
            self._code = max(self._code, 1 if trouble.is_missing else TROUBLE)
            self._told += 1
            if self._told <= _MOST_TOLD:
                [(line, column, _)] = renderer.located([trouble]).first
                screen.complain(f"{self._where}: record {number}: {message(trouble)} ({name}:{line}:{column})")

    def _finish(self) -> int:
        if self._told > _MOST_TOLD:
            screen.complain(f"{self._where}: and {self._told - _MOST_TOLD} more")
        return self._code

    def _line(self, name: str) -> str:
        text = self._given[name]
        return "" if text is None else _unescaped(text) + "\n"


def _unescaped(text: str) -> str:
    r"""Return *text* with its ``\n``, ``\t``, ``\r``, ``\0`` and ``\\`` as what they stand for."""
    if "\\" in text:
        text = re.sub(r"\\([ntr0\\])", lambda found: _ESCAPES[found[1]], text)
    return os.fsencode(text).decode("utf-8", "surrogateescape")
