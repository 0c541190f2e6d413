"""The command line of merge."""

from typing import Any

import click

from stdtools.ordered.command_keys import key_of, key_options, lack
from stdtools.shared import journal
from stdtools.shared.commands import ToolCommand
from stdtools.shared.errors import ToolError
from stdtools.shared.streams import Output


@click.command(
    cls=ToolCommand,
    explain="stdtools.ordered.explain:explain_merge",
    examples=r"""
stdtools merge before/old.txt after/old.txt
stdtools merge --unique before/old.txt after/old.txt
seq 5 | stdtools merge --as number --check
""",
)
@click.argument("files", nargs=-1, metavar="[FILE]...")
@key_options
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
    keys_of = None if given["by"] is None and given["kind"] == "text" else _Keys(given)
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


class _Keys:
    """Gives lines their keys."""

    def __init__(self, given: dict[str, Any]) -> None:
        self._lack = lack(given)
        self._key_of = key_of(given)

    def __call__(self, lines: list[bytes], name: str, first: int) -> list[tuple[Any, bytes]]:
        """Return each line behind its key. Raises ToolError for one that has none."""
        items = []
        for number, line in enumerate(lines, first):
            key = self._key_of(line)
            if key is None:
                raise ToolError(f"has {self._lack}", where=f"{name}:{number}")
            items.append((key, line))
        return items
