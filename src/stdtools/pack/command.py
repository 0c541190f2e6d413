"""The command lines of pack and unpack."""

import os
from collections.abc import Iterator
from typing import Any

import click

from stdtools.pack.cursor import Cursor
from stdtools.pack.decode import TAILS, TruncatedRecord
from stdtools.pack.layout import Layout
from stdtools.pack.named import NamedLayout, go_to_start
from stdtools.pack.text import Charset
from stdtools.shared import places, screen
from stdtools.shared.errors import ToolError
from stdtools.shared.options import Size, ToolCommand, record_output
from stdtools.shared.records import RecordWriter
from stdtools.shared.streams import STDIN, STDOUT, Input, Output, open_input


def _layout(arguments: tuple[str, ...], name: str | None, charset: Charset) -> tuple[Layout, NamedLayout, list[str]]:
    """Return the layout that --layout names or the first argument is, and the arguments left."""
    if name is not None:
        from stdtools.pack.catalog import find_layout

        named = find_layout(name, _own_layouts())
        return Layout(named.layout, charset), named, list(arguments)
    if not arguments:
        raise click.UsageError("a LAYOUT is missing", click.get_current_context())
    return Layout(arguments[0], charset), NamedLayout("", "", arguments[0]), list(arguments[1:])


def _own_layouts() -> str:
    return os.path.join(places.config_dir(), "layouts")


_layout_option = click.option("--layout", "name", metavar="NAME", help="Use a named layout in the place of LAYOUT.")
_text_option = click.option(
    "--text", "encoding", metavar="ENCODING", default="utf-8", show_default=True, help="Encoding of text fields."
)


def _explain_unpack(**given: Any) -> str:
    from stdtools.pack.explain import Source, explain_unpack

    for option in ("layouts", "describe", "dump"):
        if given[option]:
            raise ToolError(f"--explain shows how records are read; leave out --{option}")
    layout, named, rest = _layout(given["arguments"], given["name"], Charset(given["encoding"], raw=given["raw"]))
    if named.search:
        raise ToolError(f"--explain does not cover the search that {named.name} begins with")
    skip = named.skip if given["skip"] is None else given["skip"]
    return explain_unpack(
        layout,
        Source(_file(rest), skip, given["count"] or named.limit, given["format"] or "plain"),
    )


def _file(rest: list[str]) -> str:
    if len(rest) > 1:
        raise click.UsageError(f"one FILE at a time; {rest[1]!r} is a second one", click.get_current_context())
    return rest[0] if rest else "-"


@click.command(
    cls=ToolCommand,
    explain=_explain_unpack,
    examples=r"""
stdtools unpack '<I:id H:port 16s:host' hosts.bin
stdtools unpack '<I:id d:value' --jsonl < log.bin | jq .value
stdtools unpack '>4s:magic H/(I:id z:name):items' file.bin --json
stdtools unpack --layout elf64 /bin/ls --dump
""",
)
@click.argument("arguments", nargs=-1, metavar="LAYOUT [FILE]")
@click.option("--skip", type=Size(signed=True), metavar="BYTES", help="Begin here; negative: from the end of a file.")
@click.option("--count", type=click.IntRange(min=0), metavar="N", help="Stop after N records.")
@click.option(
    "--tail",
    type=click.Choice(TAILS),
    default="error",
    help="A record cut off at the end is an error, is dropped, or gives the fields that are there.  [default: error]",
)
@record_output
@_text_option
@click.option("--raw", is_flag=True, help="Keep the NULs that fill text fields.")
@click.option("--describe", is_flag=True, help="Show offset, size, alignment and type of every field; read nothing.")
@click.option("--dump", is_flag=True, help="Show the bytes in hex, each with the field that owns it.")
@click.option("-j", "--jobs", type=click.IntRange(min=1), default=1, metavar="N", help="Use N processes on a file.")
@_layout_option
@click.option("--layouts", is_flag=True, help="List the named layouts.")
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
) -> None:
    """Turn packed binary records into rows.

    LAYOUT is a format of Python's struct module in which a field may have a name: I:id H:port.
    Without a byte order it is little-endian with standard sizes. More codes: u3 to u7 and i3 to i7
    (bytes), z (text up to a NUL), H/s (text behind its length), H/(...) and *(...) (groups),
    B:flags{a:1,b:7} (bits).

    Reads standard input without FILE. Streams; a record, with all its groups, is held in memory.
    """
    if layouts:
        _list_layouts(format)
        return
    layout, named, rest = _layout(arguments, name, Charset(encoding, raw=raw))
    path = _file(rest)
    if describe:
        _describe(layout, format)
        return
    with Output() as output, open_input(path, output) as source:
        _warn_of_terminal(source)
        start = go_to_start(source, named, skip)
        limit = named.limit if count is None else count
        if dump:
            _dump(layout, source, output, start, limit, tail)
        else:
            writer = RecordWriter(output, layout.columns, format, bare_floats=True)
            _unpack(layout, source, writer, start, limit, tail, jobs)


