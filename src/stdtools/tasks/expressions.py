"""SQL that the user wrote for --where: checked, and its faults located."""

import sqlite3

from stdtools.shared.errors import ToolError

# An expression is one only if it is in both of these; "1) OR (1" is not in the first, "SELECT 1" neither.
_PLACES = ("CASE WHEN {}\n THEN 1 END", "({}\n)")
_READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE}


def check_expression(sql: sqlite3.Connection, text: str) -> None:
    """Raise ToolError unless *text* is one SQL expression that reads nothing but tasks and projects."""

    def allowed(action: int, first: str | None, second: str | None, *_: str | None) -> int:
        if action == sqlite3.SQLITE_READ:
            return sqlite3.SQLITE_OK if first in ("task", "project") else sqlite3.SQLITE_DENY
        if action == sqlite3.SQLITE_FUNCTION:
            return sqlite3.SQLITE_DENY if second == "load_extension" else sqlite3.SQLITE_OK
        return sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY

    if not text.strip():
        raise ToolError("an SQL expression is missing", where="--where", hint='such as "priority < 3"')
    sql.set_authorizer(allowed)
    try:
        for place in _PLACES:
            sql.execute(f"EXPLAIN SELECT 1 FROM main.task WHERE {place.format(text)}").close()
    except sqlite3.ProgrammingError:
        what = "has a parameter or a NUL"
        raise ToolError(f"{what}; there are no values to give it", where="--where") from None
    except sqlite3.Error as error:
        raise ToolError(_located(sql, text, str(error)), where="--where") from None
    except ValueError as error:  # text that is not UTF-8, or has a NUL
        raise ToolError(f"is not SQL: {error}", where="--where") from None
    finally:
        sql.set_authorizer(None)


def _located(sql: sqlite3.Connection, text: str, message: str) -> str:
    """Return the *message* with the place in *text* that it is about: Python does not hand that over."""
    kind, colon, name = message.partition(": ")
    if kind.startswith("near "):
        token = message.removeprefix('near "').rpartition('": ')[0]
        start = text.find(token)
        while start >= 0:
            try:
                sql.execute(f"EXPLAIN SELECT 1 FROM main.task WHERE CASE WHEN {text[: start + len(token)]}").close()
            except sqlite3.Error as error:
                if str(error) == message:  # what comes before it is well so far
                    return f"{message} at character {start + 1}"
            start = text.find(token, start + 1)
    if kind.startswith("near ") or message == "incomplete input":
        return f"the expression is not complete at character {len(text) + 1}"
    if kind == "unrecognized token":
        name = name.strip('"').partition("\n")[0]
        message = f"{kind}: {name}"
    start = text.lower().find(name.lower()) if colon else -1
    return f"{message} at character {start + 1}" if start >= 0 else message
