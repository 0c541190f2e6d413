"""What may be stored: values of exactly the plain types, that do not refer to themselves."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

from stdtools.kv.nesting import NESTING, survey
from stdtools.kv.plain import BUILT_IN, SCALARS, Foreign, NotPlain, a_kind

_BASIC = SCALARS | BUILT_IN
_DATES = frozenset({date, timedelta})
_ZONED = frozenset({datetime, time})
_LONGEST_KEY = 40  # characters shown

_Trail = tuple["_Trail", str] | tuple[()]  # the way to a part, from its end


def check(value: Any) -> None:
    """Raise NotPlain or TooDeep when *value* cannot be stored; say what is wrong with it, and where."""
    found = survey(value)
    if found.cyclic:
        raise NotPlain(f"the {type(value).__name__} refers to itself")
    if found.kinds <= _BASIC:
        return
    for trail, part in _parts(value):
        if misfit := _misfit(part):
            place = _spelled(type(value).__name__, trail) if trail else "the value"
            raise NotPlain(f"{place} is {misfit}", hint="only values of plain built-in types are stored")


def _misfit(value: Any) -> str:
    """Say what *value* is when it is not plain itself, whatever it holds."""
    kind = type(value)
    if kind in _BASIC or kind in _DATES:
        return ""
    if kind is timezone:
        odd = [part for part in value.__getinitargs__() if type(part) not in (timedelta, str)]
        return f"a timezone of {a_kind(odd[0])}" if odd else ""
    if kind in _ZONED:
        zone = value.tzinfo
        if zone is None or (type(zone) is timezone and not _misfit(zone)):
            return ""
        return f"{a_kind(value)} with {_misfit(zone)}"
    return a_kind(value)


def _parts(root: Any) -> Iterator[tuple[_Trail, Any]]:
    """Yield *root* and all that it holds, each with the way to it."""
    pending: list[tuple[_Trail, Any]] = [((), root)]
    seen = set()
    while pending:
        trail, value = pending.pop()
        yield trail, value
        kind = type(value)
        if kind not in NESTING or id(value) in seen:
            continue
        seen.add(id(value))
        inner: list[tuple[_Trail, Any]] = []
        if kind is dict:
            for key, item in value.items():
                inner.append(((trail, "a key of "), key))
                inner.append(((trail, f"[{_shown(key)}]"), item))
        elif kind is list or kind is tuple:
            inner = [((trail, f"[{index}]"), item) for index, item in enumerate(value)]
        elif kind is not Foreign:
            inner = [((trail, "an element of "), item) for item in value]
        pending += reversed(inner)


def _shown(key: object) -> str:
    text = repr(key) if type(key) in SCALARS else type(key).__name__
    return text if len(text) <= _LONGEST_KEY else f"{text[:_LONGEST_KEY]}…"


def _spelled(text: str, trail: _Trail) -> str:
    """Return *trail* as Python would write it."""
    labels = []
    while trail:
        trail, label = trail
        labels.append(label)
    for label in reversed(labels):
        text = f"{text}{label}" if label.startswith("[") else f"({label}{text})"
    return text.removeprefix("(").removesuffix(")") if text.startswith("(") and text.endswith(")") else text
