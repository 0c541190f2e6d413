"""The part of the command line of walk that writes tables: the largest, sums by kind, and triples."""

import os

from stdtools.shared.records import RecordWriter, Value
from stdtools.shared.streams import Output
from stdtools.tree.command_filters import hasten, roots_of
from stdtools.tree.command_trees import Walk, measure
from stdtools.tree.finding import Nothing
from stdtools.tree.measuring import Measured, Measurer
from stdtools.tree.walker import Walker


def write_top(walk: Walk, output: Output) -> int:
    """Write the largest files and directories."""
    from stdtools.tree.collecting import Largest
    from stdtools.tree.sums import TopDirectories, outermost

    given = walk.given
    largest = Largest(walk.size_of, given["top"], walk.walking.max_depth, follow=walk.walking.follow)
    directories = TopDirectories(given["top"], walk.walking.max_depth)
    walked = walk.walking._replace(max_depth=given["depth"])
    measurer = Measurer(walked, walk.query, largest, walk.troubles)
    for entry in measure(walk, measurer, outermost(roots_of(given)), output):
        wanted = measurer.wants(entry)
        if entry.kind == "d":
            directories.add(entry, walk.size_of(entry.stat) if wanted else 0, largest, wanted=wanted)
        elif wanted:
            largest.add_file(Measured(entry.path, entry.kind, entry.stat, wanted))
        largest.forget_rows()
    writer = RecordWriter(output, ["type", "size", "path"], given["format"])
    found = [("f", *file) for file in largest.files()] + [("d", *directory) for directory in directories.largest()]
    writer.write([kind, size, os.fsdecode(path)] for kind, size, path in found)
    writer.close()
    return len(found)


def write_by(walk: Walk, output: Output) -> int:
    """Write how many files of each kind there are, and their sizes."""
    from stdtools.tree.sums import groups_by, outermost, ranked

    given = walk.given
    groups = groups_by(given["by"], walk.size_of, follow=walk.walking.follow)
    measurer = Measurer(walk.walking, walk.query, groups, walk.troubles)
    for entry in measure(walk, measurer, outermost(roots_of(given)), output):
        if entry.kind != "d" and measurer.wants(entry):
            groups.add_file(Measured(entry.path, entry.kind, entry.stat, True))
    rows = ranked(given["by"], groups.result())
    bars = output.is_terminal and given["format"] in (None, "table")
    columns = [given["by"], "files", "size", "percent", *(["bar"] if bars else [])]
    writer = RecordWriter(output, columns, given["format"])
    block = "#" if given["ascii"] else "█"
    for group, files, size, percent in rows:
        writer.write([[group, files, size, round(percent, 1), *([block * round(percent / 4)] if bars else [])]])
    writer.close()
    return len(rows)


def write_triples(walk: Walk, output: Output) -> int:
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
