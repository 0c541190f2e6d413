"""The scripts that --explain prints: the same with heapq and bisect."""

from typing import Any

from stdtools.shared.errors import ToolError
from stdtools.shared.explaining import refuse_others


def explain_top(given: dict[str, Any]) -> str:
    """Return a script that does what ``top`` would do with the parameters *given*."""
    refuse_others(given, {"files", "most", "by", "form", "delimiter", "smallest"})
    if given["form"] != "auto" or (given["by"] and not given["by"].lstrip("-").isdigit()):
        raise ToolError("--explain covers fields of text by their numbers")
    key = "float(line)"
    if given["by"]:
        number = int(given["by"])
        key = f"float(line.split({given['delimiter'] or None!r})[{number - (number > 0)}])"
    source = f"fileinput.input({list(given['files'])!r})" if given["files"] else "sys.stdin"
    name = "nsmallest" if given["smallest"] else "nlargest"
    return "\n".join(
        [
            "import fileinput, heapq, sys",
            "",
            f"best = heapq.{name}({given['most']}, {source}, key=lambda line: {key})",
            "sys.stdout.writelines(line.rstrip('\\n') + '\\n' for line in best)",
            "",
        ]
    )


def explain_merge(given: dict[str, Any]) -> str:
    """Return a script that does what ``merge`` would do with the parameters *given*."""
    refuse_others(given, {"files", "by", "kind", "delimiter", "unique"})
    if given["kind"] == "time":
        raise ToolError("--explain covers text and numbers")
    key = ""
    if number := given["by"]:
        between = given["delimiter"].encode("utf-8", "surrogateescape") or None
        cell = f"line.split({between!r})[{number - (number > 0)}]"
        key = f", key=lambda line: {f'float({cell})' if given['kind'] == 'number' else cell}"
    elif given["kind"] == "number":
        key = ", key=float"
    script = [
        "import heapq, itertools, sys",
        "",
        f"names = {list(given['files']) or ['-']!r}",
        "files = [sys.stdin.buffer if name == '-' else open(name, 'rb') for name in names]",
        "lines = ((line.rstrip(b'\\n') for line in file) for file in files)",
        f"merged = heapq.merge(*lines{key})",
    ]
    if given["unique"]:
        if key:
            raise ToolError("--explain covers --unique of whole lines")
        script.append("merged = (line for line, _ in itertools.groupby(merged))")
    script.append("sys.stdout.buffer.writelines(line + b'\\n' for line in merged)")
    return "\n".join(script) + "\n"


def explain_look(given: dict[str, Any], prefix: str, path: str) -> str:
    """Return a script that does what ``look`` would do for a *prefix* in the file *path*."""
    refuse_others(given, {"kind", "delimiter"})
    if given["kind"] != "text":
        raise ToolError("--explain covers text")
    return "\n".join(
        [
            "import bisect, sys",
            "",
            f"prefix = {prefix.encode('utf-8', 'surrogateescape')!r}",
            f"lines = [line.rstrip(b'\\n') for line in open({path!r}, 'rb')]",
            "first = bisect.bisect_left(lines, prefix)",
            "while first < len(lines) and lines[first].startswith(prefix):",
            "    sys.stdout.buffer.write(lines[first] + b'\\n')",
            "    first += 1",
            "",
        ]
    )
