"""A command whose standard output and standard error come to us."""

import errno
import os
import signal
import time
from collections import deque
from collections.abc import Sequence

from stdtools.shared.errors import ToolError

NOT_FOUND, NOT_EXECUTABLE = 127, 126


class CommandNotRun(ToolError):
    """The command could not be started; *code* is what a shell would exit with."""

    def __init__(self, name: str, error: OSError) -> None:
        super().__init__(error.strerror or str(error), where=name)
        self.code = NOT_FOUND if error.errno == errno.ENOENT else NOT_EXECUTABLE


class Child:
    """A running command, found on PATH; ``outputs`` are the ends of its two streams to read from.

    *interruptible*: Ctrl-C ends it; otherwise it ignores that, as a command behind ``nohup`` does.
    """

    def __init__(self, command: Sequence[str], *, interruptible: bool = True) -> None:
        readers, writers = zip(os.pipe(), os.pipe(), strict=True)
        self.outputs: tuple[int, ...] = readers
        self._sent: set[int] = set()
        self._status: int | None = None
        self._started = time.monotonic()
        self._ended = 0.0
        actions = [(os.POSIX_SPAWN_DUP2, fd, number) for number, fd in enumerate(writers, 1)]
        # Python ignores SIGPIPE and SIGXFSZ, and the logger SIGINT; the command is to find the usual.
        reset = [signal.SIGPIPE, signal.SIGXFSZ, *([signal.SIGINT] if interruptible else [])]
        try:
            self._pid = os.posix_spawnp(command[0], list(command), os.environ, file_actions=actions, setsigdef=reset)
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
        return (
            f"{how} after {self._ended - self._started:.1f} s "
            f"(user {used.ru_utime:.1f} s, system {used.ru_stime:.1f} s, at most {used.ru_maxrss / 1024:.0f} MiB)"
        )

    def has_ended(self) -> bool:
        """Whether the command has ended; what it has started may go on."""
        if self._status is None:
            pid, status, usage = os.wait4(self._pid, os.WNOHANG)
            if pid:
                self._status, self._usage, self._ended = status, usage, time.monotonic()
        return self._status is not None

    def send(self, number: int) -> None:
        """Send a signal to the command, if it still runs."""
        if self._status is None:
            self._sent.add(number)
            os.kill(self._pid, number)

    def was_sent(self, number: int) -> bool:
        """Whether the command has been sent this signal before."""
        return number in self._sent


class LastLines:
    """The last lines of what went by."""

    def __init__(self, count: int) -> None:
        self._lines: deque[bytes] = deque(maxlen=count)
        self._count = 0

    def add(self, block: bytes) -> None:
        """See a block of lines."""
        self._count += block.count(b"\n") + (not block.endswith(b"\n"))
        tail = block.removesuffix(b"\n").rsplit(b"\n", self._lines.maxlen or 0)
        self._lines.extend(tail[-(self._lines.maxlen or 0) :])

    @property
    def head(self) -> str:
        """What to say before the lines."""
        if not self._count:
            return "it wrote nothing"
        kept = len(self._lines)
        return f"the last {kept} of its {self._count} lines:" if self._count > kept else "what it wrote:"

    @property
    def lines(self) -> list[str]:
        """The lines, for people."""
        return [f"  {line.decode('utf-8', 'surrogateescape')}" for line in self._lines]


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
