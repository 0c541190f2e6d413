"""One page that shows both texts side by side, for any browser and for paper.

It needs nothing from elsewhere and forbids itself to ask (https://www.w3.org/TR/CSP3/); without JavaScript only the
way from change to change by key is missing.
"""

import base64
import hashlib
import re
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from html import escape
from importlib.resources import files
from itertools import pairwise, zip_longest
from typing import NamedTuple

from stdtools.diff.comparison import Change, Comparison, split_lines
from stdtools.diff.hunks import back, forward
from stdtools.diff.pairing import Span, pairs, spans
from stdtools.diff.tokens import decode
from stdtools.diff.unified_format import Writable
from stdtools.shared.screen import C0_WITHIN_LINES, OTHERS, safe

SHOWN = 3  # unchanged lines around a change that are not folded
FEW = 3  # lines that are not worth a fold
MOST_FOLDED = 20_000  # unchanged lines in a page; of more only the number is told
BLOCK = 1 << 16

_SPECIAL = re.compile(f"[&<>\"'{C0_WITHIN_LINES}{OTHERS}]")
_NO_NEWLINE = '<span class="x">\\ No newline at end of file</span>'
_NO_LINE = "<th></th><td></td><td></td>"
_TABLE = (
    '<table><colgroup><col class="n"><col class="s"><col><col class="n"><col class="s"><col></colgroup>'
    '<thead><tr><th scope="col">Old line</th><td></td><th scope="col">Old text</th>'
    '<th scope="col">New line</th><td></td><th scope="col">New text</th></tr></thead>\n'
)


class _Stretch(NamedTuple):
    """Lines that both texts have: bytes and first line in either, and how many of A.

    Changes that do not count stand among them.
    """

    a_start: int
    a_end: int
    b_start: int
    b_end: int
    a_line: int
    b_line: int
    lines: int
    trivial: Sequence[Change] = ()

    @property
    def rows(self) -> int:
        """How many rows of a table they are."""
        return self.lines + sum([max(_shift(change), 0) for change in self.trivial])


def _shift(change: Change) -> int:
    """Return how many lines more B has."""
    return change.b2 - change.b1 - (change.a2 - change.a1)


def write(
    comparison: Comparison,
    names: tuple[bytes, bytes],
    out: Writable,
    context: int | None = None,
    *,
    ignored: Collection[int] = (),
) -> None:
    """Write a page that compares the texts with these *names*.

    The unchanged lines between the changes are folded, but for those around them; with *context* only so many
    are in the page at all. The changes at the places *ignored* are shown as unchanged lines are.
    """
    parts: list[str] = []
    size = 0
    for part in _page(comparison, names, context, ignored):
        parts.append(part)
        size += len(part)
        if size >= BLOCK:
            out.write("".join(parts).encode())
            parts, size = [], 0
    out.write("".join(parts).encode())


def _page(
    comparison: Comparison, names: tuple[bytes, bytes], context: int | None, ignored: Collection[int]
) -> Iterator[str]:
    digits = len(str(max(comparison.a_lines, comparison.b_lines)))
    style, script = _part("style.css").replace("DIGITS", str(digits)), _part("script.js")
    old, new = (escape(safe(decode(name))) for name in names)
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    changes = [change for place, change in enumerate(comparison.changes) if place not in ignored]
    gone, come = sum(c.a2 - c.a1 for c in changes), sum(c.b2 - c.b1 for c in changes)
    yield f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{old} → {new}</title>
