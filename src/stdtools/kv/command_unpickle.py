"""The command line of unpickle."""

from collections import Counter
from typing import Any

import click

from stdtools.kv.plain import MOST_BITS
from stdtools.kv.unpickling import PLAIN, names, steps, values
from stdtools.shared.commands import ToolCommand
from stdtools.shared.errors import ToolError
from stdtools.shared.inputs import read_each
from stdtools.shared.options import is_typed, option_name, record_output
from stdtools.shared.records import RecordWriter
from stdtools.shared.streams import Input, Output


def _explain(given: dict[str, Any]) -> str:
    from stdtools.kv.explain_unpickle import explain_unpickle

    _check(given)
    return explain_unpickle(given)


def _check(given: dict[str, Any]) -> None:
    """Refuse what does not go together; of defaults, what does not fit is set aside."""
    context = click.get_current_context()
    if given["ops"] and given["imports"]:
        if is_typed("ops") == is_typed("imports"):
            raise click.UsageError("--ops and --globals exclude each other", context)
        given.update(ops=is_typed("ops"), imports=is_typed("imports"))
    if given["format"] and not (given["ops"] or given["imports"]):
        if is_typed("format"):
            raise click.UsageError(f"{option_name('format')} needs --ops or --globals; values are JSON lines", context)
        given["format"] = None


@click.command(
    cls=ToolCommand,
    explain=_explain,
    examples=r"""
stdtools unpickle cache.pickle
stdtools unpickle --globals cache.pickle
stdtools unpickle --ops cache.pickle --jsonl
""",
)
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--ops", is_flag=True, help="Shows each opcode: where it stands, its name, its argument.")
@click.option("--globals", "imports", is_flag=True, help="Shows what it would import; exits with 1 beyond plain types.")
@record_output("values as JSON lines; a table on a terminal, else plain, of --ops and --globals")
def unpickle(**given: Any) -> int:
    """Show pickles as JSON, importing and calling nothing.

    Each pickle in a FILE is a line. What JSON lacks has a tag, as in kv: {"$tuple":
    [1, 2]}; an object is {"$class": "module.Name", …} with what it would have been
    made of. Pickles of any protocol from 0 to 5 are read.

    --globals lists the names that loading would import, how often they stand there,
    and whether they only make plain types; with any other the exit code is 1. That
    it is 0 says what was found, no more. Memory is bounded by the largest pickle.
    """
    _check(given)
    ops, imports = given["ops"], given["imports"]
    found: Counter[str] = Counter()
    with Output() as output:
        columns = ("byte", "opcode", "argument") if ops else ("name", "times", "plain")
        writer = RecordWriter(output, columns, given["format"]) if ops or imports else None

        def treat(source: Input) -> None:
            if writer is None:
                _write_values(source, output)
            elif imports:
                for some in names(source):
                    found.update(some)
            else:
                for pickled in steps(source):
                    writer.write([(step.at, step.opcode, _shown(step.argument)) for step in pickled])

        code = read_each(given["files"], treat, writer or output)
        if writer is not None:
            writer.write([(_shown(name), times, name in PLAIN) for name, times in sorted(found.items())])
            writer.close()
    return code or int(any(name not in PLAIN for name in found))


def _write_values(source: Input, output: Output) -> None:
    from stdtools.kv.forms import to_json

    for number, value in enumerate(values(source), 1):
        try:
            text = to_json(value)
        except ToolError as error:
            raise ToolError(error.what, where=f"{source.name}: pickle {number}", hint=error.hint) from None
        output.write(text.encode() + b"\n")


def _shown(argument: Any) -> Any:
    if isinstance(argument, bytearray):
        return bytes(argument)
    if isinstance(argument, str):
        return argument.encode("utf-8", "backslashreplace").decode()
    return hex(argument) if isinstance(argument, int) and argument.bit_length() > MOST_BITS else argument
