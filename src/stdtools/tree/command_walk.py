"""The command line of walk."""

import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from stdtools.shared import journal, screen
from stdtools.shared.errors import TROUBLE
from stdtools.shared.options import ToolCommand, record_output, refuse_idle
from stdtools.shared.records import RecordWriter, Value
from stdtools.shared.streams import BLOCK, Output, open_input
from stdtools.tree.branches import Branch
from stdtools.tree.command_filters import filters, hasten, query_of, roots_of, walking_of
from stdtools.tree.drawing import ASCII, SORT_KEYS, UNICODE, Shape
from stdtools.tree.entry import Entry
from stdtools.tree.finding import Nothing, walk_below
from stdtools.tree.measuring import Measured, Measurer, SizeOf, allocated, apparent
from stdtools.tree.query import Query, Walking
from stdtools.tree.sharing import Sharing, processors
from stdtools.tree.troubles import Troubles
from stdtools.tree.walker import Walker
from stdtools.tree.writing import Tree, write_lines, write_records

if TYPE_CHECKING:
    from stdtools.tree.progress import Progress


def _explain(**given: Any) -> str:
    from stdtools.tree.explain import explain_walk

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
@click.option(
    "-j", "--jobs", type=click.IntRange(min=1), metavar="N", help="Processes for a long walk  [default: up to 4]"
)
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
    given["sizes"] = given["sizes"] or given["disk"]
    progress = _progress(given)

    def tell(path: bytes, what: str) -> None:
        if progress is not None:
            progress.clear()
        screen.complain(f"{os.fsdecode(path)}: {what}")

    troubles = Troubles(tell)
    walk = _Walk(given, walking_of(given, troubles), query_of(given), troubles, progress)
    with Output() as output:
        if mode == "top":
            count = _write_top(walk, output)
        elif mode == "by":
            count = _write_by(walk, output)
        elif mode == "triples":
            count = _write_triples(walk, output)
        else:
            count = _write_trees(walk, _trees(walk, mode, output), output)
    journal.counts["records"] = count
    if walk.troubles.count:
        return TROUBLE
    return 0 if count else 1


_FILTERS = {option.name for option in filters(click.Command("")).params} | {"cache", "cache_verify"}
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
    mode = next((mode for name, mode in ways.items() if given[name]), "tree")
    needed = {"bottom_up": "--triples", "null": "--from"} if mode == "tree" else {}
    refuse_idle(given, _BESIDE[mode], f"--{mode}", needed)
    if given["limit"] and given["format"]:
        message = "--limit is for lines: a record for what is left out would be none"
        raise click.UsageError(message, click.get_current_context())
    return mode


class _Walk(NamedTuple):
    """What was asked for, and what goes wrong."""

    given: dict[str, Any]
    walking: Walking
    query: Query
    troubles: Troubles
    progress: "Progress | None"

    @property
    def size_of(self) -> SizeOf:
        """What counts as the size of a file."""
        return allocated if self.given["disk"] else apparent


def _progress(given: dict[str, Any]) -> "Progress | None":
    if not screen.wants_progress(given["progress"]):
        return None
    from stdtools.tree.progress import Progress

    return Progress()


def _trees(walk: _Walk, mode: str, output: Output) -> Iterator[Tree]:
    if mode == "from":
        return _listed_trees(walk.given)
    if walk.given["sizes"] or not walk.query.is_empty:
        return _measured_trees(walk, output)
    return _live_trees(walk)


def _write_trees(walk: _Walk, trees: Iterator[Tree], output: Output) -> int:
    given = walk.given
    shape = Shape(
        ASCII if given["ascii"] else UNICODE,
        given["sort"],
        given["reverse"],
        given["dirs"],
        given["limit"],
        min((depth for depth in (given["max_depth"], given["depth"]) if depth is not None), default=None),
    )
    if given["format"]:
        return write_records(trees, shape, output, given["format"], sizes=given["sizes"])
    return write_lines(trees, shape, output, sizes=given["sizes"], links=given["source"] is None)


def _live_trees(walk: _Walk) -> Iterator[Tree]:
    """Yield a tree for each root whose directories are read when they are drawn."""
    from stdtools.tree.live import LiveBranches

    roots = roots_of(walk.given)
    walker = Walker(walk.walking, walk.query, Nothing(), walk.troubles)
    cache = hasten(walk.given, roots, walker)
    live = LiveBranches(walker, stats=walk.given["sort"] in ("size", "mtime"))
    for root in roots:
        branch = live.root(root)
        if branch is not None:
            yield branch, live.read
    if cache is not None:
        cache.save()


def _measured_trees(walk: _Walk, output: Output) -> Iterator[Tree]:
    """Yield a tree for each root with the sizes of all that is wanted in it."""
    from stdtools.tree.branches import Branches, Row, assemble
    from stdtools.tree.collecting import TreeRows

    given, walking, query = walk.given, walk.walking, walk.query
    # --max-depth bounds what is shown; what lies deeper still has a size. --depth is a test.
    walked = walking._replace(max_depth=given["depth"]) if given["sizes"] else walking
    rows = TreeRows(walk.size_of, max_depth=walking.max_depth, dirs=given["dirs"], follow=walking.follow)
    measurer = Measurer(walked, query, rows, walk.troubles)
    for entry in _measure(walk, measurer, roots_of(given), output):
        branches = Branches()
        inside = assemble(map(Row._make, rows.rows()), rows.owners, write=branches.write)
        wanted = query.wants(entry)
        size = inside.size + (walk.size_of(entry.stat) if wanted else 0)
        if wanted or inside.wanted:
            yield Branch(entry.path, entry.kind, size, entry.stat.st_mtime_ns, inside.place), branches.read
        rows.clear()
        branches.close()


