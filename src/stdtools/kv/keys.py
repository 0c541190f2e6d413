"""Keys: as text and as the bytes that are stored, and those that begin with a prefix or match a pattern."""

from collections.abc import Iterator
from typing import Protocol

from stdtools.kv.table import Row


class Readable(Protocol):
    """What a store is read from: a Table, or a shelf of another kind."""

    def rows(self, first: bytes = b"", end: bytes | None = None, *, values: bool = True) -> Iterator[Row]:
        """Yield the rows from the key *first* on, up to *end* and without it; *values* may be left out."""


def matching(table: Readable, glob: str | None, prefix: str = "", *, values: bool = True) -> Iterator[Row]:
    """Yield the rows whose keys begin with *prefix* and match the shell pattern *glob*; *values* may be left out."""
    if glob is None:
        yield from table.rows(*_range(key_bytes(prefix)), values=values)
        return
    import re
    from fnmatch import translate

    matches = re.compile(translate(glob)).match
    plain = re.match(r"[^*?[]*", glob)
    start = max(key_bytes(prefix), key_bytes(plain.group() if plain else ""), key=len)
    for row in table.rows(*_range(start), values=values):
        text = key_text(row.key)
        if text.startswith(prefix) and matches(text):
            yield row


def _range(prefix: bytes) -> tuple[bytes, bytes | None]:
    """Return the first key with *prefix*, and the first behind all of them."""
    head = prefix.rstrip(b"\xff")
    return prefix, head[:-1] + bytes([head[-1] + 1]) if head else None


def key_bytes(key: str) -> bytes:
    """Return *key* as it is stored."""
    return key.encode("utf-8", "surrogateescape")


def key_text(key: bytes) -> str:
    """Return the stored *key* as text; a byte that is not UTF-8 is a surrogate there."""
    return key.decode("utf-8", "surrogateescape")
