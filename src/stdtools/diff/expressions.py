"""Regular expressions over lines that may be UTF-8, or not."""

import re
from collections.abc import Callable
from typing import Any

from stdtools.shared.errors import ToolError

Matches = Callable[[bytes], object]


class Expression:
    """A regular expression over lines of bytes: characters count, where the bytes are such in UTF-8.

    Lines in ASCII alone, most of them, are searched as they are, which takes a third of the time.
    """

    def __init__(self, text: str, option: str) -> None:
        try:
            self._characters = re.compile(text)
            self._bytes = re.compile(text.encode()) if text.isascii() else None
            self._may_be_empty = self._characters.search("") is not None
        except (re.error, RecursionError, OverflowError) as error:
            raise ToolError(f"{option} is not a regular expression: {error}", where=text) from error

    def matches(self, line: bytes) -> bool:
        """Say whether it is found in *line*."""
        if self._bytes is not None and line.isascii():
            return self._bytes.search(line) is not None
        return self._characters.search(_decode(line)) is not None

    def blank(self, line: bytes, mark: bytes) -> bytes:
        """Return *line* with *mark* in the place of each match; of nothing not right behind another."""
        once = _Once(mark) if self._may_be_empty else mark
        if self._bytes is not None and line.isascii():
            return self._bytes.sub(once, line)
        text = self._characters.sub(once if isinstance(once, _Once) else mark.decode(), _decode(line))
        return text.encode("utf-8", "surrogateescape")


class _Once:
    """Replaces matches by a mark, those of nothing only where no other ends."""

    def __init__(self, mark: bytes) -> None:
        self._mark = mark
        self._end = -1

    def __call__(self, found: re.Match[Any]) -> Any:
        start, end = found.span()
        if start == end == self._end:
            return found[0]
        self._end = end
        return self._mark if isinstance(found[0], bytes) else self._mark.decode()


def _decode(line: bytes) -> str:
    return line.decode("utf-8", "surrogateescape")
