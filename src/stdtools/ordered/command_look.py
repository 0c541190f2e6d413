"""The command line of look."""

import os
from typing import Any

import click

from stdtools.ordered.command_keys import key_of, key_options, lack
from stdtools.shared.commands import ToolCommand
from stdtools.shared.errors import ToolError
from stdtools.shared.streams import Output, open_input


def _explain(given: dict[str, Any]) -> str:
    from stdtools.ordered.explain import explain_look

    prefix, path = _arguments(given.pop("arguments"), given)
    return explain_look(given, prefix, path)


@click.command(
    cls=ToolCommand,
    explain=_explain,
    examples=r"""
stdtools look rec words.txt
stdtools look --range 'a..s' words.txt
stdtools look --by -1 -d , --range one.. names.csv
""",
)
@click.argument("arguments", nargs=-1, metavar="PREFIX FILE")
@click.option("--range", "between", metavar="A..B", help="From A to B, both included, in the place of PREFIX.")
@key_options
def look(arguments: tuple[str, ...], **given: Any) -> int:
    """Find lines in a sorted file.

    Finds those that begin with PREFIX, or whose field is in a range, in a few
    reads, however large the file is. Text must be in the order of its bytes, as
    LC_ALL=C sort makes it. A range may be open: A.. and ..B; of text it has what
    begins with B, too. With --as number or time, PREFIX is the whole field.

    The exit code is 1 when there is none. FILE must be a regular file.
    """
    from stdtools.ordered.looking import look as found

    prefix, path = _arguments(arguments, given)
    low, is_above = _bounds(prefix, given)
    count = 0
    with Output() as output, open_input(path) as source:
        if not source.is_file:
            if os.path.isdir(path):
                raise ToolError("Is a directory", where=source.name)
            if not os.path.isfile(path):
                raise ToolError("is no regular file; it cannot be halved", where=source.name, hint="use grep or lines")
            return 1
        size = os.fstat(source.fd).st_size
        for line in found(source, size, key_of(given), low, is_above, lack(given)):
            output.write(line + b"\n")
            count += 1
    return int(not count)


def _arguments(arguments: tuple[str, ...], given: dict[str, Any]) -> tuple[str, str]:
    words = ["FILE"] if given["between"] else ["PREFIX", "FILE"]
    context = click.get_current_context()
    if len(arguments) < len(words):
        raise click.UsageError(f"a {words[len(arguments)]} is missing", context)
    if len(arguments) > len(words):
        raise click.UsageError(f"{arguments[-1]!r} is one too many: {' '.join(words)}", context)
    return ("" if given["between"] else arguments[0]), arguments[-1]


def _bounds(prefix: str, given: dict[str, Any]) -> tuple[Any, Any]:
    """Return the least key, and what tells whether a key is above all that are looked for."""
    from stdtools.ordered.keys import as_key

    def key(text: str) -> Any:
        return os.fsencode(text) if given["kind"] == "text" else as_key(text, given["kind"])

    if not given["between"]:
        low = high = key(prefix)
    else:
        first, dots, last = given["between"].partition("..")
        if not dots:
            raise click.UsageError("--range is A..B, A.. or ..B", click.get_current_context())
        low, high = (key(text) if text else None for text in (first, last))
        if low is not None and high is not None and high < low:
            raise click.UsageError("--range runs backwards", click.get_current_context())
    if high is None:
        return low, lambda _: False
    if given["kind"] == "text":
        return low, lambda key: key > high and not key.startswith(high)
    return low, lambda key: key > high
