"""The script that --explain prints for tasks import: csv, and sqlite3's executemany with named parameters."""

from typing import Any

from stdtools.shared.errors import ToolError
from stdtools.shared.explaining import refuse_others
from stdtools.shared.options import refuse_idle
from stdtools.shared.record_input import named_form
from stdtools.tasks.explain_database import opening
from stdtools.tasks.schema import STATUSES, TASK, USUAL

_COVERED = {"files", "named", "header", "project", "delimiter", "encoding", "again", "progress", "db"}
_USUAL_NAMES = {"task": "details", "title": "details", "due": "deadline", "prio": "priority"}
_MOMENT = "%Y-%m-%dT%H:%M:%SZ"


def explain_import(given: dict[str, Any]) -> str:
    """Return a script that does what ``tasks import`` would do with CSV and the parameters *given*.

    It leaves to the table's checks what a good row is, makes no step that could be undone, and needs the
    tables to be there. ToolError for what it does not cover.
    """
    refuse_others(given, {*_COVERED, *(["conflict"] if given["conflict"] == "error" else [])})
    if given["header"] is not None:
        refuse_idle(("named",), (), "--no-header", {})
    if any(map(str.isdecimal, given["named"])):
        raise ToolError("--explain does not cover --map with the number of a column")
    opened = opening(given["db"], "rw")
    files = list(given["files"] or ("-",))
    if given["delimiter"] is None and (odd := [path for path in files if named_form(path) in ("json", "tsv")]):
        raise ToolError("--explain does not cover what is no CSV", where=odd[0])
    encoding = "utf-8-sig" if given["encoding"] == "auto" else given["encoding"]
    header = (
        f"{given['header']!r}"
        if given["header"] is not None
        else "[NAMES.get(name, name) for name in (cell.strip().lower() for cell in next(rows))]"
    )
    defaults: dict[str, Any] = {"project": given["project"], "priority": USUAL, "status": STATUSES[0]}
    names = _USUAL_NAMES | {name.lower(): field for name, field in given["named"].items()}
    columns = ", ".join(TASK)
    marks = ", ".join(f":{field}" for field in TASK)
    lines = [
        "import csv, sqlite3, sys, time",
        "",
        *([f"NAMES = {names!r}"] if given["header"] is None else []),
        f"NONE = dict.fromkeys({list(TASK)!r})",
        f"NONE |= {defaults!r}",
        f"NONE['created'] = time.strftime('{_MOMENT}', time.gmtime())",
        opened,
        f"for path in {files!r}:",
        f"    file = open(0 if path == '-' else path, encoding={encoding!r}, newline='')",
        f"    rows = csv.reader(file, delimiter={given['delimiter'] or ','!r}, strict=True)",
        f"    header = {header}",
        "    if odd := {*header} - {*NONE, None, ''}:",
        "        print(f'unknown columns: {odd}', file=sys.stderr)",
        "        raise SystemExit(2)",
        "    pairs = (zip(header, row, strict=True) for row in rows if row)",
        "    tasks = [NONE | {name: value for name, value in row if value} for row in pairs]",
        "    for task in tasks:",
        "        if task['status'] == 'done' and not task['completed']:",
        "            task['completed'] = NONE['created']",
        "    with db:  # all of them, or none where a check of the table fails",
        "        db.executemany('INSERT OR IGNORE INTO project (name) SELECT :project WHERE :project NOT NULL', tasks)",
        f"        db.executemany('INSERT INTO task ({columns}) VALUES ({marks})', tasks)",
        "    print(len(tasks))",
    ]
    return "\n".join(lines) + "\n"
