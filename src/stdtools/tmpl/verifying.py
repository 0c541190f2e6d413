"""Finished output parsed again, and the place of the template that an error came from."""

import re
from collections.abc import Callable
from typing import NamedTuple, NoReturn

from stdtools.tmpl.language import Unfinished
from stdtools.tmpl.rendering import Renderer
from stdtools.tmpl.sources import ini_fault, ini_parser

_TOO_DEEP = "it is nested too deep"


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
        # A number of any length is JSON, and an int of Python is not.
        loads(text, parse_int=str, parse_constant=_refuse)
    except JSONDecodeError as error:
        return Fault(f"{error.msg[:1].lower()}{error.msg[1:]}", error.pos)
    except _NotJson as error:
        return Fault(f"{error.name} is none of its values", _outside_of_strings(text, error.name))
    except RecursionError:
        return Fault(_TOO_DEEP, 0)
    return _not_utf_8(text)


class _NotJson(Exception):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name.removeprefix("-")


def _refuse(name: str) -> NoReturn:
    raise _NotJson(name)


def _outside_of_strings(text: str, name: str) -> int:
    """Return where *name* stands first in *text*, which is JSON but for that."""
    is_inside = False
    for found in re.finditer(rf'\\.|"|{name}', text):
        if found[0] == '"':
            is_inside = not is_inside
        elif found[0] == name and not is_inside:
            return found.start()
    return 0


def _not_utf_8(text: str) -> Fault | None:
    """Return the first byte of *text* that is not UTF-8 as a fault."""
    found = re.search("[\udc80-\udcff]", text)
    return found and Fault(f"byte 0x{ord(found[0]) - 0xDC00:02x} is not UTF-8", found.start())


def _toml(text: str) -> Fault | None:
    import tomllib

    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what, _, where = str(error).partition(" (at ")
        found = re.search(r"line (\d+), column (\d+)", where)
        offset = _offset(text, int(found[1]), int(found[2])) if found else len(text)
        return Fault(f"{what[:1].lower()}{what[1:]}", offset)
    except RecursionError:
        return Fault(_TOO_DEEP, 0)
    except ValueError:  # of int()
        number = re.search(r"(?<![0-9_])[0-9](?:_?[0-9]){4300}", text)
        return Fault("a whole number of more than 4300 digits is none for Python", number.start() if number else 0)
    return _not_utf_8(text)


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
    from configparser import Error

    try:
        ini_parser().read_string(text)
    except Error as error:
        line, what = ini_fault(error)
        return Fault(what, _offset(text, line, 1))
    return None


def _offset(text: str, line: int, column: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1
    return min(start + column - 1, len(text))


_PARSERS: dict[str, Callable[[str], Fault | None]] = {"json": _json, "toml": _toml, "xml": _xml, "ini": _ini}
