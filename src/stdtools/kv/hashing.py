"""Keys from an untrusted hand, looked at before they are hashed.

Hashing a deeply nested tuple overflows the C stack, hashing one whose parts are shared may take for
ever, and keys that all have one hash make a dict quadratic. The hash of text and bytes is secret.
A frozenset keeps its hash, and so does text; but those that are the same are compared part by part.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from operator import length_hint
from typing import Any, NamedTuple

from stdtools.kv.plain import DEEPEST

TEXTUAL = frozenset({type(None), bool, str, bytes})
_HASHED_WITHIN = frozenset({tuple, frozenset})
_UNHASHABLE = frozenset({list, dict, set})
_CROWD = 100  # keys of one hash; honest ones are two or three


class BadKey(ValueError):
    """A key that a dict or set cannot take, or had better not."""


class _Measure(NamedTuple):
    """What it takes to hash a key, and to *compare* it with one that is the same, in parts."""

    key: object  # so that nothing else gets its id
    parts: int
    levels: int
    compared: int


class Hasher:
    """Puts keys into dicts and sets; *budget* is about how many parts of keys may be hashed and compared in all."""

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._measured: dict[int, _Measure] = {}  # by the id of the key
        self._crowds: dict[int, tuple[object, Counter[int]]] = {}  # by id: the container, the hashes in it

    def update(self, target: dict[Any, Any], keys: Sequence[Any], values: Iterable[Any]) -> None:
        """Put *keys* with *values* into *target*. Raises BadKey."""
        self._check(target, keys)
        target.update(zip(keys, values, strict=True))

    def add(self, target: set[Any], keys: Sequence[Any]) -> None:
        """Put *keys* into *target*. Raises BadKey."""
        self._check(target, keys)
        target.update(keys)

    def frozen(self, keys: Sequence[Any]) -> frozenset[Any]:
        """Return the frozenset of *keys*. Raises BadKey."""
        gathered: set[Any] = set()
        self.add(gathered, keys)
        self._crowds.pop(id(gathered), None)
        return frozenset(gathered)

    def _check(self, target: dict[Any, Any] | set[Any], keys: Sequence[Any]) -> None:
        self._spend(sum(map(length_hint, keys)) >> 6)  # texts that are the same are compared, however often they come
        if TEXTUAL.issuperset(map(type, keys)):
            return
        compared: dict[int, int] = {}  # by place: what a comparison takes, where that may be more than to hash the key
        for place, key in enumerate(keys):
            kind = type(key)
            if kind is int:
                self._spend(key.bit_length() >> 8)
            elif kind in _HASHED_WITHIN:
                if kind is tuple and _HASHED_WITHIN.isdisjoint(map(type, key)):  # kept in mind only when not
                    self._spend(self._parts(key))
                    continue
                measure = self._measure(key)
                self._spend(measure.parts)
                if measure.compared > measure.parts:
                    compared[place] = measure.compared
            elif kind in _UNHASHABLE:
                raise BadKey(f"a {kind.__name__} as a key")
        if compared or len(target) + len(keys) > _CROWD:
            if id(target) not in self._crowds:
                self._crowds[id(target)] = target, Counter(map(hash, target))
            counts = self._crowds[id(target)][1]
            hashes = [*map(hash, keys)]
            counts.update(hashes)
            if max(map(counts.__getitem__, hashes)) > _CROWD:
                raise BadKey(f"more than {_CROWD} keys that have one hash")
            for place, parts in compared.items():
                self._spend(parts * (counts[hashes[place]] - 1))

    def _spend(self, parts: int) -> None:
        self._budget -= parts
        if self._budget < 0:
            raise BadKey("keys that take for ever to hash or to compare")

    def _measure(self, key: object) -> _Measure:
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
            parts = compared = self._parts(top)
            levels = 1
            for part in inner:
                below = measured[id(part)]
                parts += below.parts
                compared += below.compared
                levels = max(levels, below.levels + 1)
            if levels > DEEPEST:  # comparing recurses, even where a frozenset has kept its hash
                raise BadKey(f"a key nested more than {DEEPEST} levels deep")
            if type(top) is frozenset:
                parts = 1  # its hash is kept, and each part is looked for among those of one hash
                compared *= max(Counter(map(hash, top)).values(), default=1)
            measured[id(top)] = _Measure(top, parts, levels, compared)
        return measured[id(key)]

    def _parts(self, key: Collection[object]) -> int:
        size = 1 + len(key) + (sum(map(length_hint, key)) >> 6)
        for part in key:
            if type(part) is int:
                size += part.bit_length() >> 8
            elif type(part) in _UNHASHABLE:
                raise BadKey(f"a {type(part).__name__} in a key")
        return size
