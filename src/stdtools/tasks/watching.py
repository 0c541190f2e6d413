"""What SQLite does, ended when it takes too long or a signal comes."""

import contextlib
import sqlite3
import sys
import time
from collections.abc import Iterator

from stdtools.shared.errors import Signalled, ToolError
from stdtools.tasks.database import Database

_PULSE = 200_000  # instructions of SQLite's machine between two looks at the clock: some milliseconds


@contextlib.contextmanager
def watched(database: Database, patience: float | None = None) -> Iterator[None]:
    """Have what SQLite does in the ``with`` block end at a signal, and after *patience* seconds with a ToolError.

    What a signal raises while SQLite calls us back is swallowed there, and told to sys.unraisablehook at best.
    One block within another would end the watch of the outer one.
    """
    end = None if patience is None else time.monotonic() + patience
    signals: list[BaseException] = []
    hook = sys.unraisablehook

    def is_over() -> bool:
        return end is not None and time.monotonic() > end

    def keep(unraisable: "sys.UnraisableHookArgs") -> None:
        if isinstance(unraisable.exc_value, KeyboardInterrupt | Signalled):
            signals.append(unraisable.exc_value)
        else:
            hook(unraisable)

    sys.unraisablehook = keep
    sqlite3.enable_callback_tracebacks(True)
    database.sql.set_progress_handler(is_over, _PULSE)
    try:
        yield
    except sqlite3.OperationalError as error:
        if signals:
            raise signals[0] from None
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT:  # sqlite3 raises some without
            hint = "ask for less with --where or --match"
            raise ToolError(f"the search took more than {patience} seconds", hint=hint) from None
        raise
    finally:
        database.sql.set_progress_handler(None, 0)
        sqlite3.enable_callback_tracebacks(False)
        sys.unraisablehook = hook
    if signals:
        raise signals[0]
