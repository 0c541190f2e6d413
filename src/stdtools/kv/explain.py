"""The scripts that --explain prints: ``shelve.Shelf`` over a mapping of a few lines in SQLite."""

import os
from collections.abc import Sequence
from typing import Any

from stdtools.shared.errors import ToolError

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
_SQL = """\
import sqlite3

db = sqlite3.connect({path!r})
"""
_IDLE = {"store", "color", "key_bytes"}
_PATHS = {"store", "file"}
_NAMES = {"as_bytes": "bytes", "get_old": "get"}  # of the options that their parameters are not named for


def _script(given: dict[str, Any], lines: Sequence[str], *used: str, head: str = _SHELF) -> str:
    """Return *head* and *lines*; ToolError for an option that is given and not among those *used*, and for bytes."""
    for name, value in given.items():
        if name not in _IDLE and name not in used and value not in (None, False, "", ()):
            raise ToolError(f"--explain does not cover --{_NAMES.get(name, name).replace('_', '-')}")
        texts = value if isinstance(value, tuple) else (value,)
        if head != _SQL and name not in _PATHS and any(isinstance(text, str) and not _is_utf8(text) for text in texts):
            raise ToolError("--explain does not cover bytes that are not UTF-8")
    return head.format(path=given["store"]) + "\n".join(lines) + "\n"


def _is_utf8(text: str) -> bool:
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False


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
    return _script(given, lines, "keys", "default", head=_with_module("json"))


def explain_has(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv has`` would do."""
    return _script(given, [f"sys.exit(not all(key in shelf for key in {list(given['keys'])!r}))"], "keys")


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
    return _script(given, lines, "key", "value", "json", "as_bytes", "if_absent", head=head)


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
    return _script(given, lines, *used, head=head)


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
    return _script(given, lines, "glob", "prefix", "null", head=head)


def explain_list(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv list`` would do, without types and times."""
    head, test = _matching(given)
    lines = [
        f"keys = [key for key in shelf if {test}]",
        "for key in keys:",
        "    print(key, shelf[key], sep='\\t')",
        "sys.exit(not keys)",
    ]
    return _script(given, lines, "glob", "prefix", head=head)


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
        f"shelf[{key!r}] = (json.loads(old) if isinstance(old, str) else old) + {given['number']!r}",
        f"print(shelf[{key!r}])",
    ]
    return _script(given, lines, "key", "number", head=_with_module("json"))


