"""What a template asks for, where its values come from, and what does not fit."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from stdtools.tmpl.language import Malformed, Place, Syntax, Unfinished, places_in
from stdtools.tmpl.rendering import Trouble
from stdtools.tmpl.streaming import Findings, Lines, TemplateText
from stdtools.tmpl.values import Values, closest, leaves, text_of

_SECRET = re.compile(r"pass|pwd|secret|token|key|credential|private|auth|cookie|salt|dsn", re.IGNORECASE)
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
            value = text_of(values.find(place))
            yield Origin(place.name, source.name, MASK if _SECRET.search(place.name) else value)
        elif use.default is not None:
            yield Origin(place.name, "default", MASK if _SECRET.search(place.name) else use.default)
        else:
            yield Origin(place.name, "missing", None)


def problems(syntax: Syntax, template: TemplateText, values: Values, findings: Findings) -> Iterator[Problem]:
    """Yield what *template* requires and *values* lack, then what they have and it does not use."""
    used: set[str] = set()
    for place, use in places(syntax, template, findings):
        used.update((place.name, *_above(place)))
        if use.required and values.source_of(place) is None:
            close = closest(place.name, values.names())
            yield Problem("missing", place.name, f"{template.name}:{use.line}:{use.column}", close or None)
    for source in values.sources:
        if source.is_checked:
            for name in leaves(source.data):
                if not _is_used(name, used):
                    yield Problem("unused", name, source.name, closest(name, used) or None)


def _above(place: Place) -> Iterator[str]:
    """Yield the names that have *place* below them up to its first index."""
    name = ""
    for step in place.path:
        if not isinstance(step, str):
            break
        name = f"{name}.{step}" if name else step
    yield name


def _is_used(name: str, used: set[str]) -> bool:
    """Say whether *name* is one of the *used*, or below one."""
    while name:
        if name in used:
            return True
        name = name.rpartition(".")[0]
    return False


def known_names(values: Values, columns: Sequence[str] = ()) -> Iterator[str]:
    """Yield what a name could have been meant to be."""
    yield from columns
    yield from values.names()
