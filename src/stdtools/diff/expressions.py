"""Regular expressions over lines that may be UTF-8, or not."""

import re
from collections.abc import Callable

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
        except (re.error, RecursionError, OverflowError) as error:
            raise ToolError(f"{option} is not a regular expression: {error}", where=text) from error

    def matches(self, line: bytes) -> bool:
        """Say whether it is found in *line*."""
        if self._bytes is not None and line.isascii():
            return self._bytes.search(line) is not None
        return self._characters.search(line.decode("utf-8", "surrogateescape")) is not None

    def blank(self, line: bytes, mark: bytes) -> bytes:
        """Return *line* with *mark* in the place of each match."""
        if self._bytes is not None and line.isascii():
            return self._bytes.sub(mark, line)
        text = self._characters.sub(mark.decode(), line.decode("utf-8", "surrogateescape"))
        return text.encode("utf-8", "surrogateescape")
