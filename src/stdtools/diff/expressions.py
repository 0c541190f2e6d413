"""Regular expressions over lines that may be UTF-8, or not."""

import re
import warnings
from collections.abc import Callable
from typing import Any

from stdtools.shared.errors import ToolError
from stdtools.shared.patterns import ascii_form

Matches = Callable[[bytes], object]

# What to write in [ ] for the classes of POSIX, which re takes for a set of their letters.
_POSIX = {
    "alnum": "A-Za-z0-9", "alpha": "A-Za-z", "blank": r"\x20\t", "cntrl": r"\x00-\x1f\x7f", "digit": "0-9",
    "graph": "!-~", "lower": "a-z", "print": r"\x20-~", "punct": r"!-/:-@[-`{-~", "space": r"\s", "upper": "A-Z",
    "xdigit": "A-Fa-f0-9",
}  # fmt: skip
_posix_class = re.compile(rf"\[[^]]*\[:({'|'.join(_POSIX)}):\]").search


_AROUND = ("(?=", "(?!", "(?<", r"\b", r"\B")  # may match nothing, if not in an empty line


class Expression:
    """A regular expression over lines of bytes: characters count, where the bytes are such in UTF-8.

    Lines in ASCII alone, most of them, are searched as they are, which takes a third of the time.
    """

    def __init__(self, text: str, option: str) -> None:
        if found := _posix_class(text):
            what = f"{text!r} has [:{found[1]}:], which Python's regular expressions do not know"
            raise ToolError(what, where=option, hint=f"write {_POSIX[found[1]]} in its place")
        try:
            with warnings.catch_warnings():  # of sets that a later Python may read otherwise
                warnings.simplefilter("ignore", FutureWarning)
                self._characters = re.compile(text)
                self._bytes = ascii_form(text)
            self._may_be_empty = self._characters.search("") is not None or any(sign in text for sign in _AROUND)
        except (re.error, RecursionError, OverflowError) as error:
            raise ToolError(f"{text!r} is not a regular expression: {error}", where=option) from error

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
