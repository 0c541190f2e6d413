"""Work in a second thread, in order, and none after a failure."""

import sys
import time
from functools import partial

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


def test_a_failure_is_raised_each_time_that_something_is_started_or_waited_for() -> None:
    """Whoever took the first for something else must not believe that the rest was done."""
    done: list[str] = []
    with pytest.raises(ZeroDivisionError), Aside() as aside:
        aside.start(lambda: 1 / 0)
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                aside.wait()
        aside.start(lambda: done.append("behind"))
        with pytest.raises(ZeroDivisionError):
            aside.wait()
    assert done == []


def test_what_has_not_begun_is_not_done_when_the_caller_fails() -> None:
    done: list[str] = []
    with pytest.raises(KeyError), Aside() as aside:
        aside.start(lambda: time.sleep(0.1))
        aside.start(lambda: done.append("behind"))
        raise KeyError
    assert done == []


@pytest.mark.timeout(20)
def test_an_interrupt_at_any_moment_leaves_nobody_waiting() -> None:
    """Before and behind each call that the first thread makes, in turn, as a signal's handler raises."""
    interrupted = 0
    for moment in range(1, 10_000):
        left = moment

        def interrupt(*_: object) -> None:
            nonlocal left
            left -= 1
            if not left:
                raise KeyboardInterrupt

        done: list[int] = []
        try:
            with Aside() as aside:
                sys.setprofile(interrupt)
                try:
                    for number in range(4):
                        aside.start(partial(done.append, number))
                    aside.wait()
                finally:
                    sys.setprofile(None)
        except KeyboardInterrupt:
            interrupted += 1
            assert done == list(range(len(done)))
        else:
            break
    assert interrupted > 20
