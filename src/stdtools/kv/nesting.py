"""Of what types a value is, how deep and how large."""

from collections.abc import Collection, Iterator
from operator import length_hint
from typing import Any, NamedTuple

from stdtools.kv.plain import BUILT_IN, DEEPEST, Foreign, TooDeep

NESTING = BUILT_IN | {Foreign}
_SIZED = frozenset({str, bytes})
_WHOLE = frozenset({int, bool})
_LOW, _HIGH = -(1 << 63), 1 << 63
_HUGE = 1 << 62  # a sum that doubles at every level stops here


class Survey(NamedTuple):
    """What a value is made of."""

    kinds: set[type]  # of everything in it
    key_kinds: set[type]  # of the keys of its dicts
    foreign: list[Foreign]
    cyclic: bool  # something refers to itself, and the size means nothing
    size: int  # parts, each as often as it is referred to; see weight()


class _Container:
    """One that the walk has come to, and what is known of what it holds."""

    __slots__ = ("inner", "levels", "open", "size")

    def __init__(self, inner: Iterator[Any], size: int) -> None:
        self.inner = inner
        self.size = size
        self.levels = 1
        self.open = True

    def add(self, child: "_Container") -> None:
        self.size = min(self.size + child.size, _HUGE)
        if child.levels >= self.levels:
            self.levels = child.levels + 1


def survey(value: Any) -> Survey:
    """Return what *value* is made of, in linear time whatever it is and without recursion. Raises TooDeep."""
    kinds: set[type] = {type(value)}
    key_kinds: set[type] = set()
    foreign: list[Foreign] = []
    cyclic = False
    known: dict[int, _Container] = {}
    path = [_Container(iter((value,)), weight((value,), kinds))]
    while True:
        here = path[-1]
        for child in here.inner:
            kind = type(child)
            if kind not in NESTING:
                continue
            container = known.get(id(child))
            if container is None:
                if kind is dict:
                    key_kinds.update(map(type, child))
                elif kind is Foreign:
                    foreign.append(child)
                parts = held(child)
                inner_kinds = {*map(type, parts)}
                kinds |= inner_kinds
                name_size = len(child.name) >> 6 if kind is Foreign else 0
                container = known[id(child)] = _Container(iter(parts), weight(parts, inner_kinds) + name_size)
                if not inner_kinds.isdisjoint(NESTING):
                    path.append(container)
                    if len(path) > DEEPEST + 1:
                        raise TooDeep
                    break
                container.open = False
            elif container.open:
                cyclic = True
                continue
            here.add(container)
        else:
            here.open = False
            path.pop()
            if not path:
                if here.levels > DEEPEST + 1:
                    raise TooDeep
                return Survey(kinds, key_kinds, foreign, cyclic, here.size)
            path[-1].add(here)


def held(value: Any) -> Collection[Any]:
    """Return what is directly in *value*, one of NESTING."""
    if type(value) is dict:
        return [*value, *value.values()]
    return list(value.parts.values()) if type(value) is Foreign else value


def weight(parts: Collection[Any], kinds: set[type]) -> int:
    """Return the size of *parts*, which are of *kinds*: one each, and one for 64 characters, bytes or digits."""
    size = 0
    if not kinds.isdisjoint(_SIZED):
        size = sum(map(length_hint, parts))
    if any(kind.__module__ == "datetime" for kind in kinds):
        size += sum(map(_name_of_zone, parts))
    if int in kinds and not (kinds <= _WHOLE and min(parts) >= _LOW and max(parts) < _HIGH):
        size += sum([part.bit_length() for part in parts if type(part) is int]) >> 2
    return len(parts) + (size >> 6)


def _name_of_zone(part: Any) -> int:
    """Return how many characters the name of the timezone is that *part* is or has."""
    from datetime import timezone

    zone = part if type(part) is timezone else getattr(part, "tzinfo", None)
    return length_hint(zone.__getinitargs__()[-1]) if type(zone) is timezone else 0  # type: ignore[attr-defined]
