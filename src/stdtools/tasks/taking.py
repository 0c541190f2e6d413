"""The rows and records of one file as tasks: in blocks where all is well, else one by one with the reasons."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence

from stdtools.shared.errors import ToolError
from stdtools.tasks.cleaning import Cleaner
from stdtools.tasks.decoding import BLOCK, Text, Undecodable, line_ends
from stdtools.tasks.dialect import dialect_of
from stdtools.tasks.header import Columns
from stdtools.tasks.json_reading import Record, Records, text_of
from stdtools.tasks.loading import Loader
from stdtools.tasks.reading import Row, Rows
from stdtools.tasks.rejects import Reject
from stdtools.tasks.wishes import Outcome, Wishes


class Taker:
    """Takes files for the *loader* as the *wishes* say; what is bad is noted in *outcome*."""

    def __init__(self, wishes: Wishes, outcome: Outcome, loader: Loader, now: str) -> None:
        self._wishes = wishes
        self._outcome = outcome
        self._loader = loader
        self._constants = {} if wishes.project is None else {"project": wishes.project}
        self._cleaner = Cleaner(self._constants, now)

    def read(self, text: Text, texts: Iterator[str]) -> None:
        """Take all of *text*, whose blocks *texts* yields. Raises ToolError where it cannot be read to its end."""
        head = ""
        try:
            while len(head) < BLOCK and (more := next(texts, "")):  # a pipe gives what it has
                head += more
        except Undecodable as error:
            error.where = f"{text.name}: line {1 + line_ends(head + error.before)}"
            raise
        dialect = dialect_of(text.name, head, self._wishes.delimiter)
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
        by_row = self._loader.by_row
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
                self._loader.add_block(cells, fields, self._constants)
                self._loader.ready_projects([*self._cleaner.fresh_projects(), self._wishes.project])
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
        why = self._loader.add_row(values, [*given, *self._constants])
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
        if missing and self._loader.by_row:
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
        for field in self._wishes.keys if self._loader.by_row else ():
            if field not in fields and field not in self._constants:
                hint = f"--map COLUMN={field} says which it is, --key what else tells tasks apart"
                raise ToolError(f"no column has the {field}", where=name, hint=hint)
        if self._wishes.conflict == "error" and "details" not in fields:
            raise ToolError("no column has the details", where=name, hint="--map COLUMN=details says which it is")
