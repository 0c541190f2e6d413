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
from collections.abc import Callable, Iterator
from typing import IO, Any, NoReturn

from stdtools.shared.errors import ReaderGone, ToolError
from stdtools.tree.finding import step
from stdtools.tree.sharing import MOST
from stdtools.tree.sorting import dump, load
from stdtools.tree.walker import Directory, Walker

SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
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

    def close(self) -> None:
        """Give it back."""
        os.close(self._fd)

    def __enter__(self) -> None:
        fcntl.lockf(self._fd, fcntl.LOCK_EX)

    def __exit__(self, *error: object) -> None:
        fcntl.lockf(self._fd, fcntl.LOCK_UN)


class _Member:
    """The pipes of one process: the jobs that it gets, and its last word, open as long as it lives."""

    def __init__(self) -> None:
        self.pid = 0
        self.job_reader, self.job_writer = os.pipe()
        try:
            self.word_reader, self.word_writer = os.pipe()
        except OSError:
            self.close("job_reader", "job_writer")
            raise

    def close(self, *ends: str) -> None:
        """Close those of *ends* that are open."""
        for end in ends:
            fd = getattr(self, end)
            if fd >= 0:
                os.close(fd)
                setattr(self, end, -1)

    def send(self, job: list[Directory]) -> None:
        with os.fdopen(self.job_writer, "wb", closefd=False) as file:
            dump(file, job)

    def receive(self) -> list[Directory]:
        with os.fdopen(self.job_reader, "rb", closefd=False) as file:  # one job at a time is in the pipe
            job: list[Directory] = load(file)
        return job


class Crew:
    """*size* processes, of which this is the first, from ``start`` to ``close``."""

    def __init__(self, size: int) -> None:
        self._members: list[_Member] = []
        self._size = min(size, MOST)
        self._me = 0
        self._is_done = False  # the others have said all, and end by themselves
        self._first = os.getpid()
        self._wish_reader = self._wish_writer = -1

    def start(self, walker: Walker, begin: Callable[[int], None], end: Callable[[IO[bytes]], None]) -> None:
        """Fork the others, which wait for work after *begin* with their numbers; in *end* each says what it has.

        Raises OSError when there cannot be so many; then there are none.
        """
        # No signal may fall between a fork and the lines that make the process known.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            self._wish_reader, self._wish_writer = os.pipe()
            os.set_blocking(self._wish_reader, False)
            for _ in range(self._size):
                self._members.append(_Member())
            for index, member in enumerate(self._members[1:], 1):
                member.pid = os.fork()
                if not member.pid:
                    self._me = index
                    self._be_another(walker, begin, end)
            self._close_foreign_ends()
        except BaseException:
            self.close()
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def work(self, walker: Walker, stack: list[Directory]) -> Iterator[IO[bytes]]:
        """Read *stack* and all below it; then yield what each of the others says. Raises what ends one of them."""
        self._read_all(walker, stack)
        for member in self._members[1:]:
            with os.fdopen(member.word_reader, "rb", closefd=False) as word:
                yield word
        self._is_done = True

    def _be_another(self, walker: Walker, begin: Callable[[int], None], end: Callable[[IO[bytes]], None]) -> NoReturn:
        code = 1
        try:
            for number in SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            self._close_foreign_ends()
            with os.fdopen(self._members[self._me].word_writer, "wb", closefd=False) as word:
                try:
                    begin(self._me)
                    self._read_all(walker, [])
                    end(word)
                except (ReaderGone, BrokenPipeError):
                    write_word(word, "gone", "")
                except ToolError as error:
                    write_word(word, "error", str(error))
                except Exception as error:  # noqa: BLE001 - a bug, or no memory: the first tells of it
                    write_word(word, "error", f"a process of the walk failed: {type(error).__name__}: {error}")
            code = 0
        finally:
            os._exit(code)

    def _close_foreign_ends(self) -> None:
        """Keep one process alone at the ends that are its own, so that its death shows at the other end."""
        for index, member in enumerate(self._members):
            if index != self._me:
                member.close("job_reader", "word_writer")
            if self._me and index:
                member.close("word_reader")

    def _read_all(self, walker: Walker, stack: list[Directory]) -> None:
        while True:
            while stack:
                step(walker, stack)
                self._grant_a_wish(stack)
            os.write(self._wish_writer, bytes([self._me]))
            if self._all_wish():
                for index, member in enumerate(self._members):
                    if index != self._me:
                        with contextlib.suppress(BrokenPipeError):
                            member.send(_NOTHING)
                return
            stack += self._wait_for_job()
            if not stack:
                return

    def _grant_a_wish(self, stack: list[Directory]) -> None:
        if self._me and os.getppid() != self._first:
            os._exit(1)
        if len(stack) > 1:
            with contextlib.suppress(BlockingIOError, BrokenPipeError):  # the first will see who has died
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

    def close(self) -> None:
        """End the others, and give back all descriptors."""
        for member in self._members[1:]:
            if member.pid:
                if not self._is_done:
                    os.kill(member.pid, signal.SIGKILL)
                os.waitpid(member.pid, 0)
                member.pid = 0
        for member in self._members:
            member.close("job_reader", "job_writer", "word_reader", "word_writer")
        if self._wish_reader >= 0:
            os.close(self._wish_reader)
            os.close(self._wish_writer)
        self._members, self._wish_reader = [], -1


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
