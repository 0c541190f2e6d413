"""The command line of walk."""

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import click

from stdtools.shared import journal, screen
from stdtools.shared.errors import TROUBLE
from stdtools.shared.options import ToolCommand, record_output
from stdtools.shared.records import RecordWriter, Value
from stdtools.shared.streams import BLOCK, STDERR, Output, open_input
from stdtools.tree import drawing
from stdtools.tree.branches import Branch, Read
from stdtools.tree.command_filters import filters, hasten, query_of, roots_of, walking_of
from stdtools.tree.entry import Entry
from stdtools.tree.finding import Nothing, Share, share_nothing, walk_below
from stdtools.tree.query import Query, Walking
from stdtools.tree.sharing import Sharing, processors
from stdtools.tree.troubles import Troubles
from stdtools.tree.walker import Directory, Walker


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
    type=click.Choice([*drawing.SORT_KEYS, "none"]),
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
    _check(given)
    given["sizes"] = given["sizes"] or given["disk"]
    walking, query = walking_of(given), query_of(given)
    troubles = Troubles(lambda path, what: screen.complain(f"{os.fsdecode(path)}: {what}"))
    with Output() as output:
        if given["source"] is not None:
            count = _draw(given, _listed_trees(given), output)
        elif given["top"] is not None:
            count = _top(given, walking, query, troubles, output)
        elif given["by"] is not None:
            count = _by(given, walking, query, troubles, output)
        elif given["triples"]:
            count = _triples(given, walking, query, troubles, output)
        elif given["sizes"] or not query.is_empty:
            count = _draw(given, _measured_trees(given, walking, query, troubles, output), output)
        else:
            count = _draw(given, _live_trees(given, walking, query, troubles), output)
    journal.counts["records"] = count
    if troubles.count:
        return TROUBLE
    return 0 if count else 1


def _check(given: dict[str, Any]) -> None:
    """Refuse what contradicts itself."""
    ways = [f"--{way}" for way in ("top", "by", "triples", "from") if given["source" if way == "from" else way]]
    context = click.get_current_context()
    if len(ways) > 1:
        raise click.UsageError(f"{ways[0]} and {ways[1]} exclude each other", context)
    if given["bottom_up"] and not given["triples"]:
        raise click.UsageError("--bottom-up needs --triples", context)
    if given["source"] is not None and given["roots"]:
        raise click.UsageError("--from takes its paths from the file, not from ROOT", context)
    if given["null"] and given["source"] is None:
        raise click.UsageError("-0 needs --from", context)


Tree = tuple[Branch, Read]


def _live_trees(given: dict[str, Any], walking: Walking, query: Query, troubles: Troubles) -> Iterator[Tree]:
    """Yield a tree for each root whose directories are read when they are drawn."""
    from stdtools.tree.live import LiveBranches

    roots = roots_of(given)
    walker = Walker(walking, query, Nothing(), troubles)
    cache = hasten(given, roots, walker)
    live = LiveBranches(walker, stats=given["sort"] in ("size", "mtime"))
    for root in roots:
        branch = live.root(root)
        if branch is not None:
            yield branch, live.read
    if cache is not None:
        cache.save()


def _measured_trees(
    given: dict[str, Any], walking: Walking, query: Query, troubles: Troubles, output: Output
) -> Iterator[Tree]:
    """Yield a tree for each root with the sizes of all that is wanted in it."""
    from stdtools.tree.branches import Branches, Inside, Row, assemble
    from stdtools.tree.collecting import TreeRows
    from stdtools.tree.measuring import Measurer, allocated, apparent

    size_of = allocated if given["disk"] else apparent
    # Without sizes there is nothing to learn below what is shown.
    walked = walking._replace(max_depth=given["depth"]) if given["sizes"] else walking
    rows = TreeRows(size_of, max_depth=walking.max_depth, dirs=given["dirs"])
    measurer = Measurer(walked, query, rows, troubles)
    for entry, directory in _measure(given, measurer, output):
        nodes = Branches()
        inside = Inside()
        if directory is not None and rows.sorter is not None:
            for _, last in assemble(map(Row._make, rows.sorter.rows()), rows.owners, nodes):
                inside = last
        wanted = query.wants(entry)
        size = inside.size + (size_of(entry.stat) if wanted else 0)
        if wanted or inside.wanted:
            yield Branch(entry.path, entry.kind, size, entry.stat.st_mtime_ns, inside.place), nodes.read
        rows.clear()


