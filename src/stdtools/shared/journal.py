"""The program's own log: one line for each run. Never contents, values, names or arguments.

    2026-11-22T12:00:00.123+01:00 INFO pid=4242 command=unpack exit=0 seconds=0.051 records=3

A journal that cannot be written is silence; it never prints and never changes an exit code.
``STDTOOLS_JOURNAL`` is ``off`` or another file; ``STDTOOLS_LOG_LEVEL`` is the least level that is
written: debug, info (the default), warning or error. With debug, also by --debug, the loggers of the
modules are written, too.
"""

import contextlib
import os
import time

from stdtools.shared import places, screen
from stdtools.shared.errors import ToolError, raise_os_error

MAX_BYTES = 1 << 20
BACKUPS = 5
PATIENCE = 0.5  # seconds; a stopped process that holds the lock must not stop every other one
LONGEST = 8000  # characters of a line
LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}

# What the command has counted, such as records; names and numbers only.
counts: dict[str, int] = {}


def place() -> str:
    """Return the path of the journal; empty when it is switched off."""
    chosen = os.environ.get("STDTOOLS_JOURNAL", "")
    if chosen.lower() == "off":
        return ""
    return chosen or os.path.join(places.log_dir(), "stdtools.log")


class Run:
    """One run of the program, from its making to ``end``; *error* is what ended it, if anything did."""

    def __init__(self) -> None:
        self.error: BaseException | None = None
        self._started = time.perf_counter()

    def end(self, code: int) -> None:
        """Write the line of this run; a negative *code* is that of the signal which ends it."""
        with contextlib.suppress(BaseException):
            level = "ERROR" if code > 1 else "INFO"
            command = screen.preferences.command.removeprefix("stdtools").strip() or "-"
            fields: dict[str, object] = {
                "command": f'"{command}"' if " " in command else command,
                "exit": 128 - code if code < 0 else code,
                "seconds": f"{time.perf_counter() - self._started:.3f}",
                **counts,
                **_fields_of(self.error),
            }
            write(level, " ".join(f"{name}={value}" for name, value in fields.items()))


def listen() -> None:
    """Have what the modules' loggers say written to the journal, as far as its level asks for it."""
    least = _least_level()
    if least > LEVELS["debug"] and "STDTOOLS_LOG_LEVEL" not in os.environ:
        return
    import logging

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            with contextlib.suppress(Exception):
                write(record.levelname, f"logger={record.name} {record.getMessage()}")

    logger = logging.getLogger("stdtools")
    logger.setLevel(least)
    logger.propagate = False
    logger.addHandler(Handler())


def write(level: str, text: str) -> None:
    """Append a line with the time, *level*, our process id and *text*, made safe; may raise anything."""
    path = place()
    if not path or LEVELS.get(level.lower(), 50) < _least_level():
        return
    if not os.environ.get("STDTOOLS_JOURNAL") and not _our_own(os.path.dirname(path)):
        return
    from stdtools.shared.rotation import RotatingFile

    now = time.time()
    local = time.localtime(now)
    zone = local.tm_gmtoff // 60
    clock = time.strftime("%Y-%m-%dT%H:%M:%S", local) + f".{int(now % 1 * 1000):03d}"
    stamp = f"{clock}{'-' if zone < 0 else '+'}{abs(zone) // 60:02d}:{abs(zone) % 60:02d}"
    line = screen.safe(f"{stamp} {level} pid={os.getpid()} {text}")[:LONGEST] + "\n"
    journal = RotatingFile(path, max_bytes=MAX_BYTES, backups=BACKUPS, mode=0o600, patience=PATIENCE)
    try:
        journal.write(line.encode("utf-8", "backslashreplace"), whole=True)
    finally:
        journal.close()


def _least_level() -> int:
    if screen.preferences.debug:
        return LEVELS["debug"]
    return LEVELS.get(os.environ.get("STDTOOLS_LOG_LEVEL", "").lower(), LEVELS["info"])


def _our_own(directory: str) -> bool:
    """Make *directory*, unless it or what it lies in is another user's, such as the one who called sudo."""
    if not os.path.isabs(directory):
        return False
    missing = []
    existing = directory
    while not os.path.exists(existing):
        missing.append(existing)
        existing = os.path.dirname(existing)
    if os.stat(existing).st_uid not in (0, os.geteuid()) or not os.path.isdir(os.path.expanduser("~")):
        return False
    for name in reversed(missing):
        with contextlib.suppress(FileExistsError):  # by another run, just now
            os.mkdir(name, 0o700)
    return True


def _fields_of(error: BaseException | None) -> dict[str, object]:
    """Return the kind of *error* and where it was raised: all calls of a bug, the last one of what a user can mend.

    Its message is left out: it may hold what was typed or read.
    """
    if error is None:
        return {}
    calls = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if code is not raise_os_error.__code__:
            calls.append(f"{'/'.join(code.co_filename.split('/')[-2:])}:{trace.tb_lineno}:{code.co_name}")
        trace = trace.tb_next
    is_bug = not isinstance(error, ToolError | OSError | MemoryError) and not type(error).__module__.startswith("click")
    where = {"traceback": ">".join(calls)} if is_bug else {"at": calls[-1]}
    return {"error": type(error).__name__, **where}
