"""The script that --explain prints: the same with ``subprocess`` and a pool of threads."""

from typing import Any

from stdtools.shared.errors import ToolError
from stdtools.shared.explaining import refuse_others

_COVERED = {"command", "null", "jobs", "order", "arg_file", "shell", "progress"}
_COVERED |= {"on_error", "memory"}  # which mean something only beside what is not covered


def explain_par(given: dict[str, Any]) -> str:
    """Return a script that does what ``par`` would do with the parameters *given*."""
    refuse_others(given, _COVERED)
    if given["order"] != "keep":
        raise ToolError(f"--explain does not cover --{given['order'].replace('lines', 'line-buffer')}")
    words = list(given["command"])
    given_items = None
    if ":::" in words:
        at = words.index(":::")
        words, given_items = words[:at], words[at + 1 :]
    if given["shell"] is not None:
        call = _shell_call(given["shell"])
    else:
        call = f"[{', '.join(_word(word) for word in words)}{'' if _has_item(words) else ', item'}]"
    lines = [
        "import os, subprocess, sys",
        "from concurrent.futures import ThreadPoolExecutor",
        "",
        "def job(item):",
        f"    return subprocess.run({call}, stdin=subprocess.DEVNULL, capture_output=True)",
        "",
        *_items(given, given_items),
        f"with ThreadPoolExecutor({_jobs(given['jobs'])}) as pool:",
        "    done = list(pool.map(job, items))  # it keeps all output in memory, and reads all items first",
        "for each in done:",
        "    sys.stdout.buffer.write(each.stdout)",
        "    sys.stdout.flush()",
        "    sys.stderr.buffer.write(each.stderr)",
        "sys.exit(2 if any(each.returncode for each in done) else 0)",
    ]
    return "\n".join(lines) + "\n"


def _items(given: dict[str, Any], items: list[str] | None) -> list[str]:
    if items is not None:
        return [f"items = {items!r}"]
    opened = f"open({given['arg_file']!r}, 'rb')" if given["arg_file"] not in (None, "-") else "sys.stdin.buffer"
    if given["null"]:  # an empty item is one
        return [
            f"data = {opened}.read()",
            "items = [os.fsdecode(item) for item in data.removesuffix(b'\\0').split(b'\\0')] if data else []",
        ]
    return [f"items = [os.fsdecode(item) for item in {opened}.read().split(b'\\n') if item]"]


def _jobs(text: str | None) -> str:
    if text is None:
        return "os.cpu_count()"
    if not text.isdigit() or not int(text):
        raise ToolError("--explain covers --jobs only with a number")
    return text


_EXPRESSIONS = {
    "{}": "item",
    "{.}": "os.path.splitext(item)[0]",
    "{/}": "(os.path.basename(item.rstrip('/')) or item[:1])",
    "{//}": "(os.path.dirname(item.rstrip('/')) or ('/' if item[:1] == '/' else '.'))",
    "{/.}": "os.path.splitext(os.path.basename(item.rstrip('/')) or item[:1])[0]",
}


def _has_item(words: list[str]) -> bool:
    return any(placeholder in word for word in words for placeholder in _EXPRESSIONS)


def _word(word: str) -> str:
    """Return the Python expression of a word of the command."""
    if "{#}" in word or "{%}" in word:
        raise ToolError("--explain does not cover {#} and {%}")
    parts = []
    while word:
        at, placeholder = min(
            ((word.find(each), each) for each in _EXPRESSIONS if each in word), default=(len(word), "")
        )
        if at:
            parts.append(repr(word[:at]))
        if placeholder:
            parts.append(_EXPRESSIONS[placeholder])
        word = word[at + len(placeholder) :]
    return " + ".join(parts) or "''"


def _shell_call(text: str) -> str:
    if (
        "{}" not in text
        or set("'\"\\`#<") & set(text)
        or any(each in text for each in (*_EXPRESSIONS, "{#}", "{%}") if each != "{}")
    ):
        raise ToolError("--explain covers --shell only with {} and without quotes")
    script = text.replace("{}", '"$1"')
    return f"['sh', '-c', {script!r}, 'sh', item]"
