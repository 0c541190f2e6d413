"""The calls in a pickle by which plain values are made; all others are shown as Foreign nodes.

What the ``__reduce__`` of each type gives is understood, and no other arguments. The state of a date
is taken apart here, since the constructor believes whatever hour it finds there.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

from stdtools.kv.hashing import Hasher

_FOLD = 0x80  # on the byte of the month, or of the hour where there is none


class Rebuilder:
    """Makes plain values out of calls; *budget* is how much may be copied in all."""

    def __init__(self, hasher: Hasher, budget: int) -> None:
        self._hasher = hasher
        self._budget = budget

    def call(self, name: str, args: tuple[Any, ...]) -> Any:
        """Return what the callable *name* makes of *args*; NotImplemented when that is not for us.

        Raises ValueError or OverflowError for arguments that it cannot have been given.
        """
        match name, args:
            case "_codecs.encode", (str(text), "latin1" | "latin-1"):  # bytes, in protocols 0 to 2
                self._spend(len(text))
                return text.encode("latin-1")
            case "builtins.bytes" | "__builtin__.bytes", ():
                return b""
            case "builtins.set" | "__builtin__.set", (list() | tuple() as items,):
                self._spend(len(items))
                made: set[Any] = set()
                self._hasher.add(made, items)
                return made
            case "builtins.frozenset" | "__builtin__.frozenset", (list() | tuple() as items,):
                self._spend(len(items))
                return self._hasher.frozen(items)
            case "datetime.date", (bytes() | str() as state,):
                high, low, month, day = _state(state, 4)
                return date(high << 8 | low, month, day)
            case "datetime.datetime", (bytes() | str() as state, *rest) if _is_zone(rest):
                high, low, month, day, *clock = _state(state, 10)
                fold, month = divmod(month, _FOLD)
                return datetime(high << 8 | low, month, day, *_clock(clock), *rest, fold=fold)
            case "datetime.time", (bytes() | str() as state, *rest) if _is_zone(rest):
                hour, *others = _state(state, 6)
                fold, hour = divmod(hour, _FOLD)
                return time(*_clock([hour, *others]), *rest, fold=fold)
            case "datetime.timedelta", (int(days), int(seconds), int(microseconds)):
                return timedelta(days, seconds, microseconds)
            case "datetime.timezone", (timedelta() as offset,):
                return timezone(offset)
            case "datetime.timezone", (timedelta() as offset, str(zone)):
                return timezone(offset, zone)
        return NotImplemented

    def _spend(self, size: int) -> None:
        self._budget -= size
        if self._budget < 0:
            raise ValueError("one value copied over and over again")


def _is_zone(rest: list[Any]) -> bool:
    return not rest or (len(rest) == 1 and type(rest[0]) is timezone)


def _state(state: bytes | str, size: int) -> Iterable[int]:
    """Return the bytes of a date's *state*, which is text where Python 2 wrote it."""
    for encoding in ("utf-8", "latin-1"):
        data = state.encode(encoding) if isinstance(state, str) else state
        if len(data) == size:
            return data
    raise ValueError(f"a date of {len(state)} bytes, where {size} belong")


def _clock(state: list[int]) -> tuple[int, int, int, int]:
    hour, minute, second, high, middle, low = state
    return hour, minute, second, high << 16 | middle << 8 | low
