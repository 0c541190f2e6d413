"""The part of the command line of walk that measures, and writes trees."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from stdtools.shared.streams import BLOCK, Output, open_input
from stdtools.tree.branches import Branch
from stdtools.tree.command_filters import hasten, jobs_of, roots_of
from stdtools.tree.drawing import ASCII, UNICODE, Shape
from stdtools.tree.entry import Entry
from stdtools.tree.finding import Nothing, walk_below
from stdtools.tree.measuring import Measurer, SizeOf, allocated, apparent
from stdtools.tree.query import Query, Walking
from stdtools.tree.sharing import Sharing
from stdtools.tree.troubles import Troubles
from stdtools.tree.walker import Walker
from stdtools.tree.writing import Tree, write_lines, write_records

if TYPE_CHECKING:
    from stdtools.tree.progress import Progress


class Walk(NamedTuple):
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


def measure(walk: Walk, measurer: Measurer, roots: list[bytes], output: Output) -> Iterator[Entry]:
    """Walk from each of *roots*; yield it when all below it has been measured."""
    cache = hasten(walk.given, roots, measurer)
    sharing = Sharing(jobs_of(walk.given), measurer.collector, walk.troubles, output)
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


def trees(walk: Walk, mode: str, output: Output) -> Iterator[Tree]:
    """Yield the trees to be drawn: of what a file lists, measured, or read when they are drawn."""
    if mode == "from":
        return _listed_trees(walk.given)
    if walk.given["sizes"] or not walk.query.is_empty:
        return _measured_trees(walk, output)
    return _live_trees(walk)


def write_trees(walk: Walk, trees: Iterator[Tree], output: Output) -> int:
    """Write *trees* as lines or as records; return how many entries they have."""
    given = walk.given
    shape = Shape(
        ASCII if given["ascii"] else UNICODE,
        given["sort"],
        given["reverse"],
        given["dirs"],
        given["limit"],
        walk.walking.max_depth,
    )
    if given["format"]:
        return write_records(trees, shape, output, given["format"], sizes=given["sizes"])
    return write_lines(trees, shape, output, sizes=given["sizes"], links=given["source"] is None)


def _live_trees(walk: Walk) -> Iterator[Tree]:
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


def _measured_trees(walk: Walk, output: Output) -> Iterator[Tree]:
    """Yield a tree for each root with the sizes of all that is wanted in it."""
    from stdtools.tree.branches import Branches, Row, assemble
    from stdtools.tree.collecting import TreeRows

    given, walking, query = walk.given, walk.walking, walk.query
    # --max-depth bounds what is shown; what lies deeper still has a size. --depth is a test.
    walked = walking._replace(max_depth=given["depth"]) if given["sizes"] else walking
    rows = TreeRows(walk.size_of, max_depth=walking.max_depth, dirs=given["dirs"], follow=walking.follow)
    measurer = Measurer(walked, query, rows, walk.troubles)
    for entry in measure(walk, measurer, roots_of(given), output):
        branches = Branches()
        inside = assemble(map(Row._make, rows.rows()), rows.owners, write=branches.write)
        wanted = measurer.wants(entry)
        size = inside.size + (walk.size_of(entry.stat) if wanted else 0)
        if wanted or inside.wanted:
            yield Branch(entry.path, entry.kind, size, entry.stat.st_mtime_ns, inside.place), branches.read
        rows.clear()
        branches.close()


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
