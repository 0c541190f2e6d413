"""Lines by their numbers: single ones, ranges, steps and the last ones, in the order of the file."""

import re
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from stdtools.shared.errors import ToolError
from stdtools.shared.inputs import line_blocks, split_lines
from stdtools.shared.streams import Input
from stdtools.text.line_index import LineIndex

_RANGE = re.compile(r"(?P<one>\d+)|(?P<first>\d*)-(?P<last>\d*)|(?P<start>\d*):(?P<stop>\d*)(?::(?P<step>\d+))?")
END = 1 << 62
LONGEST = 60  # characters of a range
FAR = 100_000  # lines that are read rather than jumped over

Numbered = tuple[int, bytes]


class Span(NamedTuple):
    """The lines from *first* to *last*, both included, every *step*."""

    first: int
    last: int
    step: int = 1

    def has(self, number: int) -> bool:
        """Whether line *number* is one of them."""
        return self.first <= number <= self.last and (number - self.first) % self.step == 0


class Choice(NamedTuple):
    """Lines by number, and how many of the last ones."""

    spans: list[Span]
    tail: int

    def has(self, number: int) -> bool:
        """Whether line *number* is chosen, whatever the last one is."""
        return any(span.has(number) for span in self.spans)

    @property
    def last(self) -> int:
        """Return the last line that may be chosen, but for the tail."""
        return max((span.last for span in self.spans), default=0)


def parse(text: str) -> Choice:
    """Return what *text* chooses: ``5``, ``10-20``, ``9-``, ``-3`` (the last three), ``::100``. Raises ToolError."""
    spans = []
    tail = 0
    for part in text.split(","):
        match = _RANGE.fullmatch(part.strip()) if len(part) < LONGEST else None
        if match is None or part.strip() in ("-", ""):
            raise ToolError(
                f"{part[:40]!r} is no range of lines", hint="write 5, 10-20, 9-, -3 (the last three) or ::100"
            )
        found = match.groupdict()
        if found["one"]:
            spans.append(Span(int(found["one"]), int(found["one"])))
        elif found["last"] and not found["first"]:
            tail = max(tail, int(found["last"]))
        elif found["first"]:
            spans.append(Span(int(found["first"]), int(found["last"] or END)))
        else:
            spans.append(Span(int(found["start"] or 1), int(found["stop"] or END), int(found["step"] or 1)))
        if spans and spans[-1].step < 1:
            raise ToolError(f"{part!r}: a step is 1 or more")
        if spans and spans[-1].first < 1:
            raise ToolError(f"{part!r}: lines are numbered from 1")
        if spans and spans[-1].last < spans[-1].first:
            raise ToolError(f"{part!r} runs backwards")
    return Choice(spans, tail)


def pick(source: Input, choice: Choice, index: LineIndex | None) -> Iterator[Numbered]:
    """Yield the lines of *source* that are chosen, with their numbers; *index* spares reading what lies between."""
    if index is None:
        yield from _read(source, choice, 0)
        return
    spans = list(choice.spans)
    if choice.tail:
        spans.append(Span(max(1, index.total() - choice.tail + 1), END))
    for group in _groups(spans):
        offset, number = index.before(group[0].first)
        source.go_to(offset)
        yield from _read(source, Choice(group, 0), number)


def _groups(spans: list[Span]) -> list[list[Span]]:
    """Return *spans* in order, those together between which it is not worth to jump."""
    groups: list[list[Span]] = []
    last = -FAR
    for span in sorted(spans):
        if groups and span.first <= last + FAR:
            groups[-1].append(span)
        else:
            groups.append([span])
        last = max(last, span.last)
    return groups


def _read(source: Input, choice: Choice, number: int) -> Iterator[Numbered]:
    """Yield the chosen lines of what is left of *source*, which begins within line *number* + 1."""
    tail: deque[Numbered] = deque()
    for block in line_blocks(source):
        count = block.count(b"\n")
        wanted = [span for span in choice.spans if span.first <= number + count + 1 and span.last > number]
        if choice.tail:
            for line in split_lines(block):
                number += 1
                tail.append((number, line))
                if len(tail) > choice.tail and choice.has((first := tail.popleft())[0]):
                    yield first
        elif wanted:
            lines = split_lines(block)
            if len(wanted) == 1:
                yield from _of_span(lines, number, wanted[0])
            else:
                yield from ((at, line) for at, line in enumerate(lines, number + 1) if choice.has(at))
            number += len(lines)
        else:
            number += count
        if not choice.tail and number >= choice.last:
            return
    yield from tail


def _of_span(lines: list[bytes], number: int, span: Span) -> Iterator[Numbered]:
    start = max(0, span.first - number - 1)
    start += -(number + 1 + start - span.first) % span.step
    stop = min(len(lines), span.last - number)
    return zip(range(number + 1 + start, number + 1 + stop, span.step), lines[start : stop : span.step], strict=False)
