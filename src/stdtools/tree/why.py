"""Why a path is found, or not: the walk to it, step by step, until something hides it."""

import os
from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from stdtools.shared.errors import ToolError
from stdtools.tree.entry import Entry
from stdtools.tree.query import Query, Walking
from stdtools.tree.walker import Directory, Walker, prefix_of


class Reason(NamedTuple):
    """What is said of *path*, and whether that hides what was asked for."""

    path: bytes
    says: str
    hides: bool


def reasons(walker: Walker, root: bytes, names: list[bytes]) -> Iterator[Reason]:
    """Yield what the walk from *root* meets on its way down through *names*, and at the last.

    The last reason hides it, or none does and it is listed. Raises OSError, and ToolError where nothing is.
    """
    entry = Entry.of_root(root, follow=walker.walking.follow or walker.walking.follow_roots)
    directory = walker.root_directory(entry)
    for number, name in enumerate(names, 1):
        if directory is None:
            yield Reason(entry.path, _why_not_entered(walker.walking, entry), True)
            return
        path = prefix_of(directory[0]) + name
        try:
            kind = _kind_in(walker, directory, name)
        except OSError as error:
            yield Reason(path, f"lies in a directory that cannot be read: {error.strerror}", True)
            return
        for reason in _hidden(walker, directory, path, name, kind):
            yield reason
            if reason.hides:
                return
        if walker.walking.follow:
            groups = {"d": [], kind: [name]}
            walker.follow_links(groups, directory, prefix_of(directory[0]))
            if not any(groups.values()):
                yield Reason(path, "leads back to a directory around it, or cannot be looked at (--follow)", True)
                return
            kind = next(kind for kind, found in groups.items() if found)
        excluded = walker.walking.excluded_directories
        if excluded is not None and kind == "d" and excluded(path):
            yield Reason(path, "such directories are excluded (--exclude)", True)
            return
        entry = Entry(path, name, directory[1] + 1, kind, walker.walking.follow)
        if number < len(names):
            directory = walker.below(entry, directory)
    yield from _judge(walker.query, entry)


def _kind_in(walker: Walker, directory: Directory, name: bytes) -> str:
    """Return the letter under which the walk finds *name* in *directory*; raises ToolError if it is not there."""
    for groups in walker.read(directory[0], True):
        for kind, names in groups.items():
            if name in names:
                return kind
    raise ToolError("does not exist", where=os.fsdecode(prefix_of(directory[0]) + name))


def _why_not_entered(walking: Walking, entry: Entry) -> str:
    if entry.kind == "l":
        return f"is a symbolic link, which {'only -L follows' if entry.depth else '-H and -L follow'}"
    if entry.kind != "d":
        return f"is no directory but of type {entry.kind}"
    if walking.max_depth is not None and entry.depth >= walking.max_depth:
        return f"lies {entry.depth} deep, and the walk goes no further than {walking.max_depth} (--max-depth, --depth)"
    return "lies on another file system (--one-file-system)"


def _hidden(walker: Walker, directory: Directory, path: bytes, name: bytes, kind: str) -> Iterator[Reason]:
    """Yield what the walk's own rules say of an entry."""
    walking = walker.walking
    if not walking.hidden and name.startswith(b"."):
        yield Reason(path, "begins with a dot (--no-hidden)", True)
    if walking.excluded_names is not None and walking.excluded_names(name):
        yield Reason(path, "its name is excluded (--exclude)", True)
    if walking.excluded_paths is not None and walking.excluded_paths(path):
        yield Reason(path, "its path is excluded (--exclude)", True)
    if walking.ignoring is not None:
        rule = walking.ignoring.rules(directory[0]).verdict(name, kind == "d")
        if rule is not None:
            where = f"{os.fsdecode(rule.file)}:{rule.line}: {os.fsdecode(rule.pattern)}"
            yield Reason(path, f"is {'kept' if rule.negated else 'ignored'} by {where}", not rule.negated)


def _judge(query: Query, entry: Entry) -> Iterator[Reason]:
    """Yield what each test says of *entry*."""
    if entry.depth < query.min_depth:
        yield Reason(entry.path, f"lies {entry.depth} deep, not {query.min_depth} or more (--min-depth, --depth)", True)
        return
    if query.kinds:
        wanted = ",".join(sorted(query.kinds))
        if entry.kind not in query.kinds:
            yield Reason(entry.path, f"is of type {entry.kind}, not {wanted} (--type)", True)
            return
        yield Reason(entry.path, f"is of type {entry.kind} (--type {wanted})", False)
    for words, tests in groupby(query.criteria, key=attrgetter("words")):
        if not all(criterion.holds(entry) for criterion in tests):
            yield Reason(entry.path, f"does not pass {words}", True)
            return
        yield Reason(entry.path, f"passes {words}", False)


def ways_to(path: bytes, roots: list[bytes]) -> Iterator[tuple[bytes, list[bytes]]]:
    """Yield the roots under which *path* lies, each with the names that lead from it to *path*."""
    for root in roots:
        for resolve in (_without_dots, _with_real_parent):
            base, target = resolve(root), resolve(path)
            if target == base or target.startswith(prefix_of(base)):
                yield root, [name for name in target[len(base) :].split(b"/") if name]
                break


def _without_dots(path: bytes) -> bytes:
    """Return an absolute *path*; what stands before a ``..`` in it is resolved, as it may be a link."""
    head, dots, tail = b"/".join([b"", path, b""]).rpartition(b"/../")
    if dots:
        path = os.path.join(os.path.realpath((head + b"/..")[1:]), tail)
    return os.path.normpath(os.path.join(os.getcwdb(), path))


def _with_real_parent(path: bytes) -> bytes:
    path = _without_dots(path)
    return os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
