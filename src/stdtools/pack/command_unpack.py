"""The command line of unpack."""

from typing import Any

import click

from stdtools.pack.command_layout import layout_option, own_layouts, take_layout, text_option
from stdtools.pack.cursor import Cursor
from stdtools.pack.decode import TAILS, TruncatedRecord
from stdtools.pack.layout import Layout
from stdtools.pack.named import NamedLayout, go_to_start
from stdtools.pack.text import Charset
from stdtools.shared import journal, screen
from stdtools.shared.commands import ToolCommand
from stdtools.shared.errors import TROUBLE, ToolError
from stdtools.shared.options import is_typed, record_output
from stdtools.shared.parameters import Size
from stdtools.shared.records import RecordWriter
from stdtools.shared.streams import STDOUT, Output, open_input


def _explain(given: dict[str, Any]) -> str:
    from stdtools.pack.explain import Source, explain_unpack

    for option in ("layouts", "describe", "dump"):
        if given[option]:
            raise ToolError(f"--explain shows how records are read; leave out --{option}")
    if given["tail"] != "error":
        raise ToolError("--explain does not cover a cut-off record; leave out --tail")
    layout, named, rest = take_layout(given["arguments"], given["name"], Charset(given["encoding"], raw=given["raw"]))
    if named.search:
        raise ToolError(f"--explain does not cover the search that {named.name} begins with")
    skip = named.skip if given["skip"] is None else given["skip"]
    path = _file(rest, given["name"])
    return explain_unpack(layout, Source(path, skip, _limit(given["count"], named), given["format"] or "plain"))


def _file(rest: list[str], name: str | None) -> str:
    if len(rest) > 1:
        what = f"one FILE at a time; {rest[1]!r} is a second one"
        what += "; --layout takes the place of LAYOUT" if name is not None else ""
        raise click.UsageError(what, click.get_current_context())
    return rest[0] if rest else "-"


def _limit(count: int | None, named: NamedLayout) -> int | None:
    return named.limit if count is None else count


@click.command(
    cls=ToolCommand,
    explain=_explain,
    examples=r"""
stdtools unpack '<I:id H:port 16s:host' hosts.bin
stdtools unpack '<I:id d:value' --jsonl < log.bin | jq .value
stdtools unpack '>4s:magic H/(I:id z:name):items' file.bin --json
stdtools unpack --layout elf64 /bin/ls --dump
""",
)
@click.argument("arguments", nargs=-1, metavar="LAYOUT [FILE]")
@click.option("--skip", type=Size(signed=True), metavar="BYTES", help="Begins here; negative: from the end of a file.")
@click.option("--count", type=click.IntRange(min=0), metavar="N", help="Stops after N records.")
@click.option(
    "--tail",
    type=click.Choice(TAILS),
    default="error",
    show_default=True,
    help="A record cut off at the end is an error, is dropped, or gives the fields that are there.",
)
@record_output()
@text_option
@click.option("--raw", is_flag=True, help="Keeps the NULs that fill text fields.")
@click.option(
    "--describe",
    is_flag=True,
    allow_from_autoenv=False,
    help="Shows offset, size, alignment and type of every field; reads nothing.",
)
@click.option(
    "--dump", is_flag=True, allow_from_autoenv=False, help="Shows the bytes in hex, each with the field that owns it."
)
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    default=1,
    metavar="N",
    help="Uses N processes, on a regular file of records of one size.",
)
@layout_option
@click.option("--layouts", is_flag=True, allow_from_autoenv=False, help="Lists the named layouts.")
def unpack(
    arguments: tuple[str, ...],
    skip: int | None,
    count: int | None,
    tail: str,
    format: str | None,
    encoding: str,
    raw: bool,
    describe: bool,
    dump: bool,
    jobs: int,
    name: str | None,
    layouts: bool,
) -> int:
    """Turn packed binary records into rows.

    LAYOUT is a format of Python's struct module in which a field may have a name: I:id H:port.
    Without a byte order it is little-endian with standard sizes. More codes: u3 to u7 and i3 to i7
    (bytes), z (text up to a NUL), H/s (text behind its length), H/(...) and *(...) (groups),
    B:flags{a:1,b:7} (bits).

    Reads standard input without FILE. Streams; a record, with all its groups, is held in memory.
    """
    if layouts:
        return _list_layouts(format)
    layout, named, rest = take_layout(arguments, name, Charset(encoding, raw=raw))
    path = _file(rest, name)
    if describe:
        return _describe(layout, format)
    if dump:
        if format is not None and is_typed("format"):
            raise click.UsageError("--dump has a form of its own", click.get_current_context())
        return _dump(layout, named, path, skip, count, tail)
    with Output() as output:
        writer = RecordWriter(output, layout.columns, format, bare_floats=True)
        with open_input(path, writer) as source:
            screen.warn_of_terminal(source.fd)
            from stdtools.pack.unpacking import unpack_all

            start = go_to_start(source, named, skip)
            try:
                outcome = unpack_all(
                    layout, source, writer, start=start, count=_limit(count, named), tail=tail, jobs=jobs
                )
            except TruncatedRecord as truncated:
                writer.close()
                raise _with_hint(truncated) from None
            except ToolError:
                writer.close()
                raise
            writer.close()
    if outcome.truncated:
        _note_truncated(outcome.truncated, tail)
    if jobs > outcome.jobs:
        screen.note("one process: -j needs a regular file, records of one size, and no table or terminal", verbosity=1)
    journal.counts["records"] = outcome.records
    screen.note(screen.amount(outcome.records, "record"), verbosity=1)
    return 0


