"""The command line of walk."""

import os
from itertools import combinations
from typing import TYPE_CHECKING, Any

import click

from stdtools.shared import journal, screen
from stdtools.shared.commands import ToolCommand
from stdtools.shared.errors import TROUBLE
from stdtools.shared.options import record_output, refuse_idle
from stdtools.shared.streams import Output
from stdtools.tree.command_criteria import query_of
from stdtools.tree.command_filters import filters, give_way, is_given, jobs_option, walking_of
from stdtools.tree.command_tables import write_by, write_top, write_triples
from stdtools.tree.command_trees import Walk, trees, write_trees
from stdtools.tree.drawing import SORT_KEYS
from stdtools.tree.troubles import Troubles

if TYPE_CHECKING:
    from stdtools.tree.progress import Progress


def _explain(given: dict[str, Any]) -> str:
    from stdtools.tree.explain import explain_walk

    _mode(given)
    return explain_walk(given)


@click.command(
    cls=ToolCommand,
    explain=_explain,
    examples=r"""
stdtools walk --max-depth 2 --sizes --sort size --reverse
stdtools walk --by ext
stdtools walk --top 10 --disk
stdtools find -e log | stdtools walk --from -
""",
)
@filters
@click.option("--dirs", is_flag=True, help="Shows directories alone; sizes are of all that is in them.")
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="Shows N entries of a directory, counts the rest."
)
@click.option(
    "--sort",
    type=click.Choice([*SORT_KEYS, "none"]),
    default="name",
    show_default=True,
    help="Order of the entries of a directory.",
)
@click.option("--reverse", is_flag=True, help="Sorts downwards.")
@click.option("--ascii", is_flag=True, help="Draws with ASCII characters.")
@click.option("--sizes", is_flag=True, help="Shows the bytes of all that is in a directory; hard links count once.")
@click.option("--disk", is_flag=True, help="The same, of the space that is taken on the disk.")
@click.option("--top", type=click.IntRange(min=1), metavar="N", help="The N largest files and directories instead.")
@click.option(
    "--by", type=click.Choice(["ext", "user", "age", "depth"]), help="Files and bytes of each of these instead."
)
@click.option("--triples", is_flag=True, help="What os.walk yields instead: path, directories, files.")
@click.option("--bottom-up", is_flag=True, help="With --triples: a directory after those in it.")
@click.option("--from", "source", metavar="FILE", help="Draws the paths in FILE (-: standard input); JSON lines, too.")
@click.option("-0", "--null", is_flag=True, help="The paths in FILE end with NUL.")
@jobs_option
@click.option("--progress/--no-progress", default=None, help="Tells how far it is  [default: on a terminal]")
@record_output("a tree")
def walk(**given: Any) -> int:
    """Draw directories as a tree, or add up what is in them.

    Walks from each ROOT, or from the current directory. With tests a tree shows what passes them and the
    directories on the way there. Sizes are known when all below has been read: they are kept on disk, and
    memory stays small however large the tree.

    Exit code 2 when something could not be read; 1 when nothing is shown.
    """
    mode = _mode(given)
    given["sizes"] = given["sizes"] or (given["disk"] and mode != "from")
    progress = _progress(given)

    def tell(path: bytes, what: str) -> None:
        if progress is not None:
            progress.clear()
        screen.complain(os.fsdecode(path or b"''") + f": {what}")

    troubles = Troubles(tell)
    walk = Walk(given, walking_of(given, troubles), query_of(given), troubles, progress)
    with Output() as output:
        if mode == "top":
            count = write_top(walk, output)
        elif mode == "by":
            count = write_by(walk, output)
        elif mode == "triples":
            count = write_triples(walk, output)
        else:
            count = write_trees(walk, trees(walk, mode, output), output)
    journal.counts["records"] = count
    if walk.troubles.count:
        return TROUBLE
    return 0 if count else 1


def _progress(given: dict[str, Any]) -> "Progress | None":
    if not screen.wants_progress(given["progress"]):
        return None
    from stdtools.tree.progress import Progress

    return Progress()


_FILTERS = {option.name for option in filters(click.Command("")).params}
_SHAPE = {"dirs", "limit", "sort", "reverse", "ascii", "sizes", "disk", "format"}
# What may be said beside each way; the rest would be without effect.
_BESIDE = {
    "tree": _FILTERS | _SHAPE | {"jobs", "progress"},
    "top": _FILTERS | {"top", "disk", "jobs", "progress", "format"},
    "by": _FILTERS | {"by", "disk", "jobs", "progress", "format", "ascii"},
    "triples": _FILTERS | {"triples", "bottom_up", "format"},
    "from": _SHAPE - {"disk"} | {"source", "null", "max_depth"},
}


def _mode(given: dict[str, Any]) -> str:
    """Return which of the ways it is; refuse what has no meaning there."""
    ways = {"source": "from", "top": "top", "by": "by", "triples": "triples"}
    give_way(given, list(combinations(ways, 2)))
    mode = next((mode for name, mode in ways.items() if is_given(given[name])), "tree")
    needed = {"bottom_up": "--triples", "null": "--from"} if mode == "tree" else {}
    refuse_idle(given, _BESIDE[mode], f"--{mode}", needed)
    if mode in ("tree", "from"):
        give_way(given, [("limit", "format")])
        if given["limit"] and given["format"]:
            message = "--limit is for lines: a record for what is left out would be none"
            raise click.UsageError(message, click.get_current_context())
    return mode
