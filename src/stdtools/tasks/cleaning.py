"""The values of a task out of text: column by column where nothing is wrong, else row by row with the reasons.

Whatever passes satisfies the checks of the table; a test holds that, since a bulk load leaves them out.
"""

import datetime
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from stdtools.shared.errors import ToolError
from stdtools.tasks.schema import LOWEST, STATUSES, USUAL

LARGEST_ID = 2**53 - 1  # more is no whole number in JSON, and SQLite's last id leaves none to come
_REMEMBERED = 20_000  # values of a column
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Problem = tuple[str, str]  # a field, and what is wrong with it


def _id(text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and 0 < int(text) <= LARGEST_ID):
        raise ValueError(f"{_shown(text)} is no id; write a whole number from 1")
    return int(text)


def _project(text: str) -> str | None:
    if not text.strip():
        return None
    from stdtools.tasks.changing import check_project

    try:
        check_project(text)
    except ToolError as error:
        raise ValueError(error.what) from None
    return text


def _priority(text: str) -> int:
    text = text.strip()
    if not text:
        return USUAL
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= LOWEST):
        raise ValueError(f"{_shown(text)} is no priority; write 0 to {LOWEST}")
    return int(text)


def _details(text: str) -> str:
    if not text:
        raise ValueError("is empty")
    return text


def _status(text: str) -> str:
    status = text.strip().lower() or STATUSES[0]
    if status not in STATUSES:
        raise ValueError(f"{_shown(text)} is no status; write {' or '.join(STATUSES)}")
    return status


def _deadline(text: str) -> str | None:
    text = text.strip()
    if not text:
        return None
    try:
        if not _DATE.fullmatch(text):
            raise ValueError
        datetime.date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{_shown(text)} is no date; write YYYY-MM-DD") from None
    return text


def _moment(text: str) -> str | None:
    text = text.strip()
    if not text:
        return None
    try:
        moment = datetime.datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError
        return f"{moment.astimezone(datetime.UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"
    except (ValueError, OverflowError):
        raise ValueError(f"{_shown(text)} is no time with a zone; write 2026-11-22T15:00:00Z") from None


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…")


CLEAN: Mapping[str, Callable[[str], Any]] = {
    "id": _id,
    "project": _project,
    "priority": _priority,
    "details": _details,
    "status": _status,
    "deadline": _deadline,
    "created": _moment,
    "completed": _moment,
}


class _Column(dict[str, Any]):
    """What the texts of a column mean. ``same`` are those that stand for themselves, ``fresh`` the latest ones."""

    def __init__(self, clean: Callable[[str], Any]) -> None:
        self._clean = clean
        self.same: set[str] = set()
        self.fresh: list[str] = []  # of projects alone

    def __missing__(self, text: str) -> Any:
        if "\0" in text:
            raise ValueError("has a NUL character")
        value = self._clean(text)
        if len(self) >= _REMEMBERED:
            self.clear()
            self.same.clear()
        self[text] = value
        if self._clean is _project:
            self.fresh.append(text)
        if str(value) == text:  # the table makes a number of a priority
            self.same.add(text)
        return value


class Cleaner:
    """Cleans the values of *fields*, with *constants* for all rows. ``now`` is when they are created."""

    def __init__(self, constants: Mapping[str, Any], now: str) -> None:
        self.now = now
        self._constants = constants
        self._columns = {field: _Column(clean) for field, clean in CLEAN.items() if field not in ("id", "details")}

    def clean_block(self, cells: list[str], fields: Sequence[str]) -> bool:
        """Clean the *cells* of many rows in place, if all are good; else say False.

        Also where a done task has no column that could say when it was completed.
        """
        width = len(fields)
        try:
            for at, field in enumerate(fields):
                found = cells[at::width]
                if field == "details":
                    if not all(found):
                        return False
                elif field == "id":
                    cells[at::width] = list(map(_id, found))  # type: ignore[arg-type]
                else:
                    column = self._columns[field]
                    if not column.same.issuperset(found):
                        found = list(map(column.__getitem__, found))
                        if field == "created":
                            found = [value or self.now for value in found]
                        cells[at::width] = found
        except ValueError:
            return False
        rows = len(cells) // width
        statuses = cells[fields.index("status") :: width] if "status" in fields else ["open"] * rows
        if "completed" not in fields:
            return "done" not in statuses
        return self._complete(cells, fields.index("completed"), statuses, width)

    def _complete(self, cells: list[Any], at: int, statuses: list[str], width: int) -> bool:
        """Have the done tasks, and no others, be completed at some time, or say False where that is not so."""
        found = cells[at::width]
        kinds = set(zip(statuses, map(bool, found), strict=True))
        if ("open", True) in kinds:
            return False
        if ("done", False) in kinds:
            pairs = zip(statuses, found, strict=True)
            cells[at::width] = [moment or (self.now if status == "done" else None) for status, moment in pairs]
        return True

    def fresh_projects(self) -> list[str]:
        """Return the projects that no row had before."""
        column = self._columns["project"]
        fresh, column.fresh = column.fresh, []
        return [text for text in fresh if column[text] is not None]

    def forget_fresh_projects(self) -> None:
        """Have them be fresh once more: their rows may not be taken."""
        column = self._columns["project"]
        for text in column.fresh:
            column.pop(text, None)
            column.same.discard(text)
        column.fresh.clear()

    def clean_row(self, pairs: Iterable[tuple[str, str]]) -> tuple[dict[str, Any], list[Problem]]:
        """Return the values of a row, given each *field* and its text, and what is wrong with them.

        ``completed`` is missing where a done task does not say when.
        """
        values = dict(self._constants)
        problems: list[Problem] = []
        said = set()
        for field, text in pairs:
            try:
                if "\0" in text:
                    raise ValueError("has a NUL character")
                text.encode()
                values[field] = self._columns[field][text] if field in self._columns else CLEAN[field](text)
                if text.strip():
                    said.add(field)
            except UnicodeEncodeError:
                problems.append((field, "has half a surrogate pair, which is no text"))
            except ValueError as error:
                problems.append((field, str(error)))
        if "completed" in said and "completed" not in dict(problems):
            if "status" in said and values["status"] == STATUSES[0]:
                problems.append(("completed", "an open task has not been completed"))
            elif "status" not in dict(problems):
                values["status"] = "done"
        if values.get("created", "") is None:
            del values["created"]
        return values, problems
