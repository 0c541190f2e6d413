"""Substitution by regular expressions in lines, many lines at a time where that gives the same."""

import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

from stdtools.shared.errors import ToolError
from stdtools.shared.inputs import line_blocks
from stdtools.shared.streams import Input

_TOKEN = re.compile(
    r"(?P<class>\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<group>\(\?)(?P<how>[:=!]|<[=!]|P[<=]|.)|(?P<escape>\\.)|(?P<other>.)",
    re.DOTALL,
)
_WIDE = {r"\s": r"[^\S\n]", r"\D": r"[^\d\n]", r"\W": r"[^\w\n]"}  # classes that have the newline in them
_ACROSS = ("\\A", "\\Z", "\\B", "\\n", "\\r", "\\x", "\\u", "\\U", "\\N", "\\0")


class Change(NamedTuple):
    """A line that is changed: its number, the column of the first match (both from 1), the line before and after."""

    line: int
    column: int
    old: str
    new: str


def within_lines(pattern: str) -> str | None:
    """Return a pattern that finds in many lines, under MULTILINE, what *pattern* finds in each; None for none known.

    It must not match a newline, look at one, or tell the ends of a line from those of the text.
    """
    parts = []
    for token in _TOKEN.finditer(pattern):
        text = token[0]
        if token["class"]:
            if any(wide in text for wide in (*_WIDE, *_ACROSS)) or "\n" in text:
                return None
            negated = "[^\\n" + (f"\\]{text[3:]}" if text.startswith("[^]") else text[2:])
            parts.append(negated if text.startswith("[^") else text)
            if text.startswith("[") and not text.startswith("[^") and re.search(text, "\n"):
                return None
        elif token["group"]:
            if token["how"] not in (":", "=", "!", "<=", "<!", "P<", "P="):
                return None
            parts.append(text)
        elif text in _WIDE:
            parts.append(_WIDE[text])
        elif text.startswith(_ACROSS) or text == "\n":
            return None
        else:
            parts.append(text)
    return "".join(parts)


class Substitution:
    """What to put for each match of *pattern*: a template of ``re.sub``, or text as it is where *fixed*.

    *most* bounds how many matches of a line, or of a *whole* file, are replaced; 0 is all. Raises ToolError for a
    pattern or a template that is none.
    """

    def __init__(
        self,
        pattern: str,
        replacement: str,
        *,
        fixed: bool = False,
        ignore_case: bool = False,
        whole: bool = False,
        most: int = 0,
    ) -> None:
        flags = (re.IGNORECASE if ignore_case else 0) | (re.MULTILINE if whole else 0)
        source = re.escape(pattern) if fixed else pattern
        self._replacement: str | Callable[[re.Match[str]], str] = replacement
        try:
            self.pattern = re.compile(source, flags)
            if fixed:
                self._replacement = lambda _: replacement
            else:
                self.pattern.sub(replacement, "")
        except (re.error, IndexError, OverflowError) as error:
            raise ToolError(f"not a pattern with its replacement: {error}") from None
        self.whole = whole
        self.most = most
        self.matches = 0  # so far
        self._lines = None if most or whole else within_lines(source)
        if self._lines is not None:
            self._many = re.compile(self._lines, flags | re.MULTILINE)
        is_literal = fixed or (re.escape(pattern) == pattern and "\\" not in replacement)
        self._literal = (
            is_literal and not ignore_case and not whole and not most and bool(pattern) and "\n" not in pattern
        )
        self._old, self._new = _bytes(pattern), _bytes(replacement)

    def pieces(self, source: Input) -> Iterator[bytes]:
        """Yield what becomes of *source*, and count the matches."""
        if self.whole:
            yield _bytes(self.whole_change(source)[1])
            return
        for block in line_blocks(source):
            yield self.in_lines(block)

    def in_lines(self, block: bytes) -> bytes:
        """Return what becomes of a block of whole lines, and count the matches."""
        if not block:
            return block
        if self._literal:
            count = block.count(self._old)
            self.matches += count
            return block.replace(self._old, self._new) if count else block
        text = _text(block)
        body = text.removesuffix("\n")
        end = text[len(body) :]
        if self._lines is not None:
            changed, count = self._many.subn(self._replacement, body)
        else:
            substitute, most = self.pattern.subn, self.most
            both = [substitute(self._replacement, line, most) for line in body.split("\n")]
            count = sum(count for _, count in both)
            changed = "\n".join([line for line, _ in both]) if count else body
        self.matches += count
        return _bytes(changed + end) if count else block

    def whole_change(self, source: Input) -> tuple[str, str]:
        """Return all of *source*, and what becomes of it."""
        text = _text(b"".join(line_blocks(source)))
        new, count = self.pattern.subn(self._replacement, text, self.most)
        self.matches += count
        return text, new

    def changes(self, source: Input) -> Iterator[Change]:
        """Yield the lines of *source* that would change."""
        number = 0
        for block in line_blocks(source):
            text = _text(block)
            for line in text.removesuffix("\n").split("\n"):
                number += 1
                if (match := self.pattern.search(line)) is not None:
                    new, count = self.pattern.subn(self._replacement, line, self.most)
                    self.matches += count
                    if new != line:
                        yield Change(number, match.start() + 1, line, new)

    def found(self, source: Input) -> Iterator[re.Match[str]]:
        """Yield the matches in *source*, line by line or in all of it."""
        for block in [b"".join(line_blocks(source))] if self.whole else line_blocks(source):
            text = _text(block)
            for line in [text] if self.whole else text.removesuffix("\n").split("\n"):
                for match in islice(self.pattern.finditer(line), self.most or None):
                    self.matches += 1
                    yield match


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
