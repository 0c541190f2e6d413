"""A shelf with plain values in one SQLite file, for many processes: each change is one transaction."""

import shelve
from collections.abc import Callable, ItemsView, Iterable, Iterator, MutableMapping, ValuesView
from typing import Any, NamedTuple

from stdtools.kv.keys import key_bytes, key_text, matching
from stdtools.kv.pickles import dump, load_plain
from stdtools.kv.plain import type_name_of
from stdtools.kv.table import Row, Table, now
from stdtools.shared.errors import ToolError

_MOST_DIGITS = 4000  # Python makes no more than 4,300 into an int


class Change(NamedTuple):
    """What became of a change: whether it was *done*, and the pickle that was there before."""

    done: bool
    old: bytes | None


Condition = Callable[[bytes | None], bool]  # of the pickle that is there


class _Closed(MutableMapping[bytes, bytes]):
    """What is left of a table: close it again, and nothing else."""

    def close(self) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        if name == "sync":
            raise AttributeError
        raise ValueError("the store is closed")

    def _refuse(self, *_: Any) -> Any:
        raise ValueError("the store is closed")

    __getitem__ = __setitem__ = __delitem__ = __contains__ = __iter__ = __len__ = _refuse


class _Items(ItemsView[str, Any]):
    """Keys and values as they are read: what goes meanwhile is left out, and not missed."""

    def __init__(self, store: "Store") -> None:
        super().__init__(store)
        self._rows = store.dict.rows

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return ((key_text(row.key), _value(row)) for row in self._rows())


class _Values(ValuesView[Any]):
    """Values as they are read; see _Items."""

    def __init__(self, store: "Store") -> None:
        super().__init__(store)
        self._rows = store.dict.rows

    def __iter__(self) -> Iterator[Any]:
        return map(_value, self._rows())


