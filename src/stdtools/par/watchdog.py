"""A process that ends the jobs when par itself is killed, in whatever way.

It learns of that by the end of a pipe. Which process groups there are it reads from a table in shared
memory; a job that was started, but not yet in the table, it knows by a variable of its environment. There
each par that runs within another leaves its own mark behind those of the outer ones, so that these find its jobs, too.
"""

import contextlib
import mmap
import os
import signal
import struct
import time
from typing import NoReturn

MARK = b"STDTOOLS_PAR"
_VARIABLE = MARK + b"="
_GRACE = 1.0  # seconds between TERM and KILL
_PASSES = 3  # over all processes, each of which may start another meanwhile
_PID = struct.Struct("<q")
_IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP)


class Watchdog:
    """Watches up to *slots* process groups, in whose environment MARK has *mark*, from ``start`` to ``stop``."""

    def __init__(self, slots: int, mark: bytes) -> None:
        self._table = mmap.mmap(-1, slots * _PID.size)
        self._mark = mark
        self._pid = 0
        self._lifeline = -1

    def put(self, slot: int, group: int) -> None:
        """Say which process group is in *slot*, 0 for none."""
        _PID.pack_into(self._table, slot * _PID.size, group)

    def start(self) -> None:
        """Fork it. Raises OSError."""
        reader, self._lifeline = os.pipe()
        try:
            self._pid = os.fork()
            if not self._pid:
                self._watch(reader)
        except OSError:
            os.close(self._lifeline)
            raise
        finally:
            os.close(reader)

    def stop(self) -> None:
        """End it: whoever calls takes care of the jobs himself."""
        if self._pid:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(self._pid, signal.SIGKILL)
                os.waitpid(self._pid, 0)
            os.close(self._lifeline)
            self._pid = 0

    def is_gone(self, pid: int) -> bool:
        """Take note that the process *pid* has ended; say whether it was this one."""
        if pid != self._pid:
            return False
        os.close(self._lifeline)
        self._pid = 0
        return True

    def end_strays(self) -> None:
        """Kill what has left the process groups, as by setsid."""
        for _ in range(_PASSES):
            strays = self._marked()
            for pid in strays:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            if not strays:
                return

    def _watch(self, reader: int) -> NoReturn:
        try:
            os.setsid()  # who kills our process group does not kill this
            signal.set_wakeup_fd(-1)
            for number in _IGNORED:
                signal.signal(number, signal.SIG_IGN)
            os.closerange(0, reader)
            os.closerange(reader + 1, os.sysconf("SC_OPEN_MAX"))
            os.read(reader, 1)
            self._end_all(signal.SIGTERM)
            time.sleep(_GRACE)
            self._end_all(signal.SIGKILL)
        finally:
            os._exit(0)

    def _end_all(self, number: int) -> None:
        for (group,) in _PID.iter_unpack(self._table[:]):
            if group:
                with contextlib.suppress(OSError):
                    os.killpg(group, number)
                    os.killpg(group, signal.SIGCONT)
        for pid in self._marked():
            with contextlib.suppress(OSError):
                os.kill(pid, number)

    def _marked(self) -> list[int]:
        """Return the processes whose environment has the mark, on systems that tell."""
        found = []
        with contextlib.suppress(OSError):
            for name in os.listdir("/proc"):
                with contextlib.suppress(OSError, ValueError), open(f"/proc/{int(name)}/environ", "rb") as file:
                    marks = next((each for each in file.read().split(b"\0") if each.startswith(_VARIABLE)), b"")
                    if self._mark in marks.removeprefix(_VARIABLE).split():
                        found.append(int(name))
        return found
