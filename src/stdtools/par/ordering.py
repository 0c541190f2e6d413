"""The order of plain values of any type among each other, and which of equal values is shown."""

import math
from typing import Any
from zlib import crc32

NUMBERS = {bool, int, float}


def settle(value: Any) -> Any:
    """Return *value* as its plain type, at any depth, with 0.0 for -0.0: what is counted, ordered and written.

    Raises TypeError for what is not None, a number, str, bytes, a tuple, a list or a dict.
    """
    kind = type(value)
    if kind in (str, int, bytes, bool) or value is None:
        return value
    if isinstance(value, float):
        return float(value) + 0.0
    if isinstance(value, tuple):
        return tuple([settle(part) for part in value])
    if isinstance(value, list):
        return [settle(part) for part in value]
    if isinstance(value, dict):
        return {settle(key): settle(part) for key, part in value.items()}
    if isinstance(value, int):
        return int.__int__(value)  # str(), int() and bytes() would ask a subclass
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bytes):
        return bytes.__getitem__(value, slice(None))
    raise TypeError(f"{kind.__name__} has no place in the order")


def place(value: Any) -> Any:
    """Return what puts a settled *value* in its place among all others, and can be a dict's key.

    None, numbers by value, NaN, str by code point, bytes, tuples, lists, dicts. Equal values, such as 1, 1.0
    and True, have equal places, and all NaN have one.
    """
    kind = type(value)
    if kind is str:
        return (3, value)
    if kind is int:
        return (1, value)
    if kind is float:
        if value != value:
            return (2,)
        return (1, int(value) if value.is_integer() else value)
    if kind is bytes:
        return (4, value)
    if kind is tuple:
        return (5, tuple(map(place, value)))
    if value is None:
        return (0,)
    if kind is bool:
        return (1, int(value))
    if kind is list:
        return (6, tuple(map(place, value)))
    return (7, tuple(sorted((place(key), place(part)) for key, part in value.items())))


def rank(value: Any) -> Any:
    """Return a number, or a tuple of the kind, which is least for the one of equal values that is shown.

    That is an int before a float before a bool, at the first depth where they differ.
    """
    kind = type(value)
    if kind is float:
        return 1
    if kind is bool:
        return 2
    if kind is tuple or kind is list:
        return tuple(map(rank, value))
    if kind is dict:  # equal dicts may have their keys in different orders
        return (tuple(map(place, value)), tuple(map(rank, value)), tuple(map(rank, value.values())))
    return 0


def preferred(one: Any, other: Any) -> Any:
    """Return the one of two equal settled values that is shown."""
    return one if type(one) is str or rank(one) <= rank(other) else other


def partition(key: Any, partitions: int) -> int:
    """Return which of *partitions* a settled *key* is in: the same in every process, and for equal keys."""
    if partitions == 1:
        return 0
    if type(key) is str:
        return crc32(key.encode("utf-8", "surrogatepass")) % partitions
    from marshal import dumps

    return crc32(dumps(place(key), 2)) % partitions  # later versions depend on who else refers to a value


def distinct(values: list[Any]) -> list[Any]:
    """Return *values*, each once and in order. Raises TypeError as ``settle`` does."""
    if _is_ordered_by_python(values):
        return sorted(set(values))
    return [min(equals, key=rank) for equals in _groups(values)]


def least(values: list[Any]) -> list[Any]:
    """Return the least of *values*, alone. Raises TypeError as ``settle`` does."""
    return [min(values)] if _is_ordered_by_python(values) else distinct(values)[:1]


def greatest(values: list[Any]) -> list[Any]:
    """Return the greatest of *values*, alone. Raises TypeError as ``settle`` does."""
    return [max(values)] if _is_ordered_by_python(values) else distinct(values)[-1:]


def descending(values: list[Any]) -> list[Any]:
    """Return *values*, the greatest first; of equal ones that first which is shown. Raises TypeError as ``settle``."""
    if _is_ordered_by_python(values):
        return sorted(values, reverse=True)
    return [value for equals in reversed(_groups(values)) for value in sorted(equals, key=rank)]


def _is_ordered_by_python(values: list[Any]) -> bool:
    """Tell whether Python's own order is ours, and equal values look alike."""
    kinds = set(map(type, values))
    if len(kinds) != 1:
        return False
    kind = kinds.pop()
    if kind is float:
        return 0.0 not in values and not math.isnan(sum(values))  # which may have been -0.0
    return kind is int or kind is str or kind is bytes


def _groups(values: list[Any]) -> list[list[Any]]:
    """Return lists of equal values, in order."""
    found: dict[Any, list[Any]] = {}
    for value in map(settle, values):
        found.setdefault(place(value), []).append(value)
    return [found[where] for where in sorted(found)]
