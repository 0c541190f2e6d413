"""What a walk is asked for: where it goes, and what is wanted of what it sees."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Protocol

from stdtools.tree.entry import Entry
from stdtools.tree.patterns import Test


class Ignoring(Protocol):
    """What hides entries by rules in files."""

    def start(self, root: bytes) -> None:
        """Take *root* for the next place to walk from."""

    def learn(self, directory: bytes) -> None:
        """Learn what holds in *directory* before anything that says it changes."""

    def rules(self, directory: bytes) -> "Hiding":
        """Return what holds for the entries of *directory*."""


class Hiding(Protocol):
    """The rules for one directory."""

    empty: bool

    def hides(self, name: bytes, is_dir: bool) -> bool:
        """Say whether an entry is hidden."""

    def verdict(self, name: bytes, is_dir: bool) -> Any:
        """Return the rule that decides about an entry: file, line, pattern, and whether it keeps it; or None."""


class Walking(NamedTuple):
    """Where a walk goes, and what it never sees."""

    follow: bool = False
    follow_roots: bool = False
    one_file_system: bool = False
    max_depth: int | None = None
    hidden: bool = True  # names with a dot at their head
    excluded_names: Test | None = None
    excluded_paths: Test | None = None
    excluded_directories: Test | None = None  # by their paths
    ignoring: Ignoring | None = None


class Criterion(NamedTuple):
    """One test, the words that asked for it, and what it is a test of.

    A *subject* is ``name``, ``path``, ``entry`` (without asking the file system), ``stat`` (of an
    ``os.stat_result``) or ``file`` (an entry, at any cost). That is also the order of testing.
    """

    words: str
    subject: str
    test: Callable[[Any], object]

    def holds(self, entry: Entry) -> bool:
        """Say whether *entry* passes. Raises OSError."""
        subjects = {"name": entry.name, "path": entry.path}
        subject = entry.stat if self.subject == "stat" else subjects.get(self.subject, entry)
        return bool(self.test(subject))


class Query:
    """What is wanted of what the walk sees: all of *criteria*, and of *kinds* any, if there are some."""

    def __init__(self, criteria: Iterable[Criterion] = (), *, kinds: Iterable[str] = (), min_depth: int = 0) -> None:
        self.criteria = tuple(criteria)
        self.kinds = frozenset(kinds)  # letters
        self.min_depth = min_depth
        self.names, self.paths, self.quick, self.stats, self.files = (
            tuple(criterion.test for criterion in self.criteria if criterion.subject == subject)
            for subject in ("name", "path", "entry", "stat", "file")
        )

    @property
    def is_empty(self) -> bool:
        """Whether everything is wanted."""
        return not (self.criteria or self.kinds or self.min_depth)

    def wants(self, entry: Entry) -> bool:
        """Say whether *entry* passes. Raises OSError."""
        return (
            entry.depth >= self.min_depth
            and all(test(entry.name) for test in self.names)
            and all(test(entry.path) for test in self.paths)
            and (not self.kinds or entry.kind in self.kinds)
            and all(test(entry) for test in self.quick)
            and all(test(entry.stat) for test in self.stats)
            and all(test(entry) for test in self.files)
        )
