"""One page that shows both texts side by side, for any browser and for paper.

It needs nothing from elsewhere and forbids itself to ask (https://www.w3.org/TR/CSP3/); without JavaScript only the
way from change to change by key is missing.
"""

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files
from itertools import pairwise
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
    """Lines that both texts have: bytes and first line in either, and how many."""

    a_start: int
    a_end: int
    b_start: int
    b_end: int
    a_line: int
    b_line: int
    lines: int


def write(comparison: Comparison, names: tuple[bytes, bytes], out: Writable, context: int | None = None) -> None:
    """Write a page that compares the texts with these *names*.

    The unchanged lines between the changes are folded, but for those around them; with *context* only so many
    are in the page at all.
    """
    parts: list[str] = []
    size = 0
    for part in _page(comparison, names, context):
        parts.append(part)
        size += len(part)
        if size >= BLOCK:
            out.write("".join(parts).encode())
            parts, size = [], 0
    out.write("".join(parts).encode())


def _page(comparison: Comparison, names: tuple[bytes, bytes], context: int | None) -> Iterator[str]:
    digits = len(str(max(comparison.a_lines, comparison.b_lines)))
    style, script = _part("style.css").replace("DIGITS", str(digits)), _part("script.js")
    old, new = (escape(safe(decode(name))) for name in names)
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    changes = comparison.changes
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
        yield from _body(comparison, context)
    else:
        yield '<p class="alone">There is no difference.</p>\n'
    yield "</main>\n"
    if not comparison.minimal:
        yield "<footer>There may be a way to say the same with fewer changed lines.</footer>\n"
    yield f"<script>{script}</script>\n</body>\n</html>\n"


def _part(name: str) -> str:
    return files("stdtools.diff").joinpath("page", name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _body(comparison: Comparison, context: int | None) -> Iterator[str]:
    around, few, folded = (SHOWN, FEW, MOST_FOLDED) if context is None else (context, 0, 0)
    changes = comparison.changes
    bounds = [Change(0, 0, 0, 0, 0, 0, 0, 0), *changes, _end(comparison)]
    for number, (before, after) in enumerate(pairwise(bounds)):
        if number:
            yield from _change(comparison, before, number, len(changes))
        stretch = _Stretch(
            before.a_end, after.a_start, before.b_end, after.b_start, before.a2, before.b2, after.a1 - before.a2
        )
        head, tail = around if number else 0, around if number < len(changes) else 0
        if stretch.lines <= head + tail + few:
            yield "" if number else _TABLE
            yield from _same(comparison, stretch)
            yield "" if number < len(changes) else "</table>\n"
            continue
        above, middle, below = _cut(comparison, stretch, head, tail)
        if number:
            yield from _same(comparison, above)
            yield "</table>\n"
        if middle.lines <= folded:
            folded -= middle.lines
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
    if stretch.lines == 1:
        return f"Line {stretch.a_line + 1:,} is unchanged"
    return f"{stretch.lines:,} unchanged lines, {stretch.a_line + 1:,} to {stretch.a_line + stretch.lines:,}"


def _cut(comparison: Comparison, whole: _Stretch, head: int, tail: int) -> tuple[_Stretch, _Stretch, _Stretch]:
    """Return the first *head* lines, those between, and the last *tail* lines."""
    a, b = comparison.a, comparison.b
    a_head, b_head = forward(a, whole.a_start, head), forward(b, whole.b_start, head)
    a_tail, b_tail = back(a, whole.a_end, tail), back(b, whole.b_end, tail)
    behind = whole.lines - tail
    return (
        whole._replace(a_end=a_head, b_end=b_head, lines=head),
        _Stretch(a_head, a_tail, b_head, b_tail, whole.a_line + head, whole.b_line + head, behind - head),
        _Stretch(a_tail, whole.a_end, b_tail, whole.b_end, whole.a_line + behind, whole.b_line + behind, tail),
    )


def _same(comparison: Comparison, stretch: _Stretch) -> Iterator[str]:
    if not stretch.lines:
        return
    yield "<tbody>\n"
    old = split_lines(comparison.a[stretch.a_start : stretch.a_end])
    new = split_lines(comparison.b[stretch.b_start : stretch.b_end])
    for at, (a, b) in enumerate(zip(old, new, strict=True), 1):
        text = _cell(a)
        other = text if a == b else _cell(b)
        yield (
            f"<tr><th>{stretch.a_line + at}</th><td></td><td>{text}</td>"
            f"<th>{stretch.b_line + at}</th><td></td><td>{other}</td></tr>\n"
        )
    yield "</tbody>\n"


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
