"""Several processes that format one regular file and write to standard output in turn.

Worker i of n formats the pieces i, i + n, i + 2n … and writes each when the token reaches it: a byte
that goes round through pipes. While it waits it formats ahead. Nothing passes through the parent, as
relaying would cost a tenth of the gain.
"""

import os
import select
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple, NoReturn

from stdtools.pack.bulk import Batch
from stdtools.shared.errors import ReaderGone, ToolError
from stdtools.shared.records import RecordWriter
from stdtools.shared.streams import Input, write_all

PIECE = 1 << 20  # bytes of input
AHEAD = 4  # pieces that a worker has ready while it waits
SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
GONE = b"gone"  # what a worker says before it ends when the reader has gone; else what is wrong


class _Pipe(NamedTuple):
    reader: int
    writer: int


class _Worker(NamedTuple):
    """The descriptors that a worker uses: its token, the next one's, the parent's life, its last word."""

    output: int
    token: int
    pass_on: int
    alive: int
    word: int


def write_records_parallel(batch: Batch, source: Input, writer: RecordWriter, count: int | None, jobs: int) -> int:
    """Write the whole records of a regular file with *jobs* forked workers; return how many.

    The output is that of ``bulk.write_records``; the file's position ends behind the last record.
    """
    start = source.position
    whole = (os.fstat(source.fd).st_size - start) // batch.size
    if count is not None:
        whole = min(whole, count)
    end = start + whole * batch.size
    step = batch.records * batch.size * max(1, PIECE // (batch.records * batch.size))
    starts = range(start, end, step)
    if starts:
        cut = writer.begin()
        pieces = [_lines(batch, source, starts[i::jobs], step, end, cut if i == 0 else 0) for i in range(jobs)]
        _run(pieces[: len(starts)], writer.fd, source.name)
    source.go_to(end)
    return whole


def _lines(batch: Batch, source: Input, starts: range, step: int, end: int, cut: int) -> Iterator[bytes]:
    """Yield the lines of the pieces that begin at *starts*, without the first *cut* bytes of the first."""
    size = batch.records * batch.size
    for start in starts:
        data = source.read_at(start, min(step, end - start))
        if len(data) < min(step, end - start):
            raise ToolError("became shorter while it was read", where=source.name)
        lines = "".join([batch.lines(data[at : at + size]) for at in range(0, len(data), size)]).encode()
        yield lines[cut:]
        cut = 0


def _run(pieces: list[Iterator[bytes]], output: int, source: str) -> None:
    """Fork a worker for each of *pieces* and wait until all have ended. Raises what went wrong."""
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
    """Be a worker: format and write *pieces*, and end the process."""
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
    for piece in pieces:
        ready.append(piece)
        while ready and _has_token(worker, wait=len(ready) == AHEAD):
            _write(ready.popleft(), worker)
    while ready:
        _has_token(worker, wait=True)
        _write(ready.popleft(), worker)


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
