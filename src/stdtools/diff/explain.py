"""The scripts that --explain prints: the same with ``difflib`` and its matcher."""

import os
from itertools import zip_longest
from typing import Any

from stdtools.diff.command import BESIDE_CLOSEST, check_closest
from stdtools.diff.command_shape import shape_of
from stdtools.diff.printing import Shape
from stdtools.shared.errors import ToolError
from stdtools.shared.explaining import refuse_others

_COVERED = {
    "paths", "style", "unified_lines", "context_lines", "labels", "timestamps", "algorithm", "deadline", "brief",
}  # fmt: skip
_IDLE = {"width", "suppress_common_lines", "word_regex", "recursive", "exclude", "count", "cutoff"}  # in these styles
_STYLES = ("unified", "context", "ndiff")

_STAMP = """
def stamp(path):
    found = os.stat(path)
    moment = time.localtime(found.st_mtime_ns // 10**9)
    clock = time.strftime('%Y-%m-%d %H:%M:%S', moment)
    return f"{clock}.{found.st_mtime_ns % 10**9:09} {time.strftime('%z', moment)}"
"""


def explain(given: dict[str, Any]) -> str:
    """Return a script that does what ``diff`` would do with the parameters *given*."""
    if given["closest"] is not None:
        return _closest(given)
    shape = shape_of(given)
    refuse_others(given, _COVERED, _IDLE)
    if shape.style not in _STYLES:
        raise ToolError(f"--explain does not cover --{shape.style}")
    if given["algorithm"] not in ("fast", "difflib"):
        raise ToolError("--explain covers --algorithm only with fast and difflib")
    paths = list(given["paths"])
    if len(paths) != 2 or "-" in paths or any(map(os.path.isdir, paths)):
        raise ToolError("--explain covers two files, neither standard input nor directories")
    labels = list(given["labels"])
    if given["brief"]:
        return _brief(paths, labels)
    if shape.style == "ndiff":
        return _ndiff(paths)
    return _patch(shape, paths, labels)


def _patch(shape: Shape, paths: list[str], labels: list[str]) -> str:
    stamped = shape.timestamps and len(labels) < 2
    if stamped and shape.epoch is not None:
        raise ToolError("--explain does not cover SOURCE_DATE_EPOCH", hint="leave out times: --no-timestamps")
    if any(not name.isascii() or not name.isprintable() or set(name) & set(' "\\') for name in labels + paths):
        raise ToolError("--explain covers names without blanks, quotes and other than ASCII")
    names = [repr(text) for text in labels]
    for path in paths[len(names) :]:
        names.append(repr(path) if not stamped else f"{path + chr(9)!r} + stamp({path!r})")
    old, new = names
    return (
        f"import difflib, {'os, sys, time' if stamped else 'sys'}\n"
        + _STAMP * stamped
        + f"""
a, b = (list(open(path, 'rb')) for path in {paths!r})  # lines end with \\n alone, unlike splitlines
names = [name.encode() for name in ({old}, {new})]
different = False
for line in difflib.diff_bytes(difflib.{shape.style}_diff, a, b, *names, n={shape.around}):
    different = True
    # difflib does not say that a last line lacks its newline.
    sys.stdout.buffer.write(line if line.endswith(b'\\n') else line + b'\\n\\\\ No newline at end of file\\n')
sys.exit(different)
"""
    )


def _ndiff(paths: list[str]) -> str:
    return f"""\
import difflib, sys

sys.stdout.reconfigure(errors='surrogateescape', newline='\\n')
a, b = (open(path, encoding='utf-8', errors='surrogateescape', newline='\\n').readlines() for path in {paths!r})
for line in difflib.ndiff(a, b):
    sys.stdout.write(line if line.endswith('\\n') else line + '\\n\\\\ No newline at end of file\\n')
sys.exit(a != b)
"""


def _brief(paths: list[str], labels: list[str]) -> str:
    names = [label or path for label, path in zip_longest(labels, paths)]
    return f"""\
import filecmp, sys

a, b = {paths!r}
if not filecmp.cmp(a, b, shallow=False):
    print({f"Files {names[0]} and {names[1]} differ"!r})
    sys.exit(1)
"""


def _closest(given: dict[str, Any]) -> str:
    check_closest(given)
    refuse_others(given, BESIDE_CLOSEST - {"ignore_case"}, given.keys() - BESIDE_CLOSEST)
    if given["style"]:
        raise ToolError(f"--explain does not cover --{given['style']}")
    path = given["paths"][0] if given["paths"] else "-"
    source = f"open({0 if path == '-' else path!r}, encoding='utf-8', errors='surrogateescape', newline='\\n')"
    cutoff = 0.6 if given["cutoff"] is None else given["cutoff"]
    return f"""\
import difflib, sys

sys.stdout.reconfigure(errors='surrogateescape', newline='\\n')
lines = {source}.read().removesuffix('\\n').split('\\n')
close = difflib.get_close_matches({given["closest"]!r}, lines, n={given["count"] or 3}, cutoff={cutoff})
for line in close:
    print(line)
sys.exit(not close)
"""
