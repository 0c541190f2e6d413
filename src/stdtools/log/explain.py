"""The scripts that --explain prints: the same with ``logging.handlers`` and the rest of the standard library."""

from typing import Any

from stdtools.log.stamp import FORMATS
from stdtools.shared.errors import ToolError
from stdtools.shared.patterns import ascii_form

_UNEXPLAINED = {
    "every": None,
    "compress": None,
    "sync": "none",
    "on_full": "wait",
    "mode": None,
    "max_total": None,
}


def explain_write(given: dict[str, Any]) -> str:
    """Return a script that does what ``log write`` would do with the parameters *given*."""
    tee = ["    sys.stdout.buffer.write(line)"] if given["tee"] else []
    return _script(
        ["import logging", "import logging.handlers", "import sys", "", *_handler(given)],
        ["for line in sys.stdin.buffer:", _EMIT, *tee],
    )


def explain_run(given: dict[str, Any]) -> str:
    """Return a script that does what ``log run`` would do, but merges the streams in the pipe."""
    for name in ("tag", "tee"):
        if given[name]:
            raise ToolError(f"--explain does not cover --{name}")
    return _script(
        ["import logging", "import logging.handlers", "import subprocess", "import sys", "", *_handler(given)],
        [
            f"command = subprocess.Popen({list(given['command'])!r}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)",
            "for line in command.stdout:",
            _EMIT,
            "code = command.wait()",
            "sys.exit(code if code >= 0 else 128 - code)",
        ],
    )


def _handler(given: dict[str, Any]) -> list[str]:
    for name, default in _UNEXPLAINED.items():
        if given[name] != default:
            raise ToolError(f"--explain does not cover --{name.replace('_', '-')}")
    if given["timestamp"] in FORMATS or "%f" in (given["timestamp"] or ""):
        raise ToolError("--explain covers --timestamp only with a format of time.strftime")
    if given["max_bytes"] and not given["backups"]:
        raise ToolError("--explain does not cover --backups 0: RotatingFileHandler then never rotates")
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
        prefix = _as_latin_1(given["prefix"]).replace("%", "%%")
        form = time + prefix + "%(message)s"
        date = given["timestamp"] and _as_latin_1(given["timestamp"])
        lines.append(f"handler.setFormatter(logging.Formatter({form!r}, {date!r}))")
    return lines


def _as_latin_1(text: str) -> str:
    """Return *text* so that written in Latin-1 it is the bytes of its UTF-8."""
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


_EMIT = "    handler.emit(logging.makeLogRecord({'msg': line.decode('latin-1')}))"


def explain_view(given: dict[str, Any]) -> str:
    """Return a script that does what ``log view`` would do with the parameters *given*."""
    for name in ("since", "until", "level", "format"):
        if given[name] is not None:
            raise ToolError(f"--explain does not cover --{name}")
    if given["follow"] or given["file"] == "-":
        raise ToolError(f"--explain does not cover {'--follow' if given['follow'] else 'standard input'}")
    from stdtools.shared import journal

    grep, count = given["grep"], given["lines"]
    if grep is not None and ascii_form(grep.text) is None:
        raise ToolError("--explain covers --grep only with a pattern of bytes in ASCII")
    imports = ["bz2", "gzip", "lzma", "os", "sys"] + ["re"] * (grep is not None) + ["collections"] * (count is not None)
    body = [
        *(f"import {module}" for module in sorted(imports)),
        "",
        f"path = {given['file'] or journal.place()!r}",
        "openers = {'': open, '.gz': gzip.open, '.bz2': bz2.open, '.xz': lzma.open}",
        "backups = [(f'{path}.{n}{end}', openers[end]) for n in range(999, 0, -1) for end in openers]",
        "pieces = [(name, opener) for name, opener in [*backups, (path, open)] if os.path.exists(name)]",
        "if not pieces:",
        "    sys.exit(2)",
        "lines = (line for name, opener in pieces for line in opener(name, 'rb'))",
    ]
    if grep is not None:
        body.append(f"lines = (line for line in lines if re.search({grep.text.encode()!r}, line.rstrip(b'\\n')))")
    if count is not None:
        body.append(f"lines = collections.deque(lines, maxlen={count})")
    return _script(
        body,
        [
            f"code = {int(grep is not None)}",
            "for line in lines:",
            "    sys.stdout.buffer.write(line)",
            "    code = 0",
            "sys.exit(code)",
        ],
    )


def explain_verify(given: dict[str, Any]) -> str:
    """Return a script that counts what ``log verify`` would count and sees its plainest problems."""
    if given["format"] not in (None, "plain", "tsv"):
        raise ToolError("--explain shows the plain lines; leave out the format")
    return _script(
        [
            "import bz2, gzip, lzma, os, sys",
            "",
            f"path = {given['file']!r}",
            "openers = {'': open, '.gz': gzip.open, '.bz2': bz2.open, '.xz': lzma.open}",
            "before, wrong = None, False",
            "for number in range(999, -1, -1):",
            "    base = f'{path}.{number}' if number else path",
            "    for end in openers:",
            "        if os.path.exists(base + end):",
            "            data = openers[end](base + end, 'rb').read()",
            "            problems = []",
            "            if number and data and not data.endswith(b'\\n'):",
            "                problems.append('is torn: its last line has no end')",
            "            if before is not None and before - number > 1:",
            "                problems.append(f'{path}.{before - 1} is missing before it')",
            "            lines = data.count(b'\\n') + (data[-1:] not in (b'', b'\\n'))",
            "            print(base + end, lines, len(data), '; '.join(problems), sep='\\t')",
            "            before, wrong = number, wrong or bool(problems)",
            "sys.exit(wrong if before is not None else 2)",
        ]
    )


def explain_path(given: dict[str, Any]) -> str:
    """Return a script that shows where the journal is on Linux."""
    return _script(
        [
            "import os",
            "",
            "state = os.environ.get('XDG_STATE_HOME', '').strip()",
            "state = state if os.path.isabs(state) else os.path.expanduser('~/.local/state')",
            "default = os.path.join(state, 'stdtools', 'log', 'stdtools.log')",
            "path = os.environ.get('STDTOOLS_JOURNAL') or default",
            "print(path) if path.lower() != 'off' else exit(1)",
        ]
    )


def _script(*parts: list[str]) -> str:
    return "\n".join(line for part in parts for line in part) + "\n"
