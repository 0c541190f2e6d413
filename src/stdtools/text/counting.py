"""How often each of many values comes: a Counter in memory, parts of it on disk when it outgrows its share."""

import marshal
from collections import Counter
from collections.abc import Iterable, Iterator
from heapq import merge, nsmallest
from itertools import chain, groupby, islice
from operator import itemgetter
from typing import IO, Any
from zlib import crc32

from stdtools.shared.scratch import scratch_file, scratch_trouble

PARTS = 64  # one of them at a time is in memory again in the end
CHUNK = 4096  # items that are written together
LEAST_RUN = 1 << 20  # bytes that are sorted together
ENTRY = 150  # bytes that an entry of a dict takes beside its key
FARTHEST = 324  # power of ten, up or down, of a number that is added: what a float reaches
LONGEST = 400  # characters of one
DIGITS = 2 * FARTHEST + LONGEST + 30  # of the sum of any number of these

Key = bytes | tuple[bytes, bytes]  # a value, or a group and a value
Amount = Any  # int, or a Decimal
Item = tuple[Key, Amount]


class Tally:
    """Amounts of keys, exact, in about *memory* bytes: with more, a part for each hash goes to disk."""

    def __init__(self, memory: int) -> None:
        self.amounts: Counter[Key] = Counter()
        self.totals: Counter[bytes | None] = Counter()  # by group, None without groups
        self._memory = memory
        self._size = 0
        self._parts: list[IO[bytes]] = []

    def count(self, keys: list[Key], size: int) -> None:
        """Count each of *keys*, together *size* bytes long. Raises ToolError where they find no room on disk."""
        before = len(self.amounts)
        self.amounts.update(keys)
        self.totals[None] += len(keys)
        if grown := len(self.amounts) - before:
            self._size += grown * (ENTRY + size // len(keys))
            self._keep_small()

    def add(self, key: Key, amount: Amount) -> None:
        """Add *amount*, an int or a Decimal, to *key*. Raises ToolError as ``count`` does."""
        if key not in self.amounts:
            self._size += ENTRY + sum(map(len, key)) if isinstance(key, tuple) else ENTRY + len(key)
            self._keep_small()
        self.amounts[key] += amount
        self.totals[key[0] if isinstance(key, tuple) else None] += amount

    def send(self, file: IO[bytes]) -> None:
        """Write all keys and amounts for ``receive``; the tally is of no use behind it."""
        items = self.items()
        while chunk := list(islice(items, CHUNK)):
            _write(file, chunk)

    def receive(self, file: IO[bytes]) -> None:
        """Take in what another tally has sent. Raises ToolError where it finds no room on disk."""
        for key, amount in _read(file):
            self.add(key, amount)

    def _keep_small(self) -> None:
        if self._size <= self._memory:
            return
        try:
            if not self._parts:
                self._parts = [scratch_file() for _ in range(PARTS)]
            pieces: list[list[Item]] = [[] for _ in range(PARTS)]
            for key, count in self.amounts.items():
                text = key if isinstance(key, bytes) else b"\0".join(key)
                pieces[crc32(text) % PARTS].append((key, count))
            for part, piece in zip(self._parts, pieces, strict=True):
                _write(part, piece)
        except OSError as error:
            raise scratch_trouble("the counts", error) from None
        self.amounts.clear()
        self._size = 0

    def items(self) -> Iterator[Item]:
        """Yield all keys with their amounts, in no order; those on disk can be read once."""
        if not self._parts:
            yield from self.amounts.items()
            return
        self._size = self._memory + 1
        self._keep_small()
        for part in self._parts:
            whole: Counter[Key] = Counter()
            for key, amount in _read_back(part):
                whole[key] += amount
            part.close()
            yield from whole.items()

    def ranked(self, least: Amount = None, most: int | None = None) -> Iterator[Item]:
        """Yield the keys with *least* or more, the largest amounts first, *most* of them, of each group if any.

        Groups come in the order of their bytes, and so does what is equal.
        """
        items = self.items() if least is None else (item for item in self.items() if item[1] >= least)
        items, first = peek(items)
        has_groups = first is not None and isinstance(first[0], tuple)
        if most is not None and not has_groups:
            return iter(nsmallest(most, items, key=_order))
        if not self._parts and not has_groups:
            both = sorted(items)
            both.sort(key=itemgetter(1), reverse=True)  # stable; twice as fast as one by both
            return iter(both)
        ranked = self._sorted_on_disk(items) if self._parts else iter(sorted(items, key=_order))
        if most is None:
            return ranked
        groups = groupby(ranked, key=lambda item: item[0][0])
        return (item for _, group in groups for item in islice(group, most))

    def _sorted_on_disk(self, items: Iterable[Item]) -> Iterator[Item]:
        file = scratch_file()
        runs: list[list[int]] = []  # where the pieces of each lie in the file
        run: list[Item] = []
        size = 0
        try:
            for item in items:
                run.append(item)
                size += ENTRY + (sum(map(len, item[0])) if isinstance(item[0], tuple) else len(item[0]))
                if size > max(self._memory, LEAST_RUN):
                    runs.append(_write(file, sorted(run, key=_order)))
                    run, size = [], 0
            runs.append(_write(file, sorted(run, key=_order)))
        except OSError as error:
            raise scratch_trouble("the counts", error) from None
        return _merged(file, runs)


def _merged(file: IO[bytes], runs: list[list[int]]) -> Iterator[Item]:
    with file:
        yield from merge(*(_read_pieces(file, pieces) for pieces in runs), key=_order)


def _read_pieces(file: IO[bytes], pieces: list[int]) -> Iterator[Item]:
    for offset in pieces:
        file.seek(offset)
        yield from _read_piece(file)


def peek(items: Iterator[Item]) -> tuple[Iterator[Item], Item | None]:
    """Return *items* again, and the first of them."""
    first = next(items, None)
    return (iter(()), None) if first is None else (chain((first,), items), first)


def _order(item: Item) -> tuple[Any, ...]:
    key, amount = item
    return (key[0], -amount, key[1]) if isinstance(key, tuple) else (-amount, key)


def _write(file: IO[bytes], items: list[Item]) -> list[int]:
    """Write *items* in pieces; return where each of these lies, as far as *file* can tell."""
    places = []
    for at in range(0, len(items), CHUNK):
        plain = [(key, amount if isinstance(amount, int) else str(amount)) for key, amount in items[at : at + CHUNK]]
        data = marshal.dumps(plain)
        places.append(file.tell() if file.seekable() else 0)
        file.write(len(data).to_bytes(8, "little") + data)
    file.flush()
    return places


def _read_back(file: IO[bytes]) -> Iterator[Item]:
    file.seek(0)
    return _read(file)


def _read(file: IO[bytes]) -> Iterator[Item]:
    while some := _read_piece(file):
        yield from some


def _read_piece(file: IO[bytes]) -> list[Item]:
    """Return the piece that begins here, nothing at the end."""
    head = file.read(8)
    some = marshal.loads(file.read(int.from_bytes(head, "little"))) if head else []  # noqa: S302 - our own
    if some and isinstance(some[0][1], str):
        from decimal import Decimal

        return [(key, Decimal(amount)) for key, amount in some]
    return some


def add_exactly() -> None:
    """Have the sums of what ``exact`` returns rounded nowhere."""
    from decimal import getcontext

    getcontext().prec = DIGITS


def exact(text: str) -> Amount:
    """Return a number as a Decimal. Raises ArithmeticError for what is none, or is too long or too far from 1."""
    from decimal import Decimal

    if len(text) > LONGEST:
        raise ArithmeticError
    number = Decimal(text)
    if not number.is_finite() or abs(number.adjusted()) > FARTHEST:
        raise ArithmeticError
    return number
