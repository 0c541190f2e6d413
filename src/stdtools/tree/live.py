"""The branches of a tree, read from the file system when it is their turn."""

from stdtools.tree.branches import Branch
from stdtools.tree.entry import Entry
from stdtools.tree.walker import Directory, Walker


class LiveBranches:
    """Reads through *walker*; with *stats* each entry is asked for its size and time."""

    def __init__(self, walker: Walker, *, stats: bool) -> None:
        self._walker = walker
        self._stats = stats

    def root(self, path: bytes) -> Branch | None:
        """Return the branch of a path that the user named; None, and it is told, when there is none."""
        entry = self._walker.root_entry(path)
        return None if entry is None else self._branch(entry, self._walker.root_directory(entry))

    def read(self, branch: Branch) -> list[Branch]:
        """Return the entries of *branch*."""
        directory: Directory = branch.place
        branches = []
        for entry in self._walker.children(directory):
            try:
                made = self._branch(entry, self._walker.below(entry, directory))
            except OSError as error:
                self._walker.troubles.meet(entry.path, error)
                continue
            branches.append(made._replace(name=entry.name))
        return branches

    def _branch(self, entry: Entry, directory: Directory | None) -> Branch:
        size, mtime = (entry.stat.st_size, entry.stat.st_mtime_ns) if self._stats else (0, 0)
        return Branch(entry.path, entry.kind, size, mtime, directory)
