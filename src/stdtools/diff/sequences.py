"""Sequences of lines as texts, so that what compares texts compares them."""

from collections.abc import Sequence

from stdtools.diff.comparison import Opcode, split_lines

Lines = str | bytes | Sequence[str] | Sequence[bytes]


def opcodes(a: Lines, b: Lines, *, algorithm: str = "fast", deadline: float | None = None) -> list[Opcode]:
    r"""Return how *a* becomes *b*, in the form of ``difflib.SequenceMatcher.get_opcodes``.

    Each is a text, whose lines end with ``\n``, or a sequence of lines with or without it; both are str or both bytes.
    *algorithm* and *deadline* are those of ``compare``. difflib goes on from there:

        matcher = difflib.SequenceMatcher()
        matcher.opcodes = stdtools.diff.opcodes(a, b)
        matcher.get_grouped_opcodes()
    """
    from stdtools.diff.engine import compare

    return list(compare(*_texts(a, b), algorithm=algorithm, deadline=deadline).opcodes())


def _texts(a: Lines, b: Lines) -> tuple[bytes, bytes]:
    """Return two texts whose lines are equal where those of *a* and *b* are. Raises TypeError."""
    kinds = {type(line) for lines in (a, b) for line in ([lines] if isinstance(lines, str | bytes) else lines)}
    if not (all(issubclass(kind, str) for kind in kinds) or all(issubclass(kind, bytes) for kind in kinds)):
        raise TypeError("lines are str or bytes, and those of both texts the same")
    a_lines, b_lines = _lines(a), _lines(b)
    a_text, b_text = b"".join(a_lines), b"".join(b_lines)
    if split_lines(a_text) == a_lines and split_lines(b_text) == b_lines:
        return a_text, b_text
    return _marked(a_lines), _marked(b_lines)


def _lines(lines: Lines) -> list[bytes]:
    if isinstance(lines, str | bytes):
        return split_lines(_bytes(lines))
    return [_bytes(line) for line in lines]


def _bytes(text: str | bytes) -> bytes:
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text


def _marked(lines: list[bytes]) -> bytes:
    r"""Return *lines* as a text that keeps apart what has a ``\n`` at its end, or within, and what has none."""
    return b"".join([line.replace(b"\\", rb"\\").replace(b"\n", rb"\n") + b"\n" for line in lines])
