"""The scripts that --explain prints: incremental codecs, unicodedata, and nothing else."""

from collections.abc import Callable
from typing import Any

from stdtools.fixenc.coders import MARKED, is_ascii_compatible
from stdtools.fixenc.converting import BOM, WIDE
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
    label = _known(given["source"], "from")
    return "utf-8" if find(label).name == "utf-8-sig" else label  # in which the command keeps the mark


def _known(label: str, option: str) -> str:
    if find(label).name in (*VARIANTS, *SLOPPY):
        raise ToolError(f"--explain does not cover --{option} {label}", hint="Python has no such codec")
    return label


def _opened(given: dict[str, Any], *, guesses: bool = True) -> str:
    files = list(given["files"]) or ["-"]
    about = "# auto looks at the bytes; this reads UTF-8\n" if guesses and given["source"] == "auto" else ""
    return f"{about}files = [sys.stdin.buffer if name == '-' else open(name, 'rb') for name in {files!r}]\n"


def _convert(given: dict[str, Any]) -> str:
    _refuse(given, "in_place", "dry_run", "files0_from", "bom")
    source, target = _encoding(given), _known(given["target"], "to")
    without = _without_mark(source, target)
    for_characters = given["errors"] in ("xmlcharrefreplace", "namereplace")
    reading = "strict" if for_characters else given["errors"]
    about = "  # a byte that is no text ends it: Python does this to characters alone" if for_characters else ""
    lines = [
        "import codecs, sys\n",
        _opened(given),
        "for file in files:",
        f"    decode = codecs.getincrementaldecoder({source!r})({reading!r}).decode{about}",
        f"    encode = codecs.getincrementalencoder({target!r})({given['errors']!r}).encode",
    ]
    change = "text"
    if given["newlines"] != "keep" or given["normalize"]:
        lines += [f"    text = decode(file.read(), True){without}"]
        if given["newlines"] != "keep":
            lines += ["    text = text.replace('\\r\\n', '\\n').replace('\\r', '\\n')"]
        if given["newlines"] == "crlf":
            lines += ["    text = text.replace('\\n', '\\r\\n')"]
        if given["normalize"]:
            lines.insert(0, "from unicodedata import normalize")
            change = f"normalize({given['normalize']!r}, text)"
        return "\n".join([*lines, f"    sys.stdout.buffer.write(encode({change}, True))\n"])
    if without:
        lines += [f"    sys.stdout.buffer.write(encode(decode(file.read(4)){without}))  # a byte order mark"]
    return "\n".join(
        [
            *lines,
            "    while block := file.read(1 << 16):  # a character may be cut in two: the decoder keeps its half",
            "        sys.stdout.buffer.write(encode(decode(block)))",
            "    sys.stdout.buffer.write(encode(decode(b'', True), True))\n",
        ]
    )


def _without_mark(source: str, target: str) -> str:
    """Return what takes a byte order mark from a text where it does not go on, or Python's encoder writes one."""
    one, other = find(source), find(target)
    is_wide = other.name.startswith(WIDE)
    if one.name in MARKED and is_wide and other.name not in MARKED:
        raise ToolError(f"--explain does not cover --from {source} with --to {target}")
    goes_on = other.is_unicode and (is_wide or not one.name.startswith(WIDE))
    if not one.is_unicode or (goes_on and other.name not in (*MARKED, "utf-8-sig")):
        return ""
    return ".removeprefix('\\ufeff')"


def _check(given: dict[str, Any]) -> str:
    _refuse(given, "fix", "files0_from")
    if given["policy"] != "utf-8":
        raise ToolError("--explain covers --policy utf-8 alone")
    source = _encoding(given)
    if not is_ascii_compatible(find(source)):
        raise ToolError(f"--explain does not cover --from {source} with --check")
    without = f".removeprefix({BOM.encode(source)!r})" if find(source).is_unicode else ""
    return f"""\
import sys

{_opened(given, guesses=False)}bad = False
for file in files:
    data = file.read(){without}
    start = 0
    while True:
        try:
            data[start:].decode({source!r})
            break
        except UnicodeDecodeError as error:
            at = start + error.start
            line = data.count(b'\\n', 0, at) + 1
            column = len(data[data.rfind(b'\\n', 0, at) + 1:at].decode({source!r}, 'replace')) + 1
            print(f'{{getattr(file, "name", "")}}:{{line}}:{{column}}', data[at:start + error.end].hex())
            start += error.end
            bad = True
sys.exit(bad)
"""


def _chars(given: dict[str, Any]) -> str:
    source = _encoding(given)
    if find(source).name in MARKED:
        raise ToolError(f"--explain does not cover --from {source} with --chars")
    return f"""\
import sys, unicodedata

{_opened(given)}for file in files:
    line = column = 1
    for char in file.read().decode({source!r}).removeprefix('\\ufeff'):
        shown = char if char.isprintable() else ''
        about = unicodedata.name(char, ''), unicodedata.category(char), char.encode({source!r}).hex(' ').upper()
        print(line, column, shown, f'U+{{ord(char):04X}}', *about, sep='\\t')  # and what is odd about it
        line, column = (line + 1, 1) if char == '\\n' else (line, column + 1)
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
        print(name, before)  # the command puts the likeliest first, and drops what is less likely than the text
"""


def _list(given: dict[str, Any]) -> str:
    return """\
import codecs, encodings.aliases

for name in sorted(set(encodings.aliases.aliases.values())):
    if name not in ('mbcs', 'oem') and codecs.lookup(name)._is_text_encoding:
        print(codecs.lookup(name).name, [a for a, n in encodings.aliases.aliases.items() if n == name])
"""
