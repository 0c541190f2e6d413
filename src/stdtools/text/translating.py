"""Characters for characters, as ``tr`` has them, and words with capitals."""

import re
from collections.abc import Iterator

from stdtools.shared.errors import ToolError
from stdtools.shared.inputs import line_blocks
from stdtools.shared.streams import Input

_ITEM = re.compile(r"(\\.|.)(?:-(\\.|.))?", re.DOTALL)  # a backslash at the end is one
_ESCAPES = {"\\n": "\n", "\\t": "\t", "\\r": "\r", "\\0": "\0"}
_WORD = re.compile(r"\S+")


class Translation:
    """Replace each character of *old* by the one of *new* in the same place, whose last serves for all that follow.

    Without *new* the characters go. Both may have ranges, ``a-z``. Raises ToolError for a range that runs backwards.
    """

    def __init__(self, old: str, new: str) -> None:
        before, after = _expand(old), _expand(new)
        after += after[-1:] * (len(before) - len(after))
        self._table = str.maketrans(dict(zip(before, after, strict=False)) if after else dict.fromkeys(before))
        self._bytes = None
        if (old + new).isascii():
            gone = b"" if after else before.encode()
            self._bytes = (bytes.maketrans(before.encode(), after[: len(before)].encode()) if after else None, gone)

    def pieces(self, source: Input) -> Iterator[bytes]:
        """Yield what becomes of *source*."""
        for block in line_blocks(source):
            if self._bytes is not None:
                yield block.translate(*self._bytes)
            else:
                yield block.decode("utf-8", "surrogateescape").translate(self._table).encode("utf-8", "surrogateescape")


class Capitals:
    """Begin each word with a capital letter, the others being small, as ``string.capwords``; blanks stay."""

    def pieces(self, source: Input) -> Iterator[bytes]:
        """Yield what becomes of *source*."""
        for block in line_blocks(source):
            text = block.decode("utf-8", "surrogateescape")
            yield _WORD.sub(lambda word: word[0].capitalize(), text).encode("utf-8", "surrogateescape")


def _expand(text: str) -> str:
    chars = []
    for first, last in _ITEM.findall(text):
        one, other = (_ESCAPES.get(part, part[-1:]) for part in (first, last))
        if other and other < one:
            raise ToolError(f"the range {one}-{other} runs backwards")
        chars += [one] if not other else [chr(code) for code in range(ord(one), ord(other) + 1)]
    return "".join(chars)
