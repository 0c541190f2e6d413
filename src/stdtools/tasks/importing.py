"""Files of tasks into the database: all of them or nothing, as one step, with every bad row found in one run."""

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence

from stdtools.shared.atomic import replacement
from stdtools.shared.errors import ToolError
from stdtools.shared.streams import BLOCK, Input
from stdtools.tasks.arriving import Arrived
from stdtools.tasks.aside import Aside
from stdtools.tasks.database import MEMORY, Database, utc_now
from stdtools.tasks.decoding import Text
from stdtools.tasks.loading import Counts, Loader, loading
from stdtools.tasks.rejects import Rejects
from stdtools.tasks.taking import Taker
from stdtools.tasks.wishes import Done, Outcome, Wishes

Tell = Callable[[float, int], None]


class _Undone(Exception):
    """Nothing of the step is to stay."""


@contextlib.contextmanager
def opened(path: str, *, dry_run: bool) -> Iterator[Database]:
    """Open the database to write; a *dry_run* does not make the one that is missing."""
    with contextlib.ExitStack() as stack:
        if dry_run and path != MEMORY and not os.path.exists(path):
            from tempfile import TemporaryDirectory

            path = os.path.join(stack.enter_context(TemporaryDirectory()), "tasks.db")
        yield stack.enter_context(Database(path, writable=True))


def import_files(
    database: Database, paths: Sequence[str], wishes: Wishes, command: str, *, tell: Tell | None = None
) -> Outcome:
    """Import the files *paths*, ``-`` for standard input, as the step *command*, and return what came of it.

    Bad rows make it do nothing, when they are more than ``max_errors`` or a file cannot be read to its end.
    *tell* is called often, with the share of the bytes that has been read, and the number of rows in it.
    Raises ToolError for the database, and for the file of the rejects.
    """
    outcome = Outcome()
    _keep_apart(wishes.rejects, [*paths, database.path])
    with contextlib.ExitStack() as arriving:
        sources = [Arrived(path, arriving) for path in paths]
        with loading(database), contextlib.suppress(_Undone), database.step(command) as step:
            _import(database, sources, wishes, outcome, step, tell)
    return outcome


def _import(
    database: Database, sources: Sequence[Arrived], wishes: Wishes, outcome: Outcome, step: int, tell: Tell | None
) -> None:
    """Import the *sources* within a *step*. Raises _Undone when nothing of it is to stay."""
    with contextlib.ExitStack() as stack:
        if wishes.rejects is not None and not wishes.dry_run:
            outcome.rejects = Rejects(stack.enter_context(replacement(wishes.rejects)))
        aside = stack.enter_context(Aside())
        run = _Import(database, wishes, outcome, aside, several=len(sources) > 1)
        if tell is not None:
            whole = sum(each.size for each in sources)
            run.tell = lambda done: tell(done / whole, outcome.rows)
        for each in sources:
            try:
                with each.open() as source:
                    run.file(source)
            except ToolError as error:
                outcome.rejects.fatal.append(error)
            run.done += each.size
    outcome.counts = run.loader.counts
    rejects = outcome.rejects
    outcome.refused = bool(rejects.fatal) or rejects.is_open or rejects.rows > wishes.max_errors
    if outcome.refused:
        outcome.counts = Counts()
    if outcome.refused or wishes.dry_run:
        raise _Undone
    run.finish(step)


class _Import:
    """The import that is under way."""

    def __init__(self, database: Database, wishes: Wishes, outcome: Outcome, aside: Aside, *, several: bool) -> None:
        self._database = database
        self._wishes = wishes
        self._outcome = outcome
        self._aside = aside
        self._several = several
        self.done = 0  # bytes of the files before
        self.tell: Callable[[int], None] | None = None  # how many bytes are done
        self._imports: dict[str, tuple[str, int]] = {}  # digest: the file's name, its rows
        now = utc_now()
        self.loader = Loader(database, wishes.conflict, wishes.keys, now, aside)
        self._taker = Taker(wishes, outcome, self.loader, now)

    def file(self, source: Input) -> None:
        """Import the file *source*, unless it has been."""
        if source.is_file:
            self.loader.expect(os.fstat(source.fd).st_size)
        may_be_done = self._several or self._database.one("SELECT EXISTS (SELECT 1 FROM import)")
        if may_be_done and not self._wishes.again and self._is_done(source.name, _digest(source)):
            return
        before = self.loader.counts.imported + self.loader.counts.updated
        text = Text(source, self._wishes.encoding)
        try:
            self._taker.read(text, self._telling(source, text))
            self.loader.flush()
        finally:
            self._aside.wait()
        if text.note:
            self._outcome.notes.append(f"{text.name}: {text.note}")
        counts = self.loader.counts
        self._imports[text.digest] = (text.name, counts.imported + counts.updated - before)

    def finish(self, step: int) -> None:
        """Put down what has been done."""
        self.loader.finish(step)
        rows = [(step, digest, *about) for digest, about in self._imports.items()]
        insert = "INSERT INTO import (step, digest, name, rows) VALUES (?, ?, ?, ?)"
        self._database.sql.executemany(insert, rows)

    def _is_done(self, name: str, digest: str) -> bool:
        """Say whether the file of this *digest* has been imported; then it is one to be told."""
        query = "SELECT at FROM import JOIN step ON step.id = step WHERE digest = ? AND state = 'done' ORDER BY at DESC"
        at = "by this command" if digest in self._imports else self._database.one(f"{query} LIMIT 1", digest)
        if at is not None:
            self._outcome.done_before.append(Done(name, at))
        return at is not None

    def _telling(self, source: Input, text: Text) -> Iterator[str]:
        """Yield the blocks of *text*, and tell how far *source* is whenever one is done with."""
        for block in text:
            yield block
            if self.tell is not None:
                self.tell(self.done + source.position)


def _keep_apart(rejects: str | None, others: Sequence[str]) -> None:
    """Raise ToolError if *rejects* would take the place of one of the *others*, or of the counts."""
    if rejects == "-":
        raise ToolError("standard output is for the counts; name a file", where="--rejects -")
    for other in others if rejects is not None and os.path.exists(rejects) else ():
        if os.path.exists(other) and os.path.samefile(str(rejects), other):
            raise ToolError("is what is read here; name another file", where=f"--rejects {rejects}")


def _digest(source: Input) -> str:
    """Return the SHA-256 of *source*, of which nothing is read by that: a file, or a pipe that is at hand."""
    if not source.is_file:
        return hashlib.sha256(source.peek(BLOCK)).hexdigest()
    found = hashlib.sha256()
    at = source.position
    while block := source.read_at(at, 1 << 20):
        found.update(block)
        at += len(block)
    return found.hexdigest()
