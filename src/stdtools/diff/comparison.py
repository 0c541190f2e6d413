"""What differs between two texts: changed lines, their places in both, and whether they are surely the fewest."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

Opcode = tuple[str, int, int, int, int]  # as difflib has them: tag, a1, a2, b1, b2


class Change(NamedTuple):
    """The lines *a1* to *a2* of A, its bytes *a_start* to *a_end*, are others in B; one side may have none.

    Lines and bytes are counted from 0, the ends are not included. A line ends behind its newline; the last one may
    have none.
    """

    a1: int
    a2: int
    b1: int
    b2: int
    a_start: int
    a_end: int
    b_start: int
    b_end: int


class Comparison(NamedTuple):
    """The *changes* that make *b* of *a*, in order, with a line at least that both have between any two.

    ``minimal`` says that no fewer lines would do; where it is False, ``why`` says what kept it from being known.
    The lines between the changes are equal by what was compared, which may be less than all of their bytes.
    """

    a: bytes
    b: bytes
    changes: Sequence[Change]
    minimal: bool = True
    why: str = ""

    @property
    def a_lines(self) -> int:
        """The number of lines of A."""
        return count_lines(self.a)

    @property
    def b_lines(self) -> int:
        """The number of lines of B."""
        return count_lines(self.b)

    def opcodes(self) -> Iterator[Opcode]:
        """Yield all that is equal and all that is not, as ``difflib.SequenceMatcher.get_opcodes`` does."""
        a = b = 0
        for change in self.changes:
            if change.a1 > a:
                yield "equal", a, change.a1, b, change.b1
            tag = "insert" if change.a1 == change.a2 else "delete" if change.b1 == change.b2 else "replace"
            yield tag, change.a1, change.a2, change.b1, change.b2
            a, b = change.a2, change.b2
        if a < (end := self.a_lines):
            yield "equal", a, end, b, self.b_lines


def lines_between(text: bytes, start: int, end: int) -> int:
    """Return how many lines *text* has from *start* to *end*, where lines begin; the last may lack its newline."""
    return text.count(b"\n", start, end) + (end > start and text[end - 1] != 10)


def count_lines(text: bytes) -> int:
    """Return how many lines *text* has; the last one may lack its newline."""
    return text.count(b"\n") + (not text.endswith(b"\n") and text != b"")


def split_lines(text: bytes) -> list[bytes]:
    r"""Return the lines of *text* with their newlines; only ``\n`` ends one."""
    lines = text.split(b"\n")
    last = lines.pop()
    whole = [line + b"\n" for line in lines]
    return [*whole, last] if last else whole
