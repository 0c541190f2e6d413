"""Every plain value becomes strict JSON on one line and comes back as it was; nothing else is read."""

import json
import sys
from collections import OrderedDict
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import IntEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stdtools.kv import forms
from stdtools.kv.forms import from_json, parse, to_json
from stdtools.kv.plain import DEEPEST, Foreign, NotPlain, TooDeep
from stdtools.shared.errors import ToolError
from tests.kv.plain_values import exactly, values

CET = timezone(timedelta(hours=1), "CET")

FORMS: list[tuple[Any, str]] = [
    (None, "null"),
    (True, "true"),
    (5, "5"),
    (-0.0, "-0.0"),
    (1e300, "1e+300"),
    ("a\nü", '"a\\nü"'),
    ("$tuple", '"$tuple"'),
    ([1, {"k": [None, 1.5]}], '[1, {"k": [null, 1.5]}]'),
    (b"\xff", '{"$base64": true, "encoded": "/w=="}'),
    (float("nan"), '{"$float": "NaN"}'),
    ([float("-inf")], '[{"$float": "-Infinity"}]'),
    ((1, (2,)), '{"$tuple": [1, {"$tuple": [2]}]}'),
    ({10, 9, 1}, '{"$set": [1, 9, 10]}'),
    ({"b", "a"}, '{"$set": ["a", "b"]}'),
    ({1, "a", None, (2,)}, '{"$set": ["a", 1, null, {"$tuple": [2]}]}'),
    (frozenset([frozenset()]), '{"$frozenset": [{"$frozenset": []}]}'),
    ({1: 2, False: 3, None: 4}, '{"$dict": [[1, 2], [false, 3], [null, 4]]}'),
    ({"$set": [1], "a": 2}, '{"$dict": [["$set", [1]], ["a", 2]]}'),
    ({"a$": 1}, '{"a$": 1}'),
    ({"a": {2: 3}}, '{"a": {"$dict": [[2, 3]]}}'),
    (datetime(2026, 10, 25, 2, 30), '{"$datetime": "2026-10-25T02:30:00"}'),
    (datetime(2026, 10, 25, 2, 30, fold=1), '{"$datetime": "2026-10-25T02:30:00", "fold": 1}'),
    (datetime(2026, 1, 1, tzinfo=UTC), '{"$datetime": "2026-01-01T00:00:00+00:00"}'),
    (datetime(2026, 1, 1, 0, 0, 0, 5, CET), '{"$datetime": "2026-01-01T00:00:00.000005+01:00", "zone": "CET"}'),
    (time(1, 2, tzinfo=CET, fold=1), '{"$time": "01:02:00+01:00", "fold": 1, "zone": "CET"}'),
    (date(1, 2, 3), '{"$date": "0001-02-03"}'),
    (timedelta(-1, 2, 3), '{"$timedelta": [-1, 2, 3]}'),
    (UTC, '{"$timezone": "+00:00"}'),
    (CET, '{"$timezone": "+01:00", "name": "CET"}'),
    (timezone(timedelta(0), "X"), '{"$timezone": "+00:00", "name": "X"}'),
    ("a\ud800", '"a\\ud800"'),
    ({"\udcff": "\udcff"}, '{"\\udcff": "\\udcff"}'),
    ("\ud83d\ude00", '{"$text": ["\\ud83d", "\\ude00"]}'),
    ({"\ud83d\ude00": 1}, '{"$dict": [[{"$text": ["\\ud83d", "\\ude00"]}, 1]]}'),
    (1 << 20_000, '{"$int": "0x1' + "0" * 5000 + '"}'),
    ([-(1 << 20_000)], '[{"$int": "-0x1' + "0" * 5000 + '"}]'),
]


@pytest.mark.parametrize(("value", "text"), FORMS, ids=[text[:40] for _, text in FORMS])
def test_what_a_value_is_as_json(value: Any, text: str) -> None:
    assert to_json(value) == text
    assert exactly(parse(text)) == exactly(value)


@given(values)
def test_every_value_comes_back(value: Any) -> None:
    text = to_json(value)
    assert "\n" not in text
    text.encode()
    assert exactly(parse(text)) == exactly(value)
    assert exactly(from_json(json.loads(text))) == exactly(value)


