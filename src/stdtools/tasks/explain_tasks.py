"""The scripts that --explain prints: sqlite3 with named parameters, on the tables that are there already."""

from collections.abc import Sequence
from typing import Any

from stdtools.shared.errors import ToolError
from stdtools.shared.explaining import refuse_others
from stdtools.tasks.changing import check_values
from stdtools.tasks.explain_database import opening
from stdtools.tasks.filters import Filter, Order, condition, folded, order_by
from stdtools.tasks.projects import PROGRESS, check_fields
from stdtools.tasks.schema import PROJECT

_IDLE = {"db", "yes", "sort", "reverse", "no_limit"}
_FILTERS = ("ids", "project", "priority", "status", "due", "match", "where", "limit")
_PRINT = "print(*('' if value is None else value for value in row), sep='\\t')"
_NOW = "now = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())"


# What these scripts do cannot be undone: the triggers that write it down belong to our own connection.
def _script(given: dict[str, Any], lines: Sequence[str], *used: str, imports: str = "sqlite3", mode: str = "rw") -> str:
    """Return *lines* with what opens the database; ToolError for an option that is given and not among those *used*."""
    refuse_others(given, {*_IDLE, *used})
    return "\n".join((f"import {imports}", "", opening(given["db"], mode), *lines, ""))


def _query(filter: Filter, order: Order, limit: int | None) -> tuple[list[str], str]:
    """Return the lines that make a query's parameters ready, and what is behind its FROM."""
    where, values = condition(None, filter)
    lines = [f"values = {values!r}"]
    if filter.match:
        words = [word for text in filter.match for word in folded(text).split()]
        lines += [
            "def matches(details, project):",
            f"    return all(word in f\"{{details}}\\n{{project or ''}}\".casefold() for word in {words!r})",
            "db.create_function('matches', 2, matches)",
        ]
    ending = f"WHERE {where} ORDER BY {order_by(order, filter)}" + (f" LIMIT {limit}" if limit else "")
    return lines, ending


def explain_add(given: dict[str, Any]) -> str:
    """Return a script that does what ``tasks add`` would do with the parameters *given*."""
    project, deadline = given["project"] or None, given["deadline"] or None
    values = {"project": project, "priority": given["priority"], "details": " ".join(given["details"])}
    check_values(values)
    lines = [
        _NOW,
        f"values = {values | {'deadline': deadline}!r}",
        "with db:",
        *(["    db.execute('INSERT OR IGNORE INTO project (name) VALUES (:project)', values)"] if project else []),
        "    cursor = db.execute(",
        "        'INSERT INTO task (project, priority, details, deadline, created) '",
        "        'VALUES (:project, :priority, :details, :deadline, :now)', {**values, 'now': now})",
        "print(cursor.lastrowid)",
    ]
    return _script(given, lines, "details", "project", "priority", "deadline", imports="sqlite3, time")


def explain_list(given: dict[str, Any], filter: Filter, order: Order) -> str:
    """Return a script that does what ``tasks list`` would do."""
    before, ending = _query(filter, order, given["limit"])
    lines = [
        *before,
        "query = '''SELECT id, project, priority, deadline, status, details",
        f"    FROM task {_quoted(ending)}'''",
        "found = db.execute(query, values).fetchall()",
        "for row in found:",
        f"    {_PRINT}",
        "raise SystemExit(not found)",
    ]
    return _script(given, lines, *_FILTERS, mode="ro")


def explain_show(given: dict[str, Any], filter: Filter) -> str:
    """Return a script that does what ``tasks show`` would do."""
    lines = [
        "missing = False",
        f"for first, last in {list(filter.ids)!r}:",
        "    query = 'SELECT * FROM task WHERE id BETWEEN :first AND :last ORDER BY id'",
        "    found = db.execute(query, {'first': first, 'last': last}).fetchall()",
        "    missing |= not found",
        "    for row in found:",
        f"        {_PRINT}",
        "raise SystemExit(missing)",
    ]
    return _script(given, lines, "ids", mode="ro")


def explain_change(given: dict[str, Any], filter: Filter, order: Order, values: dict[str, Any] | None) -> str:
    """Return a script that does what ``tasks edit``, ``done``, ``reopen`` and ``rm`` would do, without asking."""
    used = [*_FILTERS, "expect", *(f"to_{field}" for field in values or ())]
    before, ending = _query(filter, order, given["limit"])
    new = dict(values or {})
    fields = ", ".join(f"{field} = :new_{field}" for field in new)
    action = "DELETE FROM task" if values is None else f"UPDATE task SET {fields}"
    imports = "sqlite3"
    if new.get("completed"):
        imports, before = "sqlite3, time", [*before, _NOW]
        action = action.replace(":new_completed", ":now")
        del new["completed"]
    lines = [
        *before,
        *([f"values |= { ({f'new_{field}': value for field, value in new.items()})!r}"] if new else []),
        *(["values['now'] = now"] if "time" in imports else []),
        "with db:",
        f"    count = db.execute('''{action} WHERE id IN (",
        f"        SELECT id FROM task {_quoted(ending)})''', values).rowcount",
    ]
    if given["expect"] is not None:
        lines += [f"    if count != {given['expect']}:", "        raise SystemExit(1)  # which rolls back"]
    if new.get("project"):
        lines.append("    query = 'INSERT OR IGNORE INTO project (name) SELECT :new_project WHERE :count'")
        lines.append("    db.execute(query, {**values, 'count': count})")
    lines += ["print(count)", f"raise SystemExit({'0' if given['expect'] == 0 else 'not count'})"]
    return _script(given, lines, *used, imports=imports)


