"""Layouts with names: those that come with the program, and the user's own.

A layout is a TOML file; its name is the file's. Keys: ``layout`` (needed), ``description``,
``magic`` (hex digits of the bytes that a record begins with), ``skip`` (bytes, negative from the
end), ``count`` (records), ``search`` (true: the record begins at the last ``magic`` of the file).
"""

import tomllib
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any

from stdtools.pack.named import NamedLayout
from stdtools.shared.errors import ToolError, raise_os_error

_TYPES = {"layout": str, "description": str, "magic": str, "skip": int, "count": int, "search": bool}


def find_layout(name: str, own: str) -> NamedLayout:
    """Return the layout called *name*: the user's in the directory *own*, else the built-in one."""
    for layout in (f for source in (_own(own), _built_in()) for f in source):
        if layout[0] == name:
            return _parse(*layout)
    known = sorted({layout[0] for source in (_own(own), _built_in()) for layout in source})
    close = get_close_matches(name, known, 1)
    hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
    raise ToolError(f"no layout is called {name!r}", hint=hint)


def all_layouts(own: str) -> list[NamedLayout]:
    """Return every layout by name; the user's take the place of built-in ones."""
    found = {layout[0]: layout for source in (_built_in(), _own(own)) for layout in source}
    return [_parse(*found[name]) for name in sorted(found)]


def _built_in() -> list[tuple[str, str, str]]:
    entries = files("stdtools.pack").joinpath("layouts").iterdir()
    return [(e.name[:-5], "built in", e.read_text("utf-8")) for e in entries if e.name.endswith(".toml")]


def _own(directory: str) -> list[tuple[str, str, str]]:
    found = []
    for path in sorted(Path(directory).glob("*.toml")):
        try:
            found.append((path.stem, str(path), path.read_text("utf-8")))
        except OSError as error:
            raise_os_error(error, str(path))
        except UnicodeDecodeError:
            raise ToolError("is not UTF-8", where=str(path)) from None
    return found


def _parse(name: str, origin: str, text: str) -> NamedLayout:
    where = name if origin == "built in" else origin
    try:
        values: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ToolError(f"is not TOML: {error}", where=where) from None
    for key, value in values.items():
        if key not in _TYPES:
            raise ToolError(f"unknown key {key!r}", where=where, hint=f"known are {', '.join(_TYPES)}")
        if type(value) is not _TYPES[key]:
            raise ToolError(f"{key} must be of type {_TYPES[key].__name__}", where=where)
    if "layout" not in values:
        raise ToolError("has no layout", where=where, hint="write layout = '<I:id H:port'")
    try:
        values["magic"] = bytes.fromhex(values.get("magic", ""))
    except ValueError:
        raise ToolError("magic must be hex digits", where=where, hint="write magic = '7f454c46'") from None
    if values.get("count", 1) < 1:
        raise ToolError("count must be at least 1", where=where)
    return NamedLayout(name, origin, limit=values.pop("count", None), **values)
