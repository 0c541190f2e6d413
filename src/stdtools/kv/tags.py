r"""What JSON lacks, written as an object with a tag for a key: ``{"$tuple": [1, 2]}``.

``$base64``, ``$float`` and ``$text`` are those of the records. Besides:

- ``$tuple``, ``$set``, ``$frozenset``: ``[…]``, of sets in order;
- ``$dict``: ``[[key, value], …]``, for other keys than text, and for text that begins with ``$``;
- ``$date``, ``$time``, ``$datetime``: ISO 8601, beside it ``"fold": 1`` and the name of the ``"zone"``
  where it has one; ``$timezone``: ``"+01:00"``, beside it its ``"name"``; ``$timedelta``: ``[days,
  seconds, microseconds]``;
- ``$int``: ``"0x…"``, for more digits than Python writes in decimal;
- ``$text``: ``["…\ud83d", "\ude00…"]``, of which JSON would make one character;
- ``$class``: a Foreign node, which is not read back.
"""

import math
import re
from binascii import b2a_base64
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

from stdtools.kv.hashing import Hasher
from stdtools.kv.nesting import NESTING, held
from stdtools.kv.plain import MOST_BITS, Foreign, NotPlain, a_kind
from stdtools.shared.errors import ToolError
from stdtools.shared.records import float_name
from stdtools.shared.records import untag as untag_record

PAIR = re.compile("(?<=[\ud800-\udbff])(?=[\udc00-\udfff])")  # within what JSON would take for one character
_SORTABLE = ({int}, {str}, {bytes})
_HEXADECIMAL = re.compile("-?0x[0-9a-f]+")
_OFFSET = re.compile(r"([+-])(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{6}))?)?\Z", re.ASCII)
_NO_LIMIT = 1 << 62  # nothing in JSON is referred to twice
_TAGS = {"$base64", "$float", "$text", "$tuple", "$set", "$frozenset", "$dict", "$int"}
_TAGS |= {"$date", "$time", "$datetime", "$timedelta", "$timezone"}


class Tagger:
    """Turns a value into what JSON can hold; *encode* is for putting sets in order."""

    def __init__(self, encode: Callable[[Any], str]) -> None:
        self._encode = encode
        self._done: dict[int, Any] = {}  # by the id of a container

    def tagged(self, root: Any) -> Any:
        """Return *root* with tags. It must not refer to itself. Raises NotPlain."""
        path = [root] if type(root) in NESTING else []
        while path:
            value = path[-1]
            if id(value) not in self._done:
                inner = [part for part in held(value) if type(part) in NESTING and id(part) not in self._done]
                if inner:
                    path += inner
                    continue
                self._done[id(value)] = self._container(value)
            path.pop()
        return self._part(root)

    def _part(self, value: Any) -> Any:
        return self._done[id(value)] if type(value) in NESTING else _scalar(value)

    def _parts(self, values: Any) -> list[Any]:
        return [self._part(value) for value in values]

    def _pairs(self, pairs: Any) -> list[list[Any]]:
        return [[self._part(key), self._part(value)] for key, value in pairs]

    def _container(self, value: Any) -> Any:
        kind = type(value)
        if kind is list:
            return self._parts(value)
        if kind is dict:
            if all(type(key) is str and not key.startswith("$") and not PAIR.search(key) for key in value):
                return {key: self._part(part) for key, part in value.items()}
            return {"$dict": self._pairs(value.items())}
        if kind is tuple:
            return {"$tuple": self._parts(value)}
        if kind is Foreign:
            return self._foreign(value)
        if {*map(type, value)} in _SORTABLE:
            return {f"${kind.__name__}": self._parts(sorted(value))}
        return {f"${kind.__name__}": sorted(self._parts(value), key=self._encode)}

    def _foreign(self, value: Foreign) -> dict[str, Any]:
        shown = {"$class": _scalar(value.name)}
        for name, part in value.parts.items():
            if name == "pairs":
                shown[name] = self._pairs(part)
            else:
                shown[name] = self._parts(part) if type(part) is tuple and name == "args" else self._part(part)
        return shown


