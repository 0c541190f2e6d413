import contextlib
import multiprocessing
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from stdtools.par import Pool, WorkerDied
from stdtools.par.failures import CannotStart, NotPicklable, RemoteTraceback
from tests.par import work

# The threads of a test runner are no danger: a worker runs nothing of theirs.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


@pytest.fixture(params=["fork", "spawn", "forkserver"])
def start_method(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def pool(start_method: str) -> Iterator[Pool]:
    with Pool(3, start_method=start_method) as pool:
        yield pool
    assert not multiprocessing.active_children()


def outcomes(results: Iterator[object]) -> list[object]:
    """Return all results, and the errors among them."""
    found: list[object] = []
    while True:
        try:
            found.append(next(results))
        except StopIteration:
            return found
        except Exception as error:  # noqa: BLE001 - it is what is tested
            found.append(error)


def test_imap_is_ordered_however_long_items_take(pool: Pool) -> None:
    assert list(pool.imap(work.slow_when_even, range(40))) == list(range(40))
    assert list(pool.imap(work.slow_when_even, range(40), chunksize=7)) == list(range(40))


def test_imap_unordered_delivers_each_once(pool: Pool) -> None:
    found = list(pool.imap_unordered(work.slow_when_even, range(50), chunksize=3))
    assert sorted(found) == list(range(50))


def test_map_takes_what_has_no_length(pool: Pool) -> None:
    assert pool.map(work.square, iter(range(100))) == [n * n for n in range(100)]
    assert pool.map(work.square, {3}) == [9]
    assert pool.map(work.square, []) == []


def test_map_raises_the_first_error(pool: Pool) -> None:
    with pytest.raises(ValueError, match="-1 is bad"):
        pool.map(work.negative_is_bad, [1, -1, 2, -2])
    assert pool.map(work.square, [3]) == [9]


def test_a_pool_can_be_used_again_and_by_several_loops_in_turn(pool: Pool) -> None:
    first, second = pool.imap(work.square, range(30)), pool.imap_unordered(work.negative_is_bad, range(30))
    pairs = list(zip(first, second, strict=True))
    assert [a for a, _ in pairs] == [n * n for n in range(30)]
    assert sorted(b for _, b in pairs) == list(range(30))


def test_a_loop_may_feed_another_of_the_same_pool(pool: Pool) -> None:
    squares = pool.imap(work.square, range(50))
    assert list(pool.imap(work.square, squares, chunksize=4)) == [n**4 for n in range(50)]


def test_an_input_that_ends_the_pool_is_no_hang(pool: Pool) -> None:
    def items() -> Iterator[int]:
        yield 1
        pool.terminate()

    with pytest.raises(ValueError, match="the pool has ended"):
        list(pool.imap(work.sleep, items()))


def test_an_abandoned_loop_harms_no_other(pool: Pool) -> None:
    assert next(pool.imap(work.square, range(100))) == 0
    assert list(pool.imap(work.square, range(100))) == [n * n for n in range(100)]


def test_nothing_is_pulled_before_it_is_asked_for() -> None:
    pulled = []
    with Pool(2) as pool:
        results = pool.imap(work.square, (pulled.append(n) or n for n in range(100)))
        assert pulled == []
        next(results)
        assert 1 <= len(pulled) <= 8


def test_an_item_is_sent_before_the_next_is_pulled(tmp_path: object) -> None:
    begun = f"{tmp_path}/begun"

    def items() -> Iterator[str]:
        yield begun
        while not os.path.exists(begun):  # goes on only when the first has reached its worker
            time.sleep(0.001)
        yield begun

    with Pool(2) as pool:
        assert list(pool.imap(work.die_once, items())) == [begun, begun]


@pytest.mark.parametrize("name", ["imap", "imap_unordered"])
def test_an_endless_input_is_pulled_no_further_than_the_window(name: str) -> None:
    pulled = 0

    def endless() -> Iterator[int]:
        nonlocal pulled
        while True:
            yield pulled
            pulled += 1

    with Pool(2) as pool:
        results = getattr(pool, name)(work.square, endless(), 5)
        for delivered in range(1000):
            next(results)
            assert pulled - delivered <= 5 * 2 * 4 + 5


def test_a_slow_head_stops_the_pulling(tmp_path: object) -> None:
    gate = f"{tmp_path}/gate"
    os.mkfifo(gate)
    pulled = delivered = most = 0

    def items() -> Iterator[str]:
        nonlocal pulled, most
        for n in range(100):
            pulled += 1
            most = max(most, pulled - delivered)
            if pulled == 8:  # as many as the window holds
                opened.append(os.open(gate, os.O_RDWR))
            yield os.devnull if n else gate

    opened: list[int] = []
    with Pool(2) as pool:
        for _ in pool.imap(work.open_file, items()):
            delivered += 1
    os.close(opened[0])
    assert (delivered, most) == (100, 8)


def test_an_error_is_raised_in_its_place_and_the_loop_goes_on(pool: Pool) -> None:
    found = outcomes(pool.imap(work.negative_is_bad, [0, 1, -2, 3, -4, 5], chunksize=2))
    assert [str(f) for f in found] == ["0", "1", "-2 is bad", "3", "-4 is bad", "5"]
    assert type(found[2]) is ValueError
    assert isinstance(found[2].__cause__, RemoteTraceback)
    assert "in negative_is_bad" in str(found[2].__cause__)


def test_stop_iteration_of_the_function_does_not_end_the_loop(pool: Pool) -> None:
    found = outcomes(pool.imap(work.stop, [1, 2]))
    assert [type(f) for f in found] == [RuntimeError, RuntimeError]


def test_an_error_of_the_iterable_comes_after_what_came_before_it(pool: Pool) -> None:
    def items() -> Iterator[int]:
        yield from range(7)
        raise KeyError("broken")

    found = outcomes(pool.imap(work.square, items(), chunksize=3))
    assert found[:7] == [n * n for n in range(7)]
    assert [type(f) for f in found[7:]] == [KeyError]


def test_what_cannot_be_pickled_is_an_error_in_its_place(pool: Pool) -> None:
    with pytest.raises(Exception, match="pickle"):
        pool.imap(lambda n: n, [1])
    lock = threading.Lock()
    found = outcomes(pool.imap(type, [1, lock, 2, 3], chunksize=4))
    assert [found[0], *found[2:]] == [int, int, int]
    assert isinstance(found[1], TypeError)


def test_results_that_cannot_be_pickled_are_errors_alone(pool: Pool) -> None:
    found = outcomes(pool.imap(work.lambda_of_odd, range(6), chunksize=3))
    assert [f for f in found if not isinstance(f, NotPicklable)] == [0, 2, 4]
    assert "a result of type function cannot be sent" in str(found[1])


def test_an_exception_that_does_not_survive_pickle_is_told_of(pool: Pool) -> None:
    (error,) = outcomes(pool.imap(work.be_awkward, [5]))
    assert isinstance(error, NotPicklable)
    assert "Awkward: 5" in str(error)
    assert "in be_awkward" in str(error.__cause__)


def test_what_cannot_be_unpickled_is_an_error(pool: Pool) -> None:
    (result,) = outcomes(pool.imap(work.unreadable, [4]))
    assert isinstance(result, NotPicklable)
    found = outcomes(pool.imap(type, [1, work.Unreadable(2), 3], chunksize=3))
    assert [found[0], found[2]] == [int, int]
    assert "cannot be read: 2" in str(found[1])


def test_big_items_and_big_results_pass_each_other(pool: Pool) -> None:
    items = [os.urandom(2_000_000) for _ in range(6)]
    assert list(pool.imap(work.length, items, chunksize=2)) == [item[::-1] for item in items]


@pytest.mark.parametrize("name", ["imap", "imap_unordered"])
def test_one_guilty_item_in_a_chunk_of_100_fails_alone(pool: Pool, name: str) -> None:
    found = outcomes(getattr(pool, name)(work.die_of_13, range(300), 100))
    died = [f for f in found if isinstance(f, WorkerDied)]
    assert sorted(e.index for e in died) == [13, 113, 213]
    assert {e.signal for e in died} == {signal.SIGKILL}
    assert sorted(e.tail for e in died) == [b"about to die of %d\n" % n for n in (113, 13, 213)]
    good = [f for f in found if not isinstance(f, WorkerDied)]
    assert sorted(good) == [n for n in range(300) if n % 100 != 13]
    if name == "imap":
        assert good == sorted(good)
        assert [e.index for e in found if isinstance(e, WorkerDied)] == [13, 113, 213]


def test_the_exit_code_of_a_worker_is_told(pool: Pool) -> None:
    found = outcomes(pool.imap(work.exit_of_13, range(20)))
    assert str(found.pop(13)) == "the worker of item 13 ended with exit code 5"
    assert found == [n for n in range(20) if n != 13]
    (error,) = outcomes(pool.imap(work.leave, [9]))
    assert isinstance(error, WorkerDied)
    assert (error.exit_code, error.signal) == (9, None)


def test_an_item_is_not_blamed_for_one_death(pool: Pool, tmp_path: object) -> None:
    paths = [f"{tmp_path}/{n}" for n in range(5)]
    assert list(pool.imap(work.die_once, paths)) == paths


def test_half_an_answer_is_none(pool: Pool, tmp_path: object) -> None:
    paths = [f"{tmp_path}/{n}" for n in range(3)]
    assert list(pool.imap(work.answer_half_once, paths)) == paths


def test_a_death_is_noticed_though_a_child_of_the_worker_lives_on(pool: Pool, tmp_path: object) -> None:
    pids = f"{tmp_path}/pids"
    try:
        (error,) = outcomes(pool.imap(work.die_and_leave_a_child, [pids]))
        assert isinstance(error, WorkerDied)
    finally:
        with open(pids) as file:
            for child in file:
                os.kill(int(child), signal.SIGKILL)


class Killer:
    """Kills workers a moment after it is asked to. A pidfd is never another process that has got the same number."""

    def __init__(self, seed: int) -> None:
        self.kills = 0
        self._random = random.Random(seed)
        self._timers: list[threading.Timer] = []

    def choose(self) -> None:
        victim = self._random.choice(multiprocessing.active_children())
        with contextlib.suppress(ProcessLookupError):
            timer = threading.Timer(self._random.uniform(0, 0.003), self._kill, (os.pidfd_open(victim.pid),))
            self._timers.append(timer)
            timer.start()

    def _kill(self, pidfd: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
            self.kills += 1
        os.close(pidfd)

    def join(self) -> None:
        for timer in self._timers:
            timer.join()


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs a pidfd to kill what is meant")
def test_random_kills_lose_nothing_and_blame_nobody(start_method: str) -> None:
    seed = random.randrange(1 << 32)
    killer = Killer(seed)
    found = []
    with Pool(4, start_method=start_method) as pool:
        for number, data in pool.imap(work.big_sometimes, range(5000), chunksize=3):
            found.append(number)
            assert len(data) == (300_000 if number % 20 == 0 else 10)
            if number % 70 == 69:
                killer.choose()
    killer.join()
    assert found == list(range(5000)), seed
    assert killer.kills >= 60


def test_the_initializer_runs_in_each_worker_and_its_successors(start_method: str, tmp_path: object) -> None:
    with Pool(2, work.initialize, ("a", 1), start_method=start_method) as pool:
        assert pool.map(work.what_was_initialized, range(4)) == [["a", 1]] * 4
        list(pool.imap(work.die_once, [f"{tmp_path}/{n}" for n in range(4)]))
        assert pool.map(work.what_was_initialized, range(4)) == [["a", 1]] * 4


def test_an_initializer_that_fails_is_raised(start_method: str) -> None:
    pool = Pool(2, work.fail_to_initialize, start_method=start_method)
    with pytest.raises(LookupError, match="no such thing"):
        pool.map(work.square, [1])
    assert not multiprocessing.active_children()


def test_workers_that_never_get_ready_are_not_replaced_for_ever(start_method: str) -> None:
    pool = Pool(2, work.end_at_once, start_method=start_method)
    with pytest.raises(CannotStart, match="the last one ended with exit code 3; cannot go on"):
        pool.map(work.square, [1])
    assert not multiprocessing.active_children()


def test_a_worker_is_replaced_after_its_share_of_chunks(start_method: str) -> None:
    with Pool(2, maxtasksperchild=3, start_method=start_method) as pool:
        pids = list(pool.imap(work.pid, range(60), chunksize=2))
        assert len(pids) == 60
        assert max(pids.count(pid) for pid in set(pids)) <= 3 * 2
        pool.close()
        pool.join()
    assert not multiprocessing.active_children()


def test_standard_error_of_workers_arrives_whole(pool: Pool, capfd: pytest.CaptureFixture[str]) -> None:
    texts = [f"{n}:{'x' * 5000}\n" for n in range(600)]  # more than one file keeps
    assert list(pool.imap(work.say, texts)) == texts
    assert sorted(capfd.readouterr().err.splitlines(keepends=True)) == sorted(texts)


def test_the_tail_of_standard_error_is_that_of_the_item(capfd: pytest.CaptureFixture[str]) -> None:
    with Pool(1) as pool:
        list(pool.imap(work.say, ["before\n"]))
        first, second = outcomes(pool.imap(work.say_and_die, ["short\n", "x" * 5000 + "end"]))
    assert isinstance(first, WorkerDied)
    assert isinstance(second, WorkerDied)
    assert (first.tail, first.signal) == (b"short\n", signal.SIGSEGV)
    assert second.tail == b"x" * 2045 + b"end"
    assert capfd.readouterr().err.count("short\n") == 2


def test_a_worker_that_closes_its_pipe_is_given_up(pool: Pool) -> None:
    (error,) = outcomes(pool.imap(work.close_all, [1]))
    assert isinstance(error, WorkerDied)


def test_a_pool_that_is_forgotten_ends(start_method: str) -> None:
    pool = Pool(2, start_method=start_method)
    assert pool.map(work.square, [1, 2]) == [1, 4]
    del pool
    deadline = time.monotonic() + 10
    while multiprocessing.active_children():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_terminate_leaves_no_child_and_may_be_repeated(start_method: str) -> None:
    pool = Pool(3, start_method=start_method)
    results = pool.imap(work.negative_is_bad, range(100))
    next(results)
    pool.terminate()
    pool.terminate()
    assert not multiprocessing.active_children()
    with pytest.raises(ValueError, match="the pool has ended"):
        list(results)
    with pytest.raises(ValueError, match="the pool is closed"):
        pool.map(work.square, [1])
    pool.join()


def test_terminate_ends_workers_that_sleep(start_method: str) -> None:
    with Pool(2, start_method=start_method) as pool:
        pool.map(work.square, [1, 2])  # they are there
        results = pool.imap_unordered(work.sleep, _raise_after(2))
        with pytest.raises(KeyboardInterrupt):
            next(results)
        assert not multiprocessing.active_children()


def _raise_after(count: int) -> Iterator[int]:
    yield from range(count - 1)
    raise KeyboardInterrupt


def test_workers_leave_an_interrupt_to_the_parent(pool: Pool) -> None:
    before = {child.pid for child in multiprocessing.active_children()}
    pool.map(work.square, range(10))
    for child in before:
        os.kill(child, signal.SIGINT)
    assert set(pool.imap(work.pid, range(100))) <= before


def test_a_worker_lets_go_of_the_handlers_of_its_parent() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN), signal.signal(signal.SIGUSR1, lambda *_: None)
    try:
        with Pool(1) as pool:
            terminated, used = outcomes(pool.imap(work.kill_self, [signal.SIGTERM, signal.SIGUSR1]))
    finally:
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGUSR1, before[1])
    assert isinstance(terminated, WorkerDied)
    assert isinstance(used, WorkerDied)
    assert (terminated.signal, used.signal) == (signal.SIGTERM, signal.SIGUSR1)


def test_close_lets_what_was_begun_be_finished(pool: Pool) -> None:
    with pytest.raises(ValueError, match="the pool is not closed"):
        pool.join()
    results = pool.imap(work.square, range(50))
    pool.close()
    assert list(results) == [n * n for n in range(50)]
    pool.join()
    assert next(results, None) is None
    assert not multiprocessing.active_children()


def test_no_descriptor_is_left(start_method: str, tmp_path: object) -> None:
    def cycle(number: int) -> int:
        with Pool(2, maxtasksperchild=2, start_method=start_method) as pool:
            list(pool.imap(work.die_once, [f"{tmp_path}/{number}-{n}" for n in range(4)]))
        return len(os.listdir("/proc/self/fd"))

    cycle(0)  # the forkserver and the tracker stay
    assert cycle(1) == cycle(2)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Pool(0),
        lambda: Pool(1, maxtasksperchild=0),
        lambda: Pool(1).imap(work.square, [], 0),
        lambda: Pool(1).map(work.square, [], 0),
    ],
)
def test_impossible_sizes_are_refused(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="at least"):
        make()
