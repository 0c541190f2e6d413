"""Operations that come as JSON, one a line, and the answer to each."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from sqlite3 import DataError
from typing import Any, NamedTuple

from stdtools.kv.forms import canonical, decode, from_json, to_json
from stdtools.kv.pickles import kind, load
from stdtools.kv.store import Condition, Store, key_text, matching
from stdtools.kv.table import Row
from stdtools.shared.errors import ToolError
from stdtools.shared.times import parse_duration

MISSING: Any = object()


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


def _key(operation: Mapping[str, Any], field: str = "key") -> str:
    return as_key(operation.get(field, MISSING), field)


def as_key(value: Any, field: str) -> str:
    """Return the key that JSON has under *field*: text, or bytes as their tag."""
    if type(value) is str:
        _check_utf8(value, field)
        return value
    if value is MISSING:
        raise ToolError(f"the field {field!r} is missing")
    data = from_json(value)
    if isinstance(data, bytes):
        return key_text(data)
    raise ToolError(f"{field} is neither text nor tagged bytes")


def _check_utf8(text: str, field: str) -> None:
    """Raise ToolError for a lone surrogate, which a Store takes for a byte."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ToolError(f"{field} is not UTF-8", hint='a key of bytes is {"$base64": true, "encoded": …}') from None


def _keys(operation: Mapping[str, Any]) -> list[str]:
    if "keys" not in operation:
        return [_key(operation)]
    if "key" in operation or not isinstance(operation["keys"], list):
        raise ToolError("give 'key', or a list of them in 'keys'")
    return [as_key(key, "keys") for key in operation["keys"]]


def _value(operation: Mapping[str, Any], field: str = "value") -> Any:
    value = operation.get(field, MISSING)
    if value is MISSING:
        raise ToolError(f"the field {field!r} is missing")
    return from_json(value)


def as_ttl(value: Any) -> float | None:
    """Return the seconds that JSON has as a time to live: a number, or a duration as it is typed."""
    if value is None:
        return None
    try:
        if type(value) in (int, float):
            return parse_duration(f"{float(value):.3f}s")
        return parse_duration(value)
    except (ValueError, AttributeError, OverflowError):
        raise ToolError(f"{value!r} is not a time to live; write seconds or '10m'") from None


def _flag(operation: Mapping[str, Any], field: str) -> bool:
    value = operation.get(field, False)
    if not isinstance(value, bool):
        raise ToolError(f"{field} is true or false")
    return value


def _text(operation: Mapping[str, Any], field: str) -> str | None:
    value = operation.get(field)
    if value is not None and not isinstance(value, str):
        raise ToolError(f"{field} is text")
    if value:
        _check_utf8(value, field)
    return value


def _set(store: Store, operation: Mapping[str, Any]) -> Answer:
    condition: Condition | None = None
    if _flag(operation, "if_absent"):
        if "if_value" in operation:
            raise ToolError("if_absent and if_value do not go together")
        condition = _is_absent
    elif "if_value" in operation:
        wanted = canonical(_value(operation, "if_value"))

        def condition(old: bytes | None) -> bool:
            return old is not None and canonical(load(old)) == wanted

    ttl, keep_ttl = as_ttl(operation.get("ttl")), _flag(operation, "keep_ttl")
    if keep_ttl and ttl is not None:
        raise ToolError("ttl and keep_ttl do not go together")
    shown = ""
    if _flag(operation, "get"):
        unseen = condition

        def condition(old: bytes | None) -> bool:  # what cannot be shown is not replaced
            nonlocal shown
            shown = "" if old is None else f', "old": {to_json(load(old))}'
            return unseen is None or unseen(old)

    done, _ = store.set(_key(operation), _value(operation), ttl=ttl, keep_ttl=keep_ttl, only_if=condition)
    return Answer(f'{{"ok": true, "done": {"true" if done else "false"}{shown}}}', is_done=done)


def _is_absent(old: bytes | None) -> bool:
    return old is None


