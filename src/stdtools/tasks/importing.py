"""Files of tasks into the database: all of them or nothing, as one step, with every bad row found in one run."""

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from stdtools.shared.atomic import replacement
from stdtools.shared.errors import ToolError
from stdtools.shared.streams import Input
from stdtools.tasks.arriving import Arrived
from stdtools.tasks.aside import Aside
from stdtools.tasks.cleaning import Cleaner
from stdtools.tasks.database import MEMORY, Database, utc_now
from stdtools.tasks.decoding import AUTO, BLOCK, Text, Undecodable, line_ends
from stdtools.tasks.dialect import dialect_of
from stdtools.tasks.header import FIELDS, Columns
from stdtools.tasks.json_reading import Record, Records, text_of
from stdtools.tasks.loading import Counts, Loader, loading
from stdtools.tasks.reading import Row, Rows
from stdtools.tasks.rejects import Reject, Rejects

Tell = Callable[[float, int], None]


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
        output = stack.enter_context(replacement(wishes.rejects)) if wishes.rejects is not None else None
        outcome.rejects = Rejects(output)
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
        self._constants = {} if wishes.project is None else {"project": wishes.project}
        self._cleaner = Cleaner(self._constants, now)
        self.loader = Loader(database, wishes.conflict, wishes.keys, now, aside)

    def file(self, source: Input) -> None:
        """Import the file *source*, unless it has been."""
        if source.is_file:
            self.loader.expect(os.fstat(source.fd).st_size)
            may_be_done = self._several or self._database.one("SELECT EXISTS (SELECT 1 FROM import)")
            if may_be_done and self._is_done(source.name, _digest(source)):
                return
        before = self.loader.counts.imported + self.loader.counts.updated
        text = Text(source, self._wishes.encoding)
        try:
            self._read(text, self._telling(source, text))
            self.loader.flush()
        finally:
            self._aside.wait()
        if text.note:
            self._outcome.notes.append(f"{text.name}: {text.note}")
        if self._is_done(text.name, text.digest):
            self._outcome.refused, self._outcome.rejects = True, Rejects()
            raise _Undone
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
        if self._wishes.again:
            return False
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

    def _read(self, text: Text, texts: Iterator[str]) -> None:
        head = ""
        try:
            while len(head) < BLOCK and (more := next(texts, "")):  # a pipe gives what it has
                head += more
        except Undecodable as error:
            error.where = f"{text.name}: line {1 + line_ends(head + error.before)}"
            raise
        dialect = dialect_of(text.name, head, self._wishes.delimiter, FIELDS)
        columns = Columns(text.name, self._wishes.named, project=self._wishes.project is not None)
        if dialect.form != "json":
            self._read_rows(text.name, Rows(text, head, texts, dialect), columns)
        elif self._wishes.header is not None:
            raise ToolError("JSON names its fields; leave out --no-header", where=text.name)
        elif not head.strip():
            raise ToolError("is empty", where=text.name)
        else:
            self._read_records(text.name, Records(text, head, texts), columns)

    def _read_rows(self, name: str, rows: Rows, columns: Columns) -> None:
        header = self._wishes.header
        names = [name.strip() for name in rows.header()] if header is None else header
        found = columns.of_header(names) if header is None else columns.of_fields(names)
        self._check_fields(name, found)
        fields = [field for field in found if field is not None]
        left_out = [at for at, field in enumerate(found) if field is None]
        by_row = self.loader.by_row
        for block in rows.blocks(len(names)):
            cells = block.cells
            if cells is not None and not by_row:
                for left, at in enumerate(left_out):
                    del cells[at - left :: len(names) - left]
                if self._add_block(cells, fields):
                    continue
            for row in rows.rows(block.text):
                self._add_row(name, row, names, found)
            self._cleaner.forget_fresh_projects()

    def _add_block(self, cells: list[str], fields: Sequence[str]) -> bool:
        if self._cleaner.clean_block(cells, fields):
            with contextlib.suppress(sqlite3.IntegrityError):  # some id is there; which one is found row by row
                self.loader.add_block(cells, fields, self._constants)
                self.loader.ready_projects([*self._cleaner.fresh_projects(), self._wishes.project])
                self._outcome.rows += len(cells) // len(fields)
                return True
        self._cleaner.forget_fresh_projects()
        return False

    def _add_row(self, name: str, row: Row, names: Sequence[str], fields: Sequence[str | None]) -> None:
        reasons: list[tuple[str, str]] = []
        if row.trouble:
            reasons.append((names[row.column] if row.column < len(names) else "", row.trouble))
            self._outcome.rejects.is_open |= row.is_open
        elif not any(row.cells):
            return  # as blank as a blank line
        elif len(row.cells) != len(names):
            cells = "one value" if len(row.cells) == 1 else f"{len(row.cells)} values"
            reasons.append(("", f"has {cells} for {len(names)} columns"))
        else:
            pairs = [(field, cell) for field, cell in zip(fields, row.cells, strict=True) if field is not None]
            reasons = self._take(pairs, [field for field in fields if field], lambda field: names[fields.index(field)])
        self._outcome.rows += 1
        if reasons:
            self._outcome.rejects.add([Reject(name, row.line, column, why, row.raw) for column, why in reasons])

    def _take(
        self, pairs: list[tuple[str, str]], given: Sequence[str], column: Callable[[str], str]
    ) -> list[tuple[str, str]]:
        """Add the task that has these fields, or return what is wrong with it, by column."""
        values, problems = self._cleaner.clean_row(pairs)
        if problems:
            return [(column(field), why) for field, why in problems]
        why = self.loader.add_row(values, [*given, *self._constants])
        return [("", why)] if why else []

    def _read_records(self, name: str, records: Records, columns: Columns) -> None:
        fields_of: dict[tuple[str, ...], list[str | None]] = {}
        for record in records:
            reasons = [("", record.trouble)] if record.trouble else self._add_record(record, columns, fields_of)
            self._outcome.rows += 1
            if reasons:
                told = [Reject(name, record.line, column, why, record.raw, records.unit) for column, why in reasons]
                self._outcome.rejects.add(told)
        self._cleaner.forget_fresh_projects()

    def _add_record(
        self, record: Record, columns: Columns, fields_of: dict[tuple[str, ...], list[str | None]]
    ) -> list[tuple[str, str]]:
        names = tuple(record.values)
        if names not in fields_of:
            try:
                fields_of[names] = columns.of_keys(names)
            except ToolError as error:
                if not fields_of:
                    raise  # they are all like that
                return [("", error.what)]
        fields = fields_of[names]
        missing = [key for key in self._wishes.keys if key not in fields and key not in self._constants]
        if missing and self.loader.by_row:
            return [("", f"has no {missing[0]}, which tells what task it is")]
        pairs, problems = [], []
        for key, field, value in zip(names, fields, record.values.values(), strict=True):
            if field is not None:
                try:
                    pairs.append((field, text_of(value)))
                except ValueError as error:
                    problems.append((key, str(error)))
        return problems or self._take(
            pairs, [field for field in fields if field], lambda field: names[fields.index(field)]
        )

    def _check_fields(self, name: str, fields: Sequence[str | None]) -> None:
        """Raise ToolError if the *fields* are too few."""
        for field in self._wishes.keys if self.loader.by_row else ():
            if field not in fields and field not in self._constants:
                hint = f"--map COLUMN={field} says which it is, --key what else tells tasks apart"
                raise ToolError(f"no column has the {field}", where=name, hint=hint)
        if self._wishes.conflict == "error" and "details" not in fields:
            raise ToolError("no column has the details", where=name, hint="--map COLUMN=details says which it is")


def _keep_apart(rejects: str | None, others: Sequence[str]) -> None:
    """Raise ToolError if *rejects* would take the place of one of the *others*, or of the counts."""
    if rejects == "-":
        raise ToolError("standard output is for the counts; name a file", where="--rejects -")
    for other in others if rejects is not None and os.path.exists(rejects) else ():
        if os.path.exists(other) and os.path.samefile(str(rejects), other):
            raise ToolError("is what is read here; name another file", where=f"--rejects {rejects}")


def _digest(source: Input) -> str:
    found = hashlib.sha256()
    at = source.position
    while block := source.read_at(at, 1 << 20):
        found.update(block)
        at += len(block)
    return found.hexdigest()