@given(values)
def test_the_json_is_strict(value: Any) -> None:
    def refuse(name: str) -> None:
        raise AssertionError(name)

    json.loads(to_json(value), parse_constant=refuse)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("a$"), inner, max_size=4),
)


@given(json_values)
def test_what_json_can_hold_is_written_as_the_module_json_does(value: Any) -> None:
    text = to_json(value)
    if '"$' not in text:
        assert text == json.dumps(value, ensure_ascii=False)
        assert from_json(json.loads(text)) == value


@given(st.sets(st.integers() | st.text() | st.booleans() | st.none()))
def test_a_set_has_one_form(value: set[Any]) -> None:
    backwards = list(value)[::-1]
    assert to_json(value) == to_json(set(backwards))


def test_an_int_is_decimal_as_long_as_python_writes_it_so() -> None:
    assert to_json([10**4299]) == f"[{10**4299}]"
    assert to_json([10**4300]).startswith('[{"$int": "0x')
    most = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(640)
    try:
        assert parse(to_json({"a": 10**700})) == {"a": 10**700}
    finally:
        sys.set_int_max_str_digits(most)


def test_foreign_objects_are_shown_with_the_parts_that_they_have() -> None:
    assert to_json(Foreign("os.system")) == '{"$class": "os.system"}'
    node = Foreign("a.B", (1, (2,)))
    node.state = {"x": Foreign("a.C", ())}
    node.items = [3]
    node.pairs = [("k", b"")]
    assert to_json([node]) == (
        '[{"$class": "a.B", "args": [1, {"$tuple": [2]}], "state": {"x": {"$class": "a.C", "args": []}},'
        ' "items": [3], "pairs": [["k", {"$base64": true, "encoded": ""}]]}]'
    )


def test_a_foreign_object_is_not_read_back() -> None:
    with pytest.raises(ToolError, match=r"an object of the class os\.system is shown only"):
        parse('{"a": [{"$class": "os.system", "args": []}]}')


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('{"$unknown": 1}', 'there is no tag $unknown; write {"$dict": [[key, value], …]} for a dict with such a key'),
        ('{"$tuple": {}}', "not what belongs to the tag $tuple: not a tagged value"),
        ('{"$tuple": [], "x": 1}', "not what belongs to the tag $tuple: not a tagged value"),
        ('{"$set": [[]]}', "not what belongs to the tag $set: a list as a key"),
        ('{"$frozenset": [{"$tuple": [{}]}]}', "not what belongs to the tag $frozenset: a dict in a key"),
        ('{"$dict": [[1]]}', "not what belongs to the tag $dict: not a tagged value"),
        ('{"$dict": [[[], 1]]}', "not what belongs to the tag $dict: a list as a key"),
        ('{"$date": "2026-02-30"}', "not what belongs to the tag $date: day is out of range for month"),
        ('{"$datetime": "2026-01-01", "fold": 2}', "not what belongs to the tag $datetime: fold must be either 0 or 1"),
        ('{"$datetime": "2026-01-01", "fold": true}', "not what belongs to the tag $datetime: fold is 0 or 1"),
        ('{"$datetime": "2026-01-01", "zone": "X"}', "not what belongs to the tag $datetime: a zone without an offset"),
        ('{"$time": "01:00", "x": 1}', "not what belongs to the tag $time"),
        ('{"$timezone": "+24:00"}', None),
        ('{"$timezone": "Z"}', "not what belongs to the tag $timezone: not a tagged value"),
        ('{"$timedelta": [1, 2]}', "not what belongs to the tag $timedelta: not a tagged value"),
        ('{"$timedelta": [true, 0, 0]}', "not what belongs to the tag $timedelta: not a tagged value"),
        ('{"$timedelta": [9999999999, 0, 0]}', None),
        ('{"$int": "10"}', "not what belongs to the tag $int: not a tagged value"),
        ('{"$float": "nan"}', "not what belongs to the tag $float: not a tagged value"),
        ('{"$base64": true, "encoded": "?"}', None),
        ('{"$text": [1]}', "not what belongs to the tag $text"),
        ('{"\\u0024tuple": 1}', "not what belongs to the tag $tuple: not a tagged value"),
        ("NaN", 'not JSON: NaN; write {"$float": "NaN"}'),
        ("[-Infinity]", 'not JSON: -Infinity; write {"$float": "-Infinity"}'),
        ("1e999", "1e999 is too large for a 64-bit float"),
        ("9" * 5000, "a whole number of more than 4300 digits"),
        ("[1,]", None),
        ("", "line 1, column 1: not JSON: expecting value"),
        ("[" * 100_000, "not JSON that can be read: nested too deep"),
    ],
)
def test_what_is_not_ours_is_refused(text: str, error: str | None) -> None:
    with pytest.raises(ToolError) as caught:
        parse(text)
    assert error is None or str(caught.value) == error


