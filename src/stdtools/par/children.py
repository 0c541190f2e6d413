"""The processes of jobs, each the first of a process group, from their starts to their ends; none outlives us."""

import os
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from stdtools.par.launching import Launcher
from stdtools.par.watchdog import MARK, Watchdog

if TYPE_CHECKING:
    import resource

LAST_GRACE = 0.8  # seconds between TERM and KILL when all is to end


class Started(NamedTuple):
    """A process, and the descriptors through which it is heard."""

    pid: int
    out: int
    err: int


class Children:
    """Up to *slots* processes at a time, with one *environment*."""

    def __init__(self, slots: int, environment: Mapping[bytes, bytes]) -> None:
        self.ends_now = False  # all that run were told to end
        mark = b"%d-%d" % (os.getpid(), time.monotonic_ns())
        self._launcher = Launcher({**environment, MARK: mark})
        self._watchdog = Watchdog(slots, mark)
        self._is_watched = False
        self._slots: dict[int, int] = {}  # by pid
        self._null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)

    def __bool__(self) -> bool:
        """Whether one runs."""
        return bool(self._slots)

    def start(self, argv: Sequence[bytes], slot: int, stdin: int | None) -> Started:
        """Start *argv*, with nothing to read when *stdin* is None. Raises NoCommand and OSError."""
        out, out_writer, err, err_writer = _two_pipes()
        try:
            pid = self._launcher.start(argv, self._null if stdin is None else stdin, out_writer, err_writer)
        except BaseException:
            os.close(out)
            os.close(err)
            raise
        finally:
            os.close(out_writer)
            os.close(err_writer)
        self._watchdog.put(slot, pid)
        self._slots[pid] = slot
        return Started(pid, out, err)

    def watch(self) -> None:
        """Have them end when we are killed."""
        if not self._is_watched and self._slots:
            with suppress(OSError):  # no room for another process: it is tried again
                self._watchdog.start()
                self._is_watched = True

    def reap(self) -> "Iterator[tuple[int, int, resource.struct_rusage]]":
        """Yield pid, status and use of each that has ended."""
        while self._slots:
            with suppress(ChildProcessError):
                if self.ends_now:  # what it has left behind ends, too, while the group's number is still its own
                    found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
                    if found is not None and found.si_pid in self._slots:
                        send(found.si_pid, signal.SIGKILL)
                pid, status, usage = os.wait4(-1, os.WNOHANG)
                if pid in self._slots:
                    self._watchdog.put(self._slots.pop(pid), 0)
                    yield pid, status, usage
                if pid:
                    continue
            return

    def signal(self, number: int) -> None:
        """Send a signal to all groups."""
        for pid in self._slots:
            send(pid, number)

    def end(self, number: int) -> None:
        """Have all end by a signal, also those that are stopped."""
        self.ends_now = True
        self.signal(number)
        self.signal(signal.SIGCONT)

    def close(self) -> None:
        """Leave none behind: TERM, and KILL a little later."""
        try:
            for number in (signal.SIGTERM, signal.SIGKILL):
                self.end(number)
                deadline = time.monotonic() + LAST_GRACE
                while self._slots and time.monotonic() < deadline:  # one that the kernel holds cannot be waited for
                    for _ in self.reap():
                        pass
                    if self._slots:
                        time.sleep(0.005)
        finally:
            self._watchdog.stop()
            os.close(self._null)


def send(group: int, number: int) -> None:
    """Send a signal to a process group, if it is still there."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _two_pipes() -> list[int]:
    out = os.pipe()
    try:
        return [*out, *os.pipe()]
    except OSError:
        for fd in out:
            os.close(fd)
        raise
