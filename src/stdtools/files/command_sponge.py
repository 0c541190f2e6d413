"""The command line of sponge."""

import os
from collections.abc import Iterator
from typing import Any

import click

from stdtools.files.soaking import Soaked
from stdtools.shared import journal, screen
from stdtools.shared.commands import ToolCommand
from stdtools.shared.errors import ToolError
from stdtools.shared.options import refuse_idle
from stdtools.shared.parameters import Suffix
from stdtools.shared.streams import BLOCK, STDIN, Input, Output, open_input


def _explain(given: dict[str, Any]) -> str:
    if given["unless_empty"] or given["if_changed"] or given["backup"] or given["append"]:
        raise ToolError("--explain covers a file that is replaced")
    if given["file"] in (None, "-"):
        return "import sys\n\nsys.stdout.buffer.write(sys.stdin.buffer.read())\n"
    return "\n".join(
        [
            "import os, sys, tempfile",
            "",
            f"path = os.path.realpath({given['file']!r})",
            "data = sys.stdin.buffer.read()",
            "with tempfile.NamedTemporaryFile(dir=os.path.dirname(path), delete=False) as file:",
            "    file.write(data)",
            "    os.chmod(file.name, os.stat(path).st_mode & 0o777 if os.path.exists(path) else 0o644)",
            "    os.fsync(file.fileno())",
            "os.replace(file.name, path)",
            "",
        ]
    )


@click.command(
    cls=ToolCommand,
    explain=_explain,
    examples=r"""
sort words.txt | stdtools sponge words.txt
grep receive words.txt | stdtools sponge --unless-empty words.txt
date | stdtools sponge --append visits.txt
""",
)
@click.argument("file", required=False)
@click.option("-a", "--append", is_flag=True, allow_from_autoenv=False, help="Puts the input behind what is in FILE.")
@click.option("--unless-empty", is_flag=True, help="Leaves FILE alone when nothing came; exit code 1.")
@click.option("--if-changed", is_flag=True, help="Exits with 1 where FILE had just that; it is not written then.")
@click.option("--backup", type=Suffix(), metavar="SUFFIX", help="Keeps what was there under FILE + SUFFIX.")
def sponge(file: str | None, **given: Any) -> int:
    """Soak up standard input, then replace a file.

    FILE may be read by the commands before it: it changes when all has come, as
    a whole, and keeps its mode and links. Equal content is not written again.
    Without FILE, or with -, all goes to standard output in the end. More than
    16 MiB wait in a file without a name in TMPDIR.
    """
    if file == "-":
        file = None
    if file is None:
        refuse_idle(given, (), "", dict.fromkeys(given, "a FILE"))
    elif not file:
        raise ToolError("no name of a file", where="''")
    screen.warn_of_terminal(STDIN)
    soaked = Soaked(Input(STDIN, "standard input"))
    journal.counts["bytes"] = soaked.size
    if file is None:
        with Output() as output:
            for piece in soaked.pieces():
                output.write(piece)
        return 0
    if given["unless_empty"] and not soaked.size:
        return 1
    from stdtools.shared.in_place import rewrite

    is_new = not os.path.lexists(file)
    changed = rewrite(file, _content(file, soaked, append=given["append"] and not is_new), backup=given["backup"])
    return int(given["if_changed"] and not changed)


def _content(file: str, soaked: Soaked, *, append: bool) -> Iterator[bytes]:
    if append:
        with open_input(file) as old:
            while block := old.read(BLOCK):
                yield block
    yield from soaked.pieces()
