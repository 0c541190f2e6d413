import os
from collections.abc import Callable, Iterator

import pytest

from stdtools.par.failures import WorkerDied
from stdtools.par.supervisor import Supervisor
from tests.par import work

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


class Lines:
    """A source of the lines of a pipe: that which the engine is asked to wait for."""

    def __init__(self, fd: int) -> None:
        os.set_blocking(fd, False)
        self.fd: int | None = fd
        self.reads = 0
        self._data = b""

    def read(self) -> None:
        assert self.fd is not None
        self.reads += 1
        data = os.read(self.fd, 4096)  # raises when it was asked to read though nothing was there
        if not data:
            self.fd = None
        self._data += data

    def take(self) -> bytes | None:
        line, end, rest = self._data.partition(b"\n")
        if not end:
            return None
        self._data = rest
        return line


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    supervisor = Supervisor(2)
    yield supervisor
    supervisor.terminate()


@pytest.fixture
def pipe() -> Iterator[tuple[int, Callable[[bytes], None]]]:
    reader, writer = os.pipe()
    closed = []

    def write(data: bytes) -> None:
        if data:
            os.write(writer, data)
        else:
            os.close(writer)
            closed.append(writer)

    yield reader, write
    os.close(reader)
    if not closed:
        os.close(writer)


@pytest.mark.parametrize("ordered", [True, False])
def test_results_come_while_the_input_is_slow(
    supervisor: Supervisor, pipe: tuple[int, Callable[[bytes], None]], ordered: bool
) -> None:
    reader, write = pipe
    source = Lines(reader)
    run = supervisor.run(work.line, source, ordered=ordered)
    for number in range(5):  # each result is there before the next line is
        write(b"line %d\n" % number)
        assert next(run).result == b"LINE %d" % number
    write(b"bad\nla")
    write(b"st\n")
    write(b"")
    found = {outcome.task: outcome for outcome in run}
    assert str(found[b"bad"].error) == "bad"
    assert found[b"bad"].result is None
    assert (found[b"last"].result, found[b"last"].error) == (b"LAST", None)
    assert source.reads < 20


def test_a_source_that_fails_ends_after_what_it_gave(
    supervisor: Supervisor, pipe: tuple[int, Callable[[bytes], None]]
) -> None:
    reader, write = pipe
    source = Lines(reader)
    write(b"a\nb\n")
    run = supervisor.run(work.line, source)
    assert [next(run).result, next(run).result] == [b"A", b"B"]
    source.read = lambda: 1 // 0  # type: ignore[assignment,method-assign,return-value]
    write(b"c\n")
    with pytest.raises(ZeroDivisionError):
        next(run)
    assert list(run) == []


class Numbers:
    """A source of what a list has."""

    fd = None

    def __init__(self, tasks: list[range]) -> None:
        self._tasks = iter(tasks)

    def read(self) -> None:
        raise AssertionError

    def take(self) -> range | None:
        return next(self._tasks, None)


def total(numbers: range) -> int:
    return sum(work.exit_of_13(number) for number in numbers)


def halves(numbers: range) -> list[range]:
    middle = len(numbers) // 2
    return [half for half in (numbers[:middle], numbers[middle:]) if half]


def test_a_task_that_kills_is_split_until_it_cannot_be(supervisor: Supervisor) -> None:
    tasks = [range(10), range(10, 20), range(20, 30)]
    found = list(supervisor.run(total, Numbers(tasks), split=halves))
    assert [number for outcome in found for number in outcome.task] == list(range(30))  # in order
    (died,) = [outcome for outcome in found if outcome.error is not None]
    assert died.task == range(13, 14)
    assert isinstance(died.error, WorkerDied)
    assert (died.error.index, died.error.exit_code) == (None, 5)
    assert sum(outcome.result or 0 for outcome in found) == sum(range(30)) - 13


def test_a_task_that_cannot_be_split_is_tried_twice(supervisor: Supervisor, tmp_path: object) -> None:
    found = list(supervisor.run(total, Numbers([range(10), range(10, 20)])))
    assert found[0].result == sum(range(10))
    assert found[1].task == range(10, 20)
    assert isinstance(found[1].error, WorkerDied)


def test_standard_error_goes_where_it_is_told() -> None:
    heard: list[bytes] = []
    supervisor = Supervisor(1, forward=heard.append)
    list(supervisor.run(work.say, Numbers(["one", "two"])))  # type: ignore[arg-type,list-item]
    supervisor.close()
    supervisor.join()
    assert heard == [b"one", b"two"]
