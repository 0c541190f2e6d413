"""The command line of copy."""

import contextlib
import os
from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import Any

import click

from stdtools.files.copying import Copier
from stdtools.files.levels import OPEN_DIRECTORY, Directory
from stdtools.files.making import TWICE, Counts, Maker, Wishes
from stdtools.shared import journal, screen
from stdtools.shared.commands import ToolCommand
from stdtools.shared.errors import TROUBLE, ToolError, raise_os_error
from stdtools.shared.options import is_typed, record_output
from stdtools.shared.records import RecordWriter
from stdtools.shared.streams import Output


def _explain(given: dict[str, Any]) -> str:
    for name in ("update", "verify", "sync", "no_meta", "dry_run", "strip", "from0", "into"):
        if given[name]:
            raise ToolError(f"--explain does not cover --{name.replace('_', '-')}")
    if given["links"] != "keep" or len(given["paths"]) < 2:
        raise ToolError("--explain covers SOURCE... DEST with links that are kept")
    *sources, dest = given["paths"]
    head = ["import os, shutil", "", f"for source in {sources!r}:", f"    target = {dest!r}"]
    head += [
        "    if os.path.isdir(target):",
        "        target = os.path.join(target, os.path.basename(source.rstrip('/')))",
    ]
    if given["move"]:
        return "\n".join([*head, "    shutil.move(source, target)", ""])
    body = [
        "    if os.path.isdir(source) and not os.path.islink(source):",
        "        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)",
        "    else:",
        "        shutil.copy2(source, target, follow_symlinks=False)",
    ]
    return "\n".join([*head, *body, ""])


@click.command(
    cls=ToolCommand,
    explain=_explain,
    examples=r"""
stdtools copy before backup
stdtools copy --update --verify before after backup
stdtools find before -n '*.txt' -0 | stdtools copy --from0 - --into backup --strip 1
stdtools copy --move words.txt backup -n
""",
)
@click.argument("paths", nargs=-1, metavar="SOURCE... [DEST]")
@click.option(
    "--into", metavar="DIR", allow_from_autoenv=False, help="Copies to the same names below DIR, which is made."
)
@click.option("--strip", type=click.IntRange(min=0), metavar="N", help="With --into: less their first N parts.")
@click.option(
    "--from0",
    "--files0-from",
    "from0",
    metavar="FILE",
    allow_from_autoenv=False,
    help="With --into: takes names, each ended by a NUL, from FILE (-: standard input).",
)
@click.option("--move", is_flag=True, allow_from_autoenv=False, help="Removes what was copied; renames where it can.")
@click.option("-u", "--update", is_flag=True, help="Leaves what is newer, or of the same time and size.")
@click.option("--verify", is_flag=True, help="Reads each copy from the disk and compares it.")
@click.option("--sync", is_flag=True, help="Ends when all is on the disk.")
@click.option("--no-meta", is_flag=True, help="No owners, times and attributes; modes as the umask leaves them.")
@click.option(
    "--links", type=click.Choice(["keep", "follow", "skip"]), default="keep", show_default=True, help="Symbolic ones."
)
@click.option(
    "-a",
    "-r",
    "-R",
    "-p",
    "as_cp",
    is_flag=True,
    allow_from_autoenv=False,
    help="As of cp; without effect, as it is so anyway.",
)
@click.option("-n", "--dry-run", is_flag=True, help="Lists source and target of what would be copied.")
@click.option("--progress/--no-progress", default=None, help="Tells how far it is  [default: on a terminal]")
@record_output("a table on a terminal, else plain; for -n")
def copy(paths: tuple[str, ...], **given: Any) -> int:
    """Copy or move files and trees, each file whole or not at all.

    Directories are copied with all that is in them, into DEST where that is a directory. What is there is merged
    with, and files are replaced; no file has its name before it is whole. Mode, owner, times, attributes, holes and
    hard links are kept. Nothing is written outside of DEST, whatever links are in it.

    A directory among the names of --from0 is made; what is in it is listed, too, or left.
    """
    sources, dest = _sources(paths, given)
    wishes = Wishes(
        given["move"], given["update"], given["verify"], given["sync"], not given["no_meta"], given["links"],
        given["dry_run"],
    )  # fmt: skip
    once = len(paths) > 2 if given["into"] is None else bool(given["strip"])
    code = 0

    def tell(error: ToolError) -> None:
        nonlocal code
        code = TROUBLE
        screen.complain(str(error))

    with Output() as output:
        writer = RecordWriter(output, ("source", "target"), given["format"]) if wishes.dry_run else None
        root, name = _root(dest, given["into"], sources, wishes)
        with _progress(given["progress"]) as ticking:
            maker = Maker(root, wishes, once=once)
            maker.on_tick = ticking
            copier = Copier(root, maker, tell=tell, show=_showing(writer, once=once))
            try:
                if given["into"] is not None:
                    _into(sources, given, root, copier, maker, tell)
                else:
                    _each(sources, lambda source: copier.copy(source, root, name or _name(source)), tell)
            finally:
                journal.counts.update(files=maker.counts.done, bytes=maker.counts.bytes)
        if writer is not None:
            writer.close()
    if maker.attributes.lost:
        screen.note("extended attributes of some files do not exist there and were left out")
    counts = maker.counts
    files = f"{counts.done:,} file{'s' * (counts.done != 1)}"
    directories = f"{counts.directories:,} director{'y' if counts.directories == 1 else 'ies'}"
    screen.note(f"{files}, {directories}; {counts.skipped:,} left out", verbosity=1)
    return code


