"""The scripts that --explain prints for what asks the database: SQL, and what is printed of it."""

import datetime
import os
from typing import Any

from stdtools.shared.errors import ToolError
from stdtools.shared.explaining import refuse_others
from stdtools.shared.sqlite import uri_of
from stdtools.tasks.database import MEMORY
from stdtools.tasks.filters import Filter, Order, condition, order_by
from stdtools.tasks.schema import PROJECT, TASK
from stdtools.tasks.stats import DAYS, QUERIES
from stdtools.tasks.tables_of_files import table_name

_PLAIN = "for row in rows:\n    print(*('' if value is None else value for value in row), sep='\\t')"
_CSV = """\
out = csv.writer(sys.stdout, lineterminator='\\n')
out.writerow(column[0] for column in rows.description)
out.writerows(rows)"""
_JSONL = """\
for row in rows:
    print(json.dumps(dict(zip([column[0] for column in rows.description], row)), ensure_ascii=False))"""
_PRINTED = {None: ("sqlite3", _PLAIN), "plain": ("sqlite3", _PLAIN), "csv": ("csv, sqlite3, sys", _CSV)}
_PRINTED["jsonl"] = ("json, sqlite3", _JSONL)
_FILES = """\
for name, path in {files!r}:
    head, *rows = csv.reader(open(path, newline='', encoding='utf-8-sig'), strict=True)
    kinds = []
    for column in zip(*rows):
        number = all(re.fullmatch(r'(-?(0|[1-9]\\d*)(\\.\\d+)?)?', value) for value in column)
        kinds.append(('REAL' if '.' in ''.join(column) else 'INTEGER') if number else 'TEXT')
    kinds = kinds or ['TEXT'] * len(head)
    columns = ', '.join(f'"{{title}}" {{kind}}' for title, kind in zip(head, kinds))
    db.execute(f'CREATE TEMP TABLE "{{name}}" ({{columns}})')
    db.executemany(f'INSERT INTO "{{name}}" VALUES ({{", ".join("?" * len(head))}})',
                   ([value or None for value in row] for row in rows))"""


def _script(modules: str, db: str, lines: str, printed: str) -> str:
    there = db != MEMORY and os.path.exists(db)
    opened = f"{uri_of(db, 'ro')!r}, uri=True" if there else repr(MEMORY)
    return f"import {modules}\n\ndb = sqlite3.connect({opened})\n{lines}\n{printed}\n"


def _refuse(given: dict[str, Any], *covered: str) -> None:
    refuse_others(given, ("db", *covered))
    if given["format"] not in _PRINTED:
        raise ToolError(f"--explain does not cover --format {given['format']}")


def explain_sql(given: dict[str, Any]) -> str:
    """Return a script that does what ``tasks sql`` would do with the parameters *given*."""
    _refuse(given, "query", "files", "parameters", "timeout", "format")
    modules, printed = _PRINTED[given["format"]]
    lines = f"rows = db.execute({given['query']!r}, {given['parameters']!r})"
    if given["files"]:
        if odd := [path for path in given["files"] if not path.lower().endswith(".csv")]:
            raise ToolError("--explain does not cover what is no .csv file", where=odd[0])
        modules = ", ".join(sorted({*modules.split(", "), "csv", "re"}))
        lines = _FILES.format(files=[(table_name(path), path) for path in given["files"]]) + f"\n{lines}"
    return _script(modules, given["db"], lines, printed)


def explain_export(given: dict[str, Any], filter: Filter, order: Order) -> str:
    """Return a script that does what ``tasks export`` would do, for the tasks of *filter* in *order*."""
    covered = ("ids", "project", "priority", "status", "due", "where", "sort", "reverse", "limit", "projects", "format")
    given = {**given, "format": given["format"] or "csv"}
    _refuse(given, *covered)
    modules, printed = _PRINTED[given["format"]]
    where, values = condition(None, filter)
    query = f"SELECT {', '.join(TASK)} FROM task WHERE {where} ORDER BY {order_by(order, filter)}"
    if given["limit"]:
        query += f" LIMIT {given['limit']}"
    if given["projects"]:
        query, values = f"SELECT {', '.join(PROJECT)} FROM project ORDER BY name", {}
    lines = f"rows = db.execute({query!r}{f', {values!r}' if values else ''})"
    return _script(modules, given["db"], lines, printed)


def explain_stats(given: dict[str, Any], today: datetime.date) -> str:
    """Return a script that does what ``tasks stats`` would do on the day *today*."""
    _refuse(given, "by", "format")
    modules, printed = _PRINTED[given["format"]]
    if given["by"] != "week":
        query = f'"""{QUERIES[given["by"]]}"""'
        lines = f"rows = db.execute({query}, {{'today': {today.isoformat()!r}}})"
        return _script(modules, given["db"], lines, printed)
    week = "datetime.date.fromisoformat(day).strftime('%G-W%V')"
    lines = f"""\
db.create_function('week', 1, lambda day: {week})
rows = db.execute(\"\"\"
SELECT week(day) AS week, sum(created) AS created, sum(done) AS done,
    sum(sum(created) - sum(done)) OVER (ORDER BY week(day)) AS open
FROM ({DAYS}) GROUP BY 1 ORDER BY 1\"\"\")"""
    modules = ", ".join(sorted({*modules.split(", "), "datetime"}))
    return _script(modules, given["db"], lines, printed)
