"""What a person at a terminal sees: notes, colour, tables, and text that cannot hurt.

The only module that imports rich, and only when a table or a colour is really drawn.
"""

import contextlib
import os
import re
from collections.abc import Sequence
from functools import cache

from stdtools.shared.streams import STDERR, STDIN, Output, write_all


class Preferences:
    """The name of this run's command and what its common options said; set by the front door."""

    command = "stdtools"  # what messages begin with
    verbosity = 0  # -1 quiet, 0, 1 verbose
    debug = False
    color = "auto"


preferences = Preferences()


def note(message: str, *, verbosity: int = 0) -> None:
    """Tell the user something on standard error, unless less than *verbosity* was asked for."""
    if preferences.verbosity >= verbosity:
        complain(message)


def complain(message: str, *detail: str) -> None:
    """Write a line on standard error, headed by the command, and the lines of *detail* below it."""
    with contextlib.suppress(OSError):  # a standard error that fails is past helping
        lines = [f"{preferences.command}: {message}", *detail]
        write_all(STDERR, "".join(f"{safe(line)}\n" for line in lines).encode())


def amount(number: int, unit: str) -> str:
    """Return ``1 line`` or ``2 lines``."""
    return f"{number} {unit}{'' if number == 1 else 's'}"


def warn_of_terminal(fd: int) -> None:
    """Say that we wait for somebody to type, where *fd* is standard input and a terminal."""
    if fd == STDIN and os.isatty(STDIN):
        note("reading from the terminal; Ctrl-D ends")


# C0 and C1 controls, DEL, bidirectional marks and overrides, line separators, lone surrogates.
C0 = "\x00-\x1f"
C0_WITHIN_LINES = "\x00-\x08\x0b-\x1f"
OTHERS = "\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"


@cache
def _unsafe(c0: str) -> re.Pattern[str]:
    return re.compile(f"[{c0}{OTHERS}]")


def safe(text: str) -> str:
    r"""Return *text* with everything that could steer a terminal shown as an escape (``\x1b``).

    A byte of an undecodable name (a surrogate U+DC80 to U+DCFF) is shown as that byte. rich and
    Click both let escape sequences through.
    """
    if text.isprintable():
        return text
    return _unsafe(C0).sub(_escape, text)


def safe_lines(text: str, *, json: bool = False) -> str:
    """Return *text* made safe with its tabs and line ends kept; as JSON escapes when *json*."""
    return _unsafe(C0_WITHIN_LINES).sub(_escape_json if json else _escape, text)


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def _escape_json(match: re.Match[str]) -> str:
    return f"\\u{ord(match.group()):04x}"


def wants_progress(choice: bool | None) -> bool:
    """Whether to tell how far a command is; where --progress and --no-progress leave the *choice*, on a terminal."""
    return os.isatty(STDERR) and preferences.verbosity >= 0 if choice is None else choice


def wants_color(fd: int) -> bool:
    """Whether text for *fd* should be coloured: --color, then the usual variables, then the terminal."""
    if preferences.color != "auto":
        return preferences.color == "always"
    environment = os.environ.get
    if environment("NO_COLOR"):
        return False
    if any(environment(name, "0") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    if environment("CLICOLOR") == "0" or environment("TERM") == "dumb":
        return False
    return os.isatty(fd)


# SGR codes that stay readable on dark and light backgrounds.
PALETTE = (36, 33, 32, 35, 34, 31)


def paint(text: str, code: int) -> str:
    """Return *text* between the SGR sequences for *code*."""
    return f"\x1b[{code}m{text}\x1b[0m"


def bar(share: float, width: int, fd: int = STDERR) -> str:
    """Return a bar of *width* characters, of which *share*, from 0 to 1, is full; coloured where *fd* wants it."""
    from rich.console import Console
    from rich.progress_bar import ProgressBar

    color = wants_color(fd)
    console = Console(width=width, force_terminal=color, no_color=not color, legacy_windows=False)
    with console.capture() as drawn:
        console.print(ProgressBar(total=1.0, completed=share, width=width), end="")
    return drawn.get().rstrip("\n").ljust(width)  # without colour the rest is not drawn


_NARROWEST = 8  # characters of a column that is folded


class Table:
    """A table that streams: the first rows fix the column widths, later ones fold into them."""

    FIRST = 200

    def __init__(self, output: Output, columns: Sequence[str], numeric: Sequence[bool]) -> None:
        from rich.console import Console

        self._output = output
        self._columns = columns
        self._numeric = numeric
        self._rows: list[Sequence[str]] = []
        self._widths: list[int] | None = None
        width = os.get_terminal_size(output.fd).columns if output.is_terminal else 100_000
        color = wants_color(output.fd)
        self._console = Console(
            width=width or 80,
            height=25,
            force_terminal=color,
            no_color=not color,
            color_system="standard" if color else None,
            markup=False,
            emoji=False,
            highlight=False,
            legacy_windows=False,
        )

    def add(self, row: Sequence[str]) -> None:
        """Add a row of cells, one string a column."""
        self._rows.append(row)
        if len(self._rows) >= self.FIRST:
            self.flush()

    def flush(self, *, last: bool = False) -> None:
        """Draw the rows that wait; the header goes before the first of them, also when there is none."""
        if not self._rows and (self._widths is not None or not last):
            return
        from rich import box
        from rich.table import Table as RichTable
        from rich.text import Text

        table = RichTable(box=box.SIMPLE_HEAD, show_header=self._widths is None, pad_edge=False, show_edge=False)
        cells = [[Text(safe(cell), overflow="fold") for cell in row] for row in self._rows]
        if self._widths is None:
            self._widths = self._fit(cells)
        for name, width, numeric in zip(self._columns, self._widths, self._numeric, strict=True):
            table.add_column(Text(safe(name)), width=width, overflow="fold", justify="right" if numeric else "left")
        for row in cells:
            table.add_row(*row)
        with self._console.capture() as drawn:
            self._console.print(table)
        lines = (line.rstrip() + "\n" for line in drawn.get().removesuffix("\n").split("\n"))
        self._output.write("".join(lines).encode())
        self._rows = []

    def _fit(self, cells: Sequence[Sequence[object]]) -> list[int]:
        from rich.cells import cell_len

        widths = [cell_len(safe(name)) for name in self._columns]
        for row in cells:
            widths = [max(width, cell_len(str(cell))) for width, cell in zip(widths, row, strict=True)]
        room = self._console.width - 3 * (len(widths) - 1)  # three blanks stand between columns
        if sum(widths) <= room:
            return widths
        # The wide columns become as wide as each other, so that none of them is left with a word a line.
        levels = range(min(max(widths), room), _NARROWEST, -1)
        most = next((level for level in levels if sum(min(width, level) for width in widths) <= room), _NARROWEST)
        fitting = [min(width, most) for width in widths]
        widest = widths.index(max(widths))
        fitting[widest] += max(0, room - sum(fitting))
        return fitting
