"""A command with placeholders, and what becomes of it for an item.

Syntax of the placeholders: https://www.gnu.org/software/parallel/man.html#OPTIONS
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence

PER_ITEM: dict[bytes, Callable[[bytes], bytes]] = {
    b"{}": lambda item: item,
    b"{.}": lambda item: _without_extension(item),
    b"{/}": lambda item: _base(item),
    b"{//}": lambda item: os.path.dirname(item.rstrip(b"/")) or (b"/" if item[:1] == b"/" else b"."),
    b"{/.}": lambda item: _without_extension(_base(item)),
}
_PER_JOB = (b"{#}", b"{%}")  # its number, and the slot that it runs in, both from 1
PLACEHOLDER = re.compile(b"(" + b"|".join(map(re.escape, (*PER_ITEM, *_PER_JOB))) + b")")


def _base(item: bytes) -> bytes:
    return os.path.basename(item.rstrip(b"/")) or item[:1]


def _without_extension(item: bytes) -> bytes:
    return os.path.splitext(item)[0]


class Template:
    """The words of a command. A word with a placeholder is repeated for each item; without any, the items follow."""

    def __init__(self, words: Sequence[bytes], *, takes_items: bool = True) -> None:
        self.words = list(words)
        self._parts = [PLACEHOLDER.split(word) for word in words]  # text and placeholder in turns
        self.has_items = any(part in PER_ITEM for parts in self._parts for part in parts[1::2])
        self._appends = takes_items and not self.has_items
        self._is_plain = all(len(parts) == 1 for parts in self._parts)
        # What an item costs: the words that are repeated for it, and how often it stands in them itself.
        repeated = [parts for parts in self._parts if any(part in PER_ITEM for part in parts[1::2])]
        self._times = sum(part in PER_ITEM for parts in repeated for part in parts[1::2]) or 1
        self._beside = sum(len(part) for parts in repeated for part in parts[::2]) + 9 * max(len(repeated), 1)

    def cost(self, item: bytes) -> int:
        """Return how many bytes of arguments *item* takes at most, with their NULs and pointers."""
        return self._times * len(item) + self._beside

    def argv(self, items: Sequence[bytes], number: int, slot: int) -> list[bytes]:
        """Return the words for *items*: one job's, of the given number, in the given slot."""
        if self._is_plain:
            return [*self.words, *items] if self._appends else list(self.words)
        argv: list[bytes] = []
        for parts in self._parts:
            argv += _filled(parts, items, number, slot)
        return [*argv, *items] if self._appends else argv


def _filled(parts: list[bytes], items: Sequence[bytes], number: int, slot: int) -> Iterator[bytes]:
    for item in items if any(part in PER_ITEM for part in parts[1::2]) else (b"",):
        yield b"".join(value(part, item, number, slot) if at % 2 else part for at, part in enumerate(parts))


def value(placeholder: bytes, item: bytes, number: int, slot: int) -> bytes:
    """Return what stands for *placeholder*."""
    per_item = PER_ITEM.get(placeholder)
    return per_item(item) if per_item else b"%d" % (number if placeholder == b"{#}" else slot)
