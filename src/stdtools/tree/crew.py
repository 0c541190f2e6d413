"""One walk by several forked processes, each of which writes whole blocks of lines by itself.

Whoever has nothing to do says so by a byte in a pipe that all share, the wishes. Whoever is busy looks
there after every few directories, and sends half of what it has to the one that wished. When all
have wished, nothing is left. Nobody outlives the first of them, and no death goes unnoticed.
"""

import contextlib
import fcntl
import os
import select
import signal
import sys
import termios
from collections.abc import Callable
from typing import IO, Any, NoReturn

from stdtools.shared.errors import ReaderGone, ToolError
from stdtools.tree.finding import step
from stdtools.tree.sorting import dump, load
from stdtools.tree.walker import Directory, Walker

SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
MOST = 64  # members; a wish is a byte
_NOTHING: list[Directory] = []  # as a job: all is done


class Turn:
    """A lock between processes, which the kernel opens when its holder dies."""

    def __init__(self) -> None:
        if hasattr(os, "memfd_create"):
            self._fd = os.memfd_create("turn")
        else:
            from tempfile import TemporaryFile

            with TemporaryFile() as file:
                self._fd = os.dup(file.fileno())

    def __enter__(self) -> None:
        fcntl.lockf(self._fd, fcntl.LOCK_EX)

    def __exit__(self, *error: object) -> None:
        fcntl.lockf(self._fd, fcntl.LOCK_UN)


class _Member:
    """The pipes of one process: the jobs that it gets, and its last word, open as long as it lives."""

    def __init__(self) -> None:
        self.job_reader, self.job_writer = os.pipe()
        self.word_reader, self.word_writer = os.pipe()
        self.pid = 0

    def send(self, job: list[Directory]) -> None:
        with os.fdopen(self.job_writer, "wb", closefd=False) as file:
            dump(file, job)

    def receive(self) -> list[Directory]:
        with os.fdopen(self.job_reader, "rb", closefd=False) as file:  # one job at a time is in the pipe
            job: list[Directory] = load(file)
        return job


class Crew:
    """*size* processes, of which this is the first."""

    def __init__(self, size: int) -> None:
        self._wish_reader, self._wish_writer = os.pipe()
        os.set_blocking(self._wish_reader, False)
        self._members = [_Member() for _ in range(min(size, MOST))]
        self._me = 0
        self._first = os.getpid()

    def work(
        self, walker: Walker, stack: list[Directory], begin: Callable[[], None], end: Callable[[IO[bytes]], None]
    ) -> list[IO[bytes]]:
        """Read *stack* and all below it; return what each of the others writes in its *end*, as files to read.

        The others call *begin* first. Raises what ends one of them.
        """
        # No signal may fall between a fork and the lines that make the process known.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            for index, member in enumerate(self._members[1:], 1):
                member.pid = os.fork()
                if not member.pid:
                    self._me = index
                    self._be_another(walker, begin, end)
            self._close_writers()
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            self._read_all(walker, stack)
        except BaseException:
            self.kill()
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return [os.fdopen(member.word_reader, "rb") for member in self._members[1:]]

    def _be_another(self, walker: Walker, begin: Callable[[], None], end: Callable[[IO[bytes]], None]) -> NoReturn:
        code = 1
        try:
            for number in SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            self._close_writers()
            with os.fdopen(self._members[self._me].word_writer, "wb") as word:
                try:
                    begin()
                    self._read_all(walker, [])
                    end(word)
                except (ReaderGone, BrokenPipeError):
                    write_word(word, "gone", "")
                except ToolError as error:
                    write_word(word, "error", str(error))
            code = 0
        finally:
            os._exit(code)

    def _close_writers(self) -> None:
        """Close the others' last words, so that a death shows as an end."""
        for index, member in enumerate(self._members):
            if index != self._me:
                os.close(member.word_writer)

    def _read_all(self, walker: Walker, stack: list[Directory]) -> None:
        while True:
            while stack:
                step(walker, stack)
                self._grant_a_wish(stack)
            os.write(self._wish_writer, bytes([self._me]))
            if self._all_wish():
                for index, member in enumerate(self._members):
                    if index != self._me:
                        member.send(_NOTHING)
                return
            stack += self._wait_for_job()
            if not stack:
                return

    def _grant_a_wish(self, stack: list[Directory]) -> None:
        if self._me and os.getppid() != self._first:
            os._exit(1)
        if len(stack) > 1:
            with contextlib.suppress(BlockingIOError):
                wisher = os.read(self._wish_reader, 1)[0]
                self._members[wisher].send(stack[::2])
                del stack[::2]

    def _all_wish(self) -> bool:
        waiting = fcntl.ioctl(self._wish_reader, termios.FIONREAD, bytes(4))
        return int.from_bytes(waiting, sys.byteorder) == len(self._members)

    def _wait_for_job(self) -> list[Directory]:
        """Return the next job; nothing when all is done. Raises what has ended another one."""
        mine = self._members[self._me].job_reader
        others = self._members[1:] if self._me == 0 else self._members[:1]
        poll = select.poll()
        for fd in (mine, *(member.word_reader for member in others)):
            poll.register(fd, select.POLLIN)
        ready = [fd for fd, _ in poll.poll()]
        if mine in ready:
            return self._members[self._me].receive()
        if self._me:
            os._exit(1)  # the first has died
        with os.fdopen(ready[0], "rb", closefd=False) as word:
            read_word(word)
        raise AssertionError("nobody is done before all are")

    def kill(self) -> None:
        """End the others."""
        for member in self._members[1:]:
            if member.pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(member.pid, signal.SIGKILL)
        self.wait()

    def wait(self) -> None:
        """Wait for the others to end."""
        for member in self._members[1:]:
            if member.pid:
                os.waitpid(member.pid, 0)
                member.pid = 0


def write_word(word: IO[bytes], kind: str, said: Any) -> None:
    """Write what *read_word* reads: *said*, when *kind* is ``done``."""
    dump(word, (kind, said))


def read_word(word: IO[bytes]) -> Any:
    """Return what another process said at its end; raise what has ended it instead."""
    try:
        kind, said = load(word)
    except EOFError:
        raise ToolError("a process of the walk was killed; what it had found is lost") from None
    if kind == "gone":
        raise ReaderGone
    if kind == "error":
        raise ToolError(said)
    return said
