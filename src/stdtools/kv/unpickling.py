"""Pickles one behind the other in a file: their values, their opcodes, the names that they would import."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar

from stdtools.kv.machine import Machine
from stdtools.kv.plain import BadPickle
from stdtools.shared.errors import ToolError
from stdtools.shared.streams import Input

LARGEST = 1 << 30  # bytes of one pickle
_BLOCK = 1 << 20
# What calls of these give is plain, and made by our own machine.
PLAIN = {"_codecs.encode"}
PLAIN |= {f"datetime.{name}" for name in ("date", "datetime", "time", "timedelta", "timezone")}
PLAIN |= {f"{module}.{name}" for module in ("builtins", "__builtin__") for name in ("bytes", "set", "frozenset")}

Result = TypeVar("Result")


class Step(NamedTuple):
    """An opcode, its argument, and the byte at which it stands."""

    at: int
    opcode: str
    argument: Any


def values(source: Input) -> Iterator[Any]:
    """Yield the value of each pickle in *source*, with a Foreign node for what is not plain.

    Memory is bounded by the largest pickle. Raises ToolError for what is damaged, or no pickle.
    """

    def read(data: bytes, at: int, passed: int) -> tuple[Any, int]:
        machine = Machine(data)
        machine.at = at
        return machine.run(), machine.at

    return _each(source, read)


def names(source: Input) -> Iterator[list[str]]:
    """Yield the names that each pickle in *source* has for classes, functions and the like, as often as it has them.

    Those in front of a damage come, too. Raises ToolError as ``values`` does.
    """
    last: list[str] = []

    def read(data: bytes, at: int, passed: int) -> tuple[list[str], int]:
        machine = Machine(data)
        machine.at = at
        try:
            machine.run()
        except BadPickle:
            last[:] = machine.names
            raise
        last.clear()
        return machine.names, machine.at

    try:
        yield from _each(source, read)
    except ToolError:
        yield last
        raise


def steps(source: Input) -> Iterator[list[Step]]:
    """Yield the opcodes of each pickle in *source*, also in front of a damage. Raises ToolError as ``values`` does."""
    from io import BytesIO
    from pickletools import genops

    found: list[Step] = []

    def read(data: bytes, at: int, passed: int) -> tuple[list[Step], int]:
        found.clear()
        file = BytesIO(data)
        file.seek(at)
        try:
            found.extend(Step(passed + (place or 0), code.name, argument) for code, argument, place in genops(file))
        except ValueError as error:
            end = file.tell()
            if str(error).endswith(" unknown"):
                raise BadPickle(f"there is no opcode {data[end - 1]:#04x}", end - 1) from None
            raise BadPickle(str(error), end, is_cut=end == len(data)) from None
        whole = [*found]
        found.clear()
        return whole, file.tell()

    try:
        yield from _each(source, read)
    except ToolError:
        yield found
        raise


def _each(source: Input, read: Callable[[bytes, int, int], tuple[Result, int]]) -> Iterator[Result]:
    """Yield what *read* makes of each pickle, and where in the bytes it ends.

    It is given bytes, where in them a pickle begins, and how many bytes came before them.
    """
    data, at = b"", 0
    passed = 0  # bytes of source in front of data
    while True:
        if at >= len(data):
            passed += len(data)
            data, at = source.read(_BLOCK), 0
            if not data:
                return
        try:
            result, at = read(data, at, passed)
        except BadPickle as error:
            whole = len(data) - at
            more = _more(source, whole) if error.is_cut and whole < LARGEST else b""
            if not more:
                where = f"{source.name}: byte {passed + error.at}"
                raise ToolError(f"the pickle cannot be read: {error.reason}", where=where) from None
            passed += at
            data, at = data[at:] + more, 0
            continue
        yield result


def _more(source: Input, size: int) -> bytes:
    """Return what comes; to a large pickle as much again, as trying after each piece would be quadratic."""
    parts = [source.read(_BLOCK)]
    left = size - len(parts[0])
    while size >= _BLOCK and left > 0 and parts[-1]:
        parts.append(source.read(left))
        left -= len(parts[-1])
    return b"".join(parts)
