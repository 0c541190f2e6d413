"""Every character of a text: code point, name, bytes, and what is odd about it."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from unicodedata import category, combining, decomposition, is_normalized, name, normalize

from stdtools.fixenc.checking import BIDI, INVISIBLE, JOINERS
from stdtools.fixenc.coders import markless
from stdtools.fixenc.encodings import find
from stdtools.fixenc.places import Position
from stdtools.fixenc.request import AUTO, Request, Running
from stdtools.shared.streams import Input

_BIDI = re.compile(f"[{BIDI}]")
_INVISIBLE = re.compile(f"[{INVISIBLE}{JOINERS}]")
# Letters of other scripts that look like Latin ones.
_LIKE_LATIN = dict(
    zip("АВЕЅІЈКМНОРСТХаеорсухіјѕΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABESIJKMHOPCTXaeopcyxijsABEZHIKMNOPTYXo", strict=True)
)


def describe(source: Input, encoding: str) -> Iterator[tuple[Any, ...]]:
    """Yield line, column, character, code, name, category, bytes and oddities of each character of *source*."""
    said = markless(find(encoding), source) if encoding != AUTO else None
    running = Running(Request(encoding, bom="strip"), source, sure=False)
    position = Position()
    before = ""
    for piece in running:
        codec = (said or running.converter.conversion.source).codec  # which may be found out on the way
        for char in piece.decode():
            place = position.place()
            shown = char if char.isprintable() else ""
            data = codec.encode(char, "replace")[0].hex(" ").upper()
            about = _about(char)
            odd = [*about[2], *_beside(before, char)]
            yield place.line, place.column, shown, f"U+{ord(char):04X}", about[0], about[1], data, ", ".join(odd)
            position.move(char)
            before = char


@lru_cache(4096)
def _about(char: str) -> tuple[str, str, tuple[str, ...]]:
    odd = []
    kind = category(char)
    if kind == "Cc" and char not in "\t\n\r":
        odd.append("control")
    if kind == "Co":
        odd.append("private use")
    if kind == "Cn":
        odd.append("unassigned")
    if char == "\ufffd":
        odd.append("stands for what was lost")
    if _BIDI.match(char):
        odd.append("turns the direction of text")
    if _INVISIBLE.match(char):
        odd.append("invisible")
    if kind == "Zs" and char != " ":
        odd.append("a blank that is not U+0020")
    if combining(char):
        odd.append("combines with what stands before it")
    if not is_normalized("NFC", char):
        odd.append(f"NFC makes it U+{ord(normalize('NFC', char)[0]):04X}")
    elif decomposition(char).startswith("<"):
        odd.append(f"NFKC makes it {normalize('NFKC', char)!r}")
    if char in _LIKE_LATIN:
        odd.append(f"looks like the Latin {_LIKE_LATIN[char]}")
    return name(char, ""), kind, tuple(odd)


def _beside(before: str, char: str) -> Iterator[str]:
    if combining(char) and before and len(normalize("NFC", before + char)) == 1:
        yield f"NFC joins the two as {normalize('NFC', before + char)}"
    if char in _LIKE_LATIN and before.isascii() and before.isalpha():
        yield "beside a Latin letter"
