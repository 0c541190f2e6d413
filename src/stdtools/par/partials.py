"""Map-reduce in two phases: pairs into sorted runs, then runs into results; beyond memory, the same in any split."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from itertools import chain, islice
from operator import itemgetter
from sys import getsizeof, maxsize
from typing import Any

from stdtools.par.keys import Keys, settled
from stdtools.par.ordering import partition, place, preferred
from stdtools.par.reducers import Reducer
from stdtools.par.runs import PIECE, Piece, Rows, Run, Store, merged, pieces_of
from stdtools.par.tallies import KEY, VALUE, average_size, failed, shown
from stdtools.shared.errors import ToolError

Combine = Callable[[list[Any]], Any]

PAIR_TYPES = {tuple, list}  # of a key and a value; a key cannot be a list
_AT_ONCE = 64  # runs that are merged; of more, some become one beforehand
_SAMPLE = 8  # values of a block, and new keys


class Partial:
    """The first phase in one worker: takes pairs, keeps at most about *memory* bytes, and leaves runs in *store*.

    Keys go to one of *partitions* by themselves alone, so that each of these can be merged by itself.
    """

    def __init__(self, reducer: Reducer, partitions: int, memory: int, store: Store) -> None:
        self._reducer = reducer
        self._tally = reducer.tally()
        self._partitions = partitions
        self._memory = memory
        self._store = store
        self._keys = Keys()
        self._key_size = _Average()
        self._value_size = _Average()
        self._runs: list[Run] = []

    def empty(self) -> "Partial":
        """Return another, to try what this one has refused: nothing of it is ever written."""
        return Partial(self._reducer, 1, maxsize, self._store)

    def take(self, pairs: Iterable[tuple[Any, Any]], order: int) -> None:
        """Add *pairs* of a key and a value, from the block with the number *order*; several in turn may have the same.

        Raises ToolError for what is no pair, cannot be a key or is no value for the reducer, and on a full disk.
        """
        if not isinstance(pairs, list):
            pairs = list(pairs)
        if not pairs:
            return
        if not PAIR_TYPES.issuperset(map(type, pairs)):  # a str of two letters would do for the rest
            _check_pairs(pairs)
        before = self._lengths()
        try:
            self._tally.take(pairs, order)
        except (TypeError, ValueError):
            _check_pairs(pairs)
            raise
        self._value_size.add(map(VALUE, pairs[:: len(pairs) // _SAMPLE + 1]))
        self._look(before, map(KEY, pairs))

    def take_keys(self, keys: Iterable[Any]) -> None:
        """Add *keys* to a reducer that only counts, as ``take`` would with any values, but faster."""
        keys = list(keys)
        before = self._lengths()
        try:
            self._tally.take_keys(keys)
        except TypeError:
            for key in keys:
                settled(key)
            raise
        self._look(before, keys)

    def finish(self) -> list[Run]:
        """Return where all that was taken is: the runs, in the order in which they were written."""
        self._spill()
        runs, self._runs = self._runs, []
        return runs

    def _lengths(self) -> list[int]:
        return [len(table) for table in self._tally.tables]

    def _look(self, before: list[int], keys: Iterable[Any]) -> None:
        """See to the keys that are new since there were *before* of them, and to memory."""
        news = [len(table) - length for table, length in zip(self._tally.tables, before, strict=True)]
        # A prune keeps all keys; the newest are at the end.
        fresh = [islice(reversed(table), new) for table, new in zip(self._tally.tables, news, strict=True)]
        self._keys.look(chain(*fresh), keys, chain(*self._tally.tables))
        for table, new in zip(self._tally.tables, news, strict=True):
            self._key_size.add(islice(reversed(table), min(new, _SAMPLE)))
        if self._weight() > self._memory:
            self._tally.prune()
            if self._weight() > self._memory / 2:
                self._spill()

    def _weight(self) -> float:
        """Estimate the bytes that are in memory, without a look at each key."""
        tables = (*self._tally.tables, self._keys.shown)
        sorting = 16 + self._keys.is_looking * 240 / self._partitions  # bytes that a key needs to be spilled
        keys = sum(map(len, tables)) * (self._key_size.value + sorting)
        return sum(map(getsizeof, tables)) + keys + self._tally.weight(self._value_size.value)

    def _spill(self) -> None:
        held = self._tally.drain()
        parts: list[list[Any]] = [[] for _ in range(self._partitions)]
        for key in held:
            shown = key if type(key) is str else self._keys.of(key)
            parts[partition(shown, self._partitions)].append(key)
        for number, keys in enumerate(parts):
            if {str}.issuperset(map(type, keys)):
                some, ordered = held, sorted(keys)
            else:
                some = self._settled(keys, held)
                ordered = sorted(some, key=place)
            if keys:
                self._runs.append(self._store.append(number, _pieces(ordered, some)))
            keys.clear()
        self._keys.clear()

    def _settled(self, keys: list[Any], held: dict[Any, Any]) -> dict[Any, Any]:
        """Return the parts of *keys* under those that are shown; in a dict each NaN is a key of its own."""
        found: dict[Any, Any] = {}
        odd: list[Any] = []
        for key in keys:
            shown = self._keys.of(key)
            if shown == shown and type(shown) is not tuple:
                found[shown] = held[key]
            else:
                odd.append((place(shown), shown, held[key]))
        odd.sort(key=itemgetter(0))
        if odd:
            found.update(_without_equals(odd, self._reducer.combine))
        return found


class _Average:
    """The mean size of samples."""

    def __init__(self) -> None:
        self.value = 0.0  # bytes
        self._weight = 0

    def add(self, values: Iterable[Any]) -> None:
        values = list(values)
        if values:
            self._weight += len(values)
            self.value += (average_size(values) - self.value) * len(values) / self._weight


def _pieces(keys: list[Any], held: dict[Any, Any]) -> Iterator[Piece]:
    for start in range(0, len(keys), PIECE):
        some = keys[start : start + PIECE]
        yield some, [held[key] for key in some]


def _check_pairs(pairs: list[Any]) -> None:
    """Raise ToolError about the first that is no pair, or has no proper key."""
    for pair in pairs:
        if type(pair) not in PAIR_TYPES or len(pair) != 2:
            raise ToolError(f"{shown(pair)} is not a pair of a key and a value")
        settled(pair[0])


def merge(runs: Sequence[Run], reducer: Reducer, stores: Sequence[Store]) -> Iterator[tuple[Any, Any]]:
    """Yield a pair of key and result for each key in *runs*, of one partition or of all, in order.

    *stores* are all there are, by number. A piece of each run is in memory, of at most 64 of them: where there are
    more, they are merged by 64 into another scratch file first. Raises ToolError.
    """
    runs = sorted(runs)
    with ExitStack() as stack:
        if len(runs) > _AT_ONCE:
            extra = stack.enter_context(closing(Store(len(stores))))
            stores = [*stores, extra]
        while len(runs) > _AT_ONCE:
            groups = [runs[start : start + _AT_ONCE] for start in range(0, len(runs), _AT_ONCE)]
            runs = [extra.append(group[0].partition, pieces_of(_combined(group, reducer, stores))) for group in groups]
        result = reducer.result
        for key, part in _combined(runs, reducer, stores):
            yield key, result(part)


def _combined(runs: Sequence[Run], reducer: Reducer, stores: Sequence[Store]) -> Iterator[tuple[Any, Any]]:
    for rows in merged(runs, stores):
        yield from _without_equals(rows, reducer.combine) if len(runs) > 1 else map(_PAIR, rows)


_PAIR = itemgetter(1, 2)


def _without_equals(rows: Rows, combine: Combine) -> Iterator[tuple[Any, Any]]:
    """Yield key and part of *rows*, with the parts of equal keys combined."""
    here, key, part = rows[0]
    parts = [part]
    for there, other, part in chain(rows[1:], [(None, None, None)]):
        if there == here:
            key = preferred(key, other)
            parts.append(part)
        else:
            yield key, parts[0] if len(parts) == 1 else _combination(key, parts, combine)
            here, key, parts = there, other, [part]


def _combination(key: Any, parts: list[Any], combine: Combine) -> Any:
    try:
        return combine(parts)
    except ToolError:
        raise
    except Exception as error:
        raise failed(key, error) from error


def write_results(results: Iterable[tuple[Any, Any]], partition: int, store: Store) -> Run:
    """Write what ``merge`` yields of a *partition* into *store*, for ``results``. Raises ToolError."""
    return store.append(partition, pieces_of(results))


def results(runs: Sequence[Run], stores: Sequence[Store]) -> Iterator[tuple[Any, Any]]:
    """Yield the pairs of all *runs* of ``write_results``, one for each partition, in the order of their keys."""
    for rows in merged(runs, stores):
        yield from map(_PAIR, rows)
