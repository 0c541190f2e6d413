"""What a worker keeps of each key while it reads: the inner loops of a map-reduce."""

import math
import sys
from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any

from stdtools.par.ordering import NUMBERS
from stdtools.shared.errors import ToolError

Pairs = Sequence[tuple[Any, Any]]
Function = Callable[[Any, Any], Any]

KEY = itemgetter(0)
VALUE = itemgetter(1)
NUMBER_SIZE = 32  # bytes; this and the next as CPython has them on 64 bits
_LIST_SIZE = 120
AT_ONCE = 4096  # pairs; where they are looked at twice, they should be near the processor still
_UNPRUNED = 1 << 16  # values


class Tally(ABC):
    """Keeps what the values of each key amount to."""

    @abstractmethod
    def take(self, pairs: Pairs, order: int) -> None:
        """Add *pairs* of a key and a value, from block *order*. Raises ToolError, or the TypeError of a bad key."""

    def take_keys(self, keys: Sequence[Any]) -> None:
        """Add *keys* that have no values. Raises ToolError where values are needed."""
        raise ToolError("the keys have no values to reduce", hint="give pairs of a key and a value, or count")

    @property
    @abstractmethod
    def tables(self) -> tuple[dict[Any, Any], ...]:
        """What is kept, by key; a key may be in several, and the newest are the last."""

    @abstractmethod
    def weight(self, value_size: float) -> float:
        """Estimate the bytes of what is kept besides keys and tables; values have *value_size* each."""

    def prune(self) -> None:  # noqa: B027 - most have nothing to forget
        """Forget what will not count. Raises ToolError."""

    @abstractmethod
    def drain(self) -> dict[Any, Any]:
        """Hand over what the values of each key amount to, in plain types, and keep nothing. Raises ToolError."""


class Counting(Tally):
    """How many values; an int."""

    def __init__(self) -> None:
        self._counts: Counter[Any] = Counter()

    def take(self, pairs: Pairs, order: int) -> None:
        for start in range(0, len(pairs), AT_ONCE):
            some = pairs[start : start + AT_ONCE]
            if not {2}.issuperset(map(len, some)):
                raise TypeError("not pairs")
            self._counts.update(map(KEY, some))

    def take_keys(self, keys: Sequence[Any]) -> None:
        self._counts.update(keys)

    @property
    def tables(self) -> tuple[dict[Any, Any], ...]:
        return (self._counts,)

    def weight(self, value_size: float) -> float:
        return len(self._counts) * NUMBER_SIZE

    def drain(self) -> dict[Any, Any]:
        counts, self._counts = self._counts, Counter()
        return counts


class Collecting(Tally):
    """A list of values that *prune* shortens, and may as often as it wants."""

    def __init__(self, prune: Callable[[list[Any]], list[Any]]) -> None:
        self._prune = prune
        self._lists: defaultdict[Any, list[Any]] = defaultdict(list)
        self._pruned = 0  # values that were left by the last prune
        self._unpruned = 0

    def take(self, pairs: Pairs, order: int) -> None:
        lists = self._lists
        for key, value in pairs:
            lists[key].append(value)
        self._unpruned += len(pairs)
        if self._unpruned > max(_UNPRUNED, self._pruned):
            self.prune()

    def append(self, key: Any, value: Any) -> None:
        """Add one."""
        self._lists[key].append(value)
        self._unpruned += 1

    @property
    def tables(self) -> tuple[dict[Any, Any], ...]:
        return (self._lists,)

    def weight(self, value_size: float) -> float:
        return len(self._lists) * _LIST_SIZE + (self._pruned + self._unpruned) * (value_size + 8)

    def prune(self) -> None:
        for key, values in self._lists.items():
            if len(values) > 1:
                self._lists[key] = self._shorten(key, values)
        self._pruned = sum(map(len, self._lists.values()))
        self._unpruned = 0

    def _shorten(self, key: Any, values: list[Any]) -> list[Any]:
        try:
            return self._prune(values)
        except TypeError as error:
            raise ToolError(str(error), where=f"key {shown(key)}") from None

    def drain(self) -> dict[Any, Any]:
        lists, self._lists = self._lists, defaultdict(list)
        self._pruned = self._unpruned = 0
        for key, values in lists.items():
            lists[key] = self._shorten(key, values)
        return lists


class Listing(Tally):
    """All values; a list of pairs of a block's number and the list of its values."""

    def __init__(self) -> None:
        self._lists: defaultdict[Any, list[tuple[int, list[Any]]]] = defaultdict(list)
        self._pieces = 0
        self._values = 0

    def take(self, pairs: Pairs, order: int) -> None:
        block: defaultdict[Any, list[Any]] = defaultdict(list)
        for key, value in pairs:
            block[key].append(value)
        lists = self._lists
        for key, values in block.items():
            lists[key].append((order, values))
        self._pieces += len(block)
        self._values += len(pairs)

    @property
    def tables(self) -> tuple[dict[Any, Any], ...]:
        return (self._lists,)

    def weight(self, value_size: float) -> float:
        lists = len(self._lists) + self._pieces * 1.6  # with the pairs and their numbers
        return lists * _LIST_SIZE + self._values * (value_size + 8)

    def drain(self) -> dict[Any, Any]:
        lists, self._lists = self._lists, defaultdict(list)
        self._pieces = self._values = 0
        return lists


class Folding(Tally):
    """What *function* makes of two values, and of that and the next; a value."""

    def __init__(self, function: Function) -> None:
        self._function = function
        self._folded: dict[Any, Any] = {}
        self._size = 0.0  # bytes, as they were measured
        self._unmeasured = 0  # values that may have made others longer since then

    def take(self, pairs: Pairs, order: int) -> None:
        folded, function = self._folded, self._function
        for key, value in pairs:
            if key not in folded:
                folded[key] = value
                continue
            try:
                folded[key] = function(folded[key], value)
            except Exception as error:
                raise failed(key, error) from error
        if pairs and type(folded[pairs[-1][0]]) not in NUMBERS:
            self._unmeasured += len(pairs)

    @property
    def tables(self) -> tuple[dict[Any, Any], ...]:
        return (self._folded,)

    def weight(self, value_size: float) -> float:
        return max(self._size, len(self._folded) * NUMBER_SIZE) + self._unmeasured * value_size

    def prune(self) -> None:
        self._size = sum(map(size_of, self._folded.values()))
        self._unmeasured = 0

    def drain(self) -> dict[Any, Any]:
        folded, self._folded = self._folded, {}
        self._size = self._unmeasured = 0
        return folded


def size_of(value: Any) -> int:
    """Return the bytes that *value* takes, with what is in it."""
    size = sys.getsizeof(value)
    if isinstance(value, dict):
        return size + sum(map(size_of, value)) + sum(map(size_of, value.values()))
    if isinstance(value, (tuple, list, set, frozenset)):
        return size + sum(map(size_of, value))
    return size


def average_size(values: Iterable[Any]) -> float:
    """Return the mean of ``size_of`` of *values*, of which there are some."""
    sizes = list(map(size_of, values))
    return math.fsum(sizes) / len(sizes)


def shown(value: Any) -> str:
    """Return *value* as an error shows it, at most 80 characters."""
    try:
        text = repr(value)
    except ValueError:  # more digits than Python turns into text
        text = f"an {type(value).__name__} of very many digits"
    return text if len(text) <= 80 else text[:79] + "…"


def failed(key: Any, error: Exception) -> ToolError:
    """Return what to raise when the user's function has failed with *error* at *key*."""
    return ToolError(f"{type(error).__name__}: {error}", where=f"key {shown(key)}")
