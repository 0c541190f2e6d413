"""What two texts have in common at their beginning and at their end, found by comparing slices that double."""

from typing import Protocol, TypeVar

from stdtools.diff.comparison import Change, lines_between

FIRST = 256
MOST = 1 << 16  # larger slices are copied out of the cache
BIT_BY_BIT = 1 << 10  # bytes of which numbers are made: sooner done than halving them
BLOCK = 1 << 18

Items = TypeVar("Items", bytes, list[int])


class Reader(Protocol):
    """A binary file."""

    def readinto(self, buffer: bytearray | memoryview, /) -> int | None:
        """Read into *buffer*; return how many bytes came."""


def same_ahead(a: Items, i: int, b: Items, j: int, limit: int) -> int:
    """Return how many items of *a* from *i* on equal those of *b* from *j* on, at most *limit*."""
    done, step = 0, FIRST
    while done < limit:
        step = min(step, limit - done)
        if a[i + done : i + done + step] != b[j + done : j + done + step]:
            while step > 1:  # the first difference is among the next *step* items
                if step <= BIT_BY_BIT and isinstance(a, bytes) and isinstance(b, bytes):
                    return done + _first_other(a[i + done : i + done + step], b[j + done : j + done + step])
                half = step // 2
                if a[i + done : i + done + half] == b[j + done : j + done + half]:
                    done += half
                    step -= half
                else:
                    step = half
            return done
        done += step
        step = min(2 * step, MOST)
    return done


def same_behind(a: Items, i: int, b: Items, j: int, limit: int) -> int:
    """Return how many items of *a* before *i* equal those of *b* before *j*, at most *limit*."""
    done, step = 0, FIRST
    while done < limit:
        step = min(step, limit - done)
        if a[i - done - step : i - done] != b[j - done - step : j - done]:
            while step > 1:
                half = step // 2
                if a[i - done - half : i - done] == b[j - done - half : j - done]:
                    done += half
                    step -= half
                else:
                    step = half
            return done
        done += step
        step = min(2 * step, MOST)
    return done


def lines_ahead(a: bytes, i: int, b: bytes, j: int, limit: int) -> int:
    """Return the length of the whole lines that *a* from *i* on and *b* from *j* on have in common."""
    same = same_ahead(a, i, b, j, limit)
    return max(a.rfind(b"\n", i, i + same) + 1 - i, 0)


def core(a: bytes, b: bytes) -> Change | None:
    """Return what is left when the lines are taken away that are equal at the beginning and at the end.

    None means that the texts are equal.
    """
    shorter = min(len(a), len(b))
    same = same_ahead(a, 0, b, 0, shorter)
    if same == len(a) == len(b):
        return None
    start = a.rfind(b"\n", 0, same) + 1
    behind = same_behind(a, len(a), b, len(b), shorter - start)
    a_end, b_end = len(a) - behind, len(b) - behind
    if not (_starts_line(a, a_end) and _starts_line(b, b_end)):
        skipped = a.find(b"\n", a_end) + 1 - a_end
        behind = behind - skipped if skipped > 0 else 0
        a_end, b_end = len(a) - behind, len(b) - behind
    first = a.count(b"\n", 0, start)
    a_lines, b_lines = lines_between(a, start, a_end), lines_between(b, start, b_end)
    return Change(first, first + a_lines, first, first + b_lines, start, a_end, start, b_end)


def have_same_bytes(a: Reader, b: Reader) -> bool:
    """Say whether two binary files are equal; holds a block of each."""
    first, second = bytearray(BLOCK), bytearray(BLOCK)
    while True:
        had = _filled(a, first)
        if had != _filled(b, second) or first != second:
            return False
        if had < BLOCK:
            return True


def _first_other(a: bytes, b: bytes) -> int:
    """Return the first place at which two texts of one length are different."""
    bits = int.from_bytes(a, "little") ^ int.from_bytes(b, "little")
    return ((bits & -bits).bit_length() - 1) // 8


def _starts_line(text: bytes, at: int) -> bool:
    return at == 0 or text[at - 1] == 10


def _filled(source: Reader, buffer: bytearray) -> int:
    """Read until *buffer* is full or the file ends: pipes come in pieces."""
    had = source.readinto(buffer) or 0
    while 0 < had < len(buffer):
        more = source.readinto(memoryview(buffer)[had:])
        if not more:
            break
        had += more
    return had
