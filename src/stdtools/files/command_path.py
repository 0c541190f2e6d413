"""The command line of path."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import click

from stdtools.files.paths import LOOKING, OPERATIONS, fields_of, operation
from stdtools.shared import journal, screen
from stdtools.shared.commands import ToolCommand
from stdtools.shared.errors import ToolError
from stdtools.shared.inputs import line_blocks
from stdtools.shared.options import record_output
from stdtools.shared.records import RecordWriter
from stdtools.shared.streams import STDIN, Input, Output

_SCRIPTS = {
    "name": "os.path.basename(path)",
    "stem": "os.path.splitext(os.path.basename(path))[0]",
    "ext": "os.path.splitext(os.path.basename(path))[1]",
    "dir": "os.path.dirname(path) or '.'",
    "norm": "os.path.normpath(path)",
    "abs": "os.path.abspath(path)",
    "real": "os.path.realpath(path)",
    "expand": "os.path.expandvars(os.path.expanduser(path))",
}


def _explain(given: dict[str, Any]) -> str:
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
@click.option("-0", "--null", is_flag=True, help="Paths end with NUL, in and out; a tab is between several values.")
@click.option("--unique", is_flag=True, help="Leaves out what has come before.")
@record_output("the values, one a line; of several operations plain")
def path(operations: str, paths: tuple[str, ...], **given: Any) -> int:
    """Take paths apart, and look at what they name.

    OP is name, stem, ext, dir, parts, split, norm, abs, expand (~ and $NAME), rel,
    join, common; or one that asks the file system: real, exists, type, size,
    mtime, access. Paths are arguments, or - for lines of standard input.

    The exit code is 1 when a path of exists, type, size or mtime is not there.
    """
    makers, columns, form = _makers(operations, given)
    if given["null"] and not given["format"] and len(columns) > 1:
        form = "\t".join(["%s"] * len(columns))  # as they are: records on lines would escape a newline
    exists = [index for index, make in enumerate(makers) if make is LOOKING["exists"]]
    end = b"\0" if given["null"] else b"\n"
    is_plain = not given["format"] and (form is not None or len(columns) == 1)
    seen: set[str] = set()
    count = 0
    missing = False
    with Output() as output:
        writer = None if is_plain else RecordWriter(output, columns, given["format"])
        for names in _common(paths, output, end) if operations == "common" else _blocks(paths, output, end):
            count += len(names)
            if len(makers) == 1 and form is None:
                rows = [(value,) for value in map(makers[0], names)]
            else:
                rows = [tuple([make(name) for make in makers]) for name in names]
            missing = missing or any(None in row for row in rows)
            missing = missing or any(row[index] is False for index in exists for row in rows)
            if form is not None:
                rows = [(form % tuple(map(_text, row)),) for row in rows]
            if given["unique"]:
                rows = _first_ones(rows, seen)
            if writer is not None:
                writer.write(rows)
            elif rows:
                output.write(_lines([row[0] for row in rows], end, for_terminal=output.is_terminal))
        if writer is not None:
            writer.close()
    journal.counts["paths"] = count
    return int(missing)


def _first_ones(rows: list[Any], seen: set[str]) -> list[Any]:
    """Return those of *rows* that have not been *seen*, here or before."""
    new = []
    for row in rows:
        mark = row[0] if len(row) == 1 and type(row[0]) is str else repr(row)
        if mark not in seen:
            seen.add(mark)
            new.append(row)
    return new


def _makers(operations: str, given: dict[str, Any]) -> tuple[list[Callable[[str], Any]], list[str], str | None]:
    """Return what makes the values of a path, their names, and of a template the %-format that they go into."""
    context = click.get_current_context()
    if given["template"]:
        try:
            fields = fields_of(operations)
        except ValueError as error:
            raise click.UsageError(f"--template: {error}", context) from None
        form = "".join(text.replace("%", "%%") + ("%s" if name else "") for text, name in fields)
        return [operation(name, "") for _, name in fields if name], ["path"], form
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
        return [lambda path: path], names, None
    makers = [operation(name, given["start"] if name == "rel" else given["word"] or "") for name in names]
    return makers, names, None


def _blocks(paths: tuple[str, ...], output: Output, end: bytes) -> Iterator[list[str]]:
    """Yield the paths, many at a time."""
    for name in paths or ("-",):
        if name != "-":
            yield [name]
            continue
        screen.warn_of_terminal(STDIN)
        for block in line_blocks(Input(STDIN, "standard input", output), end):
            yield os.fsdecode(block.removesuffix(end)).split(end.decode())


def _common(paths: tuple[str, ...], output: Output, end: bytes) -> Iterator[list[str]]:
    names = [name for block in _blocks(paths, output, end) for name in block]
    try:
        if names:
            yield [os.path.commonpath(names)]
    except ValueError:
        raise ToolError("some are absolute and some are relative: they have nothing in common") from None


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "\t".join(value) if isinstance(value, list) else str(value)


def _lines(values: list[Any], end: bytes, *, for_terminal: bool) -> bytes:
    texts = values if all(type(value) is str for value in values) else list(map(_text, values))
    if for_terminal:
        texts = list(map(screen.safe, texts))
    return os.fsencode(end.decode().join(texts)) + end
