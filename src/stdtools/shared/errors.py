"""The exceptions that end a command, each with the exit code it means."""

from functools import partial
from typing import Any, NoReturn

TROUBLE = 2


class ToolError(Exception):
    """Trouble that the user can act on: shown as ``WHERE: WHAT; HINT``, then the lines of *detail*."""

    detail: tuple[str, ...] = ()
    written = b""  # of the output of what it ended, what comes before it

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(what, where, hint)
        self.what = what
        self.where = where
        self.hint = hint

    def __reduce__(self) -> Any:
        """Pickle it as what it was made of, without its detail."""
        if type(self) is not ToolError:
            return super().__reduce__()
        return partial(ToolError, self.what, where=self.where, hint=self.hint), ()

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        hint = f"; {self.hint}" if self.hint else ""
        return f"{where}{self.what}{hint}"


class ReaderGone(Exception):
    """Whoever read our standard output has closed it."""


class Signalled(BaseException):
    """A signal asked the process to end; raised in the main thread so that files are tidied up."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def raise_os_error(error: OSError, where: str) -> NoReturn:
    """Raise *error* as a ToolError about *where* (a path or the name of a stream)."""
    raise ToolError(error.strerror or str(error), where=where or "''") from error
