"""Which files the command was given, and how what each of them came to is told."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar

from stdtools.shared import journal, screen
from stdtools.shared.errors import TROUBLE, ToolError

Result = TypeVar("Result")


class Failed(NamedTuple):
    """A file that could not be done, and what to say of it."""

    message: str


def paths_of(given: dict[str, Any]) -> list[str]:
    """Return the names that were given, ``-`` when there is none."""
    if given["files0_from"]:
        from stdtools.fixenc.naming import read_names

        return read_names(given["files0_from"])
    return list(given["files"]) or ["-"]


def source_of(given: dict[str, Any]) -> str:
    """Return the encoding to read, with ``locale`` looked up."""
    if given["source"] == "locale":
        from locale import getencoding

        return getencoding()
    return str(given["source"])


def each(paths: list[str], work: Callable[[str], Result], jobs: int) -> Iterator[tuple[str, Result | Failed]]:
    """Yield each of *paths* with what *work* makes of it; a file that fails does not stop the rest."""

    def safely(path: str) -> Result | Failed:
        try:
            return work(path)
        except ToolError as error:
            return Failed(str(error))

    journal.counts["files"] = len(paths)
    if jobs > 1 and len(paths) > 1:
        from stdtools.fixenc.crew import in_order

        yield from zip(paths, in_order(safely, paths, jobs), strict=True)
        return
    for path in paths:
        yield path, safely(path)


def tell(message: str) -> int:
    """Tell of a file that failed, and return the exit code that means."""
    screen.complain(message)
    return TROUBLE


def shown(path: str) -> str:
    """Return what messages call *path*."""
    return "standard input" if path == "-" else path
