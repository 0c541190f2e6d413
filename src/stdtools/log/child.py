"""A command whose standard output and standard error come to us."""

import contextlib
import errno
import os
import signal
import sys
import time
from collections.abc import Collection, Mapping, Sequence

from stdtools.shared.errors import ToolError

NOT_FOUND, NOT_EXECUTABLE = 127, 126
RSS_PER_MIB = 1 << 20 if sys.platform == "darwin" else 1024  # ru_maxrss is in KiB, but for one system


class CommandNotRun(ToolError):
    """The command could not be started; *code* is what a shell would exit with."""

    def __init__(self, name: str, error: OSError) -> None:
        missing = error.errno == errno.ENOENT
        super().__init__("command not found" if missing else error.strerror or str(error), where=name)
        self.code = NOT_FOUND if missing else NOT_EXECUTABLE


class Child:
    """A running command, found on PATH; ``outputs`` are the ends of its two streams to read from.

    It finds the signals *reset* at their default, and blocked only those that *blocked* names.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        reset: Collection[int],
        blocked: Collection[int],
    ) -> None:
        if not command[0]:
            raise CommandNotRun("''", FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)))
        readers, writers = zip(os.pipe(), os.pipe(), strict=True)
        self.outputs: tuple[int, ...] = readers
        self._sent: set[int] = set()
        self._status: int | None = None
        self._started = time.monotonic()
        self._ended = 0.0
        actions = [(os.POSIX_SPAWN_DUP2, fd, number) for number, fd in enumerate(writers, 1)]
        try:
            self._pid = os.posix_spawnp(
                command[0], list(command), environment, file_actions=actions, setsigdef=reset, setsigmask=blocked
            )
        except OSError as error:
            for fd in readers:
                os.close(fd)
            raise CommandNotRun(command[0], error) from None
        finally:
            for fd in writers:
                os.close(fd)

    @property
    def code(self) -> int:
        """The exit code, as a shell has it: 128 + N when signal N ended the command."""
        assert self._status is not None
        code = os.waitstatus_to_exitcode(self._status)
        return code if code >= 0 else 128 - code

    @property
    def obituary(self) -> str:
        """How the command ended and what it used."""
        assert self._status is not None
        code = os.waitstatus_to_exitcode(self._status)
        how = f"exited with {code}" if code >= 0 else f"was ended by {_signal_name(-code)}"
        used = self._usage
        peak = used.ru_maxrss / RSS_PER_MIB
        return (
            f"{how} after {self._ended - self._started:.1f} s "
            f"(user {used.ru_utime:.1f} s, system {used.ru_stime:.1f} s, at most {peak:.0f} MiB)"
        )

    def has_ended(self) -> bool:
        """Whether the command has ended; what it has started may go on."""
        if self._status is None:
            pid, status, usage = os.wait4(self._pid, os.WNOHANG)
            if pid:
                self._status, self._usage, self._ended = status, usage, time.monotonic()
        return self._status is not None

    @property
    def ended(self) -> bool:
        """Whether ``has_ended`` has found that the command has ended."""
        return self._status is not None

    def send(self, number: int) -> None:
        """Send a signal to the command, if it still runs."""
        if self._status is None:
            self._sent.add(number)
            with contextlib.suppress(ProcessLookupError):  # it was reaped a moment ago
                os.kill(self._pid, number)

    def was_sent(self, number: int) -> bool:
        """Whether the command has been sent this signal before."""
        return number in self._sent


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
