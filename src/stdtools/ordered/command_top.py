"""The command line of top."""

import re
from collections.abc import Iterator
from typing import Any

import click

from stdtools.ordered.largest import Largest
from stdtools.shared import journal, screen
from stdtools.shared.commands import ToolCommand
from stdtools.shared.inputs import line_blocks, read_each, split_lines
from stdtools.shared.options import field_input
from stdtools.shared.streams import Input, Output

_PLAIN = re.compile(r"-?[1-9][0-9]*|[\w.]+")


@click.command(
    cls=ToolCommand,
    explain="stdtools.ordered.explain:explain_top",
    examples=r"""
seq 1000 | stdtools top -n 3
stdtools top -n 3 --by 3 -d : /etc/passwd
stdtools find /etc --jsonl | stdtools top -n 3 --by size
printf 'price,count\n3,4\n5,1\n' | stdtools top --by 'price * count'
""",
)
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option(
    "-n", "--count", "most", type=click.IntRange(min=1), default=10, show_default=True, metavar="N", help="How many."
)
@click.option("--by", metavar="FIELD|EXPR", help="The field, or arithmetic of fields, that is compared.")
@field_input
@click.option("--text", is_flag=True, help="Compares text, by its characters, not numbers.")
@click.option("--smallest", is_flag=True, help="The smallest, the smallest first.")
def top(files: tuple[str, ...], **given: Any) -> int:
    """Print the lines with the largest numbers.

    The largest comes first, and of equal ones the first that came. A line counts
    by the number that it begins with, or by its field: a number or a name, as of
    CSV with a header or JSON lines. What has no number is left out and told.
    Constant memory.
    """
    largest = Largest(given["most"], smallest=given["smallest"])
    keyed = _Keyed(given) if given["by"] or given["text"] else None
    code = read_each(files, lambda source: _add(largest, keyed, source))
    if largest.missing:
        what = "number" if not given["text"] else "field"
        screen.note(f"{largest.missing} line{'s' * (largest.missing > 1)} without a {what} left out")
    journal.counts["lines"] = largest.seen
    with Output() as output:
        if keyed is not None and keyed.header and (largest.seen or not code):
            output.write(keyed.header)
        for line in largest.lines():
            output.write(line if line.endswith(b"\n") else line + b"\n")
    return code


def _add(largest: Largest, keyed: "_Keyed | None", source: Input) -> None:
    if keyed is not None:
        largest.add(keyed.read(source))
        return
    for block in line_blocks(source):
        largest.add_numbers(block)


class _Keyed:
    """Reads records with what they are ordered by."""

    def __init__(self, given: dict[str, Any]) -> None:
        from stdtools.ordered.expression import Expression
        from stdtools.ordered.keys import converter
        from stdtools.shared.fields import FieldReader

        self._expression = None
        self._key = converter("text" if given["text"] else "number")
        by = given["by"]
        fields = [by] if by else []
        if by and not _PLAIN.fullmatch(by):
            self._expression = Expression(by)
            fields = self._expression.fields
        self._reader = FieldReader(fields, form=given["form"], delimiter=given["delimiter"]) if by else None

    @property
    def header(self) -> bytes | None:
        """Return the line with the names of the columns, if there was one."""
        return self._reader.header if self._reader else None

    def read(self, source: Input) -> Iterator[tuple[bytes, Any]]:
        """Yield each record of *source* and its key."""
        if self._reader is None:
            for block in line_blocks(source):
                for line in split_lines(block):
                    yield line, line
            return
        for record, values in self._reader.read(source):
            if self._expression is None:
                yield record, self._key(values[0])
            else:
                from stdtools.shared.fields import number_of

                numbers = dict(zip(self._expression.fields, map(number_of, values), strict=True))
                yield record, self._expression.value(numbers)
