"""The scripts that --explain prints: the same with ``os.walk``, ``fnmatch`` and the rest of the library."""

from typing import Any

from stdtools.shared.errors import ToolError
from stdtools.shared.explaining import refuse_others
from stdtools.shared.sizes import parse_size
from stdtools.tree.drawing import ASCII, UNICODE

_COVERED = {"roots", "name", "not_name", "types", "size", "no_hidden", "null", "exclude", "jobs", "cache", "color"}
_COMPARISONS = {">": ">", "<": "<", ">=": ">=", "<=": "<=", "=": "==", "": "==", "+": ">", "-": "<"}


def explain_find(given: dict[str, Any]) -> str:
    """Return a script that does what ``find`` would do with the parameters *given*."""
    refuse_others(given, _COVERED)
    pruned = ["not name.startswith('.')"] if given["no_hidden"] else []
    for glob in given["exclude"]:
        if "/" in glob:
            raise ToolError("--explain covers --exclude only with names")
        pruned.append(f"not fnmatch.fnmatchcase(name, {glob!r})")
    seen = " and ".join(pruned) or "True"
    tests = [*_names(given), *_types(given["types"]), *_sizes(given["size"])]
    end = "\\0" if given["null"] else "\\n"
    lines = [
        "import fnmatch, os, sys",
        "",
        "def everything(root):",
        "    yield root",
        "    if os.path.islink(root):",
        "        return",
        "    for place, directories, files in os.walk(root):  # what it may not read, it leaves out silently",
        *([f"        directories[:] = [name for name in directories if {seen}]"] if pruned else []),
        "        for name in directories + files:",
        *([f"            if {seen}:"] if pruned else []),
        f"            {'    ' if pruned else ''}yield os.path.join(place, name)",
        "",
        f"for root in {list(given['roots']) or ['.']!r}:",
        "    for path in everything(root):",
        "        name = os.path.basename(path.rstrip('/')) or path",
        f"        if {' and '.join(tests) or 'True'}:",
        f"            sys.stdout.buffer.write(os.fsencode(path) + b'{end}')",
    ]
    return "\n".join(lines) + "\n"


def explain_walk(given: dict[str, Any]) -> str:
    """Return a script that does what ``walk`` would do with the parameters *given*: a tree, or triples."""
    refuse_others(given, {"roots", "triples", "no_hidden", "sort", "progress", "jobs", "cache", "ascii"})
    if given["sort"] != "name" and not given["triples"]:
        raise ToolError("--explain covers --sort only with name")
    roots = list(given["roots"]) or ["."]
    if given["triples"]:
        if given["no_hidden"]:
            raise ToolError("--explain does not cover --triples with --no-hidden")
        lines = [
            "import json, os",
            "",
            f"for root in {roots!r}:",
            "    for path, directories, files in os.walk(root):",
            "        directories.sort(key=os.fsencode)",
            "        files.sort(key=os.fsencode)",
            "        lists = [json.dumps(names, ensure_ascii=False) for names in (directories, files)]",
            "        print(path, *lists, sep='\\t')",
        ]
        return "\n".join(lines) + "\n"
    marks = ASCII if given["ascii"] else UNICODE
    lines = [
        "import os",
        "",
        "def draw(directory, rails):  # a recursion: a thousand levels deep it ends",
        "    entries = sorted(os.scandir(directory), key=lambda entry: os.fsencode(entry.name))",
        *(["    entries = [entry for entry in entries if entry.name[0] != '.']"] if given["no_hidden"] else []),
        "    for number, entry in enumerate(entries, 1):",
        "        last = number == len(entries)",
        "        is_directory = entry.is_dir(follow_symlinks=False)",
        "        tail = '/' if is_directory else ' -> ' + os.readlink(entry) if entry.is_symlink() else ''",
        f"        print(rails + ({marks[1]!r} if last else {marks[0]!r}) + entry.name + tail)",
        "        if is_directory:",
        f"            draw(entry.path, rails + ({marks[3]!r} if last else {marks[2]!r}))",
        "",
        f"for root in {roots!r}:",
        "    is_directory = os.path.isdir(root) and not os.path.islink(root)",
        "    link = ' -> ' + os.readlink(root) if os.path.islink(root) else ''",
        "    print(root + ('/' if is_directory and root[-1] != '/' else link))",
        "    if is_directory:",
        "        draw(root, '')",
    ]
    return "\n".join(lines) + "\n"


def _names(given: dict[str, Any]) -> list[str]:
    tests = []
    if given["name"]:
        tests.append(f"any(fnmatch.fnmatchcase(name, glob) for glob in {list(given['name'])!r})")
    if given["not_name"]:
        tests.append(f"not any(fnmatch.fnmatchcase(name, glob) for glob in {list(given['not_name'])!r})")
    return tests


def _types(texts: list[str]) -> list[str]:
    known = {"f": "os.path.isfile(path)", "d": "os.path.isdir(path)", "l": "os.path.islink(path)"}
    letters = [letter for text in texts for letter in text if letter != ","]
    if set(letters) - set(known):
        raise ToolError("--explain covers --type only with f, d and l")
    tests = [known[letter] if letter == "l" else f"{known[letter]} and not os.path.islink(path)" for letter in letters]
    return [f"({' or '.join(tests)})"] if tests else []


def _sizes(texts: list[str]) -> list[str]:
    tests = []
    for text in texts:
        sign = next((sign for sign in (">=", "<=", ">", "<", "=", "+", "-") if text.startswith(sign)), "")
        if ".." in text:
            raise ToolError("--explain covers --size only with one number")
        tests.append(f"os.lstat(path).st_size {_COMPARISONS[sign]} {parse_size(text[len(sign) :])}")
    return tests
