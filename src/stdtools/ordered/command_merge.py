"""The command line of merge."""

from typing import Any

import click

from stdtools.ordered.keys import KINDS
from stdtools.shared import journal
from stdtools.shared.errors import ToolError
from stdtools.shared.options import ToolCommand
from stdtools.shared.streams import Output


def _explain(**given: Any) -> str:
    from stdtools.ordered.explain import explain_merge

    return explain_merge(given)


@click.command(
    cls=ToolCommand,
    explain=_explain,
    examples=r"""
stdtools merge before/old.txt after/old.txt
stdtools merge --unique before/old.txt after/old.txt
seq 5 | stdtools merge --as number --check
""",
)
@click.argument("files", nargs=-1, metavar="FILE...")
@click.option("--by", metavar="N", help="Compares field N, from 1 or from -1 backwards, not the line.")
@click.option("-d", "--delimiter", default="", metavar="CHAR", help="Between fields; without one, blanks.")
@click.option(
    "--as",
    "kind",
    type=click.Choice(KINDS),
    default="text",
    show_default=True,
    help="What is compared; time: ISO 8601.",
)
@click.option("--unique", is_flag=True, help="Of equal lines, or equal fields, the first alone.")
@click.option("--check", is_flag=True, help="Writes nothing; exits with 1 where an input is not in order.")
def merge(files: tuple[str, ...], **given: Any) -> int:
    """Merge files that are sorted.

    The order of text is that of its bytes, as LC_ALL=C sort makes it. Equal lines
    come in the order of the files. Any number of files, flat memory. Where a file
    is not in order, it is told, with its line, and nothing more is written.
    """
    from stdtools.ordered.merging import Unsorted
    from stdtools.ordered.merging import merge as merged

    lines = 0
    by = _number(given["by"])
    keys_of = None if by is None and given["kind"] == "text" else _Keys(by, given)
    try:
        with Output() as output:
            for some in merged(list(files) or ["-"], keys_of, unique=given["unique"]):
                lines += len(some)
                if not given["check"] and some:
                    output.write(b"\n".join(some) + b"\n")
    except Unsorted as error:
        if given["check"]:
            from stdtools.shared import screen

            screen.note(f"{error.where}: {error.what}")
            return 1
        raise
    journal.counts["lines"] = lines
    return 0


def _number(text: str | None) -> int | None:
    try:
        number = None if text is None else int(text)
    except ValueError:
        number = 0
    if number == 0:
        raise click.UsageError(f"--by: {text!r} is no number of a field, from 1", click.get_current_context())
    return number


class _Keys:
    """Gives lines their keys."""

    def __init__(self, by: int | None, given: dict[str, Any]) -> None:
        from stdtools.ordered.keys import converter

        self._by = by
        self._kind = given["kind"]
        self._convert = converter(self._kind)
        delimiter = "\t" if given["delimiter"] == "tab" else given["delimiter"]
        self._delimiter = delimiter.encode("utf-8", "surrogateescape") or None

    def __call__(self, lines: list[bytes], name: str, first: int) -> list[tuple[Any, bytes]]:
        """Return each line behind its key. Raises ToolError for one that has none."""
        items = []
        for number, line in enumerate(lines, first):
            key = self._key(line)
            if key is None:
                what = f"a {self._kind}" if self._by is None else f"a {self._kind} in field {self._by}"
                raise ToolError(f"has not {what}", where=f"{name}:{number}")
            items.append((key, line))
        return items

    def _key(self, line: bytes) -> Any:
        from stdtools.ordered.keys import field_of, number_in

        if self._by is None:
            return number_in(line) if self._kind == "number" else self._convert(line.decode("utf-8", "replace"))
        value = field_of(line, self._by, self._delimiter)
        if self._kind == "text":
            return None if value is None else value.encode("utf-8", "surrogateescape")
        return self._convert(value)