class Store(shelve.Shelf[Any]):
    """A ``shelve.Shelf`` whose values are plain built-in types, with operations that are atomic between processes.

    Keys are text; bytes that are not UTF-8 stand in them as ``os.fsdecode`` has them. A value of
    another class is not built: reading it raises ForeignClass.
    """

    dict: Table

    def __init__(self, table: MutableMapping[bytes, bytes]) -> None:
        super().__init__(table, protocol=4)

    def close(self) -> None:
        """Close the file; what is asked of the store afterwards is a ValueError."""
        super().close()
        self.dict = _Closed()  # type: ignore[assignment]

    def __getitem__(self, key: str) -> Any:
        row = self.row(key)
        if row is None:
            raise KeyError(key)
        return _value(row)

    def __setitem__(self, key: str, value: Any) -> None:
        self.dict[key_bytes(key)] = dump(value)

    def __delitem__(self, key: str) -> None:
        try:
            del self.dict[key_bytes(key)]
        except KeyError:
            raise KeyError(key) from None

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key_bytes(key) in self.dict

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of *key*, else *default*."""
        row = self.row(key)
        return default if row is None else _value(row)

    def __iter__(self) -> Iterator[str]:
        return map(key_text, self.dict)

    def items(self) -> ItemsView[str, Any]:
        """Return a view of the keys and values."""
        return _Items(self)

    def values(self) -> ValuesView[Any]:
        """Return a view of the values."""
        return _Values(self)

    def pop(self, key: str, *default: Any) -> Any:
        """Delete *key* and return its value; where it is absent *default*, else KeyError."""
        with self.dict.transaction():
            return super().pop(key, *default)

    def popitem(self) -> tuple[str, Any]:
        """Delete a key and return it with its value. KeyError where there is none."""
        with self.dict.transaction():
            return super().popitem()

    def setdefault(self, key: str, default: Any = None) -> Any:
        """Return the value of *key*, set to *default* where it is absent."""
        with self.dict.transaction():
            return super().setdefault(key, default)

    def update(self, *others: Any, **values: Any) -> None:
        """Set all keys of a mapping, of pairs, or given by name."""
        with self.dict.transaction():
            super().update(*others, **values)

    def clear(self) -> None:
        """Delete all keys, whatever their values are."""
        self.dict.clear()

    def row(self, key: str) -> Row | None:
        """Return *key* with its pickle and its times, if it is there."""
        return self.dict.read(key_bytes(key))

    def set(
        self,
        key: str,
        value: Any,
        *,
        ttl: float | None = None,
        keep_ttl: bool = False,
        only_if: Condition | None = None,
    ) -> Change:
        """Set *key* to *value*, for *ttl* seconds or what is left of them, where *only_if* holds for what is there."""
        data = dump(value)
        with self.dict.transaction():
            row = self.row(key)
            old = row.value if row else None
            try:
                holds = only_if is None or only_if(old)
            except ToolError as error:  # of the old value
                error.where = key
                raise
            if not holds:
                return Change(False, old)
            expires = _moment(ttl)
            if keep_ttl and row is not None:
                expires = row.expires
            self.dict.write(key_bytes(key), data, expires)
        return Change(True, old)

    def incr(self, key: str, by: float = 1) -> int | float:
        """Add *by* to the number under *key*, 0 where there is none, and return the sum; text of a number serves."""

        def add(old: Any) -> int | float:
            try:
                return _number(key, old) + by
            except OverflowError:
                raise ToolError("holds a number that is too large to add to a float", where=key) from None

        return self._update(key, 0, add)  # type: ignore[no-any-return]

    def append(self, key: str, more: str | bytes) -> int:
        """Put *more* behind the text or the bytes under *key*, and return how many characters or bytes that makes."""

        def add(old: Any) -> str | bytes:
            if isinstance(old, str) and isinstance(more, str):
                return old + more
            if isinstance(old, str | bytes):
                return _as_bytes(old) + _as_bytes(more)
            raise ToolError(f"holds {type_name_of(old)}, neither text nor bytes", where=key)

        return len(self._update(key, type(more)(), add))

    def push(self, key: str, values: Iterable[Any], *, left: bool = False) -> int:
        """Put *values* one after the other at the end of the list under *key*, or at its head; return its length."""

        def add(old: Any) -> list[Any]:
            items = _list(key, old)
            return [*reversed(list(values)), *items] if left else [*items, *values]

        return len(self._update(key, [], add))

    def pop_element(self, key: str, *, left: bool = False) -> Any:
        """Take the last element of the list under *key*, or the first, and return it. KeyError where there is none."""
        taken: list[Any] = []

        def take(old: Any) -> list[Any]:
            items = _list(key, old)
            if not items:
                raise KeyError(key)
            taken.append(items.pop(0 if left else -1))
            return items

        self._update(key, [], take)
        return taken[0]

    def ttl(self, key: str) -> float | None:
        """Return how many seconds *key* has left, None without an end. Raises KeyError."""
        row = self.row(key)
        if row is None:
            raise KeyError(key)
        return None if row.expires is None else max(0.0, (row.expires - now()) / 1000)

    def expire(self, key: str, ttl: float | None) -> bool:
        """Have *key* be gone in *ttl* seconds, never with None; say whether it is there."""
        with self.dict.transaction():
            if self.row(key) is None:
                return False
            self.dict.set_expiry(key_bytes(key), _moment(ttl))
        return True

    def rename(self, old: str, new: str, *, replace: bool = False) -> bool:
        """Give the value of *old* the key *new*, unless that is taken; say whether it was done. Raises KeyError."""
        with self.dict.transaction():
            if self.row(old) is None:
                raise KeyError(old)
            if new in self and not replace and new != old:
                return False
            if new != old:
                self.dict.move(key_bytes(old), key_bytes(new))
        return True

    def copy(self, source: str, target: str, *, replace: bool = False) -> bool:
        """Set *target* to the value of *source*, with its time left, unless it is taken; say so. Raises KeyError."""
        with self.dict.transaction():
            row = self.row(source)
            if row is None:
                raise KeyError(source)
            if target in self and not replace:
                return False
            self.dict.write(key_bytes(target), row.value, row.expires)
        return True

    def remove(self, keys: Iterable[str]) -> int:
        """Delete the *keys* that are there, and return how many were."""
        with self.dict.transaction():
            return sum(self.dict.discard(key_bytes(key)) for key in keys)

    def remove_matching(self, glob: str | None, prefix: str = "") -> int:
        """Delete the keys that begin with *prefix* and match *glob*, and return how many there were."""
        with self.dict.transaction():
            return sum(self.dict.discard(row.key) for row in matching(self.dict, glob, prefix, values=False))

    def _update(self, key: str, absent: Any, change: Callable[[Any], Any]) -> Any:
        """Set *key* to what *change* makes of its value, of *absent* where it is not there; its end stays."""
        with self.dict.transaction():
            row = self.row(key)
            value = change(absent if row is None else _value(row))
            self.dict.write(key_bytes(key), dump(value), row.expires if row else None)
        return value


def _value(row: Row) -> Any:
    """Return the value of *row*. Raises BadPickle and ForeignClass that name the key."""
    try:
        return load_plain(row.value)
    except ToolError as error:
        error.where = key_text(row.key)
        raise


def _moment(ttl: float | None) -> int | None:
    return None if ttl is None else now() + int(ttl * 1000)


def _as_bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")


def _number(key: str, value: Any) -> int | float:
    if type(value) in (int, float):
        return value  # type: ignore[no-any-return]
    if isinstance(value, str):
        number = parse_number(value)
        if number is not None:
            return number
    raise ToolError(f"holds {type_name_of(value)}, no number", where=key)


def parse_number(text: str) -> int | float | None:
    """Return the number that *text* is, if it is one as JSON writes it, with a sign if need be, and not too large."""
    import re

    text = text.strip()
    if re.fullmatch(r"[+-]?[0-9]+", text):
        return int(text) if len(text) <= _MOST_DIGITS else None
    if re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", text):
        number = float(text)
        return number if abs(number) != float("inf") else None
    return None


def _list(key: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ToolError(f"holds {type_name_of(value)}, no list", where=key)
    return value