<style>{style}</style>
</head>
<body>
<header>
<div class="bar">
<h1>Differences</h1>
<p class="sums"><b>{len(changes):,}</b> {"change" if len(changes) == 1 else "changes"} ·
<b class="gone">−{gone:,}</b> {"line" if gone == 1 else "lines"} ·
<b class="come">+{come:,}</b> {"line" if come == 1 else "lines"}</p>
<nav aria-label="Changes" hidden>
<output aria-live="polite"></output>
<button type="button">Previous<kbd aria-hidden="true">p</kbd></button>
<button type="button">Next<kbd aria-hidden="true">n</kbd></button>
</nav>
</div>
<div class="names"><p><span>−</span>{old}</p><p><span>+</span>{new}</p></div>
</header>
<main>
"""
    if changes:
        trivial = [comparison.changes[place] for place in sorted(ignored)]
        yield from _body(comparison, context, changes, trivial)
    else:
        yield f'<p class="alone">There is no difference{" that counts" if ignored else ""}.</p>\n'
    yield "</main>\n"
    if not comparison.minimal:
        yield "<footer>There may be a way to say the same with fewer changed lines.</footer>\n"
    yield f"<script>{script}</script>\n</body>\n</html>\n"


def _part(name: str) -> str:
    return files("stdtools.diff").joinpath("page", name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _body(
    comparison: Comparison, context: int | None, changes: Sequence[Change], trivial: Sequence[Change]
) -> Iterator[str]:
    around, few, folded = (SHOWN, FEW, MOST_FOLDED) if context is None else (context, 0, 0)
    rest = deque(trivial)
    bounds = [Change(0, 0, 0, 0, 0, 0, 0, 0), *changes, _end(comparison)]
    for number, (before, after) in enumerate(pairwise(bounds)):
        if number:
            yield from _change(comparison, before, number, len(changes))
        among: list[Change] = []
        while rest and (number == len(changes) or rest[0] < after):
            among.append(rest.popleft())
        stretch = _Stretch(
            before.a_end, after.a_start, before.b_end, after.b_start, before.a2, before.b2, after.a1 - before.a2, among
        )
        head, tail = around if number else 0, around if number < len(changes) else 0
        if stretch.rows <= head + tail + few:
            yield "" if number else _TABLE
            yield from _same(comparison, stretch)
            yield "" if number < len(changes) else "</table>\n"
            continue
        above, middle, below = _cut(comparison, stretch, head, tail)
        if number:
            yield from _same(comparison, above)
            yield "</table>\n"
        if middle.rows <= folded:
            folded -= middle.rows
            yield f"<details><summary>{_lines_of(middle)}</summary>\n{_TABLE}"
            yield from _same(comparison, middle)
            yield "</table></details>\n"
        else:
            yield f'<p class="gap">{_lines_of(middle)}, not in this page</p>\n'
        if number < len(changes):
            yield _TABLE
            yield from _same(comparison, below)


def _end(comparison: Comparison) -> Change:
    a, b = len(comparison.a), len(comparison.b)
    a_lines, b_lines = comparison.a_lines, comparison.b_lines
    return Change(a_lines, a_lines, b_lines, b_lines, a, a, b, b)


def _lines_of(stretch: _Stretch) -> str:
    first, last, count = stretch.a_line + 1, stretch.a_line + stretch.lines, stretch.lines
    if stretch.trivial:
        lines = f"{count:,} lines, {first:,} to {last:,}," if count > 1 else f"Line {first:,}" if count else "Lines"
        return f"{lines} without a change that counts"
    return f"{count:,} unchanged lines, {first:,} to {last:,}" if count > 1 else f"Line {first:,} is unchanged"


def _cut(comparison: Comparison, whole: _Stretch, head: int, tail: int) -> tuple[_Stretch, _Stretch, _Stretch]:
    """Return the first *head* lines, those between, and the last *tail*; of both as many as no change is among."""
    a, b = comparison.a, comparison.b
    if whole.trivial:
        head = min(head, whole.trivial[0].a1 - whole.a_line)
        tail = min(tail, whole.a_line + whole.lines - whole.trivial[-1].a2)
    a_head, b_head = forward(a, whole.a_start, head), forward(b, whole.b_start, head)
    a_tail, b_tail = back(a, whole.a_end, tail), back(b, whole.b_end, tail)
    a_line, b_line = whole.a_line + head, whole.b_line + head
    a_behind = whole.a_line + whole.lines - tail
    b_behind = whole.b_line + whole.lines + sum(map(_shift, whole.trivial)) - tail
    return (
        whole._replace(a_end=a_head, b_end=b_head, lines=head, trivial=()),
        _Stretch(a_head, a_tail, b_head, b_tail, a_line, b_line, a_behind - a_line, whole.trivial),
        _Stretch(a_tail, whole.a_end, b_tail, whole.b_end, a_behind, b_behind, tail),
    )


def _same(comparison: Comparison, stretch: _Stretch) -> Iterator[str]:
    if not stretch.rows:
        return
    yield "<tbody>\n"
    old = split_lines(comparison.a[stretch.a_start : stretch.a_end])
    new = split_lines(comparison.b[stretch.b_start : stretch.b_end])
    x = y = 0
    for change in stretch.trivial:
        a, b = change.a1 - stretch.a_line, change.b1 - stretch.b_line
        yield from _unmarked(stretch, x, old[x:a], y, new[y:b])
        x, y = change.a2 - stretch.a_line, change.b2 - stretch.b_line
        yield from _unmarked(stretch, a, old[a:x], b, new[b:y])
    yield from _unmarked(stretch, x, old[x:], y, new[y:])
    yield "</tbody>\n"


def _unmarked(stretch: _Stretch, x: int, old: Sequence[bytes], y: int, new: Sequence[bytes]) -> Iterator[str]:
    for at, (a, b) in enumerate(zip_longest(old, new), 1):
        text = "" if a is None else _cell(a)
        other = text if a == b else "" if b is None else _cell(b)
        left = "" if a is None else stretch.a_line + x + at
        right = "" if b is None else stretch.b_line + y + at
        yield f"<tr><th>{left}</th><td></td><td>{text}</td><th>{right}</th><td></td><td>{other}</td></tr>\n"


def _change(comparison: Comparison, change: Change, number: int, total: int) -> Iterator[str]:
    yield f'<tbody id="c{number}" tabindex="-1" aria-label="Change {number} of {total}">\n'
    old = split_lines(comparison.a[change.a_start : change.a_end])
    new = split_lines(comparison.b[change.b_start : change.b_end])
    x = y = 0
    for a, b in [*pairs(old, new), (len(old), len(new))]:
        for at in range(max(a - x, b - y)):  # lines that stand beside each other and are not alike
            left = _side(change.a1, x + at, old[x + at], "−", "del") if x + at < a else ""
            right = _side(change.b1, y + at, new[y + at], "+", "ins") if y + at < b else ""
            yield _row(left, right)
        if a < len(old) and b < len(new):
            a_spans, b_spans = spans(_text(old[a]), _text(new[b]))
            yield _row(
                _side(change.a1, a, old[a], "−", "del", a_spans), _side(change.b1, b, new[b], "+", "ins", b_spans)
            )
        x, y = a + 1, b + 1
    yield "</tbody>\n"


def _row(left: str, right: str) -> str:
    kind = "r" if left and right else "d" if left else "i"
    return f'<tr class="{kind}">{left or _NO_LINE}{right or _NO_LINE}</tr>\n'


def _side(first: int, at: int, line: bytes, sign: str, tag: str, changed: Sequence[Span] = ()) -> str:
    return f"<th>{first + at + 1}</th><td>{sign}</td><td>{_cell(line, tag, changed)}</td>"


def _cell(line: bytes, tag: str = "", changed: Sequence[Span] = ()) -> str:
    text = _text(line)
    parts: list[str] = []
    done = 0
    for start, end in changed:
        parts.append(f"{_escaped(text[done:start])}<{tag}>{_escaped(text[start:end])}</{tag}>")
        done = end
    parts.append(_escaped(text[done:]))
    if not line.endswith(b"\n"):
        parts.append(_NO_NEWLINE)
    return "".join(parts)


def _text(line: bytes) -> str:
    return decode(line.removesuffix(b"\n"))


def _escaped(text: str) -> str:
    """Return *text* for the inside of an element, with what cannot be seen, or misleads, as an escape."""
    return _SPECIAL.sub(_replacement, text)


def _replacement(match: re.Match[str]) -> str:
    character = match[0]
    entity = escape(character)
    return entity if entity != character else f'<span class="x">{safe(character)}</span>'
