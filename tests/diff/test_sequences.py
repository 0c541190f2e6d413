"""Opcodes of sequences, as difflib takes them."""

import difflib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import stdtools.diff
from stdtools.diff.comparison import Opcode

lines = st.lists(st.sampled_from(["a", "b\n", "a\n", "", "\n", "a\nb", "\\n", "\\", "ä\udc80\x85\n"]), max_size=12)


def rebuilt(opcodes: list[Opcode], a: Any, b: Any) -> list[Any]:
    result: list[Any] = []
    for tag, a1, a2, b1, b2 in opcodes:
        assert tag != "equal" or a[a1:a2] == b[b1:b2]
        result += a[a1:a2] if tag == "equal" else b[b1:b2]
    return result


@given(a=lines, b=lines, as_bytes=st.booleans())
def test_sequences_of_lines_of_any_form(a: list[str], b: list[str], as_bytes: bool) -> None:
    forms: list[list[Any]] = [[x.encode("utf-8", "surrogatepass") for x in y] if as_bytes else y for y in (a, b)]
    opcodes = stdtools.diff.opcodes(*forms)
    assert rebuilt(opcodes, *forms) == forms[1]
    if opcodes:
        assert (opcodes[0][1], opcodes[0][3], opcodes[-1][2], opcodes[-1][4]) == (0, 0, len(a), len(b))
    else:
        assert a == b == []


@given(a=lines, b=lines)
def test_by_difflib_they_are_difflibs(a: list[str], b: list[str]) -> None:
    assert stdtools.diff.opcodes(a, b, algorithm="difflib") == difflib.SequenceMatcher(None, a, b).get_opcodes()


def test_difflib_goes_on_from_there() -> None:
    a, b = [f"{n}\n" for n in range(30)], [f"{n}\n" for n in range(30) if n not in (9, 25)]
    matcher: difflib.SequenceMatcher[str] = difflib.SequenceMatcher(None, a, b)
    expected = list(matcher.get_grouped_opcodes())
    matcher = difflib.SequenceMatcher()
    matcher.opcodes = stdtools.diff.opcodes(a, b)
    assert list(matcher.get_grouped_opcodes()) == expected


def test_texts_are_split_at_newlines_alone() -> None:
    assert stdtools.diff.opcodes("a\x0cb\rc\nd", "a\x0cb\rc\ne") == [("equal", 0, 1, 0, 1), ("replace", 1, 2, 1, 2)]
    assert stdtools.diff.opcodes(b"a\nb\n", b"a\n") == [("equal", 0, 1, 0, 1), ("delete", 1, 2, 1, 1)]


@pytest.mark.parametrize(("a", "b"), [("a", b"a"), (["a"], [b"a"]), (["a", b"a"], []), ([1], [2])])
def test_str_and_bytes_are_never_the_same(a: Any, b: Any) -> None:
    with pytest.raises(TypeError, match="str or bytes"):
        stdtools.diff.opcodes(a, b)
