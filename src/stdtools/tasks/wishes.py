"""What is wished of an import, and what has come of it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from stdtools.tasks.decoding import AUTO
from stdtools.tasks.loading import Counts
from stdtools.tasks.rejects import Rejects


class Wishes(NamedTuple):
    """What is said of the files and of what becomes of them; see ``stdtools tasks import --help``."""

    named: Mapping[str, str | None] = {}  # column: its field, None where it is left out
    header: Sequence[str] | None = None  # where the files have none
    project: str | None = None
    delimiter: str | None = None
    encoding: str = AUTO
    conflict: str = "error"
    keys: Sequence[str] = ()
    max_errors: int = 0
    rejects: str | None = None  # the path of a file
    again: bool = False
    dry_run: bool = False


class Done(NamedTuple):
    """A file that has been imported, at ``at``."""

    name: str
    at: str


class Outcome:
    """What has come of an import. ``notes`` and ``done_before`` are to be told, whatever else."""

    def __init__(self) -> None:
        self.counts = Counts()
        self.rejects = Rejects()
        self.rows = 0  # that were looked at
        self.notes: list[str] = []
        self.done_before: list[Done] = []
        self.refused = False  # for its rejects: nothing was imported
