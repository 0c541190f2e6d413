"""Work in a second thread, in order, and none after a failure."""

import pytest

from stdtools.tasks.aside import Aside


def test_all_is_done_in_order() -> None:
    done: list[int] = []
    with Aside() as aside:
        for number in range(100):
            aside.start(lambda number=number: done.append(number))
        aside.wait()
        assert done == list(range(100))
        aside.start(lambda: done.append(100))
    assert done == list(range(101)), "what is under way is waited for"


def test_what_comes_behind_a_failure_is_not_done() -> None:
    done: list[str] = []
    with pytest.raises(ZeroDivisionError), Aside() as aside:
        aside.start(lambda: 1 / 0)
        aside.start(lambda: done.append("behind"))
        aside.start(lambda: done.append("farther behind"))
    assert done == []


def test_a_failure_is_raised_where_it_is_waited_for_and_an_error_of_the_caller_stays() -> None:
    with pytest.raises(KeyError), Aside() as aside:
        aside.start(lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            aside.wait()
        raise KeyError
    with pytest.raises(KeyError), Aside() as aside:
        aside.start(lambda: 1 / 0)
        raise KeyError
