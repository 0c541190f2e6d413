"""A value changed in the text of a TOML file, all else in it as it is: comments, order, blanks."""

import contextlib
import copy
import re
import tomllib
from collections.abc import Sequence
from json import dumps
from typing import Any

from stdtools.shared.errors import ToolError
from stdtools.shared.records import is_utf8


def changed(text: str, table: Sequence[str], key: str, value: Any) -> str:
    """Return *text* with *value* under *key* in *table*, or without it where it is None.

    What comes out is read again, and must be what was meant. Raises ToolError where the file is written in a way that
    this cannot change, and for what is no TOML.
    """
    try:
        before = tomllib.loads(text)
    except ValueError as error:
        raise ToolError(f"no TOML: {error}", hint="mend it with: stdtools config edit") from None
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    new = [] if value is None else [f"{key} = {_rendered(value)}\n"]
    section = _section(lines, table)
    if section is None:
        if new:
            lines += [*(["\n"] if lines else []), f"[{'.'.join(table)}]\n", *new]
    else:
        at = next((i for i in section if re.match(rf"\s*\"?{re.escape(key)}\"?\s*=", lines[i])), None)
        if at is not None:
            lines[at : at + 1] = [line.rstrip("\n") + _comment(lines[at]) for line in new]
        else:
            last = max((i + 1 for i in section if lines[i].strip()), default=section.start)
            lines[last:last] = new
    made = "".join(lines)
    wanted = copy.deepcopy(before)
    _put(wanted, table, key, value)
    try:
        is_right = _without_empty(tomllib.loads(made)) == _without_empty(wanted)
    except ValueError:
        is_right = False
    if not is_right:
        raise ToolError("is written in a way that only you can change", hint="stdtools config edit")
    return made


def _comment(line: str) -> str:
    """Return what stands behind the value on a *line*: nothing but its end, or blanks and a comment."""
    for sign in re.finditer("#", line):
        with contextlib.suppress(ValueError):  # it stands in a text
            tomllib.loads(line[: sign.start()])
            return line[len(line[: sign.start()].rstrip()) :]
    return "\n"


def _section(lines: list[str], table: Sequence[str]) -> range | None:
    """Return the numbers of the lines behind the header of *table*, up to the next one; None where it has none."""
    names = r"\s*\.\s*".join(rf"\"?{re.escape(part)}\"?" for part in table)
    header = re.compile(rf"\s*\[\s*{names}\s*\]\s*(#.*)?$")
    start = next((i + 1 for i, line in enumerate(lines) if header.match(line)), None)
    if start is None:
        return None
    end = next((i for i in range(start, len(lines)) if lines[i].lstrip().startswith("[")), len(lines))
    return range(start, end)


def _rendered(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(_rendered, value)) + "]"
    if not is_utf8(value):
        raise ToolError("a value of config.toml is UTF-8")
    return dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _put(data: dict[str, Any], table: Sequence[str], key: str, value: Any) -> None:
    for part in table:
        data = data.setdefault(part, {})
        if not isinstance(data, dict):
            raise ToolError(f"{part} is no table there", hint="stdtools config edit")
    if value is None:
        data.pop(key, None)
    else:
        data[key] = value


def _without_empty(data: Any) -> Any:
    if not isinstance(data, dict):
        return data
    return {key: kept for key, value in data.items() if (kept := _without_empty(value)) != {}}