def _quoted(sql: str) -> str:
    """Return *sql* as it stands between three single quotes."""
    return sql.replace("\\", "\\\\").replace("'''", "''\\'").strip()


_TURN = """\
(step,) = db.execute("SELECT {which}(id) FROM step WHERE state = '{before}'").fetchone()
if step is None:
    raise SystemExit(1)
if db.execute('SELECT 1 FROM bulk WHERE step = ?', (step,)).fetchone():
    raise SystemExit('an import is not covered')
query = 'SELECT kind, key, {expected}, {wanted} FROM change WHERE step = ? ORDER BY id {order}'
with db:
    for kind, key, old, new in db.execute(query, (step,)).fetchall():  # as the triggers wrote them down
        column = 'id' if kind == 'task' else 'name'
        key = json.loads(old)[column] if old else key
        db.execute(f'DELETE FROM {{kind}} WHERE {{column}} = ?', (key,))
        if new:
            row = json.loads(new)
            db.execute(f"INSERT INTO {{kind}} VALUES (:{{', :'.join(row)}})", row)
    db.execute("UPDATE step SET state = '{after}' WHERE id = ?", (step,))
query = 'SELECT id, at, command, state, (SELECT count(*) FROM change WHERE step = step.id) FROM step WHERE id = ?'
print(*db.execute(query, (step,)).fetchone(), sep='\\t')"""
_UNDO = {"which": "max", "before": "done", "after": "undone", "expected": "after", "wanted": "before", "order": "DESC"}
_REDO = {"which": "min", "before": "undone", "after": "done", "expected": "before", "wanted": "after", "order": "ASC"}


def explain_undo(given: dict[str, Any]) -> str:
    """Return a script that does what ``tasks undo`` would do, without a look at what was changed since.

    It stops where the step is an import, whose tasks have no rows in ``change``.
    """
    return _turn(given, _UNDO)


def explain_redo(given: dict[str, Any]) -> str:
    """Return a script that does what ``tasks redo`` would do, without a look at what was changed since."""
    return _turn(given, _REDO)


def _turn(given: dict[str, Any], words: dict[str, str]) -> str:
    if given["count"] > 1:
        raise ToolError("--explain does not cover more than one step")
    return _script(given, _TURN.format(**words).splitlines(), "count", imports="json, sqlite3")


def explain_log(given: dict[str, Any]) -> str:
    """Return a script that does what ``tasks log`` would do, imports left out."""
    lines = [
        "rows = '(SELECT count(*) FROM change WHERE step = step.id)'",
        f"query = f'SELECT id, at, command, state, {{rows}} FROM step ORDER BY id DESC LIMIT {given['limit'] or -1}'",
        "found = db.execute(query).fetchall()",
        "for row in found:",
        "    print(*row, sep='\\t')",
        "raise SystemExit(not found)",
    ]
    return _script(given, lines, "limit", mode="ro")


def explain_projects(given: dict[str, Any]) -> str:
    """Return a script that does what ``tasks projects`` would do."""
    lines = [
        f"query = '''{PROGRESS}'''",
        "found = db.execute(query).fetchall()",
        "for row in found:",
        f"    {_PRINT}",
        "raise SystemExit(not found)",
    ]
    return _script(given, lines, mode="ro")


def explain_add_project(given: dict[str, Any]) -> str:
    """Return a script that does what ``tasks projects add`` would do."""
    values = {field: given[field] for field in PROJECT} | {"deadline": given["deadline"] or None}
    check_fields(values)
    lines = [
        f"values = {values!r}",
        "with db:",
        "    query = 'INSERT OR IGNORE INTO project VALUES (:name, :description, :deadline)'",
        "    count = db.execute(query, values).rowcount",
        "raise SystemExit(not count)",
    ]
    return _script(given, lines, *PROJECT)


def explain_edit_project(given: dict[str, Any], values: dict[str, str | None]) -> str:
    """Return a script that does what ``tasks projects edit`` would do."""
    check_fields(values)
    fields = ", ".join(f"{field} = :{field}" for field in values)
    lines = [
        "db.execute('PRAGMA foreign_keys=ON')  # so that tasks follow their project to its new name",
        f"values = {values | {'old_name': given['name']}!r}",
        "with db:",
        f"    count = db.execute('UPDATE project SET {fields} WHERE name = :old_name', values).rowcount",
        "raise SystemExit(not count)",
    ]
    return _script(given, lines, "name", "new_name", "description", "deadline")


def explain_rm_project(given: dict[str, Any]) -> str:
    """Return a script that does what ``tasks projects rm`` would do."""
    lines = [f"values = {{'name': {given['name']!r}}}", "with db:"]
    if given["with_tasks"]:
        lines.append("    count = db.execute('DELETE FROM task WHERE project = :name', values).rowcount")
    else:
        lines += [
            "    count = 0",
            "    if db.execute('SELECT 1 FROM task WHERE project = :name', values).fetchone():",
            "        raise SystemExit(1)",
        ]
    lines += [
        "    if not db.execute('DELETE FROM project WHERE name = :name', values).rowcount:",
        "        raise SystemExit(1)",
        "print(count)",
    ]
    return _script(given, lines, "name", "with_tasks")
