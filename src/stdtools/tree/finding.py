"""What is found, on its way out; and the walk from one root to the next."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from stdtools.tree.entry import Entry
from stdtools.tree.forms import Form
from stdtools.tree.query import Query, Walking
from stdtools.tree.troubles import Troubles
from stdtools.tree.walker import Directory, Sink, Walker

if TYPE_CHECKING:
    from stdtools.tree.sorting import Sorter

STEP = 100  # directories between two looks at what else there is to do


class Enough(Exception):
    """As many were found as were asked for."""


class Counting(Sink):
    """A sink that makes rows of entries and counts them, and may keep them to sort them."""

    def __init__(self, form: Form, troubles: Troubles) -> None:
        self.wants_entries = form.wants_entries
        self.count = 0
        self.sorter: Sorter | None = None
        self._form = form
        self._troubles = troubles

    def state(self) -> int:
        """Return how much was found."""
        return self.count

    def merge(self, state: int) -> None:
        """Add what another process has found."""
        self.count += state

    def clear(self) -> None:
        """Begin anew."""
        self.count = 0

    def _rows(self, entries: Iterable[Entry], row: Callable[[Entry], Any]) -> list[Any]:
        rows = []
        for entry in entries:
            try:
                rows.append(row(entry))
            except OSError as error:
                self._troubles.meet(entry.path, error)
        return rows


class Direct(Counting):
    """Writes finds as they come; raises Enough after *most* of them."""

    def __init__(self, form: Form, troubles: Troubles, most: int | None = None) -> None:
        super().__init__(form, troubles)
        self._most = most

    def paths(self, paths: Sequence[bytes]) -> None:
        """Write paths."""
        self._write(paths)

    def entries(self, entries: Sequence[Entry]) -> None:
        """Write entries."""
        self._write(self._rows(entries, self._form.row))

    def _write(self, rows: Sequence[Any]) -> None:
        if self._most is not None:
            rows = rows[: self._most - self.count]
        self.count += len(rows)
        self._form.write(rows)
        if self.count == self._most:
            raise Enough


class Nothing:
    """A sink for walks whose finds go another way."""

    wants_entries = True

    def paths(self, paths: Sequence[bytes]) -> None:
        """Forget paths."""

    def entries(self, entries: Sequence[Entry]) -> None:
        """Forget entries."""


Share = Callable[[Walker, list[Directory], int], bool]


def share_nothing(walker: Walker, stack: list[Directory], work: int) -> bool:
    """Leave the whole walk to this process."""
    return False


def walk(walker: Walker, roots: Iterable[bytes], share: Share = share_nothing) -> None:
    """Walk from each of *roots* in turn.

    After every few directories *share* may take the rest of the root's: it says whether it has. It is
    told how much work this root has been: an entry counts 1, a directory 20.
    """
    for root in roots:
        start = walker.start(root)
        if start is not None:
            walk_below(walker, start, share)


def walk_below(walker: Walker, directory: Directory, share: Share = share_nothing) -> None:
    """Read *directory* and all below it."""
    stack = [directory]
    before = 20 * walker.directories + walker.entries
    while stack and not share(walker, stack, 20 * walker.directories + walker.entries - before):
        step(walker, stack)


def step(walker: Walker, stack: list[Directory]) -> None:
    """Read a few directories from the end of *stack* and put those below them in their place."""
    if walker.progress is not None:
        walker.progress.count(walker.number, walker.directories, walker.entries)
    if walker.sweep is not None:
        walker.sweep(walker, stack, STEP)
        return
    for _ in range(STEP):
        if not stack:
            return
        stack += reversed(walker.visit(stack.pop()))


class _Kept:
    """A sink that holds entries until they are taken."""

    wants_entries = True

    def __init__(self) -> None:
        self.kept: list[Entry] = []

    def paths(self, paths: Sequence[bytes]) -> None:
        """Never called: it wants entries."""

    def entries(self, entries: Sequence[Entry]) -> None:
        """Hold entries."""
        self.kept += entries


def _forget(path: bytes, what: str) -> None:
    """Do as ``os.walk`` does with errors."""


def find(
    *roots: bytes | str,
    query: Query | None = None,
    walking: Walking | None = None,
    onerror: Callable[[bytes, str], None] | None = None,
) -> Iterator[Entry]:
    """Yield the entries at and below *roots* that *query* wants, a directory before what lies in it.

    *onerror* is told the path and the words of each error, as ``os.walk`` tells it; the walk goes on.
    """
    sink = _Kept()
    walker = Walker(walking or Walking(), query or Query(), sink, Troubles(onerror or _forget))
    for root in roots or (b".",):
        start = walker.start(os.fsencode(root))
        stack = [start] if start else []
        while sink.kept or stack:
            yield from sink.kept
            sink.kept = []
            if stack:
                stack += reversed(walker.visit(stack.pop()))


def depth_first(walker: Walker, root: bytes) -> Iterator[Entry]:
    """Yield what the walk from *root* sees, each directory after all that lies in it."""
    entry = walker.root_entry(root)
    if entry is None:
        return
    directory = walker.root_directory(entry)
    if directory is None:
        yield entry
        return
    stack = [(entry, directory, walker.children(directory))]
    while stack:
        entry, directory, children = stack[-1]
        for child in children:
            try:
                below = walker.below(child, directory)
            except OSError:  # nobody tells its type; who needs it will ask again, and tell the error
                below = None
            if below is not None:
                stack.append((child, below, walker.children(below)))
                break
            yield child
        else:
            stack.pop()
            yield entry


def walk_depth_first(walker: Walker, roots: Iterable[bytes]) -> None:
    """Walk from each of *roots* in turn; a directory comes after what lies in it."""
    for root in roots:
        for entry in depth_first(walker, root):
            walker.take([entry])
