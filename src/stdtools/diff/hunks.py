"""Changes put together with the lines around them."""

from collections.abc import Collection, Iterator, Sequence

from stdtools.diff.comparison import Change

NO_NEWLINE = b"\n\\ No newline at end of file\n"


def group(changes: Sequence[Change], context: int, ignored: Collection[int] = ()) -> Iterator[list[Change]]:
    """Yield the changes that come into one hunk, as GNU diff puts them together: where their contexts meet.

    *ignored* are the places in *changes* of those that do not count. A hunk of these alone is left out, and
    to the end of another they are taken in only where they stand within its context. That may leave two hunks
    which have lines in common, and git takes no such patch; unlike GNU's they are made one.
    """
    if not ignored:
        yield from _group(changes, context, ())
        return
    waiting: list[Change] = []
    for hunk in _group(changes, context, ignored):
        if waiting and hunk[0].a1 - waiting[-1].a2 >= 2 * context:
            yield waiting
            waiting = []
        waiting += hunk
    if waiting:
        yield waiting


def _group(changes: Sequence[Change], context: int, ignored: Collection[int]) -> Iterator[list[Change]]:
    wide, narrow = 2 * context, context - 1
    hunk: list[Change] = []
    counts = False
    end = 0
    for place, change in enumerate(changes):
        this_counts = place not in ignored
        if hunk and change.a1 - end > (wide if this_counts else narrow):
            if counts:
                yield hunk
            hunk, counts = [], False
        hunk.append(change)
        end = change.a2
        counts |= this_counts
    if counts:
        yield hunk


def back(text: bytes, position: int, lines: int) -> int:
    """Return where the line begins that is *lines* before the one at *position*."""
    for _ in range(lines):
        if position <= 0:
            return 0
        position = text.rfind(b"\n", 0, position - 1) + 1
    return position


def forward(text: bytes, position: int, lines: int) -> int:
    """Return where the line begins that is *lines* behind the one at *position*, or the end."""
    for _ in range(lines):
        newline = text.find(b"\n", position)
        if newline < 0:
            return len(text)
        position = newline + 1
    return position


def marked(mark: bytes, text: bytes) -> bytes:
    """Return the lines of *text*, each behind *mark*; say so where the last one has no newline."""
    if not text:
        return b""
    if text[-1] == 10:
        return mark + text[:-1].replace(b"\n", b"\n" + mark) + b"\n" if b"\n" in text[:-1] else mark + text
    return mark + text.replace(b"\n", b"\n" + mark) + NO_NEWLINE


def span(start: int, end: int) -> bytes:
    """Return the lines *start* to *end* as a hunk's head names them: the first, counted from 1, and how many.

    Of none, the line before them is named.
    """
    if end - start == 1:
        return b"%d" % end
    return b"%d,%d" % (start + (end > start), end - start)


def first_and_last(start: int, end: int) -> bytes:
    """Return the lines *start* to *end* as the older formats name them: the first, counted from 1, and the last."""
    return b"%d,%d" % (start + 1, end) if end - start > 1 else b"%d" % end
