"""Operations that come as JSON, one a line, and the answer to each."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from sqlite3 import DataError
from typing import Any, NamedTuple

from stdtools.kv.forms import canonical, decode, from_json, to_json
from stdtools.kv.json_fields import MISSING, flag_in, key_form, key_in, keys_in, text_in, ttl_in, value_in
from stdtools.kv.keys import key_text, matching
from stdtools.kv.pickles import load, type_name
from stdtools.kv.store import Condition, Store
from stdtools.kv.table import Row
from stdtools.shared.errors import ToolError


class Answer(NamedTuple):
    """A line of JSON; ``is_ok`` when nothing was wrong, ``is_done`` when no condition kept it from being done."""

    text: str
    is_ok: bool = True
    is_done: bool = True


def answers_to(store: Store, lines: Iterable[bytes]) -> Iterator[Answer]:
    """Do the operations of *lines*, each as a whole or not at all, and yield the answer to each."""
    return (_answer(store, line) for line in lines)


def refusal(message: str) -> Answer:
    """Return the answer to what was not done."""
    return Answer(f'{{"ok": false, "error": {to_json(message)}}}', is_ok=False)


def _answer(store: Store, line: bytes) -> Answer:
    try:
        operation = decode(line.decode())
        if not isinstance(operation, dict):
            raise ToolError("an operation is a JSON object")
        name = operation.get("op", MISSING)
        if name is MISSING:
            raise ToolError("the field 'op' is missing")
        if not isinstance(name, str) or name not in OPERATIONS:
            raise ToolError(f"no operation {name!r}; there are {', '.join(OPERATIONS)}")
        function, fields = OPERATIONS[name]
        unknown = operation.keys() - fields
        if unknown:
            raise ToolError(f"{name} has no field {min(unknown)!r}; it has {', '.join(sorted(fields - {'op'}))}")
        return function(store, operation)
    except KeyError:
        return Answer('{"ok": true, "found": false}', is_done=False)
    except UnicodeDecodeError as error:
        return refusal(f"not UTF-8: byte 0x{line[error.start]:02x}")
    except ToolError as error:
        return refusal(str(error))
    except (DataError, OverflowError):
        return refusal("the value is too large")


def _set(store: Store, operation: Mapping[str, Any]) -> Answer:
    condition: Condition | None = None
    if flag_in(operation, "if_absent"):
        if "if_value" in operation:
            raise ToolError("if_absent and if_value do not go together")
        condition = _is_absent
    elif "if_value" in operation:
        wanted = canonical(value_in(operation, "if_value"))

        def condition(old: bytes | None) -> bool:
            return old is not None and canonical(load(old)) == wanted

    ttl, keep_ttl = ttl_in(operation), flag_in(operation, "keep_ttl")
    if keep_ttl and ttl is not None:
        raise ToolError("ttl and keep_ttl do not go together")
    shown = ""
    if flag_in(operation, "get"):
        unseen = condition

        def condition(old: bytes | None) -> bool:  # what cannot be shown is not replaced
            nonlocal shown
            shown = "" if old is None else f', "old": {to_json(load(old))}'
            return unseen is None or unseen(old)

    done, _ = store.set(key_in(operation), value_in(operation), ttl=ttl, keep_ttl=keep_ttl, only_if=condition)
    return Answer(f'{{"ok": true, "done": {"true" if done else "false"}{shown}}}', is_done=done)


def _is_absent(old: bytes | None) -> bool:
    return old is None


def _get(store: Store, operation: Mapping[str, Any]) -> Answer:
    default = to_json(from_json(operation["default"])) if "default" in operation else None
    answers = []
    found = True
    for key in keys_in(operation):
        row = store.row(key)
        if row is not None:
            answers.append(f'"value": {_form(row)}')
        elif default is not None:
            answers.append(f'"value": {default}')
        else:
            answers.append('"found": false')
            found = False
    shown = f'"values": [{", ".join(f"{{{answer}}}" for answer in answers)}]' if "keys" in operation else answers[0]
    return Answer(f'{{"ok": true, {shown}}}', is_done=found)


def _form(row: Row) -> str:
    """Return the value of *row* as JSON. Raises ToolError that names the key."""
    try:
        return to_json(load(row.value))
    except ToolError as error:
        error.where = key_text(row.key)
        raise


def _has(store: Store, operation: Mapping[str, Any]) -> Answer:
    found = all(key in store for key in keys_in(operation))
    return Answer(f'{{"ok": true, "found": {"true" if found else "false"}}}')


def _del(store: Store, operation: Mapping[str, Any]) -> Answer:
    glob, prefix = text_in(operation, "glob"), text_in(operation, "prefix")
    if glob is None and prefix is None:  # null is none, and not all keys
        return _count(store.remove(keys_in(operation)))
    if "key" in operation or "keys" in operation:
        raise ToolError("give keys, or 'glob' or 'prefix'")
    return _count(store.remove_matching(glob, prefix or ""))


def _count(count: int) -> Answer:
    return Answer(f'{{"ok": true, "count": {count}}}')


def _list_keys(store: Store, operation: Mapping[str, Any]) -> Answer:
    rows = matching(store.dict, text_in(operation, "glob"), text_in(operation, "prefix") or "", values=False)
    return Answer(f'{{"ok": true, "keys": [{", ".join(key_form(row.key) for row in rows)}]}}')


def _list(store: Store, operation: Mapping[str, Any]) -> Answer:
    rows = matching(store.dict, text_in(operation, "glob"), text_in(operation, "prefix") or "")
    return Answer(f'{{"ok": true, "list": [{", ".join(map(_item, rows))}]}}')


def _item(row: Row) -> str:
    value = _form(row)
    return f'{{"key": {key_form(row.key)}, "type": {to_json(type_name(row.value))}, "value": {value}}}'


def _incr(store: Store, operation: Mapping[str, Any]) -> Answer:
    by = operation.get("by", 1)
    if type(by) not in (int, float):
        raise ToolError("by is a number")
    return _with_value(store.incr(key_in(operation), by))


def _append(store: Store, operation: Mapping[str, Any]) -> Answer:
    more = value_in(operation)
    if not isinstance(more, str | bytes):
        raise ToolError("value is text or tagged bytes")
    return Answer(f'{{"ok": true, "size": {store.append(key_in(operation), more)}}}')


def _push(store: Store, operation: Mapping[str, Any]) -> Answer:
    if "value" in operation and "values" in operation:
        raise ToolError("give 'value', or a list of them in 'values'")
    values = value_in(operation, "values") if "values" in operation else [value_in(operation)]
    if not isinstance(values, list):
        raise ToolError("values is a list")
    return Answer(f'{{"ok": true, "size": {store.push(key_in(operation), values, left=flag_in(operation, "left"))}}}')


def _pop(store: Store, operation: Mapping[str, Any]) -> Answer:
    with store.dict.transaction(), store.dict.savepoint():  # what cannot be shown stays in the list
        return _with_value(store.pop_element(key_in(operation), left=flag_in(operation, "left")))


def _with_value(value: Any) -> Answer:
    return Answer(f'{{"ok": true, "value": {to_json(value)}}}')


def _ttl(store: Store, operation: Mapping[str, Any]) -> Answer:
    return Answer(f'{{"ok": true, "ttl": {to_json(store.ttl(key_in(operation)))}}}')


def _expire(store: Store, operation: Mapping[str, Any]) -> Answer:
    ttl = ttl_in(operation)
    if ttl is None:
        raise ToolError("the field 'ttl' is missing", hint="'persist' has a key stay")
    if not store.expire(key_in(operation), ttl):
        raise KeyError
    return Answer('{"ok": true}')


def _persist(store: Store, operation: Mapping[str, Any]) -> Answer:
    keys = keys_in(operation)
    count = sum(store.expire(key, None) for key in keys)
    return _count(count)._replace(is_done=count == len(keys))


def _rename(store: Store, operation: Mapping[str, Any]) -> Answer:
    replace = flag_in(operation, "replace")
    return _done(store.rename(key_in(operation, "old"), key_in(operation, "new"), replace=replace))


def _copy(store: Store, operation: Mapping[str, Any]) -> Answer:
    replace = flag_in(operation, "replace")
    return _done(store.copy(key_in(operation, "source"), key_in(operation, "target"), replace=replace))


def _done(done: bool) -> Answer:
    return Answer(f'{{"ok": true, "done": {"true" if done else "false"}}}', is_done=done)


# name: (what does it, its fields)
OPERATIONS: dict[str, tuple[Callable[[Store, Mapping[str, Any]], Answer], set[str]]] = {
    name: (function, {"op", *fields.split()})
    for name, function, fields in (
        ("set", _set, "key value ttl keep_ttl if_absent if_value get"),
        ("get", _get, "key keys default"),
        ("has", _has, "key keys"),
        ("del", _del, "key keys glob prefix"),
        ("keys", _list_keys, "glob prefix"),
        ("list", _list, "glob prefix"),
        ("incr", _incr, "key by"),
        ("append", _append, "key value"),
        ("push", _push, "key value values left"),
        ("pop", _pop, "key left"),
        ("ttl", _ttl, "key"),
        ("expire", _expire, "key ttl"),
        ("persist", _persist, "key keys"),
        ("rename", _rename, "old new replace"),
        ("copy", _copy, "source target replace"),
    )
}
