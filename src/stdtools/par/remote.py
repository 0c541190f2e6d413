"""What runs in the workers of a cluster: they have stdtools, too, and get plain values."""

import errno
import os
import platform
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import closing, suppress
from functools import lru_cache
from typing import IO, NamedTuple

import stdtools
from stdtools.par.blocks import Block
from stdtools.par.expression import Spec
from stdtools.par.jobs import GRACE, TAIL, Ending
from stdtools.par.mapper import Mapper
from stdtools.par.mapping import Result, map_pieces
from stdtools.par.partials import Partial
from stdtools.par.printing import heard_by_thread
from stdtools.par.reduction import Reduced, Reduction, map_to, reducer_of
from stdtools.par.runs import Store

MOST_OUTPUT = 256 << 20  # bytes of a job's stream that travel back

_running: dict[str, set[int]] = {}  # process groups, by run
_lock = threading.Lock()
_starting = threading.Lock()


def version() -> tuple[str, str]:
    """Return the versions of stdtools and of Python here."""
    return stdtools.__version__, platform.python_version()


@lru_cache(16)
def _mapper(spec: Spec) -> Mapper:
    return Mapper(spec, heard_by_thread)


def _ready(spec: Spec) -> Mapper:
    """Return what does *spec*; its code is run once, though several threads may ask."""
    with _starting:
        return _mapper(spec)


def map_block(spec: Spec, block: Block) -> Result:
    """Do what is to be done with the lines of *block*."""
    begun = time.perf_counter()
    outputs, items, failures, failed = map_pieces(_ready(spec), block, -1)
    return Result(b"".join(outputs), items, failures, failed, time.perf_counter() - begun)


def reduce_block(reduction: Reduction, block: Block) -> Reduced:
    """Map the lines of *block* and reduce what comes of them; the runs as bytes."""
    mapper = _ready(reduction.spec)
    with closing(Store(0)) as store:
        partial = Partial(reducer_of(reduction.reduce, reduction.spec.imports), 1, reduction.memory, store)
        items, failures, failed = map_to(partial, mapper, reduction, block, -1)
        return Reduced([(store.raw(run), run.is_text) for run in partial.finish()], items, failures, failed)


class Ended(NamedTuple):
    """How a job has ended, and what it said."""

    ending: Ending
    out: bytes
    err: bytes
    error_number: int = 0  # why it was never started


def run_job(run: str, argv: list[bytes], data: bytes | None, timeout: float | None) -> Ended:
    """Run a command with *data* as its standard input and wait for its end."""
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        stdin.write(data or b"")
        stdin.seek(0)
        started, begun = time.time(), time.monotonic()
        try:
            process = _started(argv, stdin, out, err)
        except OSError as error:
            ending = Ending(error=f"not started: {error.strerror or error}", started=started)
            return Ended(ending, b"", b"", error.errno or 0)
        with _lock:
            _running.setdefault(run, set()).add(process.pid)
        timed_out = timeout is not None and not _has_ended(process.pid, timeout)
        if timed_out:
            _end(process.pid, signal.SIGTERM)
            _has_ended(process.pid, GRACE)
            _end(process.pid, signal.SIGKILL)  # and what is left of its group, while the number is still its own
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - begun
        with _lock:
            _running[run].discard(process.pid)
        process.returncode = os.waitstatus_to_exitcode(status)  # it does not look for it any more
        for file in (out, err):
            file.seek(0)
        said = [file.read(MOST_OUTPUT) for file in (out, err)]
        ending = Ending.of(status, usage, started, seconds)._replace(timed_out=timed_out, tail=said[1][-TAIL:])
        if max(os.fstat(file.fileno()).st_size for file in (out, err)) > MOST_OUTPUT:
            ending = ending._replace(exit=None, error=f"it said more than {MOST_OUTPUT >> 20} MiB")
        return Ended(ending, said[0], said[1])


def _started(argv: list[bytes], *streams: IO[bytes]) -> "subprocess.Popen[bytes]":
    stdin, out, err = streams
    try:
        return subprocess.Popen(  # noqa: S603 - what the user of par has typed
            argv, stdin=stdin, stdout=out, stderr=err, start_new_session=True
        )
    except OSError as error:
        if error.errno != errno.ENOEXEC:
            raise
    path = shutil.which(argv[0]) or argv[0]  # a script that does not say of what
    return _started([b"/bin/sh", path, *argv[1:]], *streams)


def _has_ended(pid: int, seconds: float) -> bool:
    """Wait for the end of a process, not longer than *seconds*; say whether it has come. Its status is left."""
    deadline, pause = time.monotonic() + seconds, 0.001
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(pause, left))
        pause = min(pause * 2, 0.05)
    return True


def _end(group: int, number: int) -> None:
    with suppress(OSError):
        os.killpg(group, number)


def end_jobs(run: str) -> None:
    """End the jobs of a run."""
    with _lock:
        groups = list(_running.get(run, ()))
    for number in (signal.SIGTERM, signal.SIGCONT):
        for group in groups:
            _end(group, number)
    if groups:
        time.sleep(0.5)
    with _lock:
        left = [group for group in groups if group in _running.get(run, ())]
    for group in left:
        _end(group, signal.SIGKILL)
