"""Layouts with names: those that come with the program, and the user's own.

A layout is a TOML file; its name is the file's. Keys: ``layout`` (needed), ``description``,
``magic`` (hex digits of the bytes that a record begins with), ``skip`` (bytes, negative from the
end), ``count`` (records), ``search`` (true: the record begins at the last ``magic`` of the file).
"""

import tomllib
from collections.abc import Iterator
from difflib import get_close_matches
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from stdtools.pack.layout import Layout, LayoutError
from stdtools.pack.named import NamedLayout
from stdtools.shared.config import is_trusted
from stdtools.shared.errors import ToolError, raise_os_error

TYPES = {"layout": str, "description": str, "magic": str, "skip": int, "count": int, "search": bool}
BUILT_IN = "built in"


def find_layout(name: str, own: str) -> NamedLayout:
    """Return the layout called *name*: the user's in the directory *own*, else the built-in one."""
    known = _found(own)
    if name not in known:
        close = get_close_matches(name, known, 1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
        raise ToolError(f"no layout is called {name!r}", hint=hint)
    return _read(name, *known[name])


def names(own: str) -> list[str]:
    """Return the names of all layouts."""
    return list(_found(own))


def all_layouts(own: str) -> Iterator[NamedLayout | ToolError]:
    """Yield every layout by name, the user's in the place of built-in ones; an error for a broken file."""
    for name, (origin, path) in _found(own).items():
        try:
            yield _read(name, origin, path)
        except ToolError as error:
            yield error


def _found(own: str) -> dict[str, tuple[str, Traversable]]:
    """Return origin and file of every layout by name, unread."""
    built_in = files("stdtools.pack").joinpath("layouts").iterdir()
    found = {path.name: (BUILT_IN, path) for path in built_in if path.name.endswith(".toml")}
    found |= {path.name: (str(path), path) for path in Path(own).glob("*.toml")}
    return {name.removesuffix(".toml"): found[name] for name in sorted(found)}


def _read(name: str, origin: str, path: Traversable) -> NamedLayout:
    where = str(path)
    try:
        with path.open("rb") as file:
            if origin != BUILT_IN and not is_trusted(file.fileno()):
                raise ToolError("not used, as others can write it", where=where, hint="chmod go-w it")
            values: dict[str, Any] = tomllib.load(file)
    except OSError as error:
        raise_os_error(error, where)
    except UnicodeDecodeError:
        raise ToolError("is not UTF-8", where=where) from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ToolError(f"is not TOML: {error}", where=where) from None
    for key, value in values.items():
        if key not in TYPES:
            raise ToolError(f"unknown key {key!r}", where=where, hint=f"known are {', '.join(TYPES)}")
        if type(value) is not TYPES[key]:
            raise ToolError(f"{key} must be of type {TYPES[key].__name__}", where=where)
    if "layout" not in values:
        raise ToolError("has no layout", where=where, hint="write layout = '<I:id H:port'")
    if values.get("count", 1) < 1:
        raise ToolError("count must be at least 1", where=where)
    try:
        values["magic"] = bytes.fromhex(values.get("magic", ""))
    except ValueError:
        raise ToolError("magic must be hex digits", where=where, hint="write magic = '7f454c46'") from None
    if values.get("search") and not values["magic"]:
        raise ToolError("search needs a magic", where=where)
    try:
        Layout(values["layout"])
    except LayoutError as error:
        error.where = f"{where}: {error.where}"
        raise
    return NamedLayout(name, origin, limit=values.pop("count", None), **values)
