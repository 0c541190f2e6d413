"""Several forked processes that write to standard output in turn.

Worker i of n makes the pieces i, i + n, i + 2n … and writes each when the token reaches it: a byte
that goes round through pipes. While it waits it makes more of them ahead. Nothing passes through the
parent, as relaying would cost a tenth of the gain.
"""

import os
import select
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple, NoReturn

from stdtools.shared.errors import ReaderGone, ToolError
from stdtools.shared.streams import write_all

AHEAD = 4  # pieces that a worker has ready while it waits
SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
GONE = b"gone"  # what a worker says before it ends when the reader has gone; else what is wrong


class _Pipe(NamedTuple):
    reader: int
    writer: int


class _Worker(NamedTuple):
    """The descriptors that a worker uses: the output, its token, the next one's, the parent's life, its last word."""

    output: int
    token: int
    pass_on: int
    alive: int
    word: int


def write_in_turn(pieces: list[Iterator[bytes]], output: int, source: str) -> None:
    """Write the first of each of *pieces* to *output*, then the second of each, and so on, each by a worker of its own.

    What comes before the first trouble is written, with what a ToolError has *written* of its own piece. Raises what
    goes wrong with the first worker that it goes wrong with; *source* is what they read.
    """
    tokens = [_Pipe(*os.pipe()) for _ in pieces]
    alive, word = _Pipe(*os.pipe()), _Pipe(*os.pipe())
    os.write(tokens[0].writer, b".")
    # No signal may fall between a fork and the lines that make the worker known, here and there.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    pids: list[int] = []
    try:
        for index, mine in enumerate(pieces):
            pid = os.fork()
            if pid == 0:
                next_token = tokens[(index + 1) % len(tokens)]
                keep = _Worker(output, tokens[index].reader, next_token.writer, alive.reader, word.writer)
                for fd in {fd for pipe in (*tokens, alive, word) for fd in pipe} - set(keep):
                    os.close(fd)
                _work(mine, keep)
            pids.append(pid)
        for fd in (*(fd for token in tokens for fd in token), alive.reader, word.writer):
            os.close(fd)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        said = os.read(word.reader, 4096)  # the first word, or nothing when all have ended
        codes = []
        while pids and not said:
            codes.append(os.waitstatus_to_exitcode(os.waitpid(pids[0], 0)[1]))
            del pids[0]
    finally:
        for pid in pids:  # a worker owns nothing that it could leave behind
            with suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.close(alive.writer)
        os.close(word.reader)
    if said == GONE:
        raise ReaderGone
    if said:
        raise ToolError(said.decode())
    if any(codes):
        raise ToolError(f"a worker process ended with {next(filter(None, codes))}", where=source)


def _work(pieces: Iterator[bytes], worker: _Worker) -> NoReturn:
    """Be a worker: make and write *pieces*, and end the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    for number in SIGNALS - {signal.SIGINT}:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    word = b""
    try:
        _take_turns(pieces, worker)
    except BrokenPipeError:
        word = GONE
    except ToolError as error:
        word = str(error).encode("utf-8", "replace")
    except OSError as error:
        word = f"standard output: {error.strerror}".encode()
    except BaseException:  # noqa: BLE001 - a bug; the parent tells of the exit code
        os._exit(1)
    os.write(worker.word, word)
    os._exit(0)


def _take_turns(pieces: Iterable[bytes], worker: _Worker) -> None:
    ready: deque[bytes] = deque()
    trouble = None
    try:
        for piece in pieces:
            ready.append(piece)
            while ready and _has_token(worker, wait=len(ready) == AHEAD):
                _write(ready.popleft(), worker)
    except ToolError as error:
        trouble = error
    while ready:
        _has_token(worker, wait=True)
        _write(ready.popleft(), worker)
    if trouble is not None:
        _has_token(worker, wait=True)  # and keep it: what comes behind the trouble is not written
        if trouble.written:
            write_all(worker.output, trouble.written)
        raise trouble


def _has_token(worker: _Worker, *, wait: bool) -> bool:
    """Whether it is our turn; end the process when the parent or the worker before us is dead."""
    poll = select.poll()
    poll.register(worker.token, select.POLLIN)
    poll.register(worker.alive, select.POLLIN)
    events = dict(poll.poll(None if wait else 0))
    if worker.alive in events:
        os._exit(1)
    if worker.token not in events:
        return False
    if not os.read(worker.token, 1):
        os._exit(0)
    return True


def _write(piece: bytes, worker: _Worker) -> None:
    write_all(worker.output, piece)
    with suppress(BrokenPipeError):  # the next worker has nothing left to write
        os.write(worker.pass_on, b".")
