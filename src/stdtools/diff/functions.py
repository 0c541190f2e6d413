"""The line before a hunk that says what it is in, such as the head of a function."""

from stdtools.diff.expressions import Matches

SHOWN = 40  # bytes


def is_c_function(line: bytes) -> bool:
    """Say whether *line* may begin a function in C, and in many other languages: with a letter, ``_`` or ``$``."""
    return line[:1].isalpha() or line[:1] in (b"_", b"$") or line[:4].decode("utf-8", "replace")[:1].isalpha()


class Functions:
    """Finds for one hunk after the other, from the first to the last, the nearest line before it that matches.

    Each line is looked at once at most, however many hunks there are.
    """

    def __init__(self, text: bytes, matches: Matches) -> None:
        self._text = text
        self._matches = matches
        self._searched = 0
        self._found = b""

    def before(self, position: int) -> bytes:
        """Return a blank and the line that names what *position* is in; nothing where no line before it matches."""
        piece = self._text[self._searched : position]
        self._searched = position
        for line in reversed(piece.removesuffix(b"\n").split(b"\n")) if piece else ():
            if self._matches(line):
                self._found = b" " + line.lstrip()[:SHOWN].rstrip()
                break
        return self._found
