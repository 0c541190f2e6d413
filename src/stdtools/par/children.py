"""The processes of jobs, each the first of a process group, from their starts to their ends; none outlives us."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
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
        self.wanted_terminal: set[int] = set()  # which jobs, in the background, do not have
        self.cut_off: set[int] = set()  # which ran when all were told to end
        mark = b"%d-%d" % (os.getpid(), time.monotonic_ns())
        self._launcher = Launcher({**environment, MARK: b" ".join([*environment.get(MARK, b"").split(), mark])})
        self._watchdog = Watchdog(slots, mark)
        self._is_watched = False
        self._slots: dict[int, int] = {}  # by pid
        self._doomed: set[int] = set()  # whose groups end with them
        import resource  # noqa: F401 - by os.wait4, when there may be no descriptor left to import it

        self._null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)

    def __bool__(self) -> bool:
        """Whether one runs."""
        return bool(self._slots)

    def start(self, argv: Sequence[bytes], slot: int, stdin: int | None) -> Started:
        """Start *argv*, with nothing to read when *stdin* is None. Raises NoCommand and OSError."""
        self.watch()
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
        """Have them end when we are killed; from before the first starts."""
        if not self._is_watched:
            with suppress(OSError):  # no room for another process: it is tried again
                self._watchdog.start()
                self._is_watched = True

    def reap(self) -> "Iterator[tuple[int, int, resource.struct_rusage]]":
        """Yield pid, status and use of each that has ended."""
        while self._slots:
            try:
                found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WSTOPPED | os.WNOHANG | os.WNOWAIT)
                if found is None:
                    return
                pid = found.si_pid
                if found.si_code == os.CLD_STOPPED:
                    os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOHANG)
                    if found.si_status in (signal.SIGTTIN, signal.SIGTTOU):  # it would wait for ever
                        self.wanted_terminal.add(pid)
                        send(pid, signal.SIGKILL)
                    continue
                if self.ends_now or pid in self._doomed:  # what it has left behind, while the number is still its own
                    send(pid, signal.SIGKILL)
                _, status, usage = os.wait4(pid, 0)
            except ChildProcessError:
                return
            self._doomed.discard(pid)
            if pid in self._slots:
                self._watchdog.put(self._slots.pop(pid), 0)
                yield pid, status, usage
            elif self._watchdog.is_gone(pid):
                self._is_watched = False

    def doom(self, pid: int) -> None:
        """Have a process and its group end: TERM, and what is left of the group is killed when the process is gone."""
        self._doomed.add(pid)
        send(pid, signal.SIGTERM)
        send(pid, signal.SIGCONT)

    def signal(self, number: int) -> None:
        """Send a signal to all groups."""
        for pid in self._slots:
            send(pid, number)

    def end(self, number: int) -> None:
        """Have all end by a signal, also those that are stopped."""
        self.ends_now = True
        for pid in self._slots:
            with suppress(ChildProcessError):
                if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:  # it has not ended by itself
                    self.cut_off.add(pid)
        self.signal(number)
        self.signal(signal.SIGCONT)

    def close(self, hurry: Callable[[], bool]) -> None:
        """Leave none behind: TERM, and KILL a little later, or as soon as there is *hurry*."""
        try:
            for number in (signal.SIGTERM, signal.SIGKILL) if self._slots else ():
                self.end(number)
                deadline = time.monotonic() + LAST_GRACE
                while self._slots and time.monotonic() < deadline:  # one that the kernel holds cannot be waited for
                    if number != signal.SIGKILL and hurry():
                        break
                    for _ in self.reap():
                        pass
                    if self._slots:
                        time.sleep(0.005)
            if self.ends_now:
                self._watchdog.end_strays()
        finally:
            self._watchdog.stop()
            os.close(self._null)


def send(group: int, number: int) -> None:
    """Send a signal to a process group, if it is still there, and to its first process, wherever that is now."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
    with suppress(ProcessLookupError, PermissionError):
        if os.getpgid(group) != group:
            os.kill(group, number)


def _two_pipes() -> list[int]:
    out = os.pipe()
    try:
        return [*out, *os.pipe()]
    except OSError:
        for fd in out:
            os.close(fd)
        raise
