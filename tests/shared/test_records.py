"""Records written and read back are the same, in every form that can be read."""

import csv
import io
import json
import math
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stdtools.shared.errors import ToolError
from stdtools.shared.record_input import read_csv, read_json, read_tsv
from stdtools.shared.records import FORMATS, RecordWriter, untag
from stdtools.shared.streams import Input, Output, open_input

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ['{"$text": 1}', '{"$', "NaN", "a,b", "\r"]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts | st.binary(max_size=5)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=5
)
columns = st.lists(texts, min_size=1, max_size=4, unique=True)


def written(names: list[str], rows: list[list[Any]], form: str, *, bare_floats: bool = False) -> bytes:
    with tempfile.TemporaryFile() as file:
        with Output(file.fileno()) as output:
            writer = RecordWriter(output, names, form, bare_floats=bare_floats)
            writer.write(rows)
            writer.close()
        file.seek(0)
        return file.read()


def read_back(read: Callable[[Input], Iterator[Any]], text: bytes) -> list[Any]:
    with tempfile.TemporaryFile() as file:
        file.write(text)
        file.seek(0)
        return list(read(Input(file.fileno(), "in")))


def untagged(value: Any) -> Any:
    """Turn tags back into what they stand for, all the way down."""
    if isinstance(value, dict):
        try:
            return untag(value)
        except ValueError:
            return {key: untagged(item) for key, item in value.items()}
    return [untagged(item) for item in value] if isinstance(value, list) else value


def same(a: Any, b: Any) -> bool:
    """Equality in which NaN is itself and 1 is not True."""
    if isinstance(a, float) and isinstance(b, float):
        return (math.isnan(a) and math.isnan(b)) or (a == b and math.copysign(1, a) == math.copysign(1, b))
    if type(a) is not type(b):
        return False
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return bool(a == b)


@settings(max_examples=300, deadline=None)
@given(columns, st.data(), st.sampled_from(["json", "jsonl"]))
def test_json_is_strict_and_lossless(names: list[str], data: st.DataObject, form: str) -> None:
    rows = data.draw(st.lists(st.lists(values, min_size=len(names), max_size=len(names)), max_size=4))
    text = written(names, rows, form)
    documents = [text] if form == "json" else text.split(b"\n")[:-1]
    for document in documents:
        json.loads(document, parse_constant=pytest.fail)
    back = read_back(read_json, text)
    assert len(back) == len(rows)
    for record, row in zip(back, rows, strict=True):
        assert list(record) == names
        for got, value in zip(record.values(), row, strict=True):
            assert same(untagged(got), value)


@settings(max_examples=300, deadline=None)
@given(columns, st.data(), st.sampled_from(["csv", "tsv"]))
def test_delimited_text_keeps_every_string(names: list[str], data: st.DataObject, form: str) -> None:
    rows = data.draw(st.lists(st.lists(texts, min_size=len(names), max_size=len(names)), max_size=4))
    text = written(names, rows, form)
    back = read_back(read_csv if form == "csv" else read_tsv, text)
    if form == "tsv" and len(names) == 1:
        assert text.count(b"\n") == len(rows) + 1, "one record, one line"
    tag = {json.dumps({"$text": text}, ensure_ascii=False): text for row in rows for text in row}
    assert [[tag.get(cell, cell) for cell in record.values()] for record in back] == rows
    if form == "csv":
        parsed = list(csv.reader(io.StringIO(text.decode(), newline=""), strict=True))
        assert len(parsed) == len(rows) + 1, "any CSV reader sees the same records"


def test_floats_are_names_where_the_reader_knows_them() -> None:
    row = [[float("nan"), float("-inf"), [float("inf")]]]
    assert (
        written(["a", "b", "c"], row, "jsonl", bare_floats=True)
        == b'{"a": "NaN", "b": "-Infinity", "c": ["Infinity"]}\n'
    )
    assert written(["a", "b", "c"], row, "jsonl") == (
        b'{"a": {"$float": "NaN"}, "b": {"$float": "-Infinity"}, "c": [{"$float": "Infinity"}]}\n'
    )
    assert written(["a", "b", "c"], row, "csv") == b'a,b,c\nNaN,-Infinity,"[{""$float"": ""Infinity""}]"\n'


def test_the_same_row_in_each_form() -> None:
    row = [[None, True, "a\tb\\", b"\xff", [1, "x"]]]
    names = ["n", "b", "t", "r", "l"]
    tag = '{"$base64": true, "encoded": "/w=="}'
    quoted = tag.replace('"', '""')
    assert written(names, row, "plain").decode() == f'\ttrue\ta\\tb\\\\\t{tag}\t[1, "x"]\n'
    assert written(names, row, "tsv").decode() == f'n\tb\tt\tr\tl\n\ttrue\ta\\tb\\\\\t{tag}\t[1, "x"]\n'
    assert written(names, row, "csv").decode() == f'n,b,t,r,l\n,true,a\tb\\,"{quoted}","[1, ""x""]"\n'
    assert (
        written(names, row, "jsonl").decode()
        == f'{{"n": null, "b": true, "t": "a\\tb\\\\", "r": {tag}, "l": [1, "x"]}}\n'
    )


def test_a_percent_sign_in_a_name_is_no_format() -> None:
    for form in FORMATS:
        assert b"100%s" in written(["100%s"], [[1]], form) or form == "plain"


def test_wide_tables_fold_and_never_cut() -> None:
    text = written(["path"], [["x" * 500]], "table").decode()
    assert "x" * 500 in text, "off a terminal there is no width"


@pytest.mark.parametrize(
    "value",
    [{"$base64": True}, {"$base64": False, "encoded": ""}, {"$base64": True, "encoded": "!"},
     {"$base64": True, "encoded": "", "x": 1}, {"$float": "seven"}, {"$float": 7}, {"$text": 1}, {}, {"a": 1}],
)  # fmt: skip
def test_only_our_tags_are_tags(value: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"not a tagged value|base64|could not convert|padding|discontinuous|data"):
        untag(value)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60) | st.text('{}[]",:0123456789-eNaI tfn\\u \n', max_size=40).map(str.encode))
def test_any_bytes_are_records_or_an_error(text: bytes) -> None:
    for read in (read_json, read_csv, read_tsv):
        try:
            read_back(read, text)
        except ToolError as error:
            assert "\n" not in str(error)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.dictionaries(texts, st.integers() | texts, max_size=3), max_size=5), st.integers(0, 8), st.booleans()
)
def test_json_values_may_be_split_anywhere(records: list[dict[str, Any]], indent: int, array: bool) -> None:
    """Blocks end within strings, numbers and characters of several bytes."""
    dump = [json.dumps(record, indent=indent or None, ensure_ascii=False) for record in records]
    text = ("[" + ",".join(dump) + "]" if array else "\n".join(dump)).encode()

    class Dribble:
        name = "in"

        def __init__(self) -> None:
            self.rest = text

        def read(self, size: int) -> bytes:
            first, self.rest = self.rest[:1], self.rest[1:]
            return first

    assert list(read_json(Dribble())) == records  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "values"),
    [("[7]", [7]), ('[{"a":1},7]', [{"a": 1}, 7]), ("7 8", [7, 8]), ("[1,2 ]", [1, 2]), ("-0.5e1", [-5.0])],
)
def test_a_number_at_the_end_of_what_was_read_is_whole(tmp_path: Path, text: str, values: list[object]) -> None:
    (tmp_path / "a.json").write_text(text)
    with open_input(str(tmp_path / "a.json")) as source:
        assert list(read_json(source)) == values