def _measure(given: dict[str, Any], measurer: Any, output: Output) -> Iterator[tuple[Entry, Directory | None]]:
    """Walk from each root; yield it when all below it has been measured."""
    roots = roots_of(given)
    cache = hasten(given, roots, measurer)
    share: Share = share_nothing
    jobs = given["jobs"] or min(4, processors())
    if jobs > 1:
        share = Sharing(jobs, measurer.collector, measurer.troubles, output)
        share.cache = cache
    watched = _watch(share, given["progress"])
    for root in roots:
        entry = measurer.root_entry(root)
        if entry is None:
            continue
        directory = measurer.root_directory(entry)
        if directory is not None:
            walk_below(measurer, directory, watched)
        yield entry, directory
    if cache is not None:
        cache.save()


def _watch(share: Share, wanted: bool | None) -> Share:
    """Return *share*, but tell meanwhile on standard error how much has been read."""
    if wanted is False or (wanted is None and (not os.isatty(STDERR) or screen.preferences.verbosity < 0)):
        return share
    from stdtools.tree.progress import Progress

    return Progress(share)


def _listed_trees(given: dict[str, Any]) -> Iterator[Tree]:
    """Yield the trees of the paths that a file lists."""
    from stdtools.shared.record_input import read_json
    from stdtools.tree import listed
    from stdtools.tree.branches import Branches

    with open_input(given["source"]) as source:
        if source.peek(1) == b"{" and not given["null"]:
            paths = listed.parse_records(read_json(source))
        else:
            end = b"\0" if given["null"] else b"\n"
            paths = listed.parse_lines(_split(iter(lambda: source.read(BLOCK), b""), end), sizes=given["sizes"])
        nodes = Branches()
        for branch in listed.grow(listed.sorted_paths(paths), nodes):
            yield branch, nodes.read


def _split(blocks: Iterable[bytes], end: bytes) -> Iterator[bytes]:
    """Yield what *end* ends in *blocks*, and what follows the last one."""
    rest = b""
    for block in blocks:
        *whole, rest = (rest + block).split(end)
        yield from whole
    yield rest


def _draw(given: dict[str, Any], trees: Iterable[Tree], output: Output) -> int:
    """Write trees; return how many entries they have."""
    shape = drawing.Shape(
        drawing.ASCII if given["ascii"] else drawing.UNICODE,
        given["sort"],
        given["reverse"],
        given["dirs"],
        given["limit"],
        given["max_depth"] if given["depth"] is None else given["depth"],
    )
    count = 0
    if given["format"]:
        columns = ["path", "name", "type", "depth", *(["size"] if given["sizes"] else [])]
        writer = RecordWriter(output, columns, given["format"])
        for branch, read in trees:
            for twig in drawing.twigs(branch, read, shape):
                if twig.branch is not None:
                    row: list[Value] = [os.fsdecode(twig.path), os.fsdecode(twig.branch.name)]
                    row += [twig.branch.kind, twig.depth]
                    writer.write([[*row, twig.branch.size] if given["sizes"] else row])
                    count += 1
        writer.close()
        return count
    line = _line_of(given, output)
    for branch, read in trees:
        lines = drawing.twigs(branch, read, shape)
        while piece := list(islice(lines, 1 if output.is_terminal else 100)):
            output.write(b"".join(map(line, piece)))
            count += sum(twig.branch is not None for twig in piece)
    return count


_COLORS = {"d": 34, "l": 36, "p": 33, "s": 35, "b": 33, "c": 33}


