"""The scripts of --explain for what one key or a few hold: ``shelve.Shelf`` over a mapping in SQLite."""

import os
from collections.abc import Sequence
from typing import Any

from stdtools.kv.recognition import locate
from stdtools.shared.errors import ToolError
from stdtools.shared.explaining import refuse_others
from stdtools.shared.records import is_utf8

# Python 3.13 and later have such a mapping in dbm.sqlite3: shelve.open(path) opens the same file.
_SHELF = """\
import shelve, sqlite3, sys
from collections.abc import MutableMapping

class Table(MutableMapping):  # Python 3.13 has it as dbm.sqlite3, so that shelve.open(PATH) does
    sql = sqlite3.connect({path!r}).execute
    def __getitem__(self, key):
        for (value,) in self.sql('SELECT value FROM Dict WHERE key = ?', (key,)):
            return value
        raise KeyError(key)
    def __setitem__(self, key, value):
        self.sql('REPLACE INTO Dict VALUES (?, ?)', (key, value)).connection.commit()
    def __delitem__(self, key):
        self.sql('DELETE FROM Dict WHERE key = ?', (key,)).connection.commit()
    def __iter__(self):
        return (key for (key,) in self.sql('SELECT key FROM Dict ORDER BY key').fetchall())
    def __len__(self):
        return len(list(self))

shelf = shelve.Shelf(Table(), protocol=4)
"""
SQL = """\
import sqlite3

path = {path!r}
db = sqlite3.connect(path)
"""
_IDLE = {"store", "key_bytes"}
_PATHS = {"store", "file"}


def script(given: dict[str, Any], lines: Sequence[str], *used: str, head: str = _SHELF) -> str:
    """Return *head* and *lines*.

    Raises ToolError for an option that is given and not among those *used*, for bytes, and for a store that is
    not there, or not in SQLite.
    """
    refuse_others(given, {*_IDLE, *used})
    for name, value in given.items():
        texts = value if isinstance(value, tuple) else (value,)
        if head != SQL and name not in _PATHS and any(isinstance(text, str) and not is_utf8(text) for text in texts):
            raise ToolError("--explain does not cover bytes that are not UTF-8")
    found = locate(given["store"])
    if found.kind != "sqlite":
        what = "there yet" if found.kind in ("missing", "empty") else "in SQLite"
        raise ToolError(f"--explain does not cover a store that is not {what}", where=found.path)
    return head.format(path=found.path) + "\n".join(lines) + "\n"


def _with_module(name: str) -> str:
    """Return _SHELF with another module imported."""
    return _SHELF.replace("import shelve", f"import {name}, shelve")


# What prints a value as kv does: text as it is, all else as JSON on a line.
_PRINT = "print(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) + '\\n', end='')"


