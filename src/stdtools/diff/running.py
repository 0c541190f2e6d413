"""One run: two files or two directories, compared pair by pair, and what that comes to."""

import os
from collections.abc import Callable, Sequence
from typing import NamedTuple

from stdtools.diff import inputs
from stdtools.diff.comparing import Outcome, Wishes, compare_files
from stdtools.diff.inputs import Source, Troubles
from stdtools.diff.printing import PATCHES, Printer
from stdtools.shared import screen
from stdtools.shared.errors import TROUBLE, ToolError
from stdtools.shared.streams import STDIN


class Entering(NamedTuple):
    """What is compared of two directories; ``options`` returns what stands behind ``diff`` above each pair."""

    recursive: bool = False
    absent: bool = False
    exclude: Sequence[str] = ()
    follow_symlinks: bool = True
    options: Callable[[], bytes] = bytes


class Run:
    """Compares all pairs, and knows what that comes to."""

    def __init__(self, entering: Entering, wishes: Wishes, printer: Printer) -> None:
        self._entering = entering
        self._wishes = wishes
        self.printer = printer
        self.pairs = 0
        self.ignored = 0
        self._code = 0

    def compare(self, a_path: bytes, b_path: bytes) -> int:
        """Compare what the user named; return the exit code."""
        try:
            follow = self._entering.follow_symlinks
            a, b = inputs.find_both(a_path, b_path, absent=self._entering.absent, follow_symlinks=follow)
        except Troubles as troubles:
            self._complain(troubles)
            return TROUBLE
        if any(inputs.is_directory(source) or inputs.is_link(source) for source in (a, b)):
            self._directories(a.path, b.path)
        else:
            self._files(a, b)
        return self._code

    def _files(self, a: Source, b: Source, options: bytes | None = None) -> None:
        """Compare two files, and write what differs."""
        self.pairs += 1
        if inputs.STDIN_PATH in (a.path, b.path) and a.path != b.path:
            screen.warn_of_terminal(STDIN)
        try:
            outcome = compare_files(a, b, self._wishes)
        except Troubles as troubles:
            self._complain(troubles)
            return
        self._code = max(self._code, int(outcome.differs))
        self.ignored += outcome.ignored
        self._tell(a, b, outcome)
        self.printer.write(a, b, outcome, options)

    def _tell(self, a: Source, b: Source, outcome: Outcome) -> None:
        """Tell what the output alone does not."""
        comparison = outcome.comparison
        if comparison is None or self._wishes.brief:
            return
        for source, encoding in zip((a, b), outcome.encodings, strict=True):
            if encoding and comparison.changes and self.printer.style in PATCHES:
                screen.note(f"{source.name}: {encoding}, shown in UTF-8; for a patch that applies, -a")
        if comparison.why:
            asked = 0 if self._wishes.deadline is not None or self._wishes.algorithm == "minimal" else 1
            screen.note(f"perhaps not the fewest lines: {comparison.why}", verbosity=asked)

    def _directories(self, a: bytes, b: bytes) -> None:
        """Compare two directories, or what else is told apart without a look into it."""
        if self.printer.style == "html":
            raise ToolError("a page shows two files, not directories", where="--html")
        from stdtools.diff.directories import pairs

        entering = self._entering
        options = entering.options()
        for pair in pairs(
            a,
            b,
            recursive=entering.recursive,
            absent=entering.absent,
            exclude=entering.exclude,
            follow_symlinks=entering.follow_symlinks,
        ):
            if pair.code is None:
                is_root = pair.a == a and pair.b == b
                sources = Source(pair.a, pair.a_stat), Source(pair.b, pair.b_stat)
                self._files(*sources, None if is_root else options)
            elif pair.code == TROUBLE:
                screen.complain(os.fsdecode(pair.text))
                self._code = TROUBLE
            elif pair.text:
                self.printer.say(pair.a, pair.b, pair.text, differs=bool(pair.code))
                self._code = max(self._code, pair.code)
            else:
                self._code = max(self._code, pair.code)
                self.printer.write(Source(pair.a, pair.a_stat), Source(pair.b, pair.b_stat), Outcome(differs=False))

    def _complain(self, troubles: Troubles) -> None:
        for error in troubles.errors:
            screen.complain(str(error), *error.detail)
        self._code = TROUBLE