def _line_of(given: dict[str, Any], output: Output) -> Callable[[drawing.Twig], bytes]:
    """Return what makes a line of a tree."""
    color = screen.wants_color(output.fd)
    real = given["source"] is None

    def line(twig: drawing.Twig) -> bytes:
        branch = twig.branch
        if branch is None:
            return f"{'      ' if given['sizes'] else ''}{twig.rails}… {twig.left_out:,} more\n".encode()
        head = f"{drawing.human(branch.size):>5} " if given["sizes"] else ""
        name = branch.name
        tail = b""
        if branch.kind == "d" and not name.endswith(b"/"):
            tail = b"/"
        elif branch.kind == "l" and real:
            tail = b" -> " + drawing.target_of(twig.path)
        if output.is_terminal:
            name = screen.safe(os.fsdecode(name)).encode()
            tail = screen.safe(os.fsdecode(tail)).encode()
        if color and branch.kind in _COLORS:
            name = screen.paint(os.fsdecode(name), _COLORS[branch.kind]).encode("utf-8", "surrogateescape")
        return f"{head}{twig.rails}".encode() + name + tail + b"\n"

    return line


def _top(given: dict[str, Any], walking: Walking, query: Query, troubles: Troubles, output: Output) -> int:
    """Write the largest files and directories."""
    import heapq

    from stdtools.tree.branches import Branches, Row, assemble, key_of
    from stdtools.tree.collecting import LargestFiles
    from stdtools.tree.measuring import Measurer, allocated, apparent

    size_of = allocated if given["disk"] else apparent
    deepest = walking.max_depth
    largest = LargestFiles(size_of, given["top"], deepest)
    walked = walking._replace(max_depth=given["depth"])
    files: list[tuple[int, bytes]] = []
    directories: list[tuple[int, bytes]] = []
    for entry, directory in _measure(given, Measurer(walked, query, largest, troubles), output):
        assert largest.sorter is not None
        if directory is None:
            files += [(size_of(entry.stat), entry.path)] if query.wants(entry) else []
        rows = assemble(map(Row._make, largest.sorter.rows()), largest.owners, Branches())
        top = key_of(entry.path).count(b"\0")
        sizes = (
            (inside.size, key.replace(b"\0", b"/") or b"/")
            for key, inside in rows
            if inside.wanted and (deepest is None or key.count(b"\0") - top <= deepest)
        )
        directories = heapq.nlargest(given["top"], (*directories, *heapq.nlargest(given["top"], sizes)))
        files = heapq.nlargest(given["top"], (*files, *largest.files))
        largest.clear()
    writer = RecordWriter(output, ["type", "size", "path"], given["format"])
    for kind, found in (("f", files), ("d", directories)):
        writer.write([kind, size, os.fsdecode(path)] for size, path in found)
    writer.close()
    return len(files) + len(directories)


def _by(given: dict[str, Any], walking: Walking, query: Query, troubles: Troubles, output: Output) -> int:
    """Write how many files of each kind there are, and their sizes."""
    from stdtools.tree import collecting
    from stdtools.tree.measuring import Measured, Measurer, allocated, apparent

    group_of = {
        "ext": collecting.by_extension,
        "user": collecting.by_user,
        "depth": collecting.by_depth,
        "age": collecting.by_age(),
    }[given["by"]]
    groups = collecting.Groups(allocated if given["disk"] else apparent, group_of)
    for entry, directory in _measure(given, Measurer(walking, query, groups, troubles), output):
        if directory is None:  # a file, at no depth
            groups.take((b"", -1, None, None), [Measured(entry.path, entry.kind, entry.stat, query.wants(entry))])
    rows = sorted(groups.result().items(), key=lambda item: (-item[1][1], -item[1][0], item[0]))
    total = sum(size for _, (_, size) in rows)
    bars = output.is_terminal and given["format"] in (None, "table")
    writer = RecordWriter(output, [given["by"], "files", "size", "percent", *([""] if bars else [])], given["format"])
    for group, (files, size) in rows:
        share = 100 * size / total if total else 0.0
        writer.write([[group, files, size, round(share, 1), *(["█" * round(share / 4)] if bars else [])]])
    writer.close()
    return len(rows)


def _triples(given: dict[str, Any], walking: Walking, query: Query, troubles: Troubles, output: Output) -> int:
    """Write what os.walk yields."""
    from stdtools.tree.triples import triples

    walker = Walker(walking, query, Nothing(), troubles)
    roots = roots_of(given)
    cache = hasten(given, roots, walker)
    writer = RecordWriter(output, ["path", "directories", "files"], given["format"])
    count = 0
    for root in roots:
        entry = walker.root_entry(root)
        directory = None if entry is None else walker.root_directory(entry)
        for triple in triples(walker, directory, bottom_up=given["bottom_up"]) if directory else ():
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