def _measure(walk: _Walk, measurer: Measurer, roots: list[bytes], output: Output) -> Iterator[Entry]:
    """Walk from each of *roots*; yield it when all below it has been measured."""
    cache = hasten(walk.given, roots, measurer)
    sharing = Sharing(walk.given["jobs"] or min(4, processors()), measurer.collector, walk.troubles, output)
    sharing.cache = cache
    measurer.progress = walk.progress
    for root in roots:
        entry = measurer.root_entry(root)
        if entry is None:
            continue
        directory = measurer.root_directory(entry)
        if directory is not None:
            walk_below(measurer, directory, sharing)
        if walk.progress is not None:
            walk.progress.clear()
        yield entry
    if cache is not None:
        cache.save()


def _listed_trees(given: dict[str, Any]) -> Iterator[Tree]:
    """Yield the trees of the paths that a file lists."""
    from stdtools.shared.record_input import read_json
    from stdtools.tree import listed
    from stdtools.tree.branches import Branches

    with open_input(given["source"]) as source:
        head = source.peek(1024).lstrip()
        if not given["null"] and (head.startswith(b"{") or re.match(rb"\[\s*[{\]]", head)):
            paths = listed.parse_records(read_json(source), source.name)
        else:
            blocks = iter(lambda: source.read(BLOCK), b"")
            lines = listed.split(blocks, b"\0" if given["null"] else b"\n", source.name)
            paths = listed.parse_lines(lines, source.name, sizes=given["sizes"])
        branches = Branches()
        for root in listed.grow(listed.sorted_paths(paths, source.name), branches.write):
            yield root, branches.read


def _write_top(walk: _Walk, output: Output) -> int:
    """Write the largest files and directories."""
    from stdtools.tree.sums import TopDirectories, largest_of, outermost

    given = walk.given
    largest = largest_of(walk.size_of, given["top"], walk.walking)
    directories = TopDirectories(given["top"], walk.walking.max_depth)
    walked = walk.walking._replace(max_depth=given["depth"])
    measurer = Measurer(walked, walk.query, largest, walk.troubles)
    for entry in _measure(walk, measurer, outermost(roots_of(given)), output):
        wanted = walk.query.wants(entry)
        if entry.kind == "d":
            directories.add(entry, walk.size_of(entry.stat) if wanted else 0, largest, wanted=wanted)
        elif wanted:
            largest.add_file(entry.path, entry.stat)
        largest.forget_rows()
    writer = RecordWriter(output, ["type", "size", "path"], given["format"])
    found = [("f", *file) for file in largest.files()] + [("d", *directory) for directory in directories.largest()]
    writer.write([kind, size, os.fsdecode(path)] for kind, size, path in found)
    writer.close()
    return len(found)


def _write_by(walk: _Walk, output: Output) -> int:
    """Write how many files of each kind there are, and their sizes."""
    from stdtools.tree.sums import groups_by, outermost, ranked

    given = walk.given
    groups = groups_by(given["by"], walk.size_of, follow=walk.walking.follow)
    measurer = Measurer(walk.walking, walk.query, groups, walk.troubles)
    for entry in _measure(walk, measurer, outermost(roots_of(given)), output):
        if entry.kind != "d":  # a file, at no depth
            wanted = walk.query.wants(entry)
            groups.take((b"", -1, None, None), [Measured(entry.path, entry.kind, entry.stat, wanted)])
    rows = ranked(given["by"], groups.result())
    bars = output.is_terminal and given["format"] in (None, "table")
    columns = [given["by"], "files", "size", "percent", *(["bar"] if bars else [])]
    writer = RecordWriter(output, columns, given["format"])
    block = "#" if given["ascii"] else "█"
    for group, files, size, percent in rows:
        writer.write([[group, files, size, round(percent, 1), *([block * round(percent / 4)] if bars else [])]])
    writer.close()
    return len(rows)


def _write_triples(walk: _Walk, output: Output) -> int:
    """Write what os.walk yields."""
    from stdtools.tree.triples import triples

    walker = Walker(walk.walking, walk.query, Nothing(), walk.troubles)
    roots = roots_of(walk.given)
    cache = hasten(walk.given, roots, walker)
    writer = RecordWriter(output, ["path", "directories", "files"], walk.given["format"])
    count = 0
    for root in roots:
        entry = walker.root_entry(root)
        directory = None if entry is None else walker.root_directory(entry)
        for triple in triples(walker, directory, bottom_up=walk.given["bottom_up"]) if directory else ():
            writer.write([[os.fsdecode(triple.path), _texts(triple.directories), _texts(triple.files)]])
            count += 1
    writer.close()
    if cache is not None:
        cache.save()
    return count


def _texts(names: list[bytes]) -> list[Value]:
    """Return names as text; one that is not UTF-8 stays bytes, which records know how to tell."""
    texts: list[Value] = []
    for name in names:
        try:
            texts.append(name.decode())
        except UnicodeDecodeError:
            texts.append(name)
    return texts
