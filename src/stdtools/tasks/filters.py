"""Which tasks are meant, and in which order: what list, done, edit, rm and export have in common."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from stdtools.shared.sqlite import patiently, telling
from stdtools.tasks.database import Database
from stdtools.tasks.expressions import check_expression
from stdtools.tasks.schema import TASK
from stdtools.tasks.watching import watched

PATIENCE = 30  # seconds that --where may take to find the next task
URGENCY = "urgency"  # the order of what is due first, then of the priority, then of the id
SORTABLE = (URGENCY, *TASK)
_PAGE = 500  # rows that are read at once
_NOCASE = ("project", "details")
_numbers = itertools.count()  # of temporary tables


class Due(NamedTuple):
    """The deadlines from *first* to *last*, ISO dates, None where there is no end; or no deadline at all."""

    first: str | None = None
    last: str | None = None
    never: bool = False
    overdue: bool = False  # open tasks only


class Filter(NamedTuple):
    """What a task has to be, all of it; the default is any task."""

    ids: tuple[tuple[int, int], ...] = ()  # ranges, both ends included
    projects: tuple[str, ...] = ()  # one of these; '' is none
    priority: tuple[int, int] | None = None  # from, to
    status: str | None = None  # None: any
    due: Due | None = None
    match: tuple[str, ...] = ()  # text in details or project, whatever its case
    where: str | None = None  # an SQL expression over the columns of task


Order = tuple[tuple[str, bool], ...]  # of SORTABLE: the field, and whether it is descending


def rows(
    database: Database,
    filter: Filter,
    *,
    columns: tuple[str, ...] = TASK,
    order: Order = (),
    limit: int | None = None,
    patience: float = PATIENCE,
) -> Iterator[tuple[Any, ...]]:
    """Yield the *columns* of the tasks that *filter* means, as the table has them, as they are at one moment.

    Nobody who writes has to wait for whoever takes the rows: more than a page of them goes into a temporary
    table first, and the lock on the database ends before the first one is yielded.
    """
    sql = database.sql
    with telling(database.path), watched(database, patience):
        where, values = condition(database, filter)
        fields, rest = ", ".join(columns), f"WHERE {where} ORDER BY {order_by(order, filter)}"
        most = -1 if limit is None else limit
        first = f"SELECT {fields} FROM {_table(filter)} {rest} LIMIT {_PAGE if most < 0 else min(most, _PAGE)}"
        page = patiently(database.sql, first, values).fetchall()
        spooled = len(page) == _PAGE != most
        if spooled:
            name = f"temp.listed{next(_numbers)}"
            ending = "" if limit is None else f" LIMIT {limit}"  # any LIMIT keeps SQLite from its fastest way to sort
            patiently(
                database.sql,
                f"CREATE TABLE {name} AS SELECT {fields} FROM main.task NOT INDEXED {rest}{ending}",
                values,
            )
    if not spooled:
        yield from page
        return
    del page
    with telling(database.path):
        cursor = sql.execute(f"SELECT * FROM {name} ORDER BY rowid")
    while True:
        with telling(database.path):  # of text that is not UTF-8, in a damaged file
            page = cursor.fetchmany(_PAGE)
        if not page:
            return
        yield from page


def choose(
    database: Database, filter: Filter, *, order: Order = (), limit: int | None = None, into: str = "chosen"
) -> int:
    """Put the ids of the tasks that *filter* means into the temporary table *into*, and return how many they are."""
    with telling(database.path), watched(database, PATIENCE):
        where, values = condition(database, filter)
        database.sql.execute(f"DROP TABLE IF EXISTS temp.{into}")
        database.sql.execute(f"CREATE TEMP TABLE {into} (id INTEGER PRIMARY KEY)")
        ending = "" if limit is None else f"ORDER BY {order_by(order, filter)} LIMIT {limit}"
        table = _table(filter) if limit else "main.task NOT INDEXED"
        query = f"INSERT INTO temp.{into} SELECT id FROM {table} WHERE {where} {ending}"
        return patiently(database.sql, query, values).rowcount


def _table(filter: Filter) -> str:
    """Return what the first tasks that *filter* means are best read from.

    The index has them in order, but a look at each row behind it is a page read: of a million rows to find a
    few, 30 seconds and more, where the table from its beginning to its end takes one.
    """
    in_index = filter._replace(priority=None, status=None, due=None) == Filter()
    return "main.task" if in_index else "main.task NOT INDEXED"


def order_by(order: Order, filter: Filter) -> str:
    """Return the terms of ORDER BY; what is missing comes last, and what is done is the least urgent."""
    terms: list[str] = []
    for field, descending in order or ((URGENCY, False),):
        if field not in SORTABLE:
            raise ValueError(f"{field!r} is not a field to sort by")
        if field == URGENCY:  # of one status as the index task_deadline has it, forward and backward
            terms += [] if filter.status else ["status" if descending else "status DESC"]
            terms += (
                ["deadline DESC NULLS FIRST", "priority DESC", "id DESC"]
                if descending
                else ["deadline NULLS LAST", "priority"]
            )
        else:
            terms.append(f"{field}{' COLLATE NOCASE' * (field in _NOCASE)}{' DESC' * descending} NULLS LAST")
    return ", ".join([*terms, "id"])


def condition(database: Database | None, filter: Filter) -> tuple[str, dict[str, Any]]:
    """Return *filter* as an SQL expression, and the values of its parameters.

    With a *database* it is made ready for it: what --where says is checked, and the function ``matches`` made.
    """
    terms: list[str] = []
    values: dict[str, Any] = {}
    if filter.ids and all(first == last for first, last in filter.ids):
        terms.append("id IN (SELECT value FROM json_each(:ids))")
        values["ids"] = str([first for first, _ in filter.ids])
    elif filter.ids:
        ends = "json_extract(span.value, '$[0]') AND json_extract(span.value, '$[1]')"
        terms.append(
            f"id IN (SELECT other.id FROM json_each(:ids) AS span JOIN main.task AS other ON other.id BETWEEN {ends})"
        )
        values["ids"] = str([list(span) for span in filter.ids])
    if filter.projects:
        named = {f"project{number}": name for number, name in enumerate(filter.projects) if name}
        either = [f"project IN ({', '.join(f':{key}' for key in named)})"] * bool(named)
        either += ["project IS NULL"] * ("" in filter.projects)
        terms.append(f"({' OR '.join(either)})")
        values |= named
    if filter.priority:
        terms.append("priority BETWEEN :lowest AND :highest")
        values["lowest"], values["highest"] = filter.priority
    overdue = filter.due is not None and filter.due.overdue
    for status in {filter.status, "open" if overdue else None} - {None}:
        terms.append(f"status = '{status}'")  # not bound: only so is the index of the open tasks used
    if filter.due:
        _add_due(filter.due, terms, values)
    if filter.match:
        terms.append("matches(details, project)")
        if database is not None:
            database.sql.create_function("matches", 2, _matcher(filter.match), deterministic=True)
    if filter.where is not None:
        if database is not None:
            check_expression(database.sql, filter.where)
        terms.append(f"({filter.where}\n)")
    return " AND ".join(terms) or "1", values


def _add_due(due: Due, terms: list[str], values: dict[str, Any]) -> None:
    if due.never:
        terms.append("deadline IS NULL")
    if due.first is not None:
        terms.append("deadline >= :first")
        values["first"] = due.first
    if due.last is not None:
        terms.append("deadline <= :last")
        values["last"] = due.last


def _matcher(texts: tuple[str, ...]) -> Callable[[str, str | None], bool]:
    words = [word for text in texts for word in folded(text).split()]

    def matches(details: str, project: str | None) -> bool:
        text = folded(f"{details}\n{project or ''}")
        return all(word in text for word in words)

    return matches


def folded(text: str) -> str:
    """Return *text* without what case, and the two ways to write an accent, make of it."""
    if text.isascii():
        return text.lower()
    from unicodedata import normalize

    return normalize("NFC", normalize("NFC", text).casefold())
