"""Values as strict JSON on one line and back, lossless by tags; see ``tags`` for what those are."""

from json import JSONDecodeError, JSONDecoder, JSONEncoder
from typing import Any

from stdtools.kv.nesting import survey, weight
from stdtools.kv.plain import DEEPEST, QUICKLY, TooDeep
from stdtools.kv.tags import PAIR, Tagger, untagged
from stdtools.shared.errors import ToolError
from stdtools.shared.records import escape_surrogates, is_utf8

MOST_PARTS = 10_000_000
_JSON = frozenset({type(None), bool, int, float, str, list, dict})
_INNER = frozenset({list, dict})
_WEIGHTY = frozenset({int, str})
_encode = JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False).encode


def to_json(value: Any, *, max_nodes: int = MOST_PARTS) -> str:
    """Return *value* as JSON on one line; a Foreign node as ``{"$class": "module.Name", …}``.

    Raises ToolError when it refers to itself, is nested too deep, or has more than *max_nodes* parts,
    each counted as often as it is referred to, and 64 characters of text as one more.
    """
    try:
        if _spend((value,), DEEPEST + 1, min(max_nodes, QUICKLY)) >= 0 or _is_json(value, max_nodes):
            try:
                text = _encode(value)
            except ValueError:  # a float that JSON lacks, a number of too many digits
                return _tagged(value)
            if '"$' not in text and (is_utf8(text) or not PAIR.search(text)):
                return escape_surrogates(text)
        return _tagged(value)
    except RecursionError:
        raise TooDeep from None
    except MemoryError:
        pass  # what has been made goes away here, and leaves memory for the error
    raise ToolError("the value as JSON takes more memory than there is")


def canonical(value: Any) -> str:
    """Return *value* as JSON that is the same whatever the order of the keys of its dicts is. Raises ToolError."""
    from json import dumps, loads

    text = to_json(value)
    return dumps(loads(text), sort_keys=True) if "{" in text else text


def _is_json(value: Any, max_nodes: int) -> bool:
    """Say whether JSON can hold *value* as it is. Raises ToolError when it can be written in no way."""
    found = survey(value)
    if found.cyclic:
        raise ToolError("the value refers to itself, which JSON cannot")
    if found.size > max_nodes:
        raise ToolError(f"the value has more than {max_nodes} parts as JSON")
    return found.kinds <= _JSON and found.key_kinds <= {str}


def _spend(value: Any, levels: int, most: int) -> int:
    """Return how many of *most* parts *value* leaves; less than none when it is not what JSON can hold as it is."""
    parts = value
    if type(value) is dict:
        if {*map(type, value)} - {str}:
            return -1
        most -= len(value) + (sum(map(len, value)) >> 6)
        parts = value.values()
    kinds = {*map(type, parts)}
    most -= weight(parts, kinds) if kinds & _WEIGHTY else len(value)
    if most < 0 or levels == 0 or not kinds <= _JSON:
        return -1
    if kinds & _INNER:
        for part in parts:
            if type(part) in _INNER:
                most = _spend(part, levels - 1, most)
                if most < 0:
                    return -1
    return most


def _tagged(value: Any) -> str:
    return escape_surrogates(_encode(Tagger(_encode).tagged(value)))


def parse(text: str) -> Any:
    """Return the value that the JSON *text* stands for. Raises ToolError."""
    value = decode(text)
    return from_json(value) if '"$' in text or "\\u0024" in text else value


def decode(text: str) -> Any:
    """Return what the JSON *text* says, with its tags as they are. Raises ToolError."""
    try:
        return (_SIGNED if "-0" in text else _PLAIN).decode(text)
    except JSONDecodeError as error:
        what = f"not JSON: {error.msg[0].lower()}{error.msg[1:]}"
        raise ToolError(what, where=f"line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise ToolError("not JSON that can be read: nested too deep") from None
    except ValueError as error:
        digits = "digits" in str(error)
        raise ToolError("a whole number of more than 4300 digits" if digits else str(error)) from None


def from_json(value: Any) -> Any:
    """Return what *value*, which json.loads has made, stands for; lists and dicts in it are changed in place.

    Raises ToolError for a tag that is unknown, or does not have what belongs to it.
    """
    if type(value) not in _INNER:
        return value
    top = [value]
    tagged: list[tuple[Any, Any, dict[str, Any]]] = []
    path: list[tuple[Any, Any, Any]] = [(top, 0, value)]
    for place in path:  # outer ones first
        container = place[2]
        if type(container) is dict:
            if "$" in "".join(container) and any(key.startswith("$") for key in container):
                tagged.append(place)
            if _INNER.isdisjoint(map(type, container.values())):
                continue
            path += [(container, key, part) for key, part in container.items() if type(part) in _INNER]
        elif not _INNER.isdisjoint(map(type, container)):
            path += [(container, index, part) for index, part in enumerate(container) if type(part) in _INNER]
    for parent, key, container in reversed(tagged):
        parent[key] = untagged(container)
    return top[0]


def refuse(name: str) -> None:
    """Raise ValueError for what JSON does not have, and say how it is written here."""
    raise ValueError(f'not JSON: {name}; write {{"$float": "{name}"}}')


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{text[:40]} is too large for a 64-bit float")
    return value


def _int_or_minus_zero(text: str) -> int | float:
    return -0.0 if text == "-0" else int(text)  # jq writes -0.0 as -0


_PLAIN = JSONDecoder(parse_constant=refuse, parse_float=_finite)
_SIGNED = JSONDecoder(parse_constant=refuse, parse_float=_finite, parse_int=_int_or_minus_zero)
