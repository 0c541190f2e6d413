"""The scripts that --explain prints: incremental codecs, unicodedata, and nothing else."""

from collections.abc import Callable
from typing import Any

from stdtools.fixenc.encodings import SLOPPY, VARIANTS, find
from stdtools.shared.errors import ToolError


def explain(mode: str, given: dict[str, Any]) -> str:
    """Return a script that does what the *mode* would do with the parameters *given*."""
    scripts: dict[str, Callable[[dict[str, Any]], str]] = {
        "convert": _convert,
        "check": _check,
        "chars": _chars,
        "why": _why,
        "list": _list,
    }
    if mode not in scripts:
        raise ToolError(f"--explain does not cover --{mode}")
    return scripts[mode](given)


def _refuse(given: dict[str, Any], *names: str) -> None:
    for name in names:
        if given[name] not in (None, False, "", "keep", "strict"):
            raise ToolError(f"--explain does not cover --{name.replace('_', '-')}")


def _encoding(given: dict[str, Any]) -> str:
    """Return what to read, by a name that Python knows."""
    if given["source"] == "auto":
        return "utf-8"
    if given["source"] == "locale":
        from locale import getencoding

        return getencoding()
    return _known(given["source"], "from")


def _known(label: str, option: str) -> str:
    if find(label).name in (*VARIANTS, *SLOPPY):
        raise ToolError(f"--explain does not cover --{option} {label}", hint="Python has no such codec")
    return label


def _opened(given: dict[str, Any]) -> str:
    files = list(given["files"]) or ["-"]
    about = "# auto looks at the bytes; this reads UTF-8\n" if given["source"] == "auto" else ""
    return f"{about}files = [sys.stdin.buffer if name == '-' else open(name, 'rb') for name in {files!r}]\n"


def _convert(given: dict[str, Any]) -> str:
    _refuse(given, "in_place", "dry_run", "files0_from", "backup", "bom")
    source, target = _encoding(given), _known(given["target"], "to")
    lines = [
        "import codecs, sys\n",
        _opened(given),
        "for file in files:",
        f"    decode = codecs.getincrementaldecoder({source!r})({given['errors']!r}).decode",
        f"    encode = codecs.getincrementalencoder({target!r})({given['errors']!r}).encode",
    ]
    change = "text"
    if given["newlines"] != "keep" or given["normalize"]:
        lines += ["    text = decode(file.read(), True)"]
        if given["newlines"] != "keep":
            lines += ["    text = text.replace('\\r\\n', '\\n').replace('\\r', '\\n')"]
        if given["newlines"] == "crlf":
            lines += ["    text = text.replace('\\n', '\\r\\n')"]
        if given["normalize"]:
            lines.insert(0, "from unicodedata import normalize")
            change = f"normalize({given['normalize']!r}, text)"
        return "\n".join([*lines, f"    sys.stdout.buffer.write(encode({change}, True))\n"])
    return "\n".join(
        [
            *lines,
            "    while block := file.read(1 << 16):  # a character may be cut in two: the decoder keeps its half",
            "        sys.stdout.buffer.write(encode(decode(block)))",
            "    sys.stdout.buffer.write(encode(decode(b'', True), True))\n",
        ]
    )


def _check(given: dict[str, Any]) -> str:
    _refuse(given, "fix", "files0_from", "backup")
    if given["policy"] != "utf-8":
        raise ToolError("--explain covers --policy utf-8 alone")
    return f"""\
import sys

{_opened(given)}bad = False
for file in files:
    data = file.read()
    start = 0
    while True:
        try:
            data[start:].decode({_encoding(given)!r})
            break
        except UnicodeDecodeError as error:
            at = start + error.start
            line = data.count(b'\\n', 0, at) + 1
            column = len(data[data.rfind(b'\\n', 0, at) + 1:at].decode({_encoding(given)!r}, 'replace')) + 1
            print(f'{{getattr(file, "name", "")}}:{{line}}:{{column}}', data[at:start + error.end].hex())
            start += error.end
            bad = True
sys.exit(bad)
"""


def _chars(given: dict[str, Any]) -> str:
    return f"""\
import sys, unicodedata

{_opened(given)}for file in files:
    for number, line in enumerate(file.read().decode({_encoding(given)!r}).split('\\n'), 1):
        for column, char in enumerate(line, 1):
            print(number, column, f'U+{{ord(char):04X}}', unicodedata.name(char, ''), unicodedata.category(char))
"""


def _why(given: dict[str, Any]) -> str:
    return f"""\
import encodings.aliases

text = {given["why"]!r}
for name in sorted(set(encodings.aliases.aliases.values())):
    try:
        before = text.encode(name).decode('utf-8')  # undo: UTF-8 was read as this
    except (UnicodeError, LookupError):
        continue
    if before != text:
        print(name, before)
"""


def _list(given: dict[str, Any]) -> str:
    return """\
import codecs, encodings.aliases

for name in sorted(set(encodings.aliases.aliases.values())):
    if name not in ('mbcs', 'oem') and codecs.lookup(name)._is_text_encoding:
        print(codecs.lookup(name).name, [a for a, n in encodings.aliases.aliases.items() if n == name])
"""
