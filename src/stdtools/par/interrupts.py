"""Signals as events: a loop is woken and asks what has come, and nothing is cut short in between."""

import contextlib
import os
import signal
from collections.abc import Iterator
from types import FrameType

from stdtools.shared.errors import Signalled

_ENDING = ("SIGINT", "SIGTERM", "SIGHUP")
_OTHERS = ("SIGCHLD", "SIGTSTP", "SIGCONT")


class Interrupts:
    """Within a ``with`` block, signals are collected, and make *fd* readable."""

    def __init__(self) -> None:
        self.ending: list[int] = []  # signals that ask us to end, as they came
        self.stopped: list[int] = []  # TSTP and CONT
        self.fd, self._writer = os.pipe()
        self._is_waiting = False
        self._before: dict[int, object] = {}

    def __enter__(self) -> "Interrupts":
        for fd in (self.fd, self._writer):
            os.set_blocking(fd, False)
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [getattr(signal, name) for name in (*_ENDING, *_OTHERS)])
        for name in (*_ENDING, *_OTHERS):
            number = getattr(signal, name)
            if signal.getsignal(number) is not signal.SIG_IGN or name == "SIGCHLD":
                self._before[number] = signal.signal(number, self._take)
        return self

    def __exit__(self, *error: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)  # type: ignore[arg-type]
        signal.set_wakeup_fd(-1)
        os.close(self.fd)
        os.close(self._writer)

    def _take(self, number: int, frame: FrameType | None) -> None:
        if number in (signal.SIGTSTP, signal.SIGCONT):
            self.stopped.append(number)
        elif number != signal.SIGCHLD:
            self.ending.append(number)
            if self._is_waiting:
                self._is_waiting = False
                raise reason(number)

    @contextlib.contextmanager
    def raised(self) -> Iterator[None]:
        """Within this ``with`` block a signal that asks us to end is raised: what is called may wait for ever."""
        self._is_waiting = True
        if self.ending:
            self._is_waiting = False
            raise reason(self.ending[0])
        try:
            yield
        finally:
            self._is_waiting = False

    def clear(self) -> None:
        """Make *fd* unreadable, until the next signal."""
        with contextlib.suppress(BlockingIOError):
            while os.read(self.fd, 4096):
                pass

    def stop_here(self) -> None:
        """Stop as SIGTSTP would have stopped us; return when we are continued."""
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, self._take)


def reason(number: int) -> BaseException:
    """Return what to raise for a signal."""
    return KeyboardInterrupt() if number == signal.SIGINT else Signalled(number)
