"""What is done with a stretch of lines in a map-reduce, in whatever process: pairs of them, and runs of these."""

import os
from collections.abc import Sequence
from typing import Any, NamedTuple

from stdtools.par.blocks import PIECE, Block
from stdtools.par.expression import BadExpression, Spec, compiled
from stdtools.par.mapper import MOST_ERRORS, Failure, Mapper, cut
from stdtools.par.partials import PAIR_TYPES, Partial
from stdtools.par.reducers import NAMES, Reducer, folding, named
from stdtools.shared.errors import ToolError


class Reduction(NamedTuple):
    """What is done, as plain text and numbers, fit for another process."""

    spec: Spec
    reduce: str  # a reducer's name, or an expression over a and b
    partitions: int
    memory: int  # bytes, of each worker


class Reduced(NamedTuple):
    """What has become of a stretch."""

    runs: list[tuple[Any, ...]]
    items: int
    failures: list[Failure]  # their places are in the stretch
    failed: int


def reducer_of(text: str, imports: Sequence[str] = ()) -> Reducer:
    """Return the reducer that *text* names, or an expression over ``a`` and ``b``. Raises ToolError, BadExpression."""
    found = named(text)
    if found is not None:
        return found
    try:
        return folding(compiled(text, ("a", "b"), imports))
    except BadExpression as error:
        names = ", ".join(NAMES)
        raise BadExpression(f"{error}; it is one of {names}, or an expression over a and b") from None


class RefusedItem(Exception):
    """The reducer has refused what was made of an item: *place*, from 0, is its own in its block."""

    def __init__(self, place: int, item: str, message: str) -> None:
        super().__init__(place, item, message)
        self.place = place
        self.item = item
        self.message = message


def map_to(
    partial: Partial, mapper: Mapper, reduction: Reduction, block: Block, file: int
) -> tuple[int, list[Failure], int]:
    """Give *partial* the pairs of the lines of *block*; return how many lines, some of the failures, and how many.

    Raises RefusedItem, and ToolError where it is not known which item is to blame.
    """
    items = failed = 0
    failures: list[Failure] = []
    for place, data in block.pieces(file, PIECE, reduction.spec.delimiter):
        first = (block.first or 1) + items
        pairs, _, mapped = mapper.results(data, first)
        try:
            _take(partial, pairs, reduction, place)
        except ToolError:
            delimiter = reduction.spec.delimiter
            for number, line in enumerate(data.removesuffix(delimiter).split(delimiter)):
                try:
                    _take(partial.empty(), mapper.results(line + delimiter, first + number)[0], reduction, place)
                except ToolError as error:
                    raise RefusedItem(items + number, cut(os.fsdecode(line)), str(error)) from None
            raise
        failures += [failure._replace(place=failure.place + items) for failure in mapped.failures]
        failed += mapped.failed
        items += mapped.items
        if mapped.failed and reduction.spec.on_error == "stop":
            break
    return items, failures[:MOST_ERRORS], failed


def _take(partial: Partial, pairs: list[Any], reduction: Reduction, place: int) -> None:
    types = set(map(type, pairs)) if reduction.reduce == "count" else PAIR_TYPES
    if types.isdisjoint(PAIR_TYPES):
        partial.take_keys(pairs)
        return
    if not types <= PAIR_TYPES:
        partial.take_keys([each for each in pairs if type(each) not in PAIR_TYPES])
        pairs = [each for each in pairs if type(each) in PAIR_TYPES]
    partial.take(pairs, place)
