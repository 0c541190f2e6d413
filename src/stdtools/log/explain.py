"""The scripts that --explain prints: the same with ``logging.handlers`` and the rest of the standard library."""

from typing import Any

from stdtools.shared.errors import ToolError

_UNEXPLAINED = {
    "every": None,
    "compress": None,
    "sync": "none",
    "on_full": "wait",
    "mode": None,
    "max_total": None,
}
_STRFTIME = {"iso": "%Y-%m-%dT%H:%M:%S%z", "utc": "%Y-%m-%dT%H:%M:%SZ", "epoch": "%s"}


def explain_write(given: dict[str, Any]) -> str:
    """Return a script that does what ``log write`` would do with the parameters *given*."""
    tee = ["    sys.stdout.buffer.write(line)"] if given["tee"] else []
    return _script(
        ["import logging", "import logging.handlers", "import sys", "", *_handler(given)],
        ["for line in sys.stdin.buffer:", *_emit("line"), *tee],
    )


def explain_run(given: dict[str, Any]) -> str:
    """Return a script that does what ``log run`` would do, but merges the streams in the pipe."""
    if given["tag"]:
        raise ToolError("--explain does not cover --tag")
    tee = ["    sys.stdout.buffer.write(line)"] if given["tee"] else []
    return _script(
        ["import logging", "import logging.handlers", "import subprocess", "import sys", "", *_handler(given)],
        [
            f"command = subprocess.Popen({list(given['command'])!r}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)",
            "for line in command.stdout:",
            *_emit("line"),
            *tee,
            "sys.exit(command.wait())",
        ],
    )


def _handler(given: dict[str, Any]) -> list[str]:
    for name, default in _UNEXPLAINED.items():
        if given[name] != default:
            raise ToolError(f"--explain does not cover --{name.replace('_', '-')}")
    if given["timestamp"] == "utc":
        raise ToolError("--explain does not cover --timestamp utc")
    # The handler counts characters and one newline more, and rotates when it reaches the limit.
    limit = given["max_bytes"] + 2 if given["max_bytes"] else 0
    lines = [
        "# latin-1: a character is a byte. The line brings its own end.",
        f"handler = logging.handlers.RotatingFileHandler({given['file']!r}, maxBytes={limit},",
        f"                                               backupCount={given['backups']}, encoding='latin-1')",
        "handler.terminator = ''",
    ]
    if given["timestamp"] or given["prefix"]:
        time = "%(asctime)s " if given["timestamp"] else ""
        prefix = given["prefix"].encode("utf-8", "surrogateescape").decode("latin-1").replace("%", "%%")
        date = _STRFTIME.get(given["timestamp"], given["timestamp"])
        lines.append(f"handler.setFormatter(logging.Formatter({time + prefix + '%(message)s'!r}, {date!r}))")
    return lines


def _emit(line: str) -> list[str]:
    return [f"    handler.emit(logging.makeLogRecord({{'msg': {line}.decode('latin-1')}}))"]


def explain_view(given: dict[str, Any]) -> str:
    """Return a script that does what ``log view`` would do with the parameters *given*."""
    for name in ("since", "until", "level", "format"):
        if given[name] is not None:
            raise ToolError(f"--explain does not cover --{name}")
    if given["follow"]:
        raise ToolError("--explain does not cover --follow")
    from stdtools.shared import journal

    grep, count = given["grep"], given["lines"]
    lines = "(line for name in names for line in openers.get(name.rpartition('.')[2], open)(name, 'rb'))"
    imports = ["import bz2", "import collections", "import gzip", "import lzma", "import os", "import re", "import sys"]
    if grep is None:
        imports.remove("import re")
    if count is None:
        imports.remove("import collections")
    body = [
        *imports,
        "",
        f"path = {given['file'] or journal.place()!r}",
        "openers = {'gz': gzip.open, 'bz2': bz2.open, 'xz': lzma.open}",
        "names = [path] + [f'{path}.{n}{end}' for n in range(1, 1000) for end in ('', '.gz', '.bz2', '.xz')]",
        "names = [name for name in reversed(names) if os.path.exists(name)]",
        f"lines = {lines}",
    ]
    if grep is not None:
        body.append(f"lines = (line for line in lines if re.search({grep.pattern!r}, line))")
    if count is not None:
        body.append(f"lines = collections.deque(lines, maxlen={count})")
    return _script(body, ["sys.stdout.buffer.writelines(lines)"])


def explain_verify(given: dict[str, Any]) -> str:
    """Return a script that counts what ``log verify`` would count and sees its plainest problems."""
    if given["format"] not in (None, "plain", "tsv"):
        raise ToolError("--explain shows the plain lines; leave out the format")
    return _script(
        [
            "import bz2, gzip, lzma, os",
            "",
            f"path = {given['file']!r}",
            "openers = {'': open, '.gz': gzip.open, '.bz2': bz2.open, '.xz': lzma.open}",
            "before = None",
            "for number in range(999, -1, -1):",
            "    base = f'{path}.{number}' if number else path",
            "    for end in openers:",
            "        if os.path.exists(base + end):",
            "            data = openers[end](base + end, 'rb').read()",
            "            problems = []",
            "            if number and data and not data.endswith(b'\\n'):",
            "                problems.append('is torn: its last line has no end')",
            "            if before is not None and before - number > 1:",
            "                problems.append('a backup is missing before it')",
            "            lines = data.count(b'\\n') + (data[-1:] not in (b'', b'\\n'))",
            "            print(base + end, lines, len(data), '; '.join(problems), sep='\\t')",
            "            before = number",
        ]
    )


def explain_path() -> str:
    """Return a script that shows where the journal is on Linux."""
    return _script(
        [
            "import os",
            "",
            "state = os.environ.get('XDG_STATE_HOME') or os.path.expanduser('~/.local/state')",
            "default = os.path.join(state, 'stdtools', 'log', 'stdtools.log')",
            "print(os.environ.get('STDTOOLS_JOURNAL') or default)",
        ]
    )


def _script(*parts: list[str]) -> str:
    return "\n".join(line for part in parts for line in part) + "\n"