def _with_hint(truncated: TruncatedRecord) -> TruncatedRecord:
    truncated.hint = "--tail drop or --tail partial accept this"
    return truncated


def _note_truncated(truncated: TruncatedRecord, tail: str) -> None:
    done = "dropped" if tail == "drop" else "decoded as far as it goes"
    screen.note(f"{truncated.where}: cut off after {screen.amount(truncated.size, 'byte')}, {done}")


def _dump(layout: Layout, named: NamedLayout, path: str, skip: int | None, count: int | None, tail: str) -> int:
    from stdtools.pack.describe import dump

    color = screen.wants_color(STDOUT)
    with Output() as output, open_input(path, output) as source:
        screen.warn_of_terminal(source.fd)
        cursor = Cursor(source, go_to_start(source, named, skip))
        try:
            for line in dump(layout, cursor, source.name, count=_limit(count, named)):
                text = screen.safe(line.text) if output.is_terminal else line.text
                if color:
                    text = screen.paint(text, screen.PALETTE[line.owner % len(screen.PALETTE)])
                output.write(f"{text}\n".encode())
        except TruncatedRecord as truncated:
            if tail == "error":
                raise _with_hint(truncated) from None
            _note_truncated(truncated, tail)
    return 0


def _describe(layout: Layout, format: str | None) -> int:
    from stdtools.pack.describe import COLUMNS, describe

    with Output() as output:
        writer = RecordWriter(output, COLUMNS, format)
        writer.write(describe(layout))
        writer.close()
    least = "" if layout.fixed else "at least "
    screen.note(f"a record has {least}{screen.amount(layout.size, 'byte')}", verbosity=1)
    return 0


def _list_layouts(format: str | None) -> int:
    from stdtools.pack.catalog import all_layouts

    code = 0
    with Output() as output:
        writer = RecordWriter(output, ("name", "description", "origin", "layout"), format)
        for found in all_layouts(own_layouts()):
            if isinstance(found, ToolError):
                screen.complain(str(found))
                code = TROUBLE
            else:
                writer.write([(found.name, found.description, found.origin, " ".join(found.layout.split()))])
        writer.close()
    return code
