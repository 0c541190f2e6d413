"""Which encoding makes the likeliest text of some bytes: pairs of letters, as the languages have them.

The score of an encoding and a language is the logarithm of how likely the text is in the language, by pairs
of characters. As the bytes are the text in an encoding, scores of any two encodings compare, also of those
with one byte and with several bytes a character.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cache, lru_cache
from itertools import pairwise
from operator import mul
from typing import NamedTuple

from stdtools.fixenc.candidates import (
    ENCODING_PRIOR,
    LANGUAGE_PRIOR,
    MULTI_BYTE,
    OTHER_SCRIPTS,
    SINGLE_BYTE,
)
from stdtools.fixenc.classes import strangeness
from stdtools.fixenc.encodings import find
from stdtools.fixenc.letters import Letters, load

MOST = 8192  # bytes that are scored; of the rest lines with bytes that the first ones lack
RARE_BUT_FREQUENT = -10.5
# Where the lead bytes are of what a national standard puts first.
FREQUENT = {
    "zh_CN": ("gb2312", 0xB0, 0xD7),
    "zh_TW": ("big5", 0xA4, 0xC6),
    "ja": ("euc_jp", 0xB0, 0xCF),
    "ko": ("euc_kr", 0xB0, 0xC8),
}
LONG_LINE = 1000
SHORTEST_LIST = 16  # pairs of language and encoding that are looked at closely ...
LOOK_UPS = 8000  # ... or all, where little in the text tells
ASCII_WEIGHT = 0.5  # the language of the ASCII between tells a little
SECOND_ASCII = -5.0
LONG_MEMORY = 200_000  # pairs that are remembered from file to file
ASCII_MOST = 200  # ... and no more than so many characters do
REFERENCE = "en"
FOREIGN, FOREIGN_EACH = 3.0, 0.15  # the most that ASCII in another language costs: at all, and for each pair
LONELY = 5.0  # what a run of bytes above ASCII costs in another script, where they are hardly longer than one byte
_WIDE_RUN = re.compile(r"[^\x00-\x7f]+")
_HIGH = re.compile(rb"[\x80-\xff]")
_RUN = re.compile(rb"[\x80-\xff]+")
_EDGE = re.compile(r"([\x00-\x7f])(?=[^\x00-\x7f])|(?<=[^\x00-\x7f])([\x00-\x7f])")


class Guess(NamedTuple):
    """An encoding, the language that makes it likely, and the score of the two."""

    score: float
    encoding: str
    language: str


@cache
def table_of(encoding: str) -> tuple[str | None, ...]:
    """Return what each byte is in an encoding of one byte a character; None for none."""
    text = find(encoding).codec.decode(bytes(range(256)), "surrogateescape")[0]
    return tuple(None if "\udc80" <= char <= "\udcff" else char for char in text)


@cache
def _undefined(encoding: str) -> bytes:
    return bytes(byte for byte, char in enumerate(table_of(encoding)) if char is None)


@cache
def _single(language: str, encoding: str, byte: int) -> float:
    """Return how likely a byte above ASCII is by itself."""
    char = table_of(encoding)[byte]
    return -30.0 if char is None else load()[language].single(char)


class Counts:
    """Different pairs of bytes, each as one number, and how often they stand there."""

    def __init__(self, counts: Iterable[tuple[tuple[int, int], int]]) -> None:
        pairs = list(counts)
        self.pairs = [one << 8 | two for (one, two), _ in pairs]
        self.times = [count for _, count in pairs]


class _Remembered:
    """Scores of pairs of bytes, by language and encoding."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], dict[int, float]] = defaultdict(dict)
        self._size = 0

    def total(self, letters: Letters, encoding: str, counts: Counts) -> float:
        """Return the score of pairs of bytes, each as often as it stands there."""
        known = self._known[letters.name, encoding]
        values = list(map(known.get, counts.pairs))
        if None in values:
            self._learn(known, letters, encoding, counts)
            values = list(map(known.get, counts.pairs))
        total: float = sum(map(mul, counts.times, values))
        return total

    def _learn(self, known: dict[int, float], letters: Letters, encoding: str, counts: Counts) -> None:
        if self._size > LONG_MEMORY:
            self._known.clear()
            self._size = 0
        table = table_of(encoding)
        for pair in counts.pairs:
            if pair not in known:
                two = table[pair & 0xFF] or ""
                known[pair] = letters.pair(table[pair >> 8] or "", two)
                if pair & 0x80 and two < "\x80":  # Macs of the right-to-left scripts have ASCII's marks twice
                    known[pair] += SECOND_ASCII
                self._size += 1