def _sources(paths: tuple[str, ...], given: dict[str, Any]) -> tuple[Any, str]:
    """Return the sources, which may be read as they are used, and DEST."""
    context = click.get_current_context()
    if given["move"] and given["links"] == "follow":
        raise click.UsageError("--links follow has no meaning with --move", context)
    if given["into"] is None:
        for name in ("strip", "from0"):
            if is_typed(name):
                raise click.UsageError(f"--{name} needs --into DIR", context)
        if len(paths) < 2:
            raise click.UsageError("needs a SOURCE and DEST", context)
        return paths[:-1], paths[-1]
    if given["from0"] is None:
        if not paths:
            raise click.UsageError("needs a SOURCE, or --from0 FILE", context)
        return paths, given["into"]
    if paths:
        raise click.UsageError("--from0 takes the place of SOURCE", context)
    names = _names(given["from0"])
    first = list(islice(names, 1))  # where FILE is not there, DIR is not made
    return chain(first, names), given["into"]


def _names(path: str) -> Iterator[str]:
    """Yield the names in the file *path*, each ended by a NUL. Raises ToolError."""
    from stdtools.shared.inputs import line_blocks, split_lines
    from stdtools.shared.streams import open_input

    with open_input(path) as source:
        screen.warn_of_terminal(source.fd)
        for block in line_blocks(source, b"\0"):
            if not block.endswith(b"\0"):
                raise ToolError("ends without a NUL", where=source.name, hint="names must end with one: find -0")
            for name in split_lines(block, b"\0"):
                if not name:
                    raise ToolError("has an empty name in it", where=source.name)
                yield os.fsdecode(name)


def _root(dest: str, into: str | None, sources: Any, wishes: Wishes) -> tuple[Directory, str | None]:
    """Open what is copied into; return it, and the name that DEST is of a copy where it is no directory."""
    if not dest:
        raise ToolError("no name of a place to copy to", where="''")
    try:
        if into is not None and not os.path.isdir(into):
            if os.path.lexists(into):
                raise ToolError("is no directory", where=into)
            if not wishes.dry_run:
                os.makedirs(into, exist_ok=True)
        if os.path.isdir(dest):
            return _open(dest, wishes), None
        if into is not None:
            return Directory(-1, into, None, fresh=True), None
        if len(sources) > 1:
            raise ToolError("is no directory, which several sources need", where=dest, hint="--into makes it")
        if dest.endswith("/") and not os.path.isdir(sources[0]):
            raise ToolError("is no directory", where=dest)
        path = os.path.realpath(dest) if os.path.islink(dest) else dest.rstrip("/")
        parent, name = os.path.split(path)
        return _open(parent, wishes), name
    except OSError as error:
        raise_os_error(error, dest)


def _open(path: str, wishes: Wishes) -> Directory:
    from stdtools.files.placing import sweep

    fd = os.open(path or ".", OPEN_DIRECTORY)
    if not wishes.dry_run:
        sweep(fd)
    return Directory(fd, path, None, fresh=False)


def _name(source: str) -> str:
    """Return the name of a copy of *source* in a directory; none where that gets what is in *source*."""
    name = os.path.basename(source.rstrip("/"))
    return "" if name in (".", "..") else name


def _each(sources: Any, work: Callable[[str], None], tell: Callable[[ToolError], None]) -> None:
    """Have *work* done for each of *sources*; trouble with one of them does not stop the rest."""
    from stdtools.files.copying import FULL

    for source in sources:
        try:
            work(source)
        except ToolError as error:
            if isinstance(error.__cause__, OSError) and error.__cause__.errno in FULL:
                raise
            tell(error)


def _into(
    sources: Any,
    given: dict[str, Any],
    root: Directory,
    copier: Copier,
    maker: Maker,
    tell: Callable[[ToolError], None],
) -> None:
    from stdtools.files.arriving import Arrivals

    arrivals = Arrivals(root, copier, maker, given["strip"] or 0)
    try:
        _each(sources, arrivals.copy if given["from0"] is None else arrivals.copy_alone, tell)
    finally:
        arrivals.finish()


def _showing(writer: RecordWriter | None, *, once: bool) -> Callable[[str, str], None] | None:
    if writer is not None:
        targets: set[str] = set()

        def show(source: str, target: str) -> None:
            if once and target in targets:  # as the Maker says where there are files to look at
                raise ToolError(TWICE, where=target)
            if once:
                targets.add(target)
            writer.write([(source, target)])

        return show
    if screen.preferences.verbosity > 0:
        return lambda source, target: screen.note(f"{source} -> {target}")
    return None


@contextlib.contextmanager
def _progress(wanted: bool | None) -> Iterator[Callable[[Counts], None] | None]:
    """Yield what draws how far it is; none where nobody wants to know."""
    if not screen.wants_progress(wanted):
        yield None
        return
    from stdtools.shared.progress_line import ProgressLine

    line = ProgressLine()

    def tell(counts: Counts) -> None:
        if line.is_due():
            speed = counts.bytes / 1e6 / max(line.seconds, 0.001)
            line.draw(f"{counts.done:,} files, {counts.bytes / 1e6:,.1f} MB, {speed:,.1f} MB/s")

    try:
        yield tell
    finally:
        line.clear()
