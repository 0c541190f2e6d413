"""Why a path is found, or not: the walk to it, step by step, until something hides it."""

import os
from collections.abc import Iterator
from typing import NamedTuple

from stdtools.tree.entry import Entry, look
from stdtools.tree.query import Query, Walking
from stdtools.tree.walker import Directory, Walker, prefix_of


class Reason(NamedTuple):
    """What is said of *path*, and whether that hides what was asked for."""

    path: bytes
    says: str
    hides: bool


def reasons(walker: Walker, root: bytes, path: bytes) -> Iterator[Reason]:
    """Yield what the walk from *root* meets on its way to *path*, which lies below it, and at *path*.

    The last reason hides it, or none does and it is listed. Raises OSError.
    """
    entry = Entry.of_root(root, follow=walker.walking.follow or walker.walking.follow_roots)
    names = [name for name in path[len(prefix_of(root)) :].split(b"/") if name not in (b"", b".")]
    if not names:
        yield from _judge(walker.query, entry)
        return
    directory = walker.root_directory(entry)
    for number, name in enumerate(names):
        if directory is None:
            yield Reason(entry.path, _why_not_entered(walker.walking, entry), True)
            return
        at = prefix_of(directory[0])
        entry = Entry(at + name, name, directory[1] + 1, "", walker.walking.follow)
        hidden = _hidden(walker.walking, directory, entry)
        if hidden is not None:
            yield Reason(entry.path, *hidden)
            if hidden[1]:
                return
        if number < len(names) - 1:
            directory = walker.below(entry, directory)
    yield from _judge(walker.query, entry)


def _why_not_entered(walking: Walking, entry: Entry) -> str:
    if entry.kind == "l":
        return "is a symbolic link, which only -L follows"
    if entry.kind != "d":
        return f"is no directory but of type {entry.kind}"
    if walking.max_depth is not None and entry.depth >= walking.max_depth:
        return f"lies {entry.depth} deep, and --max-depth {walking.max_depth} goes no further"
    return "lies on another file system (--one-file-system), or leads back to where it is"


def _hidden(walking: Walking, directory: Directory, entry: Entry) -> tuple[str, bool] | None:
    """Return what the walk's own rules say of *entry*, and whether that hides it."""
    is_dir = entry.kind == "d"
    if not os.access(directory[0], os.R_OK, effective_ids=os.access in os.supports_effective_ids):
        return "lies in a directory that we may not read", True
    if not walking.hidden and entry.name.startswith(b"."):
        return "begins with a dot (--no-hidden)", True
    if walking.excluded_names is not None and walking.excluded_names(entry.name):
        return "its name is excluded (--exclude)", True
    if walking.excluded_paths is not None and walking.excluded_paths(entry.path):
        return "its path is excluded (--exclude)", True
    if walking.ignoring is not None:
        rule = walking.ignoring.rules(directory[0]).verdict(entry.name, is_dir)
        if rule is not None:
            where = f"{os.fsdecode(rule.file)}:{rule.line}: {os.fsdecode(rule.pattern)}"
            return (f"is kept by {where}", False) if rule.negated else (f"is ignored by {where}", True)
    return None


def _judge(query: Query, entry: Entry) -> Iterator[Reason]:
    """Yield what each test says of *entry*."""
    if entry.depth < query.min_depth:
        yield Reason(entry.path, f"lies {entry.depth} deep, above --min-depth {query.min_depth}", True)
        return
    if query.kinds:
        wanted = ",".join(sorted(query.kinds))
        if entry.kind not in query.kinds:
            yield Reason(entry.path, f"is of type {entry.kind}, not {wanted} (--type)", True)
            return
        yield Reason(entry.path, f"is of type {entry.kind} (--type {wanted})", False)
    for criterion in query.criteria:
        if not criterion.holds(entry):
            yield Reason(entry.path, f"does not pass {criterion.words}", True)
            return
        yield Reason(entry.path, f"passes {criterion.words}", False)


def root_of(path: bytes, roots: list[bytes]) -> tuple[bytes, bytes] | None:
    """Return the root under which *path* lies and how a walk from there spells it; None when it is under none."""
    for root in roots:
        base, target = os.path.abspath(root), os.path.abspath(path)
        if target == base:
            return root, root
        if target.startswith(prefix_of(base)):
            return root, prefix_of(root) + target[len(prefix_of(base)) :]
    return None


def exists(path: bytes) -> bool:
    """Say whether there is anything under *path*. Raises OSError when nobody can tell."""
    try:
        look(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True