def _unpack(
    layout: Layout, source: Input, writer: RecordWriter, start: int, count: int | None, tail: str, jobs: int
) -> None:
    from stdtools.pack.unpacking import write_all

    try:
        outcome = write_all(layout, source, writer, start=start, count=count, tail=tail, jobs=jobs)
    except ToolError:
        writer.close()
        raise
    writer.close()
    if outcome.truncated:
        _note_truncated(outcome.truncated, tail)
    screen.note(f"stdtools unpack: {outcome.records} records", verbosity=1)


def _note_truncated(truncated: TruncatedRecord, tail: str) -> None:
    done = "dropped" if tail == "drop" else "decoded as far as it goes"
    screen.note(f"stdtools unpack: {truncated.where}: cut off after {truncated.size} bytes, {done}")


def _dump(layout: Layout, source: Input, output: Output, start: int, count: int | None, tail: str) -> None:
    from stdtools.pack.describe import dump

    color = screen.wants_color(STDOUT)
    try:
        for line in dump(layout, Cursor(source, start), source.name, count=count):
            text = screen.safe(line.text) if output.is_terminal else line.text
            if color:
                text = screen.paint(text, screen.PALETTE[line.owner % len(screen.PALETTE)])
            output.write(f"{text}\n".encode("utf-8", "surrogateescape"))
    except TruncatedRecord as truncated:
        if tail == "error":
            raise
        _note_truncated(truncated, tail)


def _describe(layout: Layout, format: str | None) -> None:
    from stdtools.pack.describe import COLUMNS, describe

    with Output() as output:
        writer = RecordWriter(output, COLUMNS, format)
        writer.write(describe(layout))
        writer.close()
    size = f"{layout.size} bytes" if layout.fixed else f"at least {layout.size} bytes"
    screen.note(f"stdtools unpack: a record has {size}", verbosity=1)


def _list_layouts(format: str | None) -> None:
    from stdtools.pack.catalog import all_layouts

    with Output() as output:
        writer = RecordWriter(output, ("name", "description", "origin", "layout"), format)
        found = all_layouts(_own_layouts())
        writer.write((n.name, n.description, n.origin, " ".join(n.layout.split())) for n in found)
        writer.close()


def _warn_of_terminal(source: Input) -> None:
    if source.fd == STDIN and os.isatty(STDIN):
        screen.note("stdtools: reading from the terminal; Ctrl-D ends")


class PackCommand(ToolCommand):
    """A command whose arguments may be negative numbers, which Click takes for options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Mark negative numbers with a NUL, which no argument of a process can hold."""
        return super().parse_args(ctx, [f"\0{arg}" if _is_negative(arg) else arg for arg in args])


def _is_negative(argument: str) -> bool:
    body = argument.removeprefix("-")
    return body != argument and (body.removeprefix(".")[:1].isdecimal() or body[:3].lower() in ("inf", "nan"))


