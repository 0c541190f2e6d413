"""unpack, then pack, gives the same bytes: for every layout without pad bytes and every input."""

import contextlib
import json
import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stdtools.pack.decode import TruncatedRecord
from stdtools.pack.layout import Layout
from stdtools.shared.errors import ToolError
from tests.conftest import Run
from tests.pack.strategies import blobs, layouts
from tests.pack.through import pack, parse, unpack

FORMS = ["json", "jsonl", "csv", "tsv"]


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=300, deadline=None)
@given(layout=layouts(variable=False), data=blobs)
def test_fixed_layouts(form: str, layout: Layout, data: bytes) -> None:
    whole = data[: len(data) // layout.size * layout.size]
    text = unpack(layout, data, form, tail="drop")
    assert pack(layout, parse(form, text, layout)) == whole


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=300, deadline=None)
@given(layout=layouts(variable=True), data=blobs)
def test_variable_layouts(form: str, layout: Layout, data: bytes) -> None:
    try:
        text = unpack(layout, data, form)
    except TruncatedRecord as truncated:
        whole = int(truncated.where.split("(byte ")[1].rstrip(")"))
        data = data[:whole]
        text = unpack(layout, data, form)
    assert pack(layout, parse(form, text, layout)) == data


@settings(max_examples=300, deadline=None)
@given(layout=layouts(variable=False), data=blobs, form=st.sampled_from(["json", "jsonl", "csv", "tsv", "plain"]))
def test_the_bulk_way_and_the_plain_way_agree(layout: Layout, data: bytes, form: str) -> None:
    data = data * 40
    data = data[: len(data) // layout.size * layout.size]
    fast = unpack(layout, data, form)
    assert fast == unpack(layout, data, form, bulk=False)
    if form != "plain":
        rows = parse(form, fast, layout)
        assert pack(layout, rows) == pack(layout, rows, batch=1)


@settings(max_examples=20, deadline=None)
@given(layout=layouts(variable=False), seed=st.integers(0, 2**32))
def test_several_processes_write_the_same(layout: Layout, seed: int) -> None:
    data = random.Random(seed).randbytes(3 * layout.size * 700)
    assert unpack(layout, data, "jsonl", jobs=3) == unpack(layout, data, "jsonl")


@settings(max_examples=200, deadline=None)
@given(
    encoding=st.sampled_from(
        ["latin-1", "utf-16-le", "utf-16", "cp1252", "shift_jis", "iso2022_jp", "utf-7", "ascii", "punycode"]
    ),
    data=st.binary(max_size=64),
)
def test_text_in_any_encoding(encoding: str, data: bytes) -> None:
    from stdtools.pack.text import Charset

    layout = Layout("5s:a B/s:b 3p:c c:d", Charset(encoding))
    try:
        text = unpack(layout, data, "jsonl")
    except TruncatedRecord as truncated:
        data = data[: int(truncated.where.split("(byte ")[1].rstrip(")"))]
        text = unpack(layout, data, "jsonl")
    assert pack(layout, parse("jsonl", text, layout)) == data


@settings(max_examples=200, deadline=None)
@given(code=st.sampled_from(["e", "f", "d"]), order=st.sampled_from("<>"), data=st.binary(min_size=64, max_size=64))
def test_every_float_keeps_its_bits(code: str, order: str, data: bytes) -> None:
    layout = Layout(f"{order}{code}:x")
    assert pack(layout, parse("jsonl", unpack(layout, data, "jsonl"), layout)) == data


def test_every_half_float_keeps_its_bits() -> None:
    """All 65,536 of them, NaN payloads included."""
    data = struct.pack("<65536H", *range(65536))
    layout = Layout("<e:x")
    for form in FORMS:
        assert pack(layout, parse(form, unpack(layout, data, form), layout)) == data


@settings(max_examples=300, deadline=None)
@given(
    order=st.sampled_from("@=<>!"),
    codes=st.text("bBhHiIlLqQefd?c", min_size=1, max_size=8),
    data=st.binary(max_size=200),
)
def test_plain_struct_formats_mean_what_struct_says(order: str, codes: str, data: bytes) -> None:
    """Sizes, alignment and values, native ones too."""
    form = struct.Struct(order + codes)
    layout = Layout(order + codes)
    assert layout.size == form.size
    data = data[: len(data) // form.size * form.size]
    lines = [json.loads(line) for line in unpack(layout, data, "jsonl").splitlines()]
    assert len(lines) == len(data) // form.size
    for line, values in zip(lines, form.iter_unpack(data), strict=True):
        assert list(line) == [f"f{i}" for i in range(len(codes))]
        for got, value in zip(line.values(), values, strict=True):
            if isinstance(value, bytes):
                value = value.decode("utf-8", "replace").rstrip("\0") if value < b"\x80" else got
            if isinstance(value, float) and (value != value or abs(value) == float("inf")):
                value = got
            assert got == value or (value is True and got > 1)


@settings(max_examples=300, deadline=None)
@given(st.text("<>=!@0123456789 bhiqefd?spcxznNPu:a/(*){},", max_size=20), st.binary(max_size=60))
def test_any_text_is_a_layout_or_a_pointed_error(text: str, data: bytes) -> None:
    try:
        layout = Layout(text)
    except ToolError as error:
        caret = error.detail[1].index("^") if error.detail else 0
        assert 0 <= caret - 2 <= len(text)
        return
    if layout.size < 1 << 16:
        with contextlib.suppress(ToolError):  # a negative length; anything else is a bug
            unpack(layout, data, "jsonl", tail="partial")


@settings(max_examples=500, deadline=None)
@given(
    st.sampled_from("@=<>!"),
    st.lists(st.tuples(st.sampled_from(["", "0", "1", "3"]), st.sampled_from("xcbB?hHiIlLqQnNefdspP"))),
)
def test_sizes_equal_calcsize(order: str, parts: list[tuple[str, str]]) -> None:
    text = order + "".join(count + code for count, code in parts)
    try:
        size = struct.calcsize(text)
    except struct.error:
        with pytest.raises(ToolError):
            Layout(text)
        return
    assert Layout(text).size == size


@pytest.mark.process
def test_through_real_pipes(shell: Run, tmp_path: object) -> None:
    data = random.Random(7).randbytes(24 * 5000)
    layout = "<I:id h:a H:b d:x 8s:text"
    for form, flag in (("--jsonl", ""), ("--json", ""), ("--csv", "--csv")):
        result = shell(f"stdtools unpack '{layout}' {form} | stdtools pack '{layout}' {flag}", stdin=data)
        assert result == (0, data, "")
