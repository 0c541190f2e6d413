"""What a line of kv batch may say, and what is refused as a whole."""

import json
from pathlib import Path

import pytest

import stdtools.kv
from tests.conftest import Run

pytestmark = pytest.mark.process

BYTES = 'a key of bytes is {"$base64": true, "encoded": …}'
REFUSED = {
    r'{"op": "set", "key": "\ud800", "value": 1}': f"key is not UTF-8; {BYTES}",
    r'{"op": "del", "keys": ["a", "\udcff"]}': f"keys is not UTF-8; {BYTES}",
    r'{"op": "keys", "glob": "\ud800*"}': f"glob is not UTF-8; {BYTES}",
    '{"op": "set", "key": "a", "value": 1e400}': "1e400 is too large for a 64-bit float",
    '{"op": "incr", "key": "n", "by": 1e400}': "1e400 is too large for a 64-bit float",
    '{"op": "set", "key": "a", "value": NaN}': 'not JSON: NaN; write {"$float": "NaN"}',
    '{"op": "set", "key": "a", "value": %s}' % ("9" * 5000): "a whole number of more than 4300 digits",
    '{"op": "set", "key": "a", "value": %s1}' % ("[" * 100_000): "not JSON that can be read: nested too deep",
    '{"op": "set", "key": "a", "value": 2, "ttl": 5, "keep_ttl": true}': "ttl and keep_ttl do not go together",
    '{"op": "set", "key": "a", "value": 2, "if_absent": true, "if_value": 1}': (
        "if_absent and if_value do not go together"
    ),
    '{"op": "push", "key": "q", "value": 1, "values": [2]}': "give 'value', or a list of them in 'values'",
    '{"key": "a"}': "the field 'op' is missing",
    '{"op": "del", "glob": null}': "the field 'key' is missing",
    '{"op": "del", "prefix": null, "glob": null}': "the field 'key' is missing",
    '{"op": "expire", "key": "a"}': "the field 'ttl' is missing; 'persist' has a key stay",
    '{"op": "expire", "key": "a", "ttl": null}': "the field 'ttl' is missing; 'persist' has a key stay",
    '{"op": "expire", "key": "a", "ttl": "0s"}': "ttl is '0s', no time at all",
    '{"op": "set", "key": "a", "value": 1, "ttl": 0}': "ttl is 0, no time at all",
}


def test_what_is_refused_changes_nothing(kv: Run) -> None:
    kv("set", "a", "1", "--json", "--ttl", "1h")
    kv("set", "--key-bytes", r"\xff", "v")
    before = kv("export").out
    result = kv("batch", stdin="".join(f"{line}\n" for line in REFUSED))
    answers = [json.loads(line) for line in result.text.splitlines()]
    assert answers == [{"ok": False, "error": error} for error in REFUSED.values()]
    assert kv("export").out == before


def test_minus_zero_and_marks_of_byte_order_are_taken_as_import_takes_them(kv: Run) -> None:
    lines = b'\xef\xbb\xbf{"op": "set", "key": "z", "value": -0}\r\n{"op": "get", "key": "z"}'
    assert kv("batch", stdin=lines) == (0, b'{"ok": true, "done": true}\n{"ok": true, "value": -0.0}\n', "")


def test_a_default_stands_for_every_key_that_is_missing(kv: Run) -> None:
    line = '{"op": "get", "keys": ["a", "b"], "default": {"d": {"$dict": [["$x", 1]]}}}'
    default = '{"value": {"d": {"$dict": [["$x", 1]]}}}'
    assert kv("batch", stdin=line) == (0, f'{{"ok": true, "values": [{default}, {default}]}}\n'.encode(), "")


def test_an_element_that_has_no_json_is_not_popped(kv: Run, home: Path) -> None:
    """In a batch that goes on, with what was done before it and what comes behind it."""
    large: list[object] = [1]
    for _ in range(24):
        large = [large, large]
    with stdtools.kv.open(home / ".local/share/stdtools/kv/default.db") as store:
        store["q"] = [large, "last"]
        lines = ['{"op": "pop", "key": "q"}'] * 2 + ['{"op": "incr", "key": "n"}']
        answers = ['{"ok": true, "value": "last"}']
        answers.append('{"ok": false, "error": "the value has more than 10000000 parts as JSON"}')
        answers.append('{"ok": true, "value": 1}')
        result = kv("batch", stdin="\n".join(lines))
        assert (result.code, result.text.splitlines()) == (2, answers)
        assert (len(store["q"]), store["n"]) == (1, 1)


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ('{"op": "get", "key": "none"}', 1),
        ('{"op": "get", "keys": ["a", "none"]}', 1),
        ('{"op": "get", "key": "none", "default": 1}', 0),
        ('{"op": "persist", "keys": ["a", "none"]}', 1),
        ('{"op": "expire", "key": "none", "ttl": 5}', 1),
        ('{"op": "has", "key": "none"}', 0),
        ('{"op": "del", "key": "none"}', 0),
    ],
)
def test_an_atomic_batch_is_undone_where_a_key_is_missing(kv: Run, operation: str, code: int) -> None:
    lines = f'{{"op": "set", "key": "a", "value": 1}}\n{operation}\n'
    assert kv("batch", "--atomic", stdin=lines).code == code
    assert kv("has", "a").code == code


def test_keys_that_json_has_and_utf_8_lacks_are_not_imported(kv: Run) -> None:
    for rest in ("", ', "ttl": 5'):
        result = kv("import", stdin=f'{{"key": "a", "value": 1}}\n{{"key": "\\udcff", "value": 1{rest}}}\n')
        assert result == (2, b"", f"stdtools kv import: standard input: record 2: key is not UTF-8; {BYTES}\n")
    assert kv("keys").code == 1