def _unmark(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(value.removeprefix("\0") for value in values)


def _explain_pack(**given: Any) -> str:
    from stdtools.pack.encode import from_arguments
    from stdtools.pack.explain import Target, explain_pack

    layout, _, values = _layout(given["arguments"], given["name"], Charset(given["encoding"]))
    return explain_pack(
        layout,
        Target(
            record=from_arguments(layout, values) if values else None,
            source=given["source"] or "-",
            format="csv" if given["csv"] else "jsonl",
            output=given["output"],
            into=given["into"] or "",
            at=given["at"] or 0,
        ),
    )


@click.command(
    cls=PackCommand,
    explain=_explain_pack,
    examples=r"""
stdtools pack '<I:id H:port 16s:host' 7 443 example.org > one.bin
stdtools unpack '<I:id d:v' a.bin --jsonl | jq -c '.v *= 2' | stdtools pack '<I:id d:v' > b.bin
stdtools pack '<I:id 8s:name' --csv --from names.csv -o names.bin
stdtools pack '<H' 8080 --into config.bin --at 0x40
""",
)
@click.argument("arguments", nargs=-1, metavar="LAYOUT [VALUE]...", callback=_unmark)
@click.option("--from", "source", metavar="FILE", help="Read records from FILE, or standard input.  [default: -]")
@click.option("--csv", is_flag=True, help="The records are CSV with a header, not JSON.")
@_text_option
@click.option("-o", "--output", metavar="FILE", default="-", help="Write FILE, all of it or nothing.")
@click.option("--into", metavar="FILE", help="Overwrite bytes within FILE and leave every other byte alone.")
@click.option("--at", type=Size(), metavar="OFFSET", help="Where --into begins.  [default: 0]")
@click.option("--stream", is_flag=True, help="Write each record as it comes, before the next is known to be right.")
@_layout_option
def pack(
    arguments: tuple[str, ...],
    source: str | None,
    csv: bool,
    encoding: str,
    output: str,
    into: str | None,
    at: int | None,
    stream: bool,
    name: str | None,
) -> None:
    """Turn values into packed binary records.

    The values are arguments, one a field, lists and objects as JSON; or records with the names of
    the fields: JSON lines, a JSON array, or CSV. What unpack writes, pack reads back to the same
    bytes. 'stdtools unpack --help' tells what a LAYOUT is.

    A value that does not fit ends the run, and nothing is written. So all records are buffered
    (beyond 8 MiB in a temporary file), unless --stream says otherwise.
    """
    ctx = click.get_current_context()
    layout, _, values = _layout(arguments, name, Charset(encoding))
    if values and (source is not None or csv):
        raise click.UsageError("values come from arguments or from records, not both", ctx)
    if into is not None and (output != "-" or stream):
        raise click.UsageError("--into goes with neither --output nor --stream", ctx)
    if at is not None and into is None:
        raise click.UsageError("--at needs --into FILE", ctx)
    with Output() as standard_output:
        if into is None and output == "-" and standard_output.is_terminal:
            raise ToolError("standard output is a terminal", hint="redirect it, or use -o FILE")
        data = _packed(layout, values, source or "-", csv, standard_output if stream else None)
        if into is not None:
            from stdtools.shared import atomic

            atomic.patch(into, at or 0, data)
        elif output != "-":
            from stdtools.shared import atomic

            with atomic.replacement(output) as file:
                for piece in data:
                    file.write(piece)
        elif stream:
            for piece in data:
                standard_output.write(piece)
        else:
            from stdtools.pack.spool import Spool

            spool = Spool()
            for piece in data:
                spool.write(piece)
            spool.copy_to(standard_output)


def _packed(layout: Layout, values: list[str], path: str, csv: bool, flushed: Output | None) -> Iterator[bytes]:
    """Yield the packed records; one at a time, where *flushed* is the output they go to."""
    from stdtools.pack.encode import encode, from_arguments, from_texts
    from stdtools.shared.record_input import read_csv, read_json

    if values:
        yield from encode(layout, [from_arguments(layout, values)])
        return
    with open_input(path, flushed) as source:
        _warn_of_terminal(source)
        records = from_texts(layout, read_csv(source), source.name) if csv else read_json(source)
        size = {} if flushed is None else {"batch": 1}
        yield from encode(layout, records, source=source.name, **size)
