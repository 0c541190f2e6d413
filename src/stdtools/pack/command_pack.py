"""The command line of pack."""

from collections.abc import Iterator
from typing import Any

import click

from stdtools.pack.command_layout import layout_option, take_layout, text_option
from stdtools.pack.layout import Layout
from stdtools.pack.text import Charset
from stdtools.shared import journal, screen
from stdtools.shared.commands import ToolCommand
from stdtools.shared.errors import ToolError
from stdtools.shared.options import is_typed
from stdtools.shared.parameters import Size
from stdtools.shared.streams import Output, open_input


class PackCommand(ToolCommand):
    """A command whose arguments may be negative numbers, which Click takes for options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Mark negative numbers, but no option's value, with a NUL, which no argument can hold."""
        takes_value = {name for p in self.params if isinstance(p, click.Option) and not p.is_flag for name in p.opts}
        marked = [
            f"\0{arg}" if before not in takes_value and _is_negative(arg) else arg
            for before, arg in zip(["", *args], args, strict=False)
        ]
        return super().parse_args(ctx, marked)


def _is_negative(argument: str) -> bool:
    if not argument.startswith("-"):
        return False
    try:
        float(int(argument, 16) if argument[1:3].lower() == "0x" else argument)
    except (ValueError, OverflowError):
        return False
    return True


def _unmark(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(value.removeprefix("\0") for value in values)


def _explain(given: dict[str, Any]) -> str:
    from stdtools.pack.encode import from_arguments
    from stdtools.pack.explain import Target, explain_pack

    layout, _, values = take_layout(given["arguments"], given["name"], Charset(given["encoding"]))
    _check(values, **given)
    return explain_pack(
        layout,
        Target(
            record=from_arguments(layout, values) if values else None,
            source="-" if given["source"] is None else given["source"],
            format=given["form"],
            output=given["output"],
            into=given["into"] or "",
            at=given["at"] or 0,
        ),
    )


def _check(values: list[str], **given: Any) -> None:
    """Raise UsageError for options that do not go together."""
    problem = ""
    if values and (given["source"] is not None or is_typed("form")):
        problem = "values come from arguments or from records, not both"
    elif given["into"] is not None and (given["output"] != "-" or given["stream"]):
        problem = "--into goes with neither --output nor --stream"
    elif given["output"] != "-" and given["stream"]:
        problem = "--output is written as a whole; --stream is for standard output"
    elif given["at"] is not None and given["into"] is None:
        problem = "--at needs --into FILE"
    if problem:
        raise click.UsageError(problem, click.get_current_context())


@click.command(
    cls=PackCommand,
    explain=_explain,
    examples=r"""
stdtools pack '<I:id H:port 16s:host' 7 443 example.org > one.bin
stdtools unpack '<I:id d:v' a.bin --jsonl | jq -c '.v *= 2' | stdtools pack '<I:id d:v' > b.bin
stdtools pack '<I:id 8s:name' --csv --from names.csv -o names.bin
stdtools pack '<H' 8080 --into config.bin --at 0x40
""",
)
@click.argument("arguments", nargs=-1, metavar="LAYOUT [VALUE]...", callback=_unmark)
@click.option("--from", "source", metavar="FILE", help="Reads records from FILE, or standard input.  [default: -]")
@click.option(
    "--input",
    "form",
    type=click.Choice(("jsonl", "csv", "tsv")),
    default="jsonl",
    show_default=True,
    help="What records are; jsonl: JSON values of any kind, CSV and TSV have a header.",
)
@click.option("--csv", "form", flag_value="csv", allow_from_autoenv=False, help="Same as --input csv.")
@click.option("--tsv", "form", flag_value="tsv", allow_from_autoenv=False, help="Same as --input tsv.")
@text_option
@click.option(
    "-o", "--output", metavar="FILE", default="-", allow_from_autoenv=False, help="Writes FILE, all of it or nothing."
)
@click.option(
    "--into",
    metavar="FILE",
    allow_from_autoenv=False,
    help="Overwrites bytes within FILE and leaves every other byte alone.",
)
@click.option("--at", type=Size(), metavar="OFFSET", help="Where --into begins.  [default: 0]")
@click.option("--stream", is_flag=True, help="Writes each record as it comes, before the next is known to be right.")
@layout_option
def pack(
    arguments: tuple[str, ...],
    source: str | None,
    form: str,
    encoding: str,
    output: str,
    into: str | None,
    at: int | None,
    stream: bool,
    name: str | None,
) -> int:
    """Turn values into packed binary records.

    The values are arguments, one a field, lists and objects as JSON; or records with the names of
    the fields: JSON lines, a JSON array, CSV or TSV. What unpack writes, pack reads back to the
    same bytes. 'stdtools unpack --help' tells what a LAYOUT is.

    A value that does not fit ends the run, and nothing is written. So all records are buffered
    (beyond 8 MiB in a temporary file), unless --stream says otherwise.
    """
    layout, _, values = take_layout(arguments, name, Charset(encoding))
    _check(values, source=source, output=output, into=into, at=at, stream=stream)
    with Output() as standard_output:
        if into is None and output == "-" and standard_output.is_terminal:
            raise ToolError("standard output is a terminal", hint="redirect it, or use -o FILE")
        packed = _packed(layout, values, "-" if source is None else source, form, standard_output if stream else None)
        data = _counted(packed)
        if into is not None:
            from stdtools.shared import atomic

            atomic.patch(into, at or 0, data)
        elif output != "-":
            from stdtools.shared import atomic

            with atomic.replacement(output) as file:
                _copy(data, file)
        elif stream:
            _copy(data, standard_output)
        else:
            from stdtools.pack.spool import Spool

            spool = Spool()
            for piece in data:
                spool.write(piece)
            spool.copy_to(standard_output)
    return 0


def _copy(data: Iterator[bytes], output: Output) -> None:
    for piece in data:
        output.write(piece)


def _counted(data: Iterator[bytes]) -> Iterator[bytes]:
    total = 0
    for piece in data:
        total += len(piece)
        yield piece
    journal.counts["bytes"] = total


def _packed(layout: Layout, values: list[str], path: str, form: str, flushed: Output | None) -> Iterator[bytes]:
    """Yield the packed records; one at a time, where *flushed* is the output they go to."""
    from stdtools.pack.encode import encode, from_arguments, from_texts

    if values:
        yield from encode(layout, [from_arguments(layout, values)], source=None)
        return
    from stdtools.shared.record_input import read_csv, read_json, read_tsv

    with open_input(path, flushed) as source:
        screen.warn_of_terminal(source.fd)
        if form == "jsonl":
            records = read_json(source)
        else:
            records = from_texts(layout, (read_csv if form == "csv" else read_tsv)(source), source.name)
        yield from encode(layout, records, source=source.name, batch=None if flushed is None else 1)
