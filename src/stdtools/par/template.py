"""A command with placeholders, and what becomes of it for an item.

Syntax of the placeholders: https://www.gnu.org/software/parallel/man.html#OPTIONS
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence

_PER_ITEM: dict[bytes, Callable[[bytes], bytes]] = {
    b"{}": lambda item: item,
    b"{.}": lambda item: _without_extension(item),
    b"{/}": lambda item: _base(item),
    b"{//}": lambda item: os.path.dirname(item.rstrip(b"/")) or (b"/" if item[:1] == b"/" else b"."),
    b"{/.}": lambda item: _without_extension(_base(item)),
}
_PER_JOB = (b"{#}", b"{%}")  # its number, and the slot that it runs in, both from 1
_PLACEHOLDER = re.compile(b"(" + b"|".join(map(re.escape, (*_PER_ITEM, *_PER_JOB))) + b")")


def _base(item: bytes) -> bytes:
    return os.path.basename(item.rstrip(b"/")) or item[:1]


def _without_extension(item: bytes) -> bytes:
    return os.path.splitext(item)[0]


class Template:
    """The words of a command. A word with a placeholder is repeated for each item; without any, the items follow."""

    def __init__(self, words: Sequence[bytes], *, takes_items: bool = True) -> None:
        self.words = list(words)
        self._parts = [_PLACEHOLDER.split(word) for word in words]  # text and placeholder in turns
        self.has_items = any(part in _PER_ITEM for parts in self._parts for part in parts[1::2])
        self._appends = takes_items and not self.has_items
        self._is_plain = all(len(parts) == 1 for parts in self._parts)

    def argv(self, items: Sequence[bytes], number: int, slot: int) -> list[bytes]:
        """Return the words for *items*: one job's, of the given number, in the given slot."""
        if self._is_plain:
            return [*self.words, *items] if self._appends else list(self.words)
        argv: list[bytes] = []
        for parts in self._parts:
            argv += _filled(parts, items, number, slot)
        return [*argv, *items] if self._appends else argv


def _filled(parts: list[bytes], items: Sequence[bytes], number: int, slot: int) -> Iterator[bytes]:
    for item in items if any(part in _PER_ITEM for part in parts[1::2]) else (b"",):
        yield b"".join(_value(part, item, number, slot) if at % 2 else part for at, part in enumerate(parts))


def _value(placeholder: bytes, item: bytes, number: int, slot: int) -> bytes:
    per_item = _PER_ITEM.get(placeholder)
    return per_item(item) if per_item else b"%d" % (number if placeholder == b"{#}" else slot)


class ShellTemplate:
    """A text for ``sh``, which gets what stands for a placeholder as a parameter, and never reads it as its own.

    ``{}`` becomes ``"${1}"``, inside double quotes ``${1}``, inside single ones ``'"${1}"'``.
    """

    def __init__(self, text: bytes) -> None:
        """Raise ValueError for a placeholder where sh would read it."""
        parts = _PLACEHOLDER.split(text)
        if not any(part in _PER_ITEM for part in parts[1::2]):
            parts[-1:] = [parts[-1] + b" ", b"{}", b""]
        self._placeholders = list(dict.fromkeys(parts[1::2]))
        self.has_items = True
        quoting = _Quoting()
        script = []
        for index, part in enumerate(parts):
            if index % 2:
                if quoting.quote == b"((":  # where an item like a[$(date)] is run by some shells, however it is quoted
                    raise ValueError(
                        f"{part.decode()} stands where sh counts; put it into a variable first, and test that"
                    )
                script.append(_parameter(self._placeholders.index(part) + 1, quoting.quote))
            else:
                quoting.follow(part)
                script.append(part)
        self.words = [text]
        self._script = b"".join(script)

    def argv(self, items: Sequence[bytes], number: int, slot: int) -> list[bytes]:
        """Return the call of ``sh`` for the one item in *items*."""
        values = [_value(placeholder, items[0], number, slot) for placeholder in self._placeholders]
        return [b"/bin/sh", b"-c", self._script, b"sh", *values]


def _parameter(number: int, quote: bytes) -> bytes:
    if quote == b'"':
        return b"${%d}" % number
    return b"'\"${%d}\"'" % number if quote == b"'" else b'"${%d}"' % number


_TOKEN = re.compile(rb"\\.|['\"]|\$?\(\(|\$?\(|\)", re.DOTALL)


class _Quoting:
    """Follows a text of ``sh``: which quote is open at its end, in the innermost ``$(…)``."""

    def __init__(self) -> None:
        self._levels = [b""]

    @property
    def quote(self) -> bytes:
        return self._levels[-1]

    def follow(self, text: bytes) -> None:
        at = 0
        while True:
            if self.quote == b"'":  # a backslash means nothing
                at = text.find(b"'", at) + 1
                if not at:
                    return
                self._levels[-1] = b""
                continue
            found = _TOKEN.search(text, at)
            if found is None:
                return
            at = found.end()
            token = found[0]
            if token == b'"':
                self._levels[-1] = b"" if self.quote else b'"'
            elif token == b"$((" or (token == b"((" and not self.quote):
                self._levels += [b"((", b"(("]  # for each parenthesis
            elif token == b"$(" or (token[:1] == b"(" and not self.quote):
                self._levels.append(b"")
            elif token[:1] == b"(" and self.quote == b"((":
                self._levels += [b"(("] * len(token)
            elif token == b")" and self.quote in (b"", b"((") and len(self._levels) > 1:
                self._levels.pop()
            elif token == b"'" and not self.quote:
                self._levels[-1] = b"'"
