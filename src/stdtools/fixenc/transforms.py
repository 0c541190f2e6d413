"""What is done to text in pieces: line ends and Unicode's normal forms. Each holds back what may change yet."""

import re
from collections.abc import Callable

from stdtools.shared.errors import ToolError

NEWLINES = ("lf", "crlf")
FORMS = ("NFC", "NFD", "NFKC", "NFKD")
LONGEST_HELD = 1 << 20  # characters
_CR = re.compile("\r\n?")
_LINE_END = re.compile("\r\n?|\n")


class Newlines:
    r"""Make ``\r\n``, ``\r`` and ``\n`` one kind: lf or crlf."""

    def __init__(self, kind: str) -> None:
        self._crlf = kind == "crlf"
        self._held = ""

    def convert(self, text: str, final: bool) -> str:
        r"""Return *text* with its line ends changed; a last ``\r`` waits for what follows."""
        text = self._held + text
        self._held = ""
        if text.endswith("\r") and not final:
            self._held, text = "\r", text[:-1]
        if self._crlf:
            return _LINE_END.sub("\r\n", text)
        return _CR.sub("\n", text) if "\r" in text else text


class Dropper:
    """Leave out what matches a pattern, which may look back at a character of ASCII that stays."""

    def __init__(self, pattern: str) -> None:
        self._pattern = re.compile(pattern)
        self._before = ""

    def convert(self, text: str) -> str:
        """Return *text* without it."""
        kept = self._pattern.sub("", self._before + text)[len(self._before) :]
        if kept:
            self._before = kept[-1] if kept[-1].isascii() else ""
        return kept


class Normalizer:
    """Bring text into one of unicodedata's normal forms, cut where nothing composes across the cut."""

    def __init__(self, form: str) -> None:
        from unicodedata import is_normalized, normalize

        self._form = form
        self._is_normalized = is_normalized
        self._normalize = normalize
        self._begins = beginner()
        self._held = ""

    def convert(self, text: str, final: bool) -> str:
        """Return *text* in the form, without what the next piece may change."""
        text = self._held + text
        self._held = ""
        if not final and text:
            cut = len(text) - 1
            while cut and not self._begins(text[cut]):
                cut -= 1
            self._held, text = text[cut:], text[:cut]
            if len(self._held) > LONGEST_HELD:
                raise ToolError("has more than a million combining characters in a row; it cannot be normalized")
        if text.isascii() or self._is_normalized(self._form, text):  # type: ignore[arg-type]
            return text
        return self._normalize(self._form, text)  # type: ignore[arg-type]


def beginner() -> Callable[[str], bool]:
    """Return a test whether a character never joins, nor changes places with, what stands before it."""
    from functools import lru_cache
    from unicodedata import category, combining, normalize

    @lru_cache(4096)
    def begins(char: str) -> bool:
        if char.isascii():
            return True
        first = normalize("NFKD", char)[0]
        # Vowels and final consonants of Hangul join without being combining characters.
        return not combining(first) and category(first)[0] != "M" and not "\u1160" <= first <= "\u11ff"

    return begins
