"""Where in a query an error is, and what may have been meant: Python hands on SQLite's message and no more."""

import contextlib
import re
import sqlite3
from difflib import get_close_matches

_SHOWN = 72  # characters of a line of the query
_MOST_NAMES = 20


class Names(dict[str, None]):
    """Parameters that are asked for: it has none, and says what was wanted of it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def __missing__(self, name: str) -> None:
        self.asked.append(name)


def hint_for(message: str, connection: sqlite3.Connection) -> str:
    """Return which table or column may have been meant, if *message* says that there is no such."""
    match = re.match(r"no such (table|column): (.*)", message, re.DOTALL)
    if match is None:
        return ""
    wanted = match[2].split(".")[-1]
    query = "SELECT name FROM sqlite_master WHERE name IN ('project', 'task') UNION ALL "  # the others are our own
    query += "SELECT name FROM sqlite_temp_master WHERE type IN ('table', 'view')"
    if match[1] == "column":
        query = f"SELECT DISTINCT c.name FROM ({query}) AS t, pragma_table_info(t.name) AS c"
    with contextlib.suppress(sqlite3.Error):
        names = [str(name) for (name,) in connection.execute(query)]
        by_case = {name.lower(): name for name in names if not name.startswith("sqlite_")}
        if close := get_close_matches(wanted.lower(), by_case, 1):
            return f"did you mean {by_case[close[0]]}?"
        if match[1] == "table":
            return f"there are {', '.join(sorted(by_case.values())[:_MOST_NAMES])}, and each FILE that is named"
    return ""


def place_of(message: str, query: str, connection: sqlite3.Connection) -> tuple[str, ...]:
    """Return the line of *query* that *message* is about and a caret below it, where that is known."""
    at = -1
    if match := re.match(r'near "(.+)": syntax error|unrecognized token: "(.+)"', message, re.DOTALL):
        at = _first_refused(match[1] or match[2], message, query, connection)
    elif message == "incomplete input":
        at = len(query.rstrip())
    elif match := re.match(r"no such (?:table|column|function): (.+)|ambiguous column name: (.+)", message):
        found = re.search(rf"(?<![\w.]){re.escape(match[1] or match[2])}(?!\w)", query, re.IGNORECASE)
        at = found.start() if found else -1
    if at < 0:
        return ()
    start = query.rfind("\n", 0, at) + 1
    line = "".join(c if c.isprintable() else " " for c in query[start:].partition("\n")[0])
    at -= start
    cut = max(0, at - _SHOWN // 2)
    return (f"  {line[cut : cut + _SHOWN]}", f"  {' ' * (at - cut)}^")


def _first_refused(token: str, message: str, query: str, connection: sqlite3.Connection) -> int:
    """Return where the *token* is that SQLite's parser stopped at, -1 if nowhere.

    It reads from left to right: the query up to a token that it takes is incomplete, no syntax error.
    """
    at = query.find(token)
    while at >= 0:
        try:
            connection.execute(f"EXPLAIN {query[: at + len(token)]}", Names()).close()
        except (sqlite3.Error, sqlite3.Warning) as error:
            if str(error) == message:
                return at
        at = query.find(token, at + 1)
    return -1
