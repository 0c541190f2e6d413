"""The scripts that --explain prints: the same with collections, re and textwrap."""

import re
from typing import Any

from stdtools.shared.errors import ToolError
from stdtools.shared.explaining import refuse_others


def lines_of(files: tuple[str, ...]) -> list[str]:
    """Return a script that has the lines of *files* in ``lines``, bytes without their ends."""
    if not files:
        return ["import sys", "", "lines = (line.rstrip(b'\\n') for line in sys.stdin.buffer)"]
    names = f"{list(files)!r}"
    return ["import fileinput", "", f"lines = (line.rstrip(b'\\n') for line in fileinput.input({names}, mode='rb'))"]


def explain_count(given: dict[str, Any]) -> str:
    """Return a script that does what ``count`` would do with the parameters *given*."""
    refuse_others(given, {"files", "top", "least", "regex", "chars", "memory", "form", "format"})
    if given["format"] not in (None, "plain"):
        raise ToolError("--explain shows plain output; leave out --format")
    made = "lines"
    if given["regex"]:
        match = r"'\t'.join(match)" if _compiled(given["regex"]).groups > 1 else "match"
        made = f"({match}.encode() for line in lines for match in re.findall(pattern, line.decode()))"
    elif given["chars"]:
        made = "(char.encode() for line in lines for char in line.decode() + '\\n')"
    most = f"[:{given['top']}]" if given["top"] else ""
    script = [
        "from collections import Counter",
        *(["import re"] if given["regex"] else []),
        *lines_of(given["files"]),
        *([f"pattern = {given['regex']!r}"] if given["regex"] else []),
        f"counts = Counter({made})",
        "ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))",
        r"escapes = str.maketrans({'\t': r'\t', '\n': r'\n', '\r': r'\r', '\\': r'\\'})",
        f"for value, count in ranked{most}:",
        *([f"    if count >= {given['least']}:"] if given["least"] else []),
        f"    {'    ' if given['least'] else ''}print(count, value.decode().translate(escapes), sep='\\t')",
    ]
    return "\n".join(script) + "\n"


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ToolError(f"--regex: {error}") from None


def explain_sub(given: dict[str, Any], arguments: tuple[list[str], tuple[str, ...]]) -> str:
    """Return a script that does what ``sub`` would do with the parameters *given*."""
    refuse_others(given, {"fixed", "ignore_case", "most", "capwords", "timeout"})
    words, files = arguments
    made = "re.sub(r'\\S+', lambda word: word[0].capitalize(), line)"
    if words:
        pattern, replacement = words
        pattern = f"re.escape({pattern!r})" if given["fixed"] else repr(pattern)
        put = f"lambda match: {replacement!r}" if given["fixed"] else repr(replacement)
        more = f", count={given['most']}" if given["most"] else ""
        made = f"re.sub({pattern}, {put}, line{more}{', flags=re.IGNORECASE' if given['ignore_case'] else ''})"
    source = f"fileinput.input({list(files)!r}, mode='rb')" if files else "sys.stdin.buffer"
    script = [
        f"import {'fileinput, ' if files else ''}re, sys",
        "",
        f"for raw in {source}:",
        "    end = b'\\n' if raw.endswith(b'\\n') else b''",
        "    line = raw.removesuffix(b'\\n').decode('utf-8', 'surrogateescape')",
        f"    new = {made}",
        "    sys.stdout.buffer.write(new.encode('utf-8', 'surrogateescape') + end)",
    ]
    return "\n".join(script) + "\n"


def explain_wrap(given: dict[str, Any]) -> str:
    """Return a script that does what ``wrap`` would do with the parameters *given*, for text without bullets."""
    refuse_others(given, {"files", "columns", "indent", "dedent", "no_fill"})
    if len(given["files"]) > 1:
        raise ToolError("--explain covers one FILE")
    files = f"fileinput.input({list(given['files'])!r})" if given["files"] else "sys.stdin"
    script = ["import fileinput, sys, textwrap", "", f"prefix = {given['indent']!r}"]
    if given["no_fill"]:
        script += [
            f"text = ''.join({files})",
            *(["text = textwrap.dedent(text)"] if given["dedent"] else []),
            "for line in text.removesuffix('\\n').split('\\n') if text else []:",
            "    print(prefix + line if line else prefix.rstrip())",
        ]
        return "\n".join(script) + "\n"
    if given["dedent"]:
        raise ToolError("--explain covers --dedent with --no-fill")
    script += [
        f"filler = textwrap.TextWrapper({given['columns']}, initial_indent=prefix, subsequent_indent=prefix,",
        "                              break_long_words=False, break_on_hyphens=False)",
        "words = []",
        "def end_paragraph():",
        "    if words:",
        "        print(filler.fill(' '.join(words)))",
        "    words.clear()",
        "",
        f"for line in {files}:",
        "    words += line.split()",
        "    if not line.strip():",
        "        end_paragraph()",
        "        print(prefix.rstrip())",
        "end_paragraph()",
    ]
    return "\n".join(script) + "\n"


def explain_lines(given: dict[str, Any], ranges: str, files: tuple[str, ...]) -> str:
    """Return a script that does what ``lines`` would do with one file and *ranges*."""
    from stdtools.text.picking import END, parse

    refuse_others(given, {"index", "numbers"})
    if len(files) > 1:
        raise ToolError("--explain covers one FILE")
    choice = parse(ranges)
    if choice.spans and choice.tail:
        raise ToolError("--explain covers the last lines alone, or ranges alone")
    tests = []
    for first, last, step in choice.spans:
        bound = f"number >= {first}" if last == END else f"{first} <= number <= {last}"
        tests.append(bound if step == 1 else f"{bound} and (number - {first}) % {step} == 0")
    source = f"open({files[0]!r}, 'rb')" if files and files[0] != "-" else "sys.stdin.buffer"
    show = r"f'{number}\t'.encode() + line" if given["numbers"] else "line"
    chosen = "numbered" if tests else f"collections.deque(numbered, maxlen={choice.tail})"
    script = [
        f"import {'' if tests else 'collections, '}sys",
        "",
        f"numbered = enumerate({source}, 1)",
        f"for number, line in {chosen}:",
        *([f"    if {' or '.join(tests)}:"] if tests else []),
        f"    {'    ' if tests else ''}sys.stdout.buffer.write({show}.rstrip(b'\\n') + b'\\n')",
    ]
    return "\n".join(script) + "\n"
