"""The reducers: what becomes of all values of a key.

Each gives the same result however its values are spread over workers, blocks and runs. *Equal* numbers may
be written in several ways, as 1, 1.0 and True: where one stands for all, it is an int if there is one, else a
float, else a bool; -0.0 is 0.0.
"""

from collections.abc import Callable
from functools import partial, reduce
from itertools import chain
from typing import Any, NamedTuple

from stdtools.par import exact
from stdtools.par.ordering import descending, distinct, greatest, least
from stdtools.par.summing import Averaging, Summing
from stdtools.par.tallies import Collecting, Counting, Folding, Function, Listing, Tally
from stdtools.shared.errors import ToolError

NAMES = ("sum", "min", "max", "count", "list", "set", "mean", "top:N")


class Reducer(NamedTuple):
    """How values become a result, in three steps."""

    tally: Callable[[], Tally]  # in a worker, from values to one part of the result for each key
    combine: Callable[[list[Any]], Any]  # of several parts for one key, one
    result: Callable[[Any], Any]  # of the last part, what is shown


def named(name: str) -> Reducer | None:
    """Return the reducer that *name* calls for, or None where it is not the name of one.

    ``sum`` and ``mean`` are of ints and floats, exact until they are rounded once; a sum of ints is an int.
    ``count`` counts values of any kind. ``list`` has them in the order of input, ``set`` each once and in order,
    ``min``, ``max`` and ``top:N`` (a list, the greatest first) one or several in the order of ``ordering.place``.
    Raises ToolError for a top without a number above 0.
    """
    if name.partition(":")[0] == "top":
        number = name[4:]
        if not (number.isascii() and number.isdigit() and 1 <= len(number) <= 9 and int(number)):
            raise ToolError(f"{name} does not say how many", hint="top:10 keeps the ten greatest")
        return _pruning(partial(_top, int(number)), list)
    return _REDUCERS.get(name)


def folding(function: Function) -> Reducer:
    """Return the reducer that applies *function* to two values, then to what came of it and another, and so on.

    In what order, and whether a value is the first or the second, is not said: it must be associative and
    commutative. Values and results are what ``marshal`` writes.
    """
    return Reducer(partial(Folding, function), partial(reduce, function), _itself)


def _pruning(prune: Callable[[list[Any]], list[Any]], result: Callable[[list[Any]], Any]) -> Reducer:
    return Reducer(partial(Collecting, prune), lambda lists: prune(list(chain(*lists))), result)


def _top(number: int, values: list[Any]) -> list[Any]:
    return descending(values)[:number]


def _only(values: list[Any]) -> Any:
    return values[0]


def _itself(value: Any) -> Any:
    return value


def _mean_parts(parts: list[tuple[exact.Sum, int]]) -> tuple[exact.Sum, int]:
    return exact.add([total for total, _ in parts]), sum(count for _, count in parts)


def _mean(part: tuple[exact.Sum, int]) -> float:
    return exact.mean(*part)


def _in_order_of_input(blocks: list[tuple[int, list[Any]]]) -> list[Any]:
    blocks.sort(key=lambda block: block[0])
    return list(chain.from_iterable(values for _, values in blocks))


_REDUCERS = {
    "sum": Reducer(Summing, exact.add, exact.rounded),
    "mean": Reducer(Averaging, _mean_parts, _mean),
    "count": Reducer(Counting, sum, _itself),
    "min": _pruning(least, _only),
    "max": _pruning(greatest, _only),
    "set": _pruning(distinct, list),
    "list": Reducer(Listing, lambda lists: list(chain(*lists)), _in_order_of_input),
}