def _get(store: Store, operation: Mapping[str, Any]) -> Answer:
    default = operation.get("default", MISSING)
    answers = []
    found = True
    for key in _keys(operation):
        row = store.row(key)
        if row is not None:
            answers.append(f'"value": {_form(row)}')
        elif default is not MISSING:
            answers.append(f'"value": {to_json(from_json(default))}')
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
    found = all(key in store for key in _keys(operation))
    return Answer(f'{{"ok": true, "found": {"true" if found else "false"}}}')


def _del(store: Store, operation: Mapping[str, Any]) -> Answer:
    glob, prefix = _text(operation, "glob"), _text(operation, "prefix")
    if glob is None and prefix is None:  # null is none, and not all keys
        return _count(store.remove(_keys(operation)))
    if "key" in operation or "keys" in operation:
        raise ToolError("give keys, or 'glob' or 'prefix'")
    return _count(store.remove_matching(glob, prefix or ""))


def _count(count: int) -> Answer:
    return Answer(f'{{"ok": true, "count": {count}}}')


def _list_keys(store: Store, operation: Mapping[str, Any]) -> Answer:
    rows = matching(store.dict, _text(operation, "glob"), _text(operation, "prefix") or "", values=False)
    return Answer(f'{{"ok": true, "keys": [{", ".join(key_form(row.key) for row in rows)}]}}')


def _list(store: Store, operation: Mapping[str, Any]) -> Answer:
    rows = matching(store.dict, _text(operation, "glob"), _text(operation, "prefix") or "")
    return Answer(f'{{"ok": true, "list": [{", ".join(map(_item, rows))}]}}')


def _item(row: Row) -> str:
    value = _form(row)
    return f'{{"key": {key_form(row.key)}, "type": {to_json(kind(row.value))}, "value": {value}}}'


def key_form(key: bytes) -> str:
    """Return the stored *key* as JSON: text, or bytes as their tag."""
    try:
        return to_json(key.decode())
    except UnicodeDecodeError:
        return to_json(key)


def _incr(store: Store, operation: Mapping[str, Any]) -> Answer:
    by = operation.get("by", 1)
    if type(by) not in (int, float):
        raise ToolError("by is a number")
    return _with_value(store.incr(_key(operation), by))


def _append(store: Store, operation: Mapping[str, Any]) -> Answer:
    more = _value(operation)
    if not isinstance(more, str | bytes):
        raise ToolError("value is text or tagged bytes")
    return Answer(f'{{"ok": true, "size": {store.append(_key(operation), more)}}}')


def _push(store: Store, operation: Mapping[str, Any]) -> Answer:
    if "value" in operation and "values" in operation:
        raise ToolError("give 'value', or a list of them in 'values'")
    values = _value(operation, "values") if "values" in operation else [_value(operation)]
    if not isinstance(values, list):
        raise ToolError("values is a list")
    return Answer(f'{{"ok": true, "size": {store.push(_key(operation), values, left=_flag(operation, "left"))}}}')


def _pop(store: Store, operation: Mapping[str, Any]) -> Answer:
    return _with_value(store.pop_element(_key(operation), left=_flag(operation, "left")))


def _with_value(value: Any) -> Answer:
    return Answer(f'{{"ok": true, "value": {to_json(value)}}}')


def _ttl(store: Store, operation: Mapping[str, Any]) -> Answer:
    return Answer(f'{{"ok": true, "ttl": {to_json(store.ttl(_key(operation)))}}}')


def _expire(store: Store, operation: Mapping[str, Any]) -> Answer:
    ttl = as_ttl(_value(operation, "ttl"))
    if not store.expire(_key(operation), ttl):
        raise KeyError
    return Answer('{"ok": true}')


def _persist(store: Store, operation: Mapping[str, Any]) -> Answer:
    keys = _keys(operation)
    count = sum(store.expire(key, None) for key in keys)
    return _count(count)._replace(is_done=count == len(keys))


def _rename(store: Store, operation: Mapping[str, Any]) -> Answer:
    replace = _flag(operation, "replace")
    return _done(store.rename(_key(operation, "old"), _key(operation, "new"), replace=replace))


def _copy(store: Store, operation: Mapping[str, Any]) -> Answer:
    replace = _flag(operation, "replace")
    return _done(store.copy(_key(operation, "source"), _key(operation, "target"), replace=replace))


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