def test_keys_of_one_hash_in_a_tag_are_refused() -> None:
    with pytest.raises(ToolError, match="more than 100 keys that have one hash"):
        parse(json.dumps({"$set": [n * (2**61 - 1) for n in range(10_000)]}))


def test_the_last_of_two_equal_keys_counts() -> None:
    assert parse('{"a": 1, "a": 2}') == {"a": 2}


def test_minus_zero_of_jq_is_a_float() -> None:
    assert exactly(parse("[-0, -0.0, 0, -05e0]".replace("-05e0", "-5"))) == exactly([-0.0, -0.0, 0, -5])


def test_tags_may_be_in_any_order() -> None:
    assert parse('{"zone": "CET", "fold": 1, "$datetime": "2026-01-01T00:00:00+01:00"}').tzinfo.tzname(None) == "CET"
    assert parse('{"encoded": "/w==", "$base64": true}') == b"\xff"


def test_json_without_tags_is_left_alone() -> None:
    value = json.loads('{"a": [1, {"b$": "$c"}]}')
    assert from_json(value) is value


@pytest.mark.parametrize("levels", [DEEPEST, DEEPEST + 1])
@pytest.mark.parametrize("wrap", [lambda v: [v], lambda v: (v,), lambda v: {1: v}, lambda v: {"$": v}])
def test_nesting_has_a_limit(wrap: Any, levels: int) -> None:
    value = wrap(None)
    for _ in range(levels - 1):
        value = wrap(value)
    if levels > DEEPEST:
        with pytest.raises(TooDeep, match="nested more than 200 levels deep"):
            to_json(value)
    else:
        assert parse(to_json(value)) == value


def test_what_refers_to_itself_is_refused() -> None:
    loop: list[Any] = [1]
    loop.append({"k": (loop,)})
    with pytest.raises(ToolError, match="refers to itself"):
        to_json(loop)


def test_parts_count_as_often_as_they_are_referred_to() -> None:
    value: Any = "lol"
    for _ in range(40):
        value = [value, value]
    with pytest.raises(ToolError, match="more than 10000000 parts"):
        to_json(value)
    with pytest.raises(ToolError, match="more than 100 parts"):
        to_json(list(range(100)), max_nodes=100)
    assert to_json(list(range(99)), max_nodes=100).endswith("98]")
    with pytest.raises(ToolError, match="more than 100 parts"):
        to_json(["x" * 10_000], max_nodes=100)
    with pytest.raises(ToolError, match="more than 100 parts"):
        to_json({"x" * 10_000: 1}, max_nodes=100)
    with pytest.raises(ToolError, match="more than 100 parts"):
        to_json([(10**4000,)] * 10, max_nodes=100)


def test_one_list_in_many_places_is_no_circle() -> None:
    shared = [1]
    assert to_json([shared, shared, (shared,)]) == '[[1], [1], {"$tuple": [[1]]}]'


def test_what_is_too_large_for_the_quick_way_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    value = [{"k": [number, "x"]} for number in range(100)]
    quick = to_json(value)
    monkeypatch.setattr(forms, "QUICKLY", 10)
    assert to_json(value) == quick
    assert exactly(parse(to_json([*value, (1,), {2: 3}]))) == exactly([*value, (1,), {2: 3}])


class Colour(IntEnum):
    RED = 1


@pytest.mark.parametrize("value", [Decimal(1), Colour.RED, OrderedDict(a=1), object, bytearray(b"x"), 1j])
@pytest.mark.parametrize("wrap", [lambda v: v, lambda v: [v], lambda v: {"k": [v]}])
def test_what_is_not_plain_is_refused(value: Any, wrap: Any) -> None:
    with pytest.raises(NotPlain, match="cannot be written as JSON"):
        to_json(wrap(value))