remembered = _Remembered()


def excerpt(data: bytes) -> bytes:
    """Return the lines of *data* that are not ASCII: the first ones, and some for each byte that these lack.

    No trail byte of any encoding is a newline, so that lines are whole in all of them.
    """
    lines = [line for line in data.split(b"\n") if not line.isascii()]
    size, number = 0, 0
    for line in lines:
        size += len(line) + 1
        if size > MOST:
            break
        number += 1
    if number == len(lines):
        return b"\n".join(lines)
    parts = lines[:number]
    cut = from_high(lines[number])[: MOST - sum(map(len, parts)) - number]
    known = bytes({*range(128), *b"".join(parts), *cut})
    room = MOST
    for line in lines[number + 1 :]:
        if len(line) <= min(LONG_LINE, room) and line.translate(None, known):
            parts.append(line)
            room -= len(line)
    return b"\n".join([*parts, cut])  # whose end may be half a character


def from_high(line: bytes) -> bytes:
    """Return *line*, which is not ASCII, from shortly before its first byte above ASCII: what is before is ASCII."""
    found = _HIGH.search(line)
    assert found is not None
    return line[max(0, found.start() - LONG_LINE) :]


def rank(data: bytes, *, is_whole: bool = False) -> list[Guess]:
    """Return the likeliest guesses about *data*, which is not ASCII alone, the best first.

    Where it *is_whole*, its end cuts no character.
    """
    part = excerpt(data)
    guesses = _single_byte(data, part) + _multi_byte(data, part, is_whole=is_whole)
    guesses.sort(reverse=True)
    return guesses


