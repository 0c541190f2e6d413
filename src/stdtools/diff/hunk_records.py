"""Hunks as records: ranges, lines, and what changed within a line."""

from collections.abc import Iterator, Sequence

from stdtools.diff.comparing import Outcome
from stdtools.diff.comparison import Change, Comparison, split_lines
from stdtools.diff.hunks import back, forward, group
from stdtools.diff.pairing import pairs, spans
from stdtools.shared.records import RecordWriter, Value, is_utf8

COLUMNS = ("a", "b", "equal", "note", "minimal", "ignored", "hunks")


def write_record(writer: RecordWriter, start: Sequence[Value], outcome: Outcome, context: int) -> None:
    """Write a record of the values *start* and the hunks, with *context* lines around the changes.

    Each hunk becomes text at once: the values of all of them would take five times the memory.
    """
    comparison = outcome.comparison
    groups = group(comparison.changes, context, outcome.trivial) if comparison else ()
    hunks = (_hunk(comparison, hunk, context) for hunk in groups if comparison)
    if any(isinstance(value, str) and not is_utf8(value) for value in start):
        writer.write([[*start, list(hunks)]])  # which knows what to do with such names
        return
    cells = [*map(writer.cell, start), "[" + ", ".join(str(writer.cell(hunk)) for hunk in hunks) + "]"]
    writer.write_lines(writer.template % tuple(cells))


def _hunk(comparison: Comparison, hunk: list[Change], context: int) -> Value:
    a = comparison.a
    first, last = hunk[0], hunk[-1]
    above = min(context, first.a1, first.b1)
    position, end = back(a, first.a_start, above), forward(a, last.a_end, context)
    lines: list[Value] = []
    a_line, b_line = first.a1 - above, first.b1 - above
    for change in hunk:
        common = split_lines(a[position : change.a_start])
        lines += [_line("equal", line, a=a_line + n, b=b_line + n) for n, line in enumerate(common, 1)]
        lines += _changed(comparison, change)
        position, a_line, b_line = change.a_end, change.a2, change.b2
    common = split_lines(a[position:end])
    lines += [_line("equal", line, a=a_line + n, b=b_line + n) for n, line in enumerate(common, 1)]
    a_count, b_count = last.a2 + len(common) - first.a1 + above, last.b2 + len(common) - first.b1 + above
    return {
        "a_start": first.a1 - above + (a_count > 0),  # as in a unified hunk: of none, the line before
        "a_count": a_count,
        "b_start": first.b1 - above + (b_count > 0),
        "b_count": b_count,
        "lines": lines,
    }


def _changed(comparison: Comparison, change: Change) -> Iterator[Value]:
    """Yield the old lines of *change*, then the new ones, with spans where two of them are one line, changed."""
    old = split_lines(comparison.a[change.a_start : change.a_end])
    new = split_lines(comparison.b[change.b_start : change.b_end])
    old_spans: dict[int, Value] = {}
    new_spans: dict[int, Value] = {}
    for one, other in pairs(old, new) if old and new else ():
        old_spans[one], new_spans[other] = _spans(old[one], new[other])
    for number, line in enumerate(old):
        yield _line("delete", line, a=change.a1 + number + 1, spans=old_spans.get(number))
    for number, line in enumerate(new):
        yield _line("insert", line, b=change.b1 + number + 1, spans=new_spans.get(number))


def _spans(old: bytes, new: bytes) -> tuple[Value, Value]:
    """Return the spans that differ: of characters where both lines are UTF-8, else of bytes."""
    one, other = old.removesuffix(b"\n"), new.removesuffix(b"\n")
    try:
        return spans(one.decode(), other.decode())
    except UnicodeDecodeError:
        return spans(one, other)


def _line(kind: str, line: bytes, **more: Value) -> Value:
    text = line.removesuffix(b"\n")
    try:
        shown: Value = text.decode()
    except UnicodeDecodeError:
        shown = text
    record = {"kind": kind, **{name: value for name, value in more.items() if value is not None}, "text": shown}
    return record if line.endswith(b"\n") else record | {"newline": False}
