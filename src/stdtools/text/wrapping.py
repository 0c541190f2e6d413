"""Paragraphs filled to a width in columns of a terminal, with their bullets, quotes and indents kept."""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from stdtools.shared.widths import width, width_of

_LEAD = re.compile(
    r"(?P<quote>(?:[ \t]*>)*(?:(?<=>) )?)(?P<indent>[ \t]*)(?P<bullet>(?:[-*+•–]|\d{1,3}[.)])(?:[ \t]+|$))?"
)
_WORD = re.compile(r"[^ \t\r\f\v]+")  # a no-break space is part of a word
_LIKE_A_MARK = re.compile(r"(?:[-*+•–]|\d{1,3}[.)]|>.*)\Z")  # what must not begin a line that is filled
TAB = 8


class Line(NamedTuple):
    """A line in its parts: ``> > `` before it, its indent, a bullet, and the words."""

    quote: str
    indent: str
    bullet: str
    text: str


def parse(line: str) -> Line:
    """Return *line* in its parts; one without words has no bullet."""
    match = _LEAD.match(line)
    assert match is not None
    text = line[match.end() :].strip(" \t\r\f\v")
    return Line(match["quote"], match["indent"], match["bullet"] or "", text)


def columns_of(text: str) -> int:
    """Return how many columns *text* takes at the beginning of a line, with its tabs."""
    return width(text.expandtabs(TAB))


class Wrapper:
    """Fill paragraphs to *columns*. Blank lines, bullets, other quotes and other indents begin a paragraph."""

    def __init__(self, columns: int) -> None:
        self._columns = columns

    def wrap(self, lines: Iterable[str]) -> Iterator[str]:
        """Yield the lines of the text that *lines* are, filled anew."""
        paragraph: list[Line] = []
        for line in map(parse, lines):
            if not line.text and not line.bullet:
                yield from self._fill(paragraph)
                paragraph = []
                yield (line.quote + line.bullet).rstrip()
            elif paragraph and not _goes_on(paragraph[0], line):
                yield from self._fill(paragraph)
                paragraph = [line]
            else:
                paragraph.append(line)
        yield from self._fill(paragraph)

    def _fill(self, paragraph: list[Line]) -> Iterator[str]:
        if not paragraph:
            return
        first = paragraph[0]
        before = columns_of(first.indent)
        hanging = first.indent + " " * (columns_of(first.indent + first.bullet) - before)
        words: list[str] = []
        for line in paragraph:
            more = _WORD.findall(line.text)
            if words and more and _runs_on(words[-1][-1]) and _runs_on(more[0][0]):
                words[-1] += more.pop(0)  # the end of a line among wide characters is no blank
            words += more
        yield from fill(words, self._columns, first.quote + first.indent + first.bullet, first.quote + hanging)


def _goes_on(first: Line, line: Line) -> bool:
    """Whether *line* belongs to the paragraph that *first* begins."""
    if line.bullet or line.quote.rstrip() != first.quote.rstrip():
        return False
    if first.bullet:
        return columns_of(line.indent) > columns_of(first.indent)
    return line.indent == first.indent


def fill(words: Iterable[str], columns: int, lead: str = "", hanging: str = "") -> Iterator[str]:
    """Yield lines of *words*, as many to a line as go into *columns*; *lead* begins the first, *hanging* the others.

    A word that is wider than a line has a line of its own, and is cut only between wide characters.
    """
    line, size = lead, columns_of(lead)
    is_empty = True
    for word in _joined(words):
        for number, piece in enumerate(_pieces(word)):
            blank = "" if is_empty or number else " "
            wide = width(piece)
            if not is_empty and size + len(blank) + wide > columns:
                yield line
                line, size, blank = hanging, columns_of(hanging), ""
            line += blank + piece
            size += len(blank) + wide
            is_empty = False
    yield line.rstrip() if is_empty else line


def _joined(words: Iterable[str]) -> Iterator[str]:
    """Yield *words*, those that would be taken for a bullet or a quote at the start of a line behind the one before."""
    held = ""
    for word in words:
        if held and _LIKE_A_MARK.match(word):
            held += f" {word}"
            continue
        if held:
            yield held
        held = word
    if held:
        yield held


def _runs_on(character: str) -> bool:
    """Whether *character* is of a script that is written without blanks: wide, and not Korean."""
    return width_of(character) == 2 and not "\uac00" <= character <= "\ud7a3"


def _pieces(word: str) -> list[str]:
    """Return where *word* may be parted: beside wide characters, which are written without blanks."""
    if word.isascii():
        return [word]
    pieces: list[str] = []
    for is_wide, run in groupby(word, key=_runs_on):
        if not is_wide:
            text = "".join(run)
            if pieces and width_of(text[0]) == 0:  # a joiner, an accent: part of the character before
                bound = next((at for at, character in enumerate(text) if width_of(character)), len(text))
                pieces[-1] += text[:bound]
                text = text[bound:]
            pieces += [text] if text else []
            continue
        for character in run:
            if pieces and (
                pieces[-1][-1] in "\u200d" or character in "、。，．！？：；）」』】》〉…ー"
            ):  # these begin no line
                pieces[-1] += character
            else:
                pieces.append(character)
    return pieces


def shorten(line: str, columns: int) -> str:
    """Return *line* with single blanks, cut at a word so that it takes *columns* at most, with an ellipsis then."""
    words = line.split()
    whole = " ".join(words)
    if width(whole) <= columns:
        return whole
    kept, size = "", 0
    for word in words:
        more = width(word) + bool(kept)
        if size + more + 2 > columns:
            break
        kept += (" " if kept else "") + word
        size += more
    return f"{kept} …" if kept else "…"


def wrap_comments(lines: Iterable[str], mark: str, columns: int) -> Iterator[str]:
    """Yield *lines*, where those that begin with *mark*, behind any indent, have their text filled anew."""
    bare = mark.rstrip()

    def lead_of(line: str) -> str | None:
        rest = line.lstrip(" \t")
        is_comment = rest.startswith(mark) or rest == bare
        return line[: len(line) - len(rest)] if is_comment else None

    for lead, run in groupby(lines, key=lead_of):
        if lead is None:
            yield from run
            continue
        texts = (line[len(lead) + len(mark) :] for line in run)
        for text in Wrapper(max(1, columns - columns_of(lead + mark))).wrap(texts):
            yield f"{lead}{mark}{text}".rstrip() if not text else f"{lead}{mark}{text}"