def _scalar(value: Any) -> Any:
    kind = type(value)
    if kind is str:
        return {"$text": PAIR.split(value)} if not value.isascii() and PAIR.search(value) else value
    if kind is int:
        return value if value.bit_length() <= MOST_BITS else _large(value)
    if kind is float:
        return value if math.isfinite(value) else {"$float": float_name(value)}
    if value is None or kind is bool:
        return value
    if kind is bytes:
        return {"$base64": True, "encoded": b2a_base64(value, newline=False).decode("ascii")}
    if kind is date:
        return {"$date": value.isoformat()}
    if kind is timedelta:
        return {"$timedelta": [value.days, value.seconds, value.microseconds]}
    if kind is timezone:
        shown = {"$timezone": time(tzinfo=value).isoformat().removeprefix("00:00:00")}
        return shown | _zone_name("name", value)
    if kind in (datetime, time) and (value.tzinfo is None or type(value.tzinfo) is timezone):
        shown = {f"${kind.__name__}": value.isoformat()}
        return shown | ({"fold": 1} if value.fold else {}) | _zone_name("zone", value.tzinfo)
    raise NotPlain(f"{a_kind(value)} cannot be written as JSON")


def _large(value: int) -> Any:
    try:
        str(value)
    except ValueError:
        return {"$int": hex(value)}
    return value


def _zone_name(key: str, zone: timezone | None) -> dict[str, Any]:
    """Return the name that *zone* was given, under *key*; most have none but their offset."""
    args: tuple[Any, ...] = zone.__getinitargs__() if zone else ()  # type: ignore[attr-defined]
    return {key: _scalar(args[1])} if len(args) > 1 else {}


def untagged(value: dict[str, Any]) -> Any:
    """Return what *value*, an object with a tag, stands for; what is in it is untagged. Raises ToolError."""
    tag = next(key for key in value if key.startswith("$"))
    if tag == "$class":
        raise ToolError(f"an object of the class {value[tag]} is shown only; it cannot be made again")
    try:
        return _meaning(value)
    except (ValueError, TypeError, OverflowError) as error:
        if tag not in _TAGS:
            hint = 'write {"$dict": [[key, value], …]} for a dict with such a key'
            raise ToolError(f"there is no tag {tag}", hint=hint) from None
        reason = f": {error}" if type(error) is not TypeError else ""
        raise ToolError(f"not what belongs to the tag {tag}{reason}") from None


def _meaning(value: dict[str, Any]) -> Any:
    match value, len(value):
        case {"$tuple": list(items)}, 1:
            return tuple(items)
        case {"$set": list(items)}, 1:
            made: set[Any] = set()
            Hasher(_NO_LIMIT).add(made, items)
            return made
        case {"$frozenset": list(items)}, 1:
            return Hasher(_NO_LIMIT).frozen(items)
        case {"$dict": list(pairs)}, 1 if all(type(pair) is list and len(pair) == 2 for pair in pairs):
            pairing: dict[Any, Any] = {}
            Hasher(_NO_LIMIT).update(pairing, [key for key, _ in pairs], [part for _, part in pairs])
            return pairing
        case {"$date": str(text)}, 1:
            return date.fromisoformat(text)
        case {"$time": str(text), **rest}, _:
            return _zoned(time.fromisoformat(text), text, **rest)
        case {"$datetime": str(text), **rest}, _:
            return _zoned(datetime.fromisoformat(text), text, **rest)
        case {"$timedelta": [days, seconds, microseconds] as parts}, 1 if {*map(type, parts)} == {int}:
            return timedelta(days, seconds, microseconds)
        case {"$timezone": str(text), **rest}, _ if _OFFSET.match(text):
            return _zone(text, **rest)
        case {"$int": str(text)}, 1 if _HEXADECIMAL.fullmatch(text):
            return int(text, 16)
        case {"$text": list(parts)}, 1:
            return "".join(parts)
    return untag_record(value)


def _zoned(moment: Any, text: str, *, fold: int = 0, zone: str | None = None) -> Any:
    if type(fold) is not int:
        raise ValueError("fold is 0 or 1")
    if zone is None and moment.tzinfo is None:
        return moment.replace(fold=fold)
    # fromisoformat takes an offset of less than a second for UTC.
    exact = _zone(text, zone) if zone is not None or _OFFSET.search(text) else moment.tzinfo
    return moment.replace(fold=fold, tzinfo=exact)


def _zone(text: str, name: str | None = None) -> timezone:
    """Return the timezone whose offset is at the end of *text*."""
    found = _OFFSET.search(text)
    if not found:
        raise ValueError("a zone without an offset")
    sign, *digits = found.groups("0")
    hours, minutes, seconds, microseconds = map(int, digits)
    offset = timedelta(hours=hours, minutes=minutes, seconds=seconds, microseconds=microseconds)
    offset = -offset if sign == "-" else offset
    return timezone(offset) if name is None else timezone(offset, name)
