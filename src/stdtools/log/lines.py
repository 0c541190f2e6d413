"""Which lines of a log are wanted."""

import re
from collections.abc import Iterator
from functools import cached_property
from types import ModuleType
from typing import NamedTuple

from stdtools.log.levels import RANKS
from stdtools.shared.patterns import ascii_form


class Line(NamedTuple):
    """A line without its end, with the time and level that it or the last line before it that had them says."""

    text: bytes
    time: float | None
    level: str | None


class Pattern:
    """A regular expression that is looked for in lines of bytes, which are text in UTF-8 as far as they are."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._search_text = re.compile(text).search
        self._ascii = ascii_form(text)

    def search(self, line: bytes) -> bool:
        """Whether it is found in *line*, without its end."""
        line = line.removesuffix(b"\n")
        if self._ascii is not None and line.isascii():
            return self._ascii.search(line) is not None
        return self._search_text(line.decode("utf-8", "surrogateescape")) is not None


class Selection:
    """Which lines are wanted; a line without a time belongs to the last one before it that has one.

    *since*, *until*: seconds since the epoch, both included. *level*: at least this rank. *pattern*:
    found in the line itself.
    """

    def __init__(
        self,
        since: float | None,
        until: float | None,
        pattern: Pattern | None,
        level: int | None,
    ) -> None:
        self.since = since
        self._until = until
        self._pattern = pattern
        self._level = level
        self._timed = since is not None or until is not None
        self.is_stateful = self._timed or level is not None  # what is wanted depends on the lines before
        self.wants_all = not self.is_stateful and pattern is None
        self.saw_time = False
        self._time: float | None = None
        self._rank: int | None = None
        self._level_name: str | None = None

    @cached_property
    def _recognition(self) -> ModuleType:
        from stdtools.log import recognition  # 5 ms, and only where times or levels are asked for

        return recognition

    def lines(self, block: bytes) -> list[bytes]:
        """Return the wanted lines of *block*, which ends with a line, each with its end."""
        if self.wants_all:
            return _lines(block)
        return [line for line in _lines(block) if self._is_wanted(line)]

    def records(self, block: bytes) -> Iterator[Line]:
        """Yield the wanted lines of *block* with what they say about themselves."""
        for line in _lines(block):
            if self._is_wanted(line, always_look=True):
                yield Line(line.removesuffix(b"\n"), self._time, self._level_name)

    def _is_wanted(self, line: bytes, *, always_look: bool = False) -> bool:
        if self._timed or self._level is not None or always_look:
            found = self._recognition.time_of(line)
            if found is not None:
                self.saw_time = True
                self._time = found
            if self._level is not None or always_look:
                named = self._recognition.level_of(line)
                if named is not None or found is not None:
                    self._level_name = named
                    self._rank = None if named is None else RANKS[named]
        if self._timed:
            if self._time is None:
                return False
            if self.since is not None and self._time < self.since:
                return False
            if self._until is not None and self._time > self._until:
                return False
        if self._level is not None and (self._rank if self._rank is not None else RANKS["info"]) < self._level:
            return False
        return self._pattern is None or self._pattern.search(line)


def _lines(block: bytes) -> list[bytes]:
    lines = [line + b"\n" for line in block.split(b"\n")]
    last = lines.pop()
    return [*lines, last[:-1]] if last != b"\n" else lines
