"""The tables of a task database, and what brings an older one up to date.

Dates are local calendar dates as ISO 8601 writes them, moments are UTC to the second. A plain
``CHECK (date(d) IS d)`` would let 2024-02-30 pass and raise an error for 'now'.
"""

VERSION = 1


def _date(column: str) -> str:
    shape = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
    is_date = f"{column} GLOB '{shape}' AND date({column}, '+0 days') IS {column} AND {column} >= '0001'"
    return f"{column} TEXT CHECK ({column} IS NULL OR ({is_date}))"


def _moment(column: str, more: str = "") -> str:
    shape = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z"
    return f"{column} TEXT {more} CHECK ({column} IS NULL OR {column} GLOB '{shape}')"


PROJECT = ("name", "description", "deadline")
TASK = ("id", "project", "priority", "details", "status", "deadline", "created", "completed")
STATUSES = ("open", "done")
LOWEST = 99  # of the priorities: 0 is the most urgent
USUAL = 5  # what a task has that says nothing

TABLES = (
    f"""CREATE TABLE project (
        name TEXT PRIMARY KEY NOT NULL CHECK (name <> ''),
        description TEXT NOT NULL DEFAULT '',
        {_date("deadline")}
    ) STRICT""",
    f"""CREATE TABLE task (
        id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
        project TEXT REFERENCES project (name) ON UPDATE CASCADE,
        priority INTEGER NOT NULL DEFAULT {USUAL} CHECK (priority BETWEEN 0 AND {LOWEST}),
        details TEXT NOT NULL CHECK (details <> ''),
        status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'done')),
        {_date("deadline")},
        {_moment("created", "NOT NULL")},
        {_moment("completed")},
        CHECK ((status = 'done') = (completed IS NOT NULL))
    ) STRICT""",
    # A command that changed something. 'done', 'undone', or 'dropped': undone, and then something else was done.
    """CREATE TABLE step (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at TEXT NOT NULL,
        command TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'done' CHECK (state IN ('done', 'undone', 'dropped'))
    ) STRICT""",
    # A row that a step changed, as JSON before and after; no row is NULL.
    """CREATE TABLE change (
        id INTEGER PRIMARY KEY,
        step INTEGER NOT NULL REFERENCES step (id) ON DELETE CASCADE,
        kind TEXT NOT NULL CHECK (kind IN ('task', 'project')),
        key ANY NOT NULL,
        before TEXT,
        after TEXT
    ) STRICT""",
    "CREATE INDEX change_step ON change (step)",
    # The *rows* tasks from the id *first* to *last*, all inserted in bulk by a step: not worth a row of change each.
    """CREATE TABLE bulk (
        step INTEGER PRIMARY KEY REFERENCES step (id) ON DELETE CASCADE,
        first INTEGER NOT NULL, last INTEGER NOT NULL, rows INTEGER NOT NULL
    ) STRICT""",
    # The files that were imported, so that the same one twice is noticed.
    """CREATE TABLE import (
        step INTEGER NOT NULL REFERENCES step (id) ON DELETE CASCADE,
        digest TEXT NOT NULL, name TEXT NOT NULL, rows INTEGER NOT NULL,
        PRIMARY KEY (digest, step)
    ) STRICT""",
    # The step that is under way: one row, or none.
    "CREATE TABLE underway (step INTEGER NOT NULL) STRICT",
)
INDEX = "CREATE INDEX task_deadline ON task (deadline) WHERE status = 'open'"


def is_none(text: str) -> bool:
    """Say whether *text* is how a person writes that there is no project, or no deadline."""
    return text.strip().lower() in ("", "none")


def json_of(row: str, columns: tuple[str, ...]) -> str:
    """Return the SQL for a *row* as ``change`` has it."""
    return "json_object(" + ", ".join(f"'{column}', {row}.{column}" for column in columns) + ")"


def _trigger(kind: str, columns: tuple[str, ...], event: str) -> str:
    before = "NULL" if event == "INSERT" else json_of("old", columns)
    after = "NULL" if event == "DELETE" else json_of("new", columns)
    key = f"{'new' if event == 'INSERT' else 'old'}.{columns[0]}"
    return f"""CREATE TEMP TRIGGER {kind}_{event.lower()} AFTER {event} ON main.{kind}
    WHEN (SELECT step FROM underway) IS NOT NULL BEGIN
        INSERT INTO change (step, kind, key, before, after)
        VALUES ((SELECT step FROM underway), '{kind}', {key}, {before}, {after});
    END"""


# They belong to a connection and not to the file, whose own ones may call no function that is not innocuous.
TRIGGERS = {
    f"{kind}_{event.lower()}": _trigger(kind, columns, event)
    for kind, columns in (("task", TASK), ("project", PROJECT))
    for event in ("INSERT", "UPDATE", "DELETE")
}

# version that a file has: the statements that make the next one of it
MIGRATIONS: dict[int, tuple[str, ...]] = {
    0: (*TABLES, INDEX),
}