def explain_append(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv append`` would do."""
    key = given["key"]
    more = repr(given["value"]) if given["value"] is not None else "sys.stdin.read()"
    return _script(
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
    return _script(
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
    return _script(given, lines, "key", "left", head=_with_module("json"))


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
    return _script(given, lines, "key", head=_SQL)


def explain_expire(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv expire`` would do."""
    lines = [
        "import time",
        f"moment = int((time.time() + {given['duration']!r}) * 1000)",
        "update = 'UPDATE stdtools_times SET expires = ? WHERE key = ?'",
        f"found = db.execute(update, (moment, {os.fsencode(given['key'])!r})).rowcount",
        "db.commit()",
        "raise SystemExit(not found)",
    ]
    return _script(given, lines, "key", "duration", head=_SQL)


def explain_persist(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv persist`` would do."""
    lines = [
        f"keys = {[os.fsencode(key) for key in given['keys']]!r}",
        "update = 'UPDATE stdtools_times SET expires = NULL WHERE key = ?'",
        "found = [db.execute(update, (key,)).rowcount for key in keys]",
        "db.commit()",
        "raise SystemExit(not all(found))",
    ]
    return _script(given, lines, "keys", head=_SQL)


def explain_rename(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv rename`` would do, but for the time that is left."""
    old, new = given["old"], given["new"]
    taken = "" if given["replace"] or new == old else f" or {new!r} in shelf"
    lines = [f"if {old!r} not in shelf{taken}:", "    sys.exit(1)", f"shelf[{new!r}] = shelf.pop({old!r})"]
    return _script(given, lines, "old", "new", "replace")


def explain_copy(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv copy`` would do, but for the time that is left."""
    source, target = given["source"], given["target"]
    taken = "" if given["replace"] else f" or {target!r} in shelf"
    lines = [f"if {source!r} not in shelf{taken}:", "    sys.exit(1)", f"shelf[{target!r}] = shelf[{source!r}]"]
    return _script(given, lines, "source", "target", "replace")


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
    return _script(given, lines, "key")


def explain_batch(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv batch`` would do with set, get and del."""
    lines = [
        "import json",
        f"for line in {_lines_of(given['file'])}:",
        "    call, answer = json.loads(line), {'ok': True}",
        "    if call['op'] == 'set':",
        "        shelf[call['key']] = call['value']",
        "        answer['done'] = True",
        "    elif call['op'] == 'get':",
        "        answer |= {'value': shelf[call['key']]} if call['key'] in shelf else {'found': False}",
        "    elif call['op'] == 'del':",
        "        answer['count'] = 0 if shelf.pop(call['key'], None) is None else 1",
        "    else:",
        "        answer = {'ok': False, 'error': 'set, get and del are all that there is here'}",
        "    print(json.dumps(answer, ensure_ascii=False))",
    ]
    return _script(given, lines, "file")


def explain_export(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv export`` would do with values that JSON has."""
    lines = [
        "import json",
        "for key, value in shelf.items():",
        "    print(json.dumps({'key': key, 'value': value}, ensure_ascii=False))",
    ]
    return _script(given, lines)


def explain_import(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv import`` would do with values that JSON has."""
    taken = {None: "sys.exit('is there already')", "IGNORE": "continue"}
    lines = [
        "import json",
        "count = 0",
        f"for line in {_lines_of(given['file'])}:",
        "    record = json.loads(line)",
        *([f"    if record['key'] in shelf: {taken[given['conflict']]}"] if given["conflict"] in taken else []),
        "    shelf[record['key']] = record['value']",
        "    count += 1",
        "print(count)",
    ]
    return _script(given, lines, "file", "conflict")


def explain_convert(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv convert`` would do with a shelf that this Python's dbm opens."""
    lines = [
        f"with shelve.open({given['source']!r}, 'r') as source:",
        "    for key, value in source.items():",
        "        shelf[key] = value",
    ]
    script = _script({"store": given["target"]}, lines)
    create = "sql('CREATE TABLE IF NOT EXISTS Dict (key BLOB UNIQUE NOT NULL, value BLOB NOT NULL)')"
    return script.replace(").execute\n", f").execute\n    {create}\n", 1)


def _lines_of(file: str) -> str:
    return "sys.stdin" if file == "-" else f"open({file!r})"


def explain_stores(given: dict[str, Any], place: str) -> str:
    """Return a script that does what ``kv stores`` would do."""
    if given["format"]:
        raise ToolError("--explain does not cover --format")
    return (
        "import pathlib\n\n"
        f"for path in sorted(pathlib.Path({place!r}).glob('*.db')):\n"
        "    print(path.stem, path.stat().st_size, path, sep='\\t')\n"
    )


def explain_info(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv info`` would do with a store of our own."""
    lines = [
        "import os",
        f"path = {given['store']!r}",
        "(keys,), (free,), (page,), (expiring,) = (db.execute(query).fetchone() for query in (",
        "    'SELECT count(*) FROM Dict', 'PRAGMA freelist_count', 'PRAGMA page_size',",
        "    'SELECT count(*) FROM stdtools_times WHERE expires IS NOT NULL'))",
        "print(path, 'sqlite', keys, os.stat(path).st_size, free * page, expiring, 'stdtools', sep='\\t')",
    ]
    return _script(given, lines, head=_SQL)


def explain_check(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv check`` would do, its reader of pickles left out."""
    lines = [
        "import pickle",
        "problems = [('', text) for (text,) in db.execute('PRAGMA integrity_check') if text != 'ok']",
        "for key, value in db.execute('SELECT key, value FROM Dict'):",
        "    try:",
        "        pickle.loads(value)  # kv has a reader of its own, which runs nothing",
        "    except Exception as error:",
        "        problems.append((key.decode(), error))",
        "for problem in problems:",
        "    print(*problem, sep='\\t')",
        "raise SystemExit(bool(problems))",
    ]
    return _script(given, lines, head=_SQL)


def explain_compact(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv compact`` would do."""
    lines = [
        "import os",
        f"before = os.stat({given['store']!r}).st_size",
        "db.execute('VACUUM')",
        f"print(before, os.stat({given['store']!r}).st_size, sep='\\t')",
    ]
    return _script(given, lines, head=_SQL)


def explain_backup(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv backup`` would do, not as a whole."""
    lines = [f"with sqlite3.connect({given['file']!r}) as copy:", "    db.backup(copy)"]
    return _script(given, lines, "file", head=_SQL)
