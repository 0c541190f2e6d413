"""What a template asks for, where its values come from, and what does not fit."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from stdtools.tmpl.language import Malformed, Place, Syntax, Unfinished, places_in
from stdtools.tmpl.rendering import Trouble
from stdtools.tmpl.streaming import Findings, Lines, TemplateText
from stdtools.tmpl.values import Values, closest, leaves, spelled, text_of

_SECRET = re.compile(r"pass|pwd|secret|token|key|credential|private|auth|cookie|salt|dsn", re.IGNORECASE)
_IN_ADDRESS = re.compile(r"(?<=://)[^\s/?#]+(?=@)")
MASK = "***"


class Use(NamedTuple):
    """A place of a template; ``default`` is the word for when there is no value, as it is written."""

    name: str
    line: int
    column: int
    default: str | None
    required: bool


class Origin(NamedTuple):
    """Where the value of a name comes from."""

    name: str
    source: str
    value: str | None


class Problem(NamedTuple):
    """What does not fit: a name that is missing, or a value that is unused."""

    problem: str
    name: str
    where: str
    closest: str | None


def places(syntax: Syntax, template: TemplateText, findings: Findings) -> Iterator[tuple[Place, Use]]:
    """Yield each place of *template*, also those in words; put what is malformed into *findings*."""
    lines = Lines()
    rest = ""
    for block, final in template.blocks():
        text = rest + block
        at, rest = 0, ""
        for event in syntax.scan(text, final=final):
            if isinstance(event, Unfinished):
                rest = text[event.start :]
                break
            if isinstance(event, Malformed) and event.what:
                lines.move(text, at, event.start)
                at = event.start
                findings.add(lines.line, lines.column, Trouble(event.start, "", event.what, is_missing=False))
            for place in places_in(event):
                lines.move(text, at, place.start)
                at = place.start
                yield place, _use(syntax, place, text, lines, is_inner=place is not event)
        lines.move(text, at, len(text) - len(rest))


def _use(syntax: Syntax, place: Place, text: str, lines: Lines, *, is_inner: bool) -> Use:
    default = None
    if place.operator.endswith("-"):
        start = place.start + len(syntax.delimiter) + len("{") + len(place.name) + len(place.operator)
        default = text[start : place.end - 1]
    required = not is_inner and place.operator not in ("-", ":-", "+", ":+")
    return Use(place.name, lines.line, lines.column, default, required)


def origins(syntax: Syntax, template: TemplateText, values: Values, findings: Findings) -> Iterator[Origin]:
    """Yield where the value of each name in *template* comes from; what may be a secret is masked."""
    seen: set[str] = set()
    for place, use in places(syntax, template, findings):
        if place.name in seen:
            continue
        seen.add(place.name)
        source = values.source_of(place)
        if source is not None:
            yield Origin(place.name, source.name, _shown(values.find(place), place.name))
        elif use.default is not None:
            yield Origin(place.name, "default", _masked(use.default, place.name))
        else:
            yield Origin(place.name, "missing", None)


def _shown(value: Any, name: str) -> str:
    try:
        return text_of(_masked(value, name))
    except RecursionError:
        return MASK  # nested too deep to be looked through


def _masked(value: Any, name: str) -> Any:
    """Return *value* with what may be secret in it masked: all of it by its *name*, else what has such a name within,
    and the password of an address.
    """
    if _SECRET.search(name):
        return MASK
    if isinstance(value, str):
        return _IN_ADDRESS.sub(MASK, value)
    if isinstance(value, list):
        return [_masked(item, "") for item in value]
    if isinstance(value, dict):
        return {key: _masked(item, key) for key, item in value.items()}
    return value


def problems(syntax: Syntax, template: TemplateText, values: Values, findings: Findings) -> Iterator[Problem]:
    """Yield what *template* requires and *values* lack, then what they have and it does not use."""
    used: set[str] = set()
    keys: set[str] = set()  # names as that of one key, dots and all
    for place, use in places(syntax, template, findings):
        used.update((place.name, _above(place)))
        keys.add(spelled(place.name))
        if use.required and values.source_of(place) is None:
            close = closest(place.name, values.names())
            yield Problem("missing", place.name, f"{template.name}:{use.line}:{use.column}", close or None)
    for source in values.sources:
        if source.is_checked:
            for name in leaves(source.data, without=used | keys):
                yield Problem("unused", name, source.name, closest(name, used) or None)


def _above(place: Place) -> str:
    """Return the name that has *place* below it from its first index on, as ``leaves`` has it."""
    name = ""
    for step in place.path:
        if not isinstance(step, str):
            break
        name += spelled(step, name)
    return name
