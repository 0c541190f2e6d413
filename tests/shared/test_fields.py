"""Fields of records that come as lines."""

import os
import tempfile

import pytest

from stdtools.shared.errors import ToolError
from stdtools.shared.fields import FieldReader
from stdtools.shared.streams import Input
from tests.conftest import Run


def rows(data: bytes, *fields: str, form: str = "auto") -> list[tuple[bytes, tuple[object, ...]]]:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        return list(FieldReader(fields, form=form).read(Input(os.dup(file.fileno()), "x")))


def test_a_byte_order_mark_is_no_part_of_the_first_name() -> None:
    assert rows(b"\xef\xbb\xbfid,x\n1,2\n", "id") == [(b"1,2\n", ("1",))]
    assert rows(b'\xef\xbb\xbf"id",x\n1,2\n', "id") == [(b"1,2\n", ("1",))]
    assert rows(b'\xef\xbb\xbf{"id": 1}\n', "id")[0][1] == (1,)


def test_quotes_within_cells_and_across_lines() -> None:
    data = b'id,x\n5" nail,1\n"two\nlines",2\n"a ""b""",3\n'
    assert [(record, values) for record, values in rows(data, "id", "x")] == [
        (b'5" nail,1\n', ('5" nail', "1")),
        (b'"two\nlines",2\n', ("two\nlines", "2")),
        (b'"a ""b""",3\n', ('a "b"', "3")),
    ]
    with pytest.raises(ToolError, match="a quote is open at the end"):
        rows(b'id\n"open\n' + b"row\n" * 100_000, "id")
    with pytest.raises(ToolError, match="not CSV") as caught:
        rows(b'id\nx\n"a\n"b"\n', "id")
    assert caught.value.where == "x: line 4"


def test_an_array_is_records() -> None:
    for form in ("auto", "jsonl"):
        assert rows(b'[{"a": 1},\n {"a": "\xc3\xa9"}]\n', "a", form=form) == [
            (b'{"a": 1}\n', (1,)),
            (b'{"a": "\xc3\xa9"}\n', ("\u00e9",)),
        ]
    assert rows(b"[x] 1\n", "1") == [(b"[x] 1\n", ("[x]",))], "a number is a field of text"


@pytest.mark.process
def test_a_header_may_begin_with_a_name_in_brackets(run: Run) -> None:
    assert run("count", "--field", "name", stdin="[id],name\n1,a\n2,a\n").text == "2\ta\n"
    assert run("count", "--field", "[id]", stdin="\ufeff[id]\n1\n").text == "1\t1\n"
    for array in ("[\n  \n  {", "\n\n \t\n\n[{", "\ufeff[\r\n{"):
        assert run("count", "--field", "a", stdin=array + '"a": 1}]\n').text == "1\t1\n"
    assert run("count", "--field", "a", stdin="[]\n") == run("count", "--field", "a", stdin=" [ ]") == (0, b"", "")
