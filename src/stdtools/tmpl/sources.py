"""Files of values: JSON, TOML, INI, .env, and the first row of CSV and TSV."""

import os
import re
from collections.abc import Callable, Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any

from stdtools.shared.errors import ToolError
from stdtools.shared.streams import Input, open_input
from stdtools.tmpl.values import Source

if TYPE_CHECKING:
    from configparser import RawConfigParser

_LARGEST = 1 << 30  # bytes
_TOO_LONG = "holds a whole number of more than 4300 digits"
_SUFFIXES = {"json": "json", "toml": "toml", "ini": "ini", "cfg": "ini", "env": "env", "csv": "csv", "tsv": "tsv"}


def read_source(path: str, form: str | None) -> Source:
    """Return the values in the file *path*, which is of the *form*, or what its name says. Raises ToolError."""
    form = form or _SUFFIXES.get(os.path.basename(path).rpartition(".")[2].lower()) or ("json" if path == "-" else None)
    with open_input(path) as source:
        if form is None:
            raise ToolError("its name does not tell what it is", where=path, hint="--data-format does")
        return Source(source.name, READERS[form](source))


def environment(prefix: str) -> Source:
    """Return the variables of the environment whose names begin with *prefix*."""
    names = ((_text(name), _text(value)) for name, value in os.environb.items())
    return Source("environment", {name: value for name, value in names if name.startswith(prefix)}, is_checked=False)


def typed(text: str) -> Source:
    """Return the value of NAME=VALUE. Raises ValueError."""
    name, sign, value = _text(os.fsencode(text)).partition("=")
    if not sign or not name:
        raise ValueError(f"{text!r} is not NAME=VALUE")
    return Source("-D", {name: value})


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _read_text(source: Input) -> str:
    parts = []
    size = 0
    while part := source.read(1 << 20):
        parts.append(part)
        size += len(part)
        if size > _LARGEST:
            raise ToolError("longer than 1 GiB", where=source.name)
    data = b"".join(parts).removeprefix(b"\xef\xbb\xbf")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ToolError(f"not UTF-8: byte 0x{data[error.start]:02x}", where=f"{source.name}:{line}") from None


def _json(source: Input) -> Mapping[str, Any]:
    from json import JSONDecodeError, JSONDecoder

    from stdtools.shared.record_input import finite_float, refuse_nan

    try:
        data = JSONDecoder(parse_constant=refuse_nan, parse_float=finite_float).decode(_read_text(source))
    except JSONDecodeError as error:
        where = f"{source.name}:{error.lineno}:{error.colno}"
        raise ToolError(f"not JSON: {error.msg[0].lower()}{error.msg[1:]}", where=where) from None
    except RecursionError:
        raise ToolError("nested too deep", where=source.name) from None
    except ValueError as error:
        raise ToolError(_TOO_LONG if "4300 digits" in str(error) else str(error), where=source.name) from None
    if not isinstance(data, dict):
        raise ToolError("is no JSON object, so that nothing in it has a name", where=source.name)
    return data


def _toml(source: Input) -> Mapping[str, Any]:
    import tomllib

    try:
        data = tomllib.loads(_read_text(source))
        return {key: _plain(value) for key, value in data.items()}
    except tomllib.TOMLDecodeError as error:
        raise ToolError(f"not TOML: {error}", where=source.name) from None
    except RecursionError:
        raise ToolError("nested too deep", where=source.name) from None
    except ValueError:  # of int()
        raise ToolError(_TOO_LONG, where=source.name) from None


def _plain(value: Any) -> Any:
    """Return *value* with what JSON has not, dates, times, inf and nan, as TOML writes it."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _ini(source: Input) -> Mapping[str, Any]:
    from configparser import Error

    parser = ini_parser()
    try:
        parser.read_string(_read_text(source), source.name)
    except Error as error:
        line, what = ini_fault(error)
        raise ToolError(f"not INI: {what}", where=f"{source.name}:{line}") from None
    return {**parser.defaults(), **{name: dict(parser.items(name)) for name in parser.sections()}}


def ini_parser() -> "RawConfigParser":
    """Return a parser of INI that expands nothing, and to which names that differ in capitals are two."""
    from configparser import RawConfigParser

    class Parser(RawConfigParser):
        def optionxform(self, optionstr: str) -> str:
            return optionstr

    return Parser(strict=True)


def ini_fault(error: Exception) -> tuple[int, str]:
    """Return the line of an *error* of configparser, and what is wrong, without the line's text: it may be secret."""
    import configparser

    match error:
        case configparser.DuplicateOptionError():
            what = f"{error.option!r} stands twice in [{error.section}]"
        case configparser.DuplicateSectionError():
            what = f"[{error.section}] stands twice"
        case configparser.MissingSectionHeaderError():
            what = "a value before the first [SECTION]"
        case _:
            what = "neither [SECTION] nor NAME = VALUE"
    line = getattr(error, "lineno", None)
    return (error.errors[0][0] if line is None and isinstance(error, configparser.ParsingError) else line or 1), what


_HEAD = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=[ \t]*")
_NOTHING = re.compile(r"[ \t]*(?:#[^\n]*)?\r?(?:\n|\Z)")
_COMMENT = re.compile(r"(?<=[ \t])#")
_ENDS = {"'": re.compile("'"), '"': re.compile(r'\\.|"', re.DOTALL)}
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


def _env(source: Input) -> Mapping[str, Any]:
    """Read lines of NAME=VALUE, as files named .env have them; nothing is expanded."""
    text = _read_text(source)
    values = {}
    at = 0
    while at < len(text):
        if nothing := _NOTHING.match(text, at):
            at = nothing.end()
            continue
        head = _HEAD.match(text, at)
        value, end = _env_value(text, head.end()) if head else (None, at)
        if head is None or value is None:
            where = f"{source.name}:{text.count(chr(10), 0, at) + 1}"
            raise ToolError("not NAME=VALUE, or its quotes are not closed", where=where)
        values[head[1]] = value
        at = end
    return values


def _env_value(text: str, at: int) -> tuple[str | None, int]:
    """Return the value that begins at *at* of *text*, None where it is not one, and where the next line begins.

    A pattern for all of it would keep what it may have to go back to for each character.
    """
    quote = text[at : at + 1]
    if quote in _ENDS:
        ends = (found.start() for found in _ENDS[quote].finditer(text, at + 1) if found[0] == quote)
        end = next(ends, len(text))
        rest = _NOTHING.match(text, end + 1)
        if end == len(text) or rest is None:
            return None, at
        value = text[at + 1 : end]
        if quote == '"':
            value = re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), value, flags=re.DOTALL)
        return value, rest.end()
    newline = text.find("\n", at)
    end = len(text) if newline < 0 else newline
    comment = _COMMENT.search(text, at, end)
    value = text[at : comment.start() if comment else end].strip(" \t\r")
    return None if "'" in value or '"' in value else value, end + 1


def _first_row(reader: str) -> Callable[[Input], Mapping[str, Any]]:
    def read(source: Input) -> Mapping[str, Any]:
        from stdtools.shared import record_input

        first = next(getattr(record_input, reader)(source), None)
        if first is None:
            raise ToolError("has no row below its header", where=source.name)
        row: Mapping[str, Any] = first
        return row

    return read


READERS: dict[str, Callable[[Input], Mapping[str, Any]]] = {
    "json": _json,
    "toml": _toml,
    "ini": _ini,
    "env": _env,
    "csv": _first_row("read_csv"),
    "tsv": _first_row("read_tsv"),
}