def explain_get(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv get`` would do with the parameters *given*."""
    keys = list(given["keys"])
    if given["default"] is not None:
        lines = [f"for key in {keys!r}:", f"    value = shelf.get(key, {given['default']!r})", f"    {_PRINT}"]
    else:
        lines = [
            f"keys = {keys!r}",
            "for value in [shelf[key] for key in keys if key in shelf]:",
            f"    {_PRINT}",
            "sys.exit(not all(key in shelf for key in keys))",
        ]
    return script(given, lines, "keys", "default", head=_with_module("json"))


def explain_has(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv has`` would do."""
    return script(given, [f"sys.exit(not all(key in shelf for key in {list(given['keys'])!r}))"], "keys")


def explain_set(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv set`` would do."""
    key, value = given["key"], given["value"]
    head, right = _SHELF, repr(value) if value is not None else "sys.stdin.read()"
    if given["json"]:
        head, right = _with_module("json"), f"json.loads({right})"
    if given["as_bytes"]:
        right = repr(os.fsencode(value)) if value is not None else "sys.stdin.buffer.read()"
    lines = [f"shelf[{key!r}] = {right}"]
    if given["if_absent"]:
        lines = [f"if {key!r} in shelf:", "    sys.exit(1)", *lines]
    return script(given, lines, "key", "value", "json", "as_bytes", "if_absent", head=head)


def explain_delete(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv del`` would do."""
    head, wanted = _SHELF, f"[key for key in {list(given['keys'])!r} if key in shelf]"
    if given["glob"] is not None:
        head = _with_module("fnmatch")
        wanted = f"fnmatch.filter(shelf, {given['glob']!r})"
    elif given["prefix"] is not None:
        wanted = f"[key for key in shelf if key.startswith({given['prefix']!r})]"
    lines = [f"keys = {wanted}", "for key in keys:", "    del shelf[key]", "print(len(keys))", "sys.exit(not keys)"]
    used = ("keys", "glob") if given["glob"] is not None else ("keys", "prefix")
    return script(given, lines, *used, head=head)


def explain_keys(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv keys`` would do."""
    head, test = _matching(given)
    end = ", end='\\0'" if given["null"] else ""
    lines = [
        f"keys = [key for key in shelf if {test}]",
        "for key in keys:",
        f"    print(key{end})",
        "sys.exit(not keys)",
    ]
    return script(given, lines, "glob", "prefix", "null", head=head)


def explain_list(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv list`` would do, without types and times."""
    head, test = _matching(given)
    lines = [
        f"keys = [key for key in shelf if {test}]",
        "for key in keys:",
        "    print(key, shelf[key], sep='\\t')",
        "sys.exit(not keys)",
    ]
    return script(given, lines, "glob", "prefix", head=head)


def _matching(given: dict[str, Any]) -> tuple[str, str]:
    tests = [f"key.startswith({given['prefix']!r})"] if given["prefix"] else []
    if given["glob"] is None:
        return _SHELF, " and ".join(tests) or "True"
    tests.append(f"fnmatch.fnmatchcase(key, {given['glob']!r})")
    return _with_module("fnmatch"), " and ".join(tests)


def explain_incr(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv incr`` would do, without keeping others away meanwhile."""
    key = given["key"]
    lines = [
        f"old = shelf.get({key!r}, 0)",
        f"shelf[{key!r}] = (json.loads(old) if isinstance(old, str) else old) + {given['by']!r}",
        f"print(shelf[{key!r}])",
    ]
    return script(given, lines, "key", "by", head=_with_module("json"))


def explain_append(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv append`` would do."""
    key = given["key"]
    more = repr(given["value"]) if given["value"] is not None else "sys.stdin.read()"
    return script(
        given, [f"shelf[{key!r}] = shelf.get({key!r}, '') + {more}", f"print(len(shelf[{key!r}]))"], "key", "value"
    )


def explain_push(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv push`` would do."""
    key, values = given["key"], list(given["values"])
    head = _SHELF
    added = repr(values)
    if given["json"]:
        head, added = _with_module("json"), f"[json.loads(text) for text in {values!r}]"
    old = f"shelf.get({key!r}, [])"
    both = f"{added}[::-1] + {old}" if given["left"] else f"{old} + {added}"
    return script(
        given, [f"shelf[{key!r}] = {both}", f"print(len(shelf[{key!r}]))"], "key", "values", "json", "left", head=head
    )


def explain_pop(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv pop`` would do."""
    key = given["key"]
    lines = [
        f"items = shelf.get({key!r}) or sys.exit(1)",
        f"value = items.pop({0 if given['left'] else -1})",
        _PRINT,
        f"shelf[{key!r}] = items",
    ]
    return script(given, lines, "key", "left", head=_with_module("json"))


def explain_ttl(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv ttl`` would do."""
    lines = [
        "import time",
        "query = 'SELECT expires FROM stdtools_times WHERE key = ?'",
        f"row = db.execute(query, ({os.fsencode(given['key'])!r},)).fetchone()",
        "if row is None or row[0] is not None and row[0] <= time.time() * 1000:",
        "    raise SystemExit(1)",
        "print('never' if row[0] is None else round(row[0] / 1000 - time.time(), 3))",
    ]
    return script(given, lines, "key", head=SQL)


def explain_expire(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv expire`` would do."""
    lines = [
        "import time",
        f"moment = int((time.time() + {given['ttl']!r}) * 1000)",
        "update = 'UPDATE stdtools_times SET expires = ? WHERE key = ?'",
        f"found = db.execute(update, (moment, {os.fsencode(given['key'])!r})).rowcount",
        "db.commit()",
        "raise SystemExit(not found)",
    ]
    return script(given, lines, "key", "ttl", head=SQL)


def explain_persist(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv persist`` would do."""
    lines = [
        f"keys = {[os.fsencode(key) for key in given['keys']]!r}",
        "update = 'UPDATE stdtools_times SET expires = NULL WHERE key = ?'",
        "found = [db.execute(update, (key,)).rowcount for key in keys]",
        "db.commit()",
        "raise SystemExit(not all(found))",
    ]
    return script(given, lines, "keys", head=SQL)


def explain_rename(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv rename`` would do, but for the time that is left."""
    old, new = given["old"], given["new"]
    taken = "" if given["replace"] or new == old else f" or {new!r} in shelf"
    lines = [f"if {old!r} not in shelf{taken}:", "    sys.exit(1)", f"shelf[{new!r}] = shelf.pop({old!r})"]
    return script(given, lines, "old", "new", "replace")


def explain_copy(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv copy`` would do, but for the time that is left."""
    source, target = given["source"], given["target"]
    taken = "" if given["replace"] else f" or {target!r} in shelf"
    lines = [f"if {source!r} not in shelf{taken}:", "    sys.exit(1)", f"shelf[{target!r}] = shelf[{source!r}]"]
    return script(given, lines, "source", "target", "replace")


def explain_edit(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv edit`` would do with text."""
    key = given["key"]
    lines = [
        "import os, shlex, subprocess, tempfile",
        "with tempfile.NamedTemporaryFile('w+', suffix='.txt') as file:",
        f"    file.write(shelf.get({key!r}, ''))",
        "    file.flush()",
        "    editor = os.environ.get('VISUAL') or os.environ.get('EDITOR') or 'vi'",
        "    subprocess.run([*shlex.split(editor), file.name], check=True)",
        f"    shelf[{key!r}] = open(file.name).read()",
    ]
    return script(given, lines, "key")
