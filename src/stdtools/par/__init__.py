"""Work side by side: jobs, Python expressions over lines, and a process pool that never hangs.

``Pool`` has the calls of ``multiprocessing.Pool`` that map; it takes no more of an endless input than it needs, and
names the item that a worker has died of.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stdtools.par.pool import Pool, WorkerDied

__all__ = ["Pool", "WorkerDied"]


def __getattr__(name: str) -> Any:
    """Load the pool when it is asked for: jobs start without multiprocessing."""
    if name in __all__:
        from stdtools.par import pool

        return getattr(pool, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
