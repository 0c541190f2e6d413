"""Sizes as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stdtools.shared.sizes import parse_size
from tests.conftest import Run


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("16", 16), ("0x10", 16), ("0X1f", 31), ("64k", 65536), ("64K", 65536), ("64KiB", 65536),
     ("10M", 10 << 20),
     ("1GiB", 1 << 30), ("2t", 2 << 40), ("5b", 5), ("-22", -22), (" 7 ", 7), ("08", 8)],
)  # fmt: skip
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "k", "1.5k", "1e3", "0b1", "--1", "1 k", "1kk", "０", "1_000"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match="is not a size; write bytes as"):
        parse_size(text)


@given(st.text(max_size=12))
def test_any_text_is_a_size_or_a_value_error(text: str) -> None:
    try:
        assert isinstance(parse_size(text), int)
    except ValueError as error:
        assert "is not a size" in str(error)


@pytest.mark.process
def test_what_is_typed_comes_before_a_default(run: Run) -> None:
    quiet = {"STDTOOLS_UNPACK_QUIET": "1"}
    assert run("unpack", "B", "-v", stdin=b"1", env=quiet).err == "stdtools unpack: 1 record\n"
    assert run("unpack", "B", stdin=b"1", env=quiet | {"STDTOOLS_UNPACK_VERBOSE": "0"}).err == ""
    assert run("unpack", "B", "-q", stdin=b"1", env={"STDTOOLS_UNPACK_VERBOSE": "1"}).err == ""


@pytest.mark.process
@pytest.mark.parametrize(
    ("args", "name"),
    [
        (["tmpl", "-e", "x", "--json"], "--json needs"),
        (["tmpl", "-e", "x", "--format", "plain"], "--format needs"),
        (["diff", "--closest", "x", "-d"], "--minimal has no meaning"),
        (["diff", "--closest", "x", "--algorithm", "patience"], "--algorithm has no meaning"),
        (["diff", "--closest", "x", "--no-timestamps"], "--no-timestamps has no meaning"),
        (["diff", "--closest", "x", "--timestamps"], "--timestamps has no meaning"),
    ],
)
def test_what_has_no_effect_is_named_as_it_was_typed(run: Run, args: list[str], name: str) -> None:
    assert f": {name} " in run(*args).err
