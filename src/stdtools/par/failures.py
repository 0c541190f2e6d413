"""What goes wrong in a worker, and with one: exceptions, and how they travel between processes as themselves."""

import pickle
from multiprocessing.reduction import ForkingPickler

from stdtools.par.endings import was_ended
from stdtools.shared.errors import ToolError


class RemoteTraceback(Exception):
    """The cause of an exception that was raised in a worker: the text of its traceback there."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return f'\n"""\n{self.text}"""'


class NotPicklable(Exception):
    """What a worker has to say cannot travel: *what* it is, and the *reason*."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(what, reason)
        self.what = what
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.what} cannot be sent from one process to another: {self.reason}"


class WorkerDied(Exception):
    """A worker has died of a task, twice.

    *index* is the number of the item from 0, None when tasks are no items; either *signal* or *exit_code* is known,
    unless somebody else has waited for the process; *tail* is the end of what it wrote to its standard error, at most
    2 KiB, since it began with the task.
    """

    def __init__(self, index: int | None, signal: int | None, exit_code: int | None, tail: bytes) -> None:
        super().__init__(index, signal, exit_code, tail)
        self.index = index
        self.signal = signal
        self.exit_code = exit_code
        self.tail = tail

    def __str__(self) -> str:
        what = "a task" if self.index is None else f"item {self.index}"
        return f"the worker of {what} {was_ended(self.signal, self.exit_code)}"


class CannotStart(ToolError):
    """One worker after another has died before it was ready."""

    def __init__(self, signal: int | None, exit_code: int | None, tail: bytes) -> None:
        said = tail.decode("utf-8", "replace").strip().rpartition("\n")[2]
        super().__init__(f"no worker gets ready: the last one {was_ended(signal, exit_code)}", hint=said)


def pack_failure(error: BaseException) -> bytes:
    """Return *error* and its traceback for ``unpack_failure``; NotPicklable in its place when it would not arrive."""
    import traceback

    text = "".join(traceback.format_exception(error))
    try:
        data = bytes(ForkingPickler.dumps((error, text)))
        unpack_failure(data)  # an exception whose arguments are not those of its class fails only here
    except Exception as reason:  # noqa: BLE001 - whatever a class does when it is pickled
        told = NotPicklable(f"{type(error).__name__}: {_words(error)}", f"{type(reason).__name__}: {_words(reason)}")
        return bytes(ForkingPickler.dumps((told, text)))
    return data


def unpack_failure(data: bytes | memoryview) -> BaseException:
    """Return the exception that was packed, with its remote traceback as its cause."""
    error, text = pickle.loads(data)  # noqa: S301 - from our own worker
    if not isinstance(error, BaseException):
        raise TypeError(f"became {type(error).__name__}")
    error.__cause__ = RemoteTraceback(text)
    return error


def _words(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - whatever its __str__ does
        return "(it cannot say what)"
