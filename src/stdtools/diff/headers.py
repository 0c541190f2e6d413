"""What stands above a comparison: quoted names, times with nanoseconds, labels."""

import re
import time

ABSENT = 0  # patch takes a time that is the epoch as: there is no such file

_NEEDS_QUOTES = re.compile(rb'[\x00-\x20"\\\x80-\xff]')
C_QUOTED = rb'[\x00-\x1f"\\\x80-\xff]'
_SHORT = dict(zip(b'\a\b\t\n\v\f\r"\\', (b"\\" + bytes([letter]) for letter in b'abtnvfr"\\'), strict=True))


def quote(name: bytes) -> bytes:
    """Return *name* as C would write it, where it has blanks, quotes, control characters or other than ASCII."""
    if _NEEDS_QUOTES.search(name) is None:
        return name
    return b'"' + re.sub(C_QUOTED, escape_c, name) + b'"'


def escape_c(found: re.Match[bytes]) -> bytes:
    """Return the escape for a byte of a name in quotes."""
    code = found[0][0]
    return _SHORT.get(code) or b"\\%03o" % code


def label(text: bytes) -> bytes:
    """Return a label as it was given, or in quotes where a line would not hold it.

    A tab ends a name for patch and git; without one they would end it at its first blank.
    """
    if re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", text):
        return quote(text)
    return text + b"\t" if b" " in text and b"\t" not in text else text


def stamp(nanoseconds: int, zone: str = "local") -> bytes:
    """Return a time as ``2026-11-22 08:30:00.123456789 +0100``, in the local zone or in UTC."""
    seconds, fraction = divmod(nanoseconds, 1_000_000_000)
    try:
        moment = time.localtime(seconds) if zone == "local" else time.gmtime(seconds)
    except (OverflowError, OSError):  # a year that the C library cannot write
        return b"%d.%09d" % (seconds, fraction)
    written = time.strftime("%m-%d %H:%M:%S", moment)
    offset = time.strftime("%z", moment) if zone == "local" else "+0000"
    return f"{moment.tm_year:04}-{written}.{fraction:09} {offset}".encode()


def title(name: bytes, nanoseconds: int | None, *, given: bytes | None = None, zone: str = "local") -> bytes:
    """Return what stands behind ``---`` or ``+++``: the label that was *given*, or the name and its time."""
    if given is not None:
        return label(given)
    return quote(name) if nanoseconds is None else quote(name) + b"\t" + stamp(nanoseconds, zone)
