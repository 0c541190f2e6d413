"""Finished output parsed again, and the place of the template that an error came from."""

import re
from collections.abc import Callable
from typing import NamedTuple

from stdtools.tmpl.language import Unfinished
from stdtools.tmpl.rendering import Renderer


class Fault(NamedTuple):
    """What a parser says, and the offset in the text that it says it of."""

    what: str
    offset: int


def fault_in(text: str, form: str) -> Fault | None:
    """Return what is wrong with *text* as JSON, TOML, XML or INI; None when nothing is."""
    mark = len(text) - len(text.removeprefix("\ufeff"))
    fault = _PARSERS[form](text[mark:])
    return fault and Fault(fault.what, fault.offset + mark)


def origin(renderer: Renderer, template: str, offset: int) -> int:
    """Return the place in *template* that has become what is at *offset* of the output."""
    at = done = 0
    for event in renderer.syntax.scan(template):
        assert not isinstance(event, Unfinished)
        done += event.start - at
        if done > offset:
            return event.start - (done - offset)
        done += len(renderer.expand(event, template))
        if done > offset:
            return event.start
        at = event.end
    return min(at + offset - done, len(template))


def _json(text: str) -> Fault | None:
    from json import JSONDecodeError, loads

    try:
        loads(text)
    except JSONDecodeError as error:
        return Fault(f"{error.msg[:1].lower()}{error.msg[1:]}", error.pos)
    except (ValueError, RecursionError) as error:
        return Fault(str(error), 0)
    return None


def _toml(text: str) -> Fault | None:
    import tomllib

    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what, _, where = str(error).partition(" (at ")
        found = re.search(r"line (\d+), column (\d+)", where)
        offset = _offset(text, int(found[1]), int(found[2])) if found else len(text)
        return Fault(f"{what[:1].lower()}{what[1:]}", offset)
    except (ValueError, RecursionError) as error:
        return Fault(str(error), 0)
    return None


def _xml(text: str) -> Fault | None:
    from xml.parsers import expat

    try:
        data = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        return Fault("half of a pair of surrogates is no text", error.start)
    parser = expat.ParserCreate()
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        return Fault(expat.ErrorString(error.code), _offset(text, error.lineno, error.offset + 1))
    return None


def _ini(text: str) -> Fault | None:
    import configparser

    try:
        configparser.RawConfigParser(strict=True).read_string(text)
    except configparser.Error as error:
        lines = [line for line, _ in error.errors] if type(error) is configparser.ParsingError else []
        line = lines[0] if lines else getattr(error, "lineno", None) or 1
        return Fault(" ".join(error.message.split("\n")[0].split()), _offset(text, line, 1))
    return None


def _offset(text: str, line: int, column: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1
    return min(start + column - 1, len(text))


_PARSERS: dict[str, Callable[[str], Fault | None]] = {"json": _json, "toml": _toml, "xml": _xml, "ini": _ini}
