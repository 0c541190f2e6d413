"""Which task comes next, which is to be tried again, and whose result may be delivered. Knows nothing of processes."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Split = Callable[[T], Sequence[T]]
DEATHS = 2  # of workers, with one task that cannot be split, after which it is to blame


class Source(Protocol[T_co]):
    """Where tasks come from."""

    @property
    def fd(self) -> int | None:
        """What to wait for before ``read``; None when nothing more will come than ``take`` still has."""

    def read(self) -> None:
        """Take what *fd* has. Is called when it is readable, and a task is wanted."""

    def take(self) -> T_co | None:
        """Return the next task; None when there is nothing right now or, without *fd*, at the end."""


class Outcome(NamedTuple, Generic[T]):
    """What became of a task: its *result*, or the *error* in its place."""

    task: T
    result: Any
    error: BaseException | None


class Entry(Generic[T]):
    """A task on its way, and in the end what became of it: an outcome, or the parts into which it was split."""

    __slots__ = ("deaths", "ledger", "outcome", "parts", "task")

    def __init__(self, task: T, ledger: "Ledger[T]") -> None:
        self.task = task
        self.ledger = ledger
        self.deaths = 0
        self.outcome: Outcome[T] | None = None
        self.parts: list[Entry[T]] = []


class Ledger(Generic[T]):
    """Holds at most *window* tasks that were taken from *source* and not delivered; more only by splitting."""

    def __init__(self, source: Source[T], split: Split[T], *, ordered: bool, window: int) -> None:
        self.wants_input = False  # the source has nothing right now, though there is room
        self._source = source
        self._split = split
        self._ordered = ordered
        self._window = window
        self._held = 0  # tasks taken and not delivered
        self._again: deque[Entry[T]] = deque()  # before anything from the source
        self._line: deque[Entry[T]] = deque()  # in order: all that are held; else those that have an outcome
        self._has_ended = False
        self._trouble: Exception | None = None  # with which the source has ended

    @property
    def fd(self) -> int | None:
        """What to wait for, besides the workers."""
        return self._source.fd if self.wants_input else None

    @property
    def is_over(self) -> bool:
        """Whether all is delivered."""
        return self._has_ended and not self._held

    def read(self) -> None:
        """Have the source read."""
        try:
            self._source.read()
        except Exception as error:  # noqa: BLE001 - raised when what came before it is delivered
            self._end(error)

    def next_entry(self) -> Entry[T] | None:
        """Return what to work on next; None when there is nothing, or no room for a result."""
        self.wants_input = False
        if self._again:
            return self._again.popleft()
        if self._has_ended or self._held >= self._window:
            return None
        try:
            task = self._source.take()
        except Exception as error:  # noqa: BLE001 - raised when what came before it is delivered
            self._end(error)
            return None
        if task is None:
            self.wants_input = self._source.fd is not None
            if not self.wants_input:
                self._end(None)
            return None
        entry = Entry(task, self)
        self._held += 1
        if self._ordered:
            self._line.append(entry)
        return entry

    def _end(self, trouble: Exception | None) -> None:
        self.wants_input = False
        self._has_ended = True
        self._trouble = trouble

    def put_back(self, entry: Entry[T]) -> None:
        """Take *entry* back: nobody has begun with it."""
        self._again.appendleft(entry)

    def settle(self, entry: Entry[T], result: Any, error: BaseException | None = None) -> None:
        """Take note of what became of *entry*."""
        entry.outcome = Outcome(entry.task, result, error)
        if not self._ordered:
            self._line.append(entry)

    def refuse(self, entry: Entry[T], error: BaseException) -> None:
        """Take note that *entry* cannot be sent for *error*: of its parts, perhaps only one cannot."""
        if not self._divide(entry):
            self.settle(entry, None, error)

    def mourn(self, entry: Entry[T], error: BaseException) -> None:
        """Take note that a worker has died of *entry*, perhaps; *error* is its outcome when that is certain."""
        if self._divide(entry):
            return
        entry.deaths += 1
        if entry.deaths < DEATHS:
            self._again.appendleft(entry)
        else:
            self.settle(entry, None, error)

    def _divide(self, entry: Entry[T]) -> bool:
        tasks = self._split(entry.task)
        if len(tasks) < 2:
            return False
        entry.parts = [Entry(task, self) for task in tasks]
        self._again.extendleft(reversed(entry.parts))
        self._held += len(tasks) - 1
        return True

    @property
    def has_outcome(self) -> bool:
        """Whether ``deliver`` has something."""
        while self._line and self._line[0].parts:
            self._line.extendleft(reversed(self._line.popleft().parts))
        return bool(self._line) and self._line[0].outcome is not None

    def deliver(self) -> Outcome[T] | None:
        """Return the next outcome, if it is there; raise the trouble of the source behind the last one."""
        if self.has_outcome:
            self._held -= 1
            return self._line.popleft().outcome
        if self.is_over and self._trouble is not None:
            trouble, self._trouble = self._trouble, None
            raise trouble
        return None
