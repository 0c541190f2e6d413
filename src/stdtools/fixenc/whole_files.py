"""The modes that hold a file in memory: several encodings in one, and text that was misread."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from stdtools.fixenc.converting import Converter
from stdtools.fixenc.encodings import find
from stdtools.fixenc.losses import placed
from stdtools.fixenc.request import Losses, Request, Running
from stdtools.shared.streams import BLOCK, Input


class Whole(NamedTuple):
    """What a mode that reads all of a file at once made of it."""

    data: bytes
    text: str
    has_losses: bool
    notes: tuple[str, ...]
    records: tuple[tuple[Any, ...], ...]


def read_mixed(source: Input, request: Request) -> Whole:
    """Return what *source* is when each piece is read as what it is in."""
    from stdtools.fixenc.mixing import decode_mixed
    from stdtools.fixenc.recognising import NotText
    from stdtools.fixenc.wide_runs import wide_runs

    data = _all_of(source)
    runs = list(wide_runs(data))
    if _is_binary(data, runs):
        raise NotText("is binary", where=source.name)
    pieces = decode_mixed(data, runs)
    names = dict.fromkeys(piece.encoding for piece in pieces)
    notes = (f"{len(pieces)} pieces: {', '.join(names)}",) if len(names) > 1 else ()
    records = tuple((piece.offset, piece.size, piece.line, piece.encoding) for piece in pieces)
    data, text, losses = _written("".join(piece.text for piece in pieces), request, source.name)
    return Whole(data, text, losses is not None, _told(losses) + notes, records)


def _is_binary(data: bytes, runs: Sequence[tuple[int, int, str]]) -> bool:
    """Whether *data* has the mark of a format that is no text, or control characters outside of its UTF-16, *runs*."""
    from stdtools.fixenc.unmarked import looks_binary, magic

    if magic(data):
        return True
    at, outside = 0, []
    for start, end, _ in runs:
        outside.append(data[at:start])
        at = end
    outside.append(data[at:])
    return looks_binary(b"".join(outside))


def mend_whole(source: Input, request: Request, *, pooled: bool, sure: bool) -> Whole:
    """Return the text of *source* with what was misread repaired. *sure* refuses an encoding that is not."""
    from stdtools.fixenc.mojibake import mend

    running = Running(request._replace(target="utf-8", newlines="keep", normalize="", bom="keep"), source, sure=sure)
    mended, repairs = mend(b"".join(running).decode("utf-8", "surrogateescape"), pooled=pooled)
    notes = tuple(f"line {repair.line}: {repair.old!r} was {repair.new!r}: {repair.how}" for repair in repairs)
    data, text, losses = _written(mended, request, source.name)
    if running.losses and request.errors == "surrogateescape":
        losses = None  # the same bytes, which have gone through here, too
    has_losses = (running.losses or losses) is not None
    return Whole(data, text, has_losses, running.notes + _told(losses) + notes, tuple(map(tuple, repairs)))


def _all_of(source: Input) -> bytes:
    return b"".join(iter(lambda: source.read(BLOCK), b""))


def _told(losses: Losses | None) -> tuple[str, ...]:
    return (str(losses),) if losses else ()


def _written(text: str, request: Request, name: str) -> tuple[bytes, str, Losses | None]:
    """Return *text*, of the file *name*, as *request* wants it written, what text that is, and what was lost."""
    meant: list[bytes] = []
    with placed(name):
        converter = Converter(request.conversion("wtf-8"))
        converter.intended = meant.append
        data = converter.convert(text.encode("utf-8", "surrogatepass"), final=True)
    losses = None
    if converter.losses:
        losses = Losses(converter.losses, tuple(converter.first), "text", find(request.target).name)
    return data, b"".join(meant).decode("utf-8", "surrogatepass"), losses
