"""What a worker keeps of each key for sums and means: ints in one table, floats until they are added in another."""

import sys
from collections import Counter
from typing import Any

from stdtools.par import exact
from stdtools.par.tallies import AT_ONCE, KEY, NUMBER_SIZE, VALUE, Collecting, Pairs, Tally, shown
from stdtools.shared.errors import ToolError


class Summing(Tally):
    """The sum of numbers, without error; an ``exact.Sum``."""

    def __init__(self) -> None:
        self._ints: dict[Any, int] = {}
        self._floats = Collecting(exact.parts)

    def take(self, pairs: Pairs, order: int) -> None:
        for start in range(0, len(pairs), AT_ONCE):
            self._take_some(pairs[start : start + AT_ONCE], order)

    def _take_some(self, pairs: Pairs, order: int) -> None:
        ints, get = self._ints, self._ints.get
        # That this sum is an int says that all values are: 12 ns each, where to ask in the loop is 30.
        try:
            kind = type(sum(map(VALUE, pairs)))
        except (ArithmeticError, LookupError, TypeError, ValueError):  # a huge int and a float, a text …
            kind = object
        if kind is int:
            for key, value in pairs:
                ints[key] = get(key, 0) + value
            return
        if kind is float and set(map(type, map(VALUE, pairs))) == {float}:
            self._floats.take(pairs, order)
            return
        append = self._floats.append
        for key, value in pairs:
            if type(value) is float:
                append(key, value)
            elif isinstance(value, int):
                ints[key] = get(key, 0) + value
            elif isinstance(value, float):
                append(key, float(value))
            else:
                raise ToolError(f"{shown(value)} is not a number", where=f"key {shown(key)}")
        self._floats.take((), order)

    @property
    def tables(self) -> tuple[dict[Any, Any], ...]:
        return (self._ints, *self._floats.tables)

    def weight(self, value_size: float) -> float:
        return len(self._ints) * NUMBER_SIZE + self._floats.weight(value_size)

    def prune(self) -> None:
        self._floats.prune()

    def drain(self) -> dict[Any, Any]:
        sums: dict[Any, Any] = self._ints
        self._ints = {}
        for key, floats in self._floats.drain().items():
            sums[key] = exact.add([floats, sums[key]]) if key in sums else floats
        return sums


class Averaging(Summing):
    """The sum, as above, and how many there are; a pair."""

    def __init__(self) -> None:
        super().__init__()
        self._counts: Counter[Any] = Counter()

    def take(self, pairs: Pairs, order: int) -> None:
        super().take(pairs, order)
        self._counts.update(map(KEY, pairs))

    def weight(self, value_size: float) -> float:
        return super().weight(value_size) + sys.getsizeof(self._counts) + len(self._counts) * NUMBER_SIZE

    def drain(self) -> dict[Any, Any]:
        counts, self._counts = self._counts, Counter()
        return {key: (total, counts[key]) for key, total in super().drain().items()}
