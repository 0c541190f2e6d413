"""The scripts of --explain for a store as a whole."""

from typing import Any

from stdtools.kv.explain import SQL, script
from stdtools.shared.errors import ToolError


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
    return script(given, lines, "file")


def explain_export(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv export`` would do with values that JSON has."""
    lines = [
        "import json",
        "for key, value in shelf.items():",
        "    print(json.dumps({'key': key, 'value': value}, ensure_ascii=False))",
    ]
    return script(given, lines)


def explain_import(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv import`` would do with values that JSON has."""
    lines = [
        "import json",
        "count, new = 0, {}",
        f"for line in {_lines_of(given['file'])}:",
        "    record = json.loads(line)",
        *_unless_taken(given, "record['key']", "    "),
        "    new[record['key']] = record['value']",
        "    count += 1",
        "shelf.update(new)",
        "print(count)",
    ]
    return script(given, lines, "file", "conflict")


def _unless_taken(given: dict[str, Any], key: str, indent: str) -> list[str]:
    """Return the lines that keep *key* from being replaced, where nothing says that it is to be."""
    taken = {None: "sys.exit(2)  # is there already, or comes twice", "IGNORE": "continue"}.get(given["conflict"])
    return [f"{indent}if {key} in shelf or {key} in new: {taken}"] if taken else []


def explain_convert(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv convert`` would do with a shelf that this Python's dbm opens."""
    lines = [
        "count, new = 0, {}",
        f"with shelve.open({given['source']!r}, 'r') as source:",
        "    for key, value in source.items():",
        *_unless_taken(given, "key", "        "),
        "        new[key] = value",
        "        count += 1",
        "shelf.update(new)",
        "print(count)",
    ]
    return script({"store": given["target"], "conflict": given["conflict"]}, lines, "conflict")


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
        "import os, time",
        "(keys,), (free,), (page,), (expiring,) = (db.execute(query).fetchone() for query in (",
        "    'SELECT count(*) FROM Dict', 'PRAGMA freelist_count', 'PRAGMA page_size',",
        "    f'SELECT count(*) FROM stdtools_times WHERE expires > {time.time() * 1000}'))",
        "print(path, 'sqlite', keys, os.stat(path).st_size, free * page, expiring, 'stdtools', sep='\\t')",
    ]
    return script(given, lines, head=SQL)


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
    return script(given, lines, head=SQL)


def explain_compact(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv compact`` would do."""
    lines = [
        "import os",
        "before = os.stat(path).st_size",
        "db.execute('VACUUM')",
        "print(before, os.stat(path).st_size, sep='\\t')",
    ]
    return script(given, lines, head=SQL)


def explain_backup(given: dict[str, Any]) -> str:
    """Return a script that does what ``kv backup`` would do, not as a whole."""
    lines = [f"with sqlite3.connect({given['file']!r}) as copy:", "    db.backup(copy)"]
    return script(given, lines, "file", head=SQL)
