"""The check finds every wrong comparison."""

import pytest

from stdtools.diff import compare
from stdtools.diff.checking import WrongComparison, check
from stdtools.diff.comparison import Change

A = b"one\ntwo\nthree\nfour\n"
B = b"one\n2\nthree\nfour\nfive"
GOOD = [Change(1, 2, 1, 2, 4, 8, 4, 6), Change(4, 4, 4, 5, 19, 19, 17, 21)]


def test_what_the_engine_finds_is_right() -> None:
    comparison = compare(A, B)
    assert list(comparison.changes) == GOOD
    check(comparison, count=True)


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("field", Change._fields)
@pytest.mark.parametrize("by", [-2, -1, 1, 2])
def test_a_number_that_is_off_is_found(number: int, field: str, by: int) -> None:
    changes = list(GOOD)
    changes[number] = changes[number]._replace(**{field: getattr(changes[number], field) + by})
    with pytest.raises(WrongComparison):
        check(compare(A, B)._replace(changes=changes))


@pytest.mark.parametrize(
    "changes",
    [
        [],
        GOOD[:1],
        GOOD[1:],
        GOOD[::-1],
        [*GOOD, GOOD[1]],
        [GOOD[0], Change(2, 2, 2, 2, 8, 8, 6, 6), GOOD[1]],
        [Change(0, 4, 0, 4, 0, 19, 0, 17), GOOD[1]],  # no line between them
        [Change(1, 2, 1, 2, 5, 8, 5, 6), GOOD[1]],
    ],
)
def test_changes_that_do_not_rebuild_the_text_are_found(changes: list[Change]) -> None:
    with pytest.raises(WrongComparison):
        check(compare(A, B)._replace(changes=changes))


def test_lines_that_are_all_off_by_one_are_found_by_counting() -> None:
    moved = [change._replace(a1=change.a1 + 1, a2=change.a2 + 1, b1=change.b1 + 1, b2=change.b2 + 1) for change in GOOD]
    with pytest.raises(WrongComparison):
        check(compare(A, B)._replace(changes=moved), count=True)


def test_with_keys_the_places_in_the_real_texts_are_checked() -> None:
    keys = A.replace(b"two", b"t"), B.replace(b"2", b"T")
    comparison = compare(A, B, keys=keys)
    check(comparison, keys)
    for field in Change._fields:
        wrong = comparison.changes[0]._replace(**{field: getattr(comparison.changes[0], field) + 1})
        with pytest.raises(WrongComparison):
            check(comparison._replace(changes=[wrong, *comparison.changes[1:]]), keys)
    with pytest.raises(WrongComparison):
        check(comparison, (keys[0], keys[1].replace(b"three", b"3")))
