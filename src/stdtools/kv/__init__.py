"""A shelf for many processes: ``shelve.Shelf`` over SQLite, with plain values only, that survives kill -9.

    with stdtools.kv.open("cache.db") as store:
        store["greeting"] = "hello"
        store.incr("hits")
        store.set("token", "abc", ttl=600)

``shelve.open`` of Python 3.13 and later reads and writes the same file.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stdtools.kv.opening import open  # noqa: A004 - as shelve, dbm and gzip have it
    from stdtools.kv.store import Change, Store

__all__ = ["Change", "Store", "open"]


def __getattr__(name: str) -> Any:
    """Load the store when it is asked for: help needs no SQLite."""
    if name == "open":
        from stdtools.kv import opening

        return opening.open
    if name in __all__:
        from stdtools.kv import store

        return getattr(store, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
