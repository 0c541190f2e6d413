"""The command line of path."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import click

from stdtools.files.paths import OPERATIONS, fields_of, operation
from stdtools.shared import journal, screen
from stdtools.shared.errors import ToolError
from stdtools.shared.inputs import line_blocks
from stdtools.shared.options import ToolCommand, record_output
from stdtools.shared.records import RecordWriter
from stdtools.shared.streams import STDIN, Input, Output

_SCRIPTS = {
    "name": "os.path.basename(path)",
    "stem": "os.path.splitext(os.path.basename(path))[0]",
    "ext": "os.path.splitext(os.path.basename(path))[1]",
    "dir": "os.path.dirname(path)",
    "norm": "os.path.normpath(path)",
    "abs": "os.path.abspath(path)",
    "real": "os.path.realpath(path)",
    "expand": "os.path.expandvars(os.path.expanduser(path))",
}


def _explain(**given: Any) -> str:
    words = given["operations"]
    for name in ("template", "null", "unique", "format"):
        if given[name]:
            raise ToolError(f"--explain does not cover --{name}")
    if words not in _SCRIPTS:
        raise ToolError(f"--explain covers {', '.join(_SCRIPTS)}, one at a time")
    paths = list(given["paths"])
    source = repr(paths)
    if paths in ([], ["-"]):
        source = "(os.fsdecode(line.removesuffix(b'\\n')) for line in sys.stdin.buffer)"
    write = f"sys.stdout.buffer.write(os.fsencode({_SCRIPTS[words]}) + b'\\n')"
    return f"import os, sys\n\nfor path in {source}:\n    {write}\n"


@click.command(
    cls=ToolCommand,
    explain=_explain,
    examples=r"""
stdtools path stem /usr/share/doc/README.txt
stdtools find before | stdtools path name,ext,size --jsonl -
stdtools path --template '{dir}/{stem}.bak' - < words.txt
stdtools path common /usr/share/doc /usr/share/man
""",
)
@click.argument("operations", metavar="OP[,OP]...")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--start", default=".", metavar="DIR", help="What rel is relative to.  [default: .]")
@click.option("--with", "word", metavar="PART", help="What join puts behind the path.")
@click.option("--template", is_flag=True, help="OP is a text with places: {dir}/{stem}.bak")
@click.option("-0", "--null", is_flag=True, help="Paths end with NUL, in and out.")
@click.option("--unique", is_flag=True, help="Leaves out what has come before.")
@record_output("the values, one a line; of several operations plain")
def path(operations: str, paths: tuple[str, ...], **given: Any) -> int:
    """Take paths apart, and look at what they name.

    OP is name, stem, ext, dir, parts, split, norm, abs, expand (~ and $NAME), rel,
    join, common; or one that asks the file system: real, exists, type, size,
    mtime, access. Paths are arguments, or - for lines of standard input.

    The exit code is 1 when a path of exists, type, size or mtime is not there.
    """
    makers, columns = _makers(operations, given)
    end = b"\0" if given["null"] else b"\n"
    seen: set[Any] = set()
    count = 0
    missing = False
    with Output() as output:
        is_plain = not given["format"] and (given["template"] or len(columns) == 1)
        writer = None if is_plain else RecordWriter(output, columns, given["format"])
        for name in _common(paths, output, end) if operations == "common" else _paths(paths, output, end):
            values = [make(name) for make in makers]
            missing |= None in values or (columns == ["exists"] and not values[0])
            count += 1
            if given["unique"]:
                if (mark := repr(values)) in seen:
                    continue
                seen.add(mark)
            if writer is not None:
                writer.write([values])
            else:
                output.write(_raw(values[0], output.is_terminal) + end)
        if writer is not None:
            writer.close()
    journal.counts["paths"] = count
    return int(missing)


def _makers(operations: str, given: dict[str, Any]) -> tuple[list[Callable[[str], Any]], list[str]]:
    context = click.get_current_context()
    if given["template"]:
        try:
            fields = fields_of(operations)
        except ValueError as error:
            raise click.UsageError(f"--template: {error}", context) from None
        parts = [(text, operation(name, "") if name else None) for text, name in fields]
        return [lambda path: "".join(text + (_text(make(path)) if make else "") for text, make in parts)], ["path"]
    names = operations.split(",")
    for name in names:
        if name not in OPERATIONS:
            from difflib import get_close_matches

            close = get_close_matches(name, OPERATIONS, 1)
            hint = f"did you mean {close[0]}?" if close else f"write one of {', '.join(OPERATIONS)}"
            raise click.UsageError(f"{name!r} is no operation; {hint}", context)
    if "join" in names and given["word"] is None:
        raise click.UsageError("join needs --with PART", context)
    if "common" in names:
        if len(names) > 1:
            raise click.UsageError("common is of all paths together; no other operation goes with it", context)
        return [lambda path: path], names
    return [operation(name, given["start"] if name == "rel" else given["word"] or "") for name in names], names


def _paths(paths: tuple[str, ...], output: Output, end: bytes) -> Iterator[str]:
    for name in paths or ("-",):
        if name != "-":
            yield name
            continue
        screen.warn_of_terminal(STDIN)
        for block in line_blocks(Input(STDIN, "standard input", output), end):
            yield from map(os.fsdecode, block.removesuffix(end).split(end))


def _common(paths: tuple[str, ...], output: Output, end: bytes) -> Iterator[str]:
    names = list(_paths(paths, output, end))
    try:
        if names:
            yield os.path.commonpath(names)
    except ValueError:
        raise ToolError("some are absolute and some are relative: they have nothing in common") from None


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "\t".join(value) if isinstance(value, list) else str(value)


def _raw(value: Any, is_terminal: bool) -> bytes:
    text = _text(value)
    return os.fsencode(screen.safe(text) if is_terminal else text)
