"""Lines on standard output: as they are, or as records."""

import re
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from stdtools.log.lines import Line, Selection
from stdtools.shared import screen
from stdtools.shared.records import RecordWriter
from stdtools.shared.streams import Output

COLUMNS = ("time", "level", "text")
JOURNAL_COLUMNS = ("time", "level", "pid", "command", "exit", "seconds", "more")
_COLORS = {"warning": 33, "error": 31, "critical": 31, "alert": 31, "emergency": 31}


class Show(Protocol):
    """Selects lines and shows them; ``count`` is how many of those that were asked for it has shown."""

    selection: Selection
    count: int

    def select(self, block: bytes) -> Sequence[Any]:
        """Return what is to be shown of *block*, which ends with a line."""

    def select_lines(self, block: bytes) -> list[Any]:
        """Return the wanted lines of *block*, one by one."""

    def show(self, lines: Sequence[Any]) -> None:
        """Write what was selected."""

    def flush(self) -> None:
        """Let out what waits."""

    def close(self) -> None:
        """Write what ends the output."""


class Plain:
    """Shows lines as they are; on a terminal made safe, warnings and errors in colour."""

    def __init__(self, output: Output, selection: Selection) -> None:
        self.output = output
        self.selection = selection
        self.count = 0
        self._color = screen.wants_color(output.fd)
        self._as_is = not self._color and not output.is_terminal

    def select(self, block: bytes) -> list[bytes]:
        """Return what is to be shown of *block*, which ends with a line."""
        if self._as_is and self.selection.wants_all:
            return [block]
        return self.selection.lines(block)

    def select_lines(self, block: bytes) -> list[bytes]:
        """Return the wanted lines of *block*."""
        return self.selection.lines(block)

    def show(self, lines: Sequence[bytes]) -> None:
        """Write what was selected."""
        self.count += len(lines)
        if not self._as_is:
            lines = [self._for_people(line) for line in lines]
        self.output.write(b"".join(lines))

    def _for_people(self, line: bytes) -> bytes:
        text = line.removesuffix(b"\n").decode("utf-8", "surrogateescape")
        if self.output.is_terminal:
            text = screen.safe_lines(text.removesuffix("\r"))
        if self._color:
            from stdtools.log.recognition import level_of

            if code := _COLORS.get(level_of(line) or ""):
                text = screen.paint(text, code)
        return text.encode("utf-8", "surrogateescape") + b"\n" * line.endswith(b"\n")

    def flush(self) -> None:
        """Let out what waits."""
        self.output.flush()

    def close(self) -> None:
        """Write what ends the output: nothing."""


class Records:
    """Shows lines as records: time, level and text; a line of the journal with its fields."""

    def __init__(self, writer: RecordWriter, selection: Selection, make: Callable[[Line], tuple[object, ...]]) -> None:
        self.selection = selection
        self.count = 0
        self._make = make
        self._writer = writer

    def select(self, block: bytes) -> list[Line]:
        """Return the wanted lines of *block*."""
        return list(self.selection.records(block))

    select_lines = select

    def show(self, lines: Sequence[Line]) -> None:
        """Write what was selected."""
        self.count += len(lines)
        self._writer.write(map(self._make, lines))

    def flush(self) -> None:
        """Let out what waits."""
        self._writer.flush()

    def close(self) -> None:
        """Write what ends the records."""
        self._writer.close()


def record(line: Line) -> tuple[object, ...]:
    """Return COLUMNS of a line."""
    try:
        return _clock(line.time), line.level, line.text.decode()
    except UnicodeDecodeError:
        return _clock(line.time), line.level, line.text


_FIELD = re.compile(r'(\w+)=("[^"]*"|\S*)')


def journal_record(line: Line) -> tuple[object, ...]:
    """Return JOURNAL_COLUMNS of a line of the journal; *more* is whatever else it says."""
    text = line.text.decode("utf-8", "backslashreplace")
    fields = {name: value.strip('"') for name, value in _FIELD.findall(text)}
    pid, exit_code, seconds = (_number(fields, name) for name in ("pid", "exit", "seconds"))
    command = fields.pop("command", None)
    said = text.split(" ", 3)[-1]  # by a module's logger
    more = said if command is None else " ".join(f"{name}={value}" for name, value in fields.items())
    return _clock(line.time), line.level, pid, command, exit_code, seconds, more or None


def _number(fields: dict[str, str], name: str) -> float | None:
    """Take the number *name* out of *fields*; None when there is none."""
    match = re.fullmatch(r"([0-9]{1,15})(\.[0-9]{1,9})?", fields.get(name, ""))
    if match is None:
        return None
    del fields[name]
    return float(match[0]) if match[2] else int(match[0])


def _clock(moment: float | None) -> str | None:
    if moment is None:
        return None
    from datetime import datetime

    return datetime.fromtimestamp(moment).astimezone().isoformat(timespec="milliseconds")
