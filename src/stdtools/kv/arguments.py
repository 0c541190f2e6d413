"""What follows an opcode in a pickle: a size and as many bytes, or a line of text."""

import re

_MOST_DIGITS = 4300  # int() is quadratic, and takes no more unless it is told to
_DECIMAL = re.compile(rb"[+-]?[0-9]+")
_INDEX = re.compile(rb"[0-9]{1,10}")
_ESCAPE = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|([0-7]{1,3})|([\\'\"abfnrtv]))")
_ESCAPED = dict(zip(b"\\'\"abfnrtv", b"\\'\"\a\b\f\n\r\t\v", strict=True))


class CutOff(ValueError):
    """The data ends before what has begun."""


class Arguments:
    """Takes arguments out of *data*; ``at`` is where the next one begins. Raises ValueError."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, size: int) -> bytes:
        """Return the next *size* bytes."""
        end = self.at + size
        if not self.at <= end <= len(self.data):
            raise CutOff(f"{size} bytes announced where {len(self.data) - self.at} are left")
        data = self.data[self.at : end]
        self.at = end
        return data

    def number(self, size: int, *, signed: bool = False) -> int:
        """Return the number in the next *size* bytes."""
        return int.from_bytes(self.take(size), "little", signed=signed)

    def line(self) -> bytes:
        """Return what is there up to the next newline."""
        end = self.data.find(b"\n", self.at)
        if end < 0:
            raise CutOff("a line without an end")
        data = self.data[self.at : end]
        self.at = end + 1
        return data


def decimal(line: bytes) -> int:
    """Return the whole number on *line*."""
    if not _DECIMAL.fullmatch(line):
        raise ValueError("not a number")
    if len(line.lstrip(b"+-")) > _MOST_DIGITS:
        raise ValueError(f"a number of more than {_MOST_DIGITS} digits")
    return int(line)


def index(line: bytes) -> int:
    """Return the number of a memo entry on *line*."""
    if not _INDEX.fullmatch(line):
        raise ValueError("not the number of a memo entry")
    return int(line)


def fraction(line: bytes) -> float:
    """Return the float on *line*."""
    try:
        return float(line)
    except ValueError:
        raise ValueError("not a number") from None


def unquoted(line: bytes) -> bytes:
    """Return the string that ``repr`` of Python 2 has written on *line*."""
    line = line.rstrip()
    if len(line) < 2 or line[0] != line[-1] or line[0] not in b"'\"":
        raise ValueError("a string without quotes")
    return _ESCAPE.sub(_unescaped, line[1:-1])


def _unescaped(found: re.Match[bytes]) -> bytes:
    hexadecimal, octal, letter = found.groups()
    if letter:
        return bytes([_ESCAPED[letter[0]]])
    return bytes([int(hexadecimal, 16) if hexadecimal else int(octal, 8) & 0xFF])
