"""The scripts that --explain prints: string.Template, and the readers of the standard library."""

import os
from collections.abc import Sequence
from typing import Any

from stdtools.shared.errors import ToolError
from stdtools.shared.explaining import refuse_others

_COVERED = {
    "template",
    "text",
    "define",
    "data",
    "env",
    "keep",
    "delimiter",
    "plain",
    "each",
    "color",
    "escape",
    "jobs",
}
_READERS = {
    "json": ("json", "json.load(open({path!r}, encoding='utf-8-sig'))"),
    "csv": ("csv", "next(csv.DictReader(open({path!r}, newline='', encoding='utf-8-sig')))"),
}
_ROWS = {"csv": ("csv", "csv.DictReader({source})"), "jsonl": ("json", "map(json.loads, filter(str.strip, {source}))")}
_TEXT = [
    "def text(value):",
    "    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)",
    "",
]


def explain(given: dict[str, Any], sources: Sequence[tuple[str, str]]) -> str:
    """Return a script that does what ``tmpl`` would do with *given*, for the forms that string.Template has."""
    refuse_others(given, _COVERED, () if given["each"] else {"header", "footer", "separator"})
    if given["escape"] != "none":
        raise ToolError("--explain does not cover --escape")
    modules = {"string", "sys"}
    updates = [_update(kind, text, modules) for kind, text in sources]
    name = "string.Template"
    head: list[str] = []
    if given["delimiter"] != "$":
        name = "Template"
        head = ["class Template(string.Template):", f"    delimiter = {given['delimiter']!r}", ""]
    lines = [f"template = {name}({_text(given)})", "values = {}", *updates]
    everything = "values"
    indent = ""
    if given["each"]:
        lines.append(f"for row in {_rows(given['each'], modules)}:")
        everything, indent = "values | row", "    "
    if "json" in modules:
        head += _TEXT
        everything = f"{{name: text(value) for name, value in ({everything}).items()}}"
    method = "safe_substitute" if given["keep"] else "substitute"
    lines.append(f"{indent}sys.stdout.write(template.{method}({everything}))")
    start = "sys.stdout.reconfigure(encoding='utf-8', errors='surrogateescape', newline='')"
    return "\n".join([f"import {', '.join(sorted(modules))}", "", *head, start, *lines, ""])


def _text(given: dict[str, Any]) -> str:
    if given["text"] is not None:
        if given["delimiter"] + "{" in given["text"] and not given["plain"]:
            from stdtools.tmpl.language import Syntax

            known = Syntax(given["delimiter"], plain=True).scan(given["text"])
            if any(hasattr(event, "what") for event in known):
                raise ToolError("--explain covers $name, ${name} and $$ alone, as string.Template does")
        return repr(given["text"] + "\n")
    path = given["template"] or "-"
    file = "0" if path == "-" else repr(path)
    return f"open({file}, encoding='utf-8', errors='surrogateescape', newline='').read()"


def _update(kind: str, text: str, modules: set[str]) -> str:
    if kind == "define":
        name, _, value = text.partition("=")
        return f"values[{name!r}] = {value!r}"
    if kind == "env":
        modules.add("os")
        test = f" if name.startswith({text!r})" if text else ""
        return f"values.update((name, value) for name, value in os.environ.items(){test})"
    reader = _READERS.get(os.path.basename(text).rpartition(".")[2].lower())
    if reader is None:
        raise ToolError(f"--explain covers --data with {', '.join(_READERS)} alone", where=text)
    modules.add(reader[0])
    return f"values.update({reader[1].format(path=text)})"


def _rows(path: str, modules: set[str]) -> str:
    reader = _ROWS.get(path.rpartition(".")[2].replace("ndjson", "jsonl"))
    if reader is None:
        raise ToolError("--explain covers --each with files named .csv and .jsonl alone", where=path)
    modules.add(reader[0])
    return reader[1].format(source=f"open({path!r}, newline='', encoding='utf-8-sig')")
