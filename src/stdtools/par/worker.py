"""What runs in a worker process: it reads messages from its pipe and answers each task with one.

A message is a byte that says its kind, and what belongs to it.
"""

import contextlib
import fcntl
import os
import pickle
import signal
import sys
from collections.abc import Callable
from multiprocessing.reduction import ForkingPickler
from typing import TYPE_CHECKING, Any, NoReturn

from stdtools.par.failures import NotPicklable, pack_failure
from stdtools.shared.streams import STDERR, STDIN

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    Pipe = Connection[Any, Any]

FUNCTION, TASK, QUIT = b"F", b"T", b"Q"  # to a worker; the first two with a pickle
READY = b"R"
DONE = b"D"  # with the pickle of a result
FAILED = b"E"  # with a packed failure, as the next two
UNREAD = b"U"  # a task that could not be unpickled: the function was not called
NOT_READY = b"N"  # the initializer has failed; the process ends

HELD = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}  # until a new process knows what to do about them


def work(
    connection: "Pipe", lifeline: "Pipe", scratch: "Pipe", initializer: Callable[..., object] | None, initargs: Any
) -> None:
    """Be a worker, until told to quit or until the parent is gone.

    *lifeline* is a pipe that ends with the parent; *scratch* is a file for standard error.
    """
    for end in (connection, lifeline, scratch):
        os.set_inheritable(end.fileno(), False)
    os.register_at_fork(after_in_child=connection.close)  # the end of half an answer is seen only when nobody has it
    _redirect_standard_error(scratch.fileno())
    scratch.close()
    _die_with(lifeline)
    _settle_signals()
    with contextlib.suppress(EOFError, ConnectionError):  # the parent is gone
        try:
            if initializer is not None:
                initializer(*initargs)
        except Exception as error:  # noqa: BLE001 - the parent raises it
            connection.send_bytes(NOT_READY + pack_failure(error))
            return
        connection.send_bytes(READY)
        _answer_all(connection)


def own_input(fd: int) -> int:
    """Return a descriptor for what *fd* reads, and have all that this process starts find nothing to read.

    A child, as an ssh, would take the lines from standard input that the parent wants to deal out.
    """
    own = os.dup(fd)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, STDIN)
    os.close(null)
    return own


def _redirect_standard_error(fd: int) -> None:
    os.dup2(fd, STDERR)
    sys.stderr = open(STDERR, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115


def _die_with(lifeline: "Pipe") -> None:
    """Have the kernel end this process, whatever it does, when the other end of *lifeline* is closed.

    Where SIGIO is missing or ignored by default, as on BSD, the process ends when it next waits for a message.
    """
    fd = lifeline.fileno()
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGIO})
    if hasattr(os, "O_ASYNC"):
        fcntl.fcntl(fd, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_ASYNC)
    if lifeline.poll():  # it has ended before
        os._exit(1)


def _settle_signals() -> None:
    """Ignore Ctrl-C, about which the parent decides; let go of the handlers that a fork has brought along."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in signal.valid_signals():
        if number != signal.SIGINT and callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD)


def _answer_all(connection: "Pipe") -> None:
    function: Callable[[Any], Any] = _no_function
    while True:
        message = connection.recv_bytes()
        kind, body = message[:1], memoryview(message)[1:]
        if kind == QUIT:
            return
        if kind == FUNCTION:
            function = _read_function(body)
        else:
            connection.send_bytes(_answer(function, body))
        del message, body  # not kept while the next one is awaited


def _no_function(task: object) -> NoReturn:
    raise AssertionError("a task before its function")


def _read_function(body: memoryview) -> Callable[[Any], Any]:
    try:
        function: Callable[[Any], Any] = pickle.loads(body)  # noqa: S301 - from our own parent
    except Exception as error:  # noqa: BLE001 - what it is, is the answer to each task
        trouble, trace = error, error.__traceback__

        def fail(task: object) -> NoReturn:
            raise trouble.with_traceback(trace)

        return fail
    return function


def _answer(function: Callable[[Any], Any], body: memoryview) -> bytes:
    try:
        task = pickle.loads(body)  # noqa: S301 - from our own parent
    except Exception as error:  # noqa: BLE001 - the parent raises it
        return UNREAD + pack_failure(error)
    try:
        result = function(task)
    except Exception as error:  # noqa: BLE001 - the parent raises it
        return FAILED + pack_failure(error)
    try:
        return b"".join((DONE, ForkingPickler.dumps(result)))
    except Exception as error:  # noqa: BLE001 - whatever a class does when it is pickled
        return _answer_without(function, result, error)


def _answer_without(function: Callable[[Any], Any], result: Any, error: Exception) -> bytes:
    """Return the answer when *result* cannot be pickled: what the function's own ``salvage`` makes of it, if any."""
    try:
        return b"".join((DONE, ForkingPickler.dumps(function.salvage(result))))  # type: ignore[attr-defined]
    except Exception:  # noqa: BLE001 - no such method, or nothing to save
        return FAILED + pack_failure(not_picklable(result, error))


def not_picklable(result: object, reason: Exception) -> NotPicklable:
    """Return what to raise in place of *result*, which pickle refuses for *reason*."""
    return NotPicklable(f"a result of type {type(result).__name__}", f"{type(reason).__name__}: {reason}")