def _single_byte(data: bytes, part: bytes) -> list[Guess]:
    counts = Counter(pairwise(b" " + part))
    high = [(pair, count) for pair, count in counts.items() if pair[0] > 127 or pair[1] > 127]
    low = [(pair, count) for pair, count in counts.items() if pair[0] < 128 and pair[1] < 128]
    singles = [(byte, count) for byte, count in Counter(part).items() if byte > 127]
    many = sum(count for _, count in singles)
    used = bytes(set(data))
    # In other scripts a letter seldom touches one of ASCII; in Latin ones two letters above ASCII seldom touch.
    beside_latin = sum(count for (one, two), count in high if _is_ascii_letter(one) or _is_ascii_letter(two))
    beside_high = sum(count for (one, two), count in high if one > 127 and two > 127)
    runs = len(_RUN.findall(part))
    lonely = LONELY * runs if many < 2 * runs else 0.0  # words of another script are longer
    listed = []
    for language, names in SINGLE_BYTE.items():
        for encoding in names.split():
            if any(byte in used for byte in _undefined(encoding)):
                continue
            rough = sum([count * _single(language, encoding, byte) for byte, count in singles])
            rough -= 8 * beside_latin + lonely if language in OTHER_SCRIPTS else 3 * beside_high
            listed.append((rough + _prior(language, encoding), language, encoding))
    listed.sort(reverse=True)
    least = listed[0][0] - 10 - 4 * min(many, 12) - many if listed else 0.0
    short = [each for each in listed[: max(SHORTEST_LIST, LOOK_UPS // len(high))] if each[0] > least]
    ascii_pairs, high_pairs = Counts(low), Counts(high)
    reference = remembered.total(load()[REFERENCE], "cp1252", ascii_pairs)
    room = sum(count for _, count in low)
    weight = ASCII_WEIGHT * min(1.0, ASCII_MOST / (room or 1))
    by_ascii: dict[str, float] = {}
    guesses = []
    for _, language, encoding in short:
        letters = load()[language]
        if language not in by_ascii:
            own = reference if language in OTHER_SCRIPTS else remembered.total(letters, "cp1252", ascii_pairs)
            by_ascii[language] = weight * (max(own, reference - FOREIGN - FOREIGN_EACH * room) - reference)
        score = remembered.total(letters, encoding, high_pairs) + by_ascii[language] + _prior(language, encoding)
        score -= lonely if language in OTHER_SCRIPTS else 0.0
        guesses.append(Guess(score, encoding, language))
    return guesses


def _is_ascii_letter(byte: int) -> bool:
    return 65 <= byte & 0xDF <= 90 and byte < 128


def _prior(language: str, encoding: str) -> float:
    return ENCODING_PRIOR.get(encoding, 0.0) + LANGUAGE_PRIOR.get(language, 0.0)


def _multi_byte(data: bytes, part: bytes, *, is_whole: bool) -> list[Guess]:
    guesses = []
    for language, names in MULTI_BYTE.items():
        for encoding in names.split():
            whole = decode_cut(data, encoding, final=is_whole)
            if whole is not None and (text := decode_cut(part, encoding)) is not None:
                guesses.append(Guess(score_text(text, language) + _prior(language, encoding), encoding, language))
    return guesses


def decode_cut(data: bytes, encoding: str, *, final: bool = False) -> str | None:
    """Return *data* as text, without a character that its end cuts unless *final*; None when it is none."""
    codec = find(encoding).codec
    try:
        assert codec.incrementaldecoder is not None
        return codec.incrementaldecoder("strict").decode(data, final)
    except UnicodeDecodeError:
        return None


def score_text(text: str, language: str) -> float:
    """Return the score of what is not ASCII in *text*, by single characters."""
    singles = load()[language].singles
    total = 0.0
    for char, count in Counter(text).items():
        if char > "\x7f":
            value = singles.get(char)
            total += count * (_odd(char, language) if value is None else value)
    # Pairs of single bytes pay for the way to ASCII and back, too; to a letter it is a long one.
    for first, second in _EDGE.findall(text):
        total -= 6.0 if (first or second).isalpha() else 1.0
    runs = len(_WIDE_RUN.findall(text))
    return total - LONELY * runs if sum(char > "\x7f" for char in text) < 1.5 * runs else total


def score_pairs(text: str, language: str) -> float:
    """Return the score of *text* by pairs of characters, of those that are not ASCII alone."""
    letters = load()[language]
    if not letters.has_pairs:
        return score_text(text, language)
    counts = Counter(pairwise(f" {text}"))
    return sum(count * letters.pair(one, two) for (one, two), count in counts.items() if one > "\x7f" or two > "\x7f")


@lru_cache(8192)
def _odd(char: str, language: str) -> float:
    """Return the score of a character that letters.txt does not have."""
    if is_frequent(char, language):
        return RARE_BUT_FREQUENT
    value = strangeness(char)
    is_hangul = "\uac00" <= char <= "\ud7a3"
    is_han = "\u4e00" <= char <= "\u9fff"
    return value if (is_hangul if language == "ko" else is_han) else min(value, -16.0)


@lru_cache(8192)
def is_frequent(char: str, language: str) -> bool:
    """Whether the national standard has *char* among the frequent ones, which it puts first."""
    encoding, first, last = FREQUENT[language]
    try:
        return first <= char.encode(encoding)[0] <= last
    except UnicodeEncodeError:
        return False
