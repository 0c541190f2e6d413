"""Keys from an untrusted hand, looked at before they are hashed.

Hashing a deeply nested tuple overflows the C stack, hashing one whose parts are shared may take for
ever, and keys that all have one hash make a dict quadratic. The hash of text and bytes is secret.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from stdtools.kv.plain import DEEPEST

TEXTUAL = frozenset({type(None), bool, str, bytes})
_HASHED_WITHIN = frozenset({tuple, frozenset})
_UNHASHABLE = frozenset({list, dict, set})
_CROWD = 100  # keys of one hash; honest ones are two or three


class BadKey(ValueError):
    """A key that a dict or set cannot take, or had better not."""


class Hasher:
    """Puts keys into dicts and sets; *budget* is about how many parts of keys may be hashed in all."""

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._measured: dict[int, tuple[object, int, int]] = {}  # by id: itself, its parts, its levels
        self._crowds: dict[int, tuple[object, Counter[int]]] = {}  # by id: the container, the hashes in it

    def update(self, target: dict[Any, Any], keys: Sequence[Any], values: Iterable[Any]) -> None:
        """Put *keys* with *values* into *target*. Raises BadKey."""
        if not TEXTUAL.issuperset(map(type, keys)):
            self._check(target, keys)
        target.update(zip(keys, values, strict=True))

    def add(self, target: set[Any], keys: Sequence[Any]) -> None:
        """Put *keys* into *target*. Raises BadKey."""
        if not TEXTUAL.issuperset(map(type, keys)):
            self._check(target, keys)
        target.update(keys)

    def frozen(self, keys: Sequence[Any]) -> frozenset[Any]:
        """Return the frozenset of *keys*. Raises BadKey."""
        gathered: set[Any] = set()
        self.add(gathered, keys)
        self._crowds.pop(id(gathered), None)
        return frozenset(gathered)

    def _check(self, target: dict[Any, Any] | set[Any], keys: Sequence[Any]) -> None:
        for key in keys:
            kind = type(key)
            if kind is int:
                self._spend(key.bit_length() >> 8)
            elif kind in _HASHED_WITHIN:
                flat = kind is tuple and _HASHED_WITHIN.isdisjoint(map(type, key))  # kept in mind only when not
                self._spend(self._parts(key) if flat else self._measure(key)[1])
            elif kind in _UNHASHABLE:
                raise BadKey(f"a {kind.__name__} as a key")
        if len(target) + len(keys) > _CROWD:
            if id(target) not in self._crowds:
                self._crowds[id(target)] = target, Counter(map(hash, target))
            counts = self._crowds[id(target)][1]
            hashes = [*map(hash, keys)]
            counts.update(hashes)
            if max(map(counts.__getitem__, hashes)) > _CROWD:
                raise BadKey(f"more than {_CROWD} keys that have one hash")

    def _spend(self, parts: int) -> None:
        self._budget -= parts
        if self._budget < 0:
            raise BadKey("keys that take for ever to hash")

    def _measure(self, key: object) -> tuple[object, int, int]:
        """Return *key*, how many parts are hashed with it, and how many levels it has."""
        measured = self._measured
        path: list[Any] = [key]
        while path:
            top = path[-1]
            if id(top) in measured:
                path.pop()
                continue
            inner = [part for part in top if type(part) in _HASHED_WITHIN]
            if unknown := [part for part in inner if id(part) not in measured]:
                path += unknown
                continue
            parts, levels = self._parts(top), 1
            for part in inner:
                _, more, below = measured[id(part)]
                parts += more
                levels = max(levels, below + 1)
            if levels > DEEPEST:  # comparing recurses, even where a frozenset has kept its hash
                raise BadKey(f"a key nested more than {DEEPEST} levels deep")
            measured[id(top)] = top, 1 if type(top) is frozenset else parts, levels
        return measured[id(key)]

    def _parts(self, key: Iterable[object]) -> int:
        size = 1
        for part in key:
            size += 1
            if type(part) is int:
                size += part.bit_length() >> 8
            elif type(part) in _UNHASHABLE:
                raise BadKey(f"a {type(part).__name__} in a key")
        return size
