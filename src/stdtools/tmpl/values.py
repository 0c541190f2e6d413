"""Where values come from, and how a name finds one: in dictionaries and lists, never in attributes."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from math import isfinite
from typing import Any, NamedTuple, cast

from stdtools.tmpl.language import Path, Place

MISSING: Any = object()
_MOST_NAMES = 2000  # that are looked through for one that is close


class Unfit(Exception):
    """A value that cannot be written as it has to be."""


class Source(NamedTuple):
    """Values by name, and what they are called; ``is_checked`` says that all of them are meant to be used."""

    name: str
    data: Mapping[str, Any]
    is_checked: bool = True


class Values:
    """The values of several sources; of two with the same name, the later source's."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self.sources = sources
        self._latest_first = [source.data for source in reversed(sources)]

    def find(self, place: Place) -> Any:
        """Return the value for *place*, or MISSING."""
        for data in self._latest_first:
            value = look_up(data, place.name, place.path)
            if value is not MISSING:
                return value
        return MISSING

    def source_of(self, place: Place) -> Source | None:
        """Return the source that has the value for *place*."""
        found = (each for each in reversed(self.sources) if look_up(each.data, place.name, place.path) is not MISSING)
        return next(found, None)

    def names(self) -> Iterator[str]:
        """Yield what there are values for, as a template would name it."""
        for source in self.sources:
            yield from leaves(source.data)


def look_up(data: Mapping[str, Any], name: str, path: Path) -> Any:
    """Return what *data* has under *name* as a whole, else by its *path*; MISSING when it has neither."""
    if name in data:
        return data[name]
    value: Any = data
    for step in path:
        if isinstance(step, str):
            if value is not data and not isinstance(value, dict):
                return MISSING
            if step not in value:
                return MISSING
        elif not isinstance(value, list) or not -len(value) <= step < len(value):
            return MISSING
        value = value[step]
    return value


def leaves(data: Mapping[str, Any], without: Container[str] = ()) -> Iterator[str]:
    """Yield the names of the values in *data*, those within dictionaries with dots; lists are values.

    The names in *without*, and what is below them, are left out.
    """
    waiting = [("", iter(data.items()))]
    while waiting:
        prefix, items = waiting[-1]
        for key, value in items:
            name = prefix + spelled(str(key), prefix)
            if name in without:
                continue
            if isinstance(value, dict) and value:
                waiting.append((name, iter(value.items())))
                break
            yield name
        else:
            waiting.pop()


def spelled(key: str, prefix: str = "") -> str:
    """Return *key* as a template names it behind *prefix*."""
    if key.isidentifier():
        return f".{key}" if prefix else key
    quoted = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'["{quoted}"]'


def closest(name: str, names: Iterable[str]) -> str:
    """Return the one of *names* that may have been meant by *name*; nothing where there is none like it."""
    from difflib import get_close_matches
    from itertools import islice

    known = [each for each in islice(names, _MOST_NAMES) if len(each) <= 2 * len(name) <= 200]
    return next(iter(get_close_matches(name, known, n=1)), "")


def text_of(value: Any) -> str:
    """Return *value* as it goes into a text: text as it is, bytes too, all else as JSON. Raises Unfit."""
    kind = type(value)
    if kind is str or kind is int:
        return str(value)
    if kind is float:
        if not isfinite(value):
            raise Unfit("is too large for a 64-bit float")
        return repr(value)
    if kind is bytes:
        return bytes(value).decode("utf-8", "surrogateescape")
    if kind is dict and (data := bytes_of(value)) is not None:
        return text_of(data)
    from stdtools.shared.records import JsonText

    return JsonText()(value)


def bytes_of(value: dict[str, Any]) -> bytes | None:
    """Return the bytes that *value* is a tag of; None where it is a dictionary like others."""
    if "$base64" in value:
        from stdtools.shared.records import untag

        with suppress(ValueError):
            return cast(bytes, untag(value))
    return None


def is_empty(value: Any) -> bool:
    """Say whether *value* is one that ``${name:-word}`` puts the word in the place of."""
    return value is None or value == ""
