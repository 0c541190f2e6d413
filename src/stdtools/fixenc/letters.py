"""How often letters, and pairs of letters, stand in the text of a language: what letters.txt holds.

A line of the file is a language: its name, single characters, pairs, all parted by U+001E. Characters of about the
same frequency stand together, parted from those half as often squared by U+001F: group k has those whose
natural logarithm is about -k/2. Letters are small, digits are 0, and all else of ASCII is a blank. For
Chinese, Japanese and Korean there are no pairs. ``bench/letters.py`` makes the file.
"""

import math
import pkgutil
from functools import cache, cached_property

from stdtools.fixenc.candidates import OTHER_SCRIPTS, WESTERN
from stdtools.fixenc.classes import class_of, is_box, strangeness

STEP = 0.5  # of the natural logarithm
RAREST = -14.2  # the logarithm below which a pair is not in the file
WITHIN_WORD = -11.0  # of a Latin letter beside one of another script
BORROWED = 1.5  # what a pair costs more where only another language has it
MARK = -5.0  # of a mark of typography on the side where it stands in any language
OPENING = frozenset("“‘„‚«‹¿¡£€©§µ")  # before a letter
CLOSING = frozenset("”’»›®™…§")  # behind one
ALONE = OPENING | CLOSING | frozenset("–—¥±•×·½¼¾°")  # beside blanks and digits
WESTERN_LETTERS = frozenset("àâäáãåæçéèêëíîïñóôöõøúùûüß")
UNUSUAL_SPELLING = -7.0  # of such a letter beside one that it is never seen with
FLOOR = -12.0  # of a pair that was never seen, of letters that were


class Letters:
    """The letters of one language, as logarithms of probabilities."""

    def __init__(self, name: str, singles: str, pairs: str) -> None:
        self.name = name
        self._singles = singles
        self._pairs = pairs
        self.has_pairs = bool(pairs)
        self._is_other_script = name in OTHER_SCRIPTS

    @cached_property
    def singles(self) -> dict[str, float]:
        """Return the logarithm of each character's share."""
        known: dict[str, float] = {}
        for level, group in enumerate(self._singles.split("\x1f")):
            known.update(dict.fromkeys(group, -STEP * level))
        return known

    @cached_property
    def pairs(self) -> dict[str, float]:
        """Return the logarithm of how often the second follows the first."""
        known: dict[str, float] = {}
        for level, group in enumerate(self._pairs.split("\x1f")):
            known.update(dict.fromkeys(map(str.__add__, group[::2], group[1::2]), -STEP * level))
        return known

    def pair(self, one: str, two: str) -> float:
        """Return the logarithm of how likely *two* is behind *one*, both as they stand in the text."""
        first, second = class_of(one), class_of(two)
        value = self.pairs.get(first + second)
        if value is None:
            value = -2.0 if one == two and is_box(two) else self._never_seen(first, second)
        if value < MARK:
            value = max(value, _as_mark(first, second))
            if self.name in WESTERN:  # which borrow words and names from each other
                value = max(value, _borrowed(first, second) - BORROWED)
        if two == "\xa0" or one == "\xa0":
            value -= 2.0
        if two.isupper():
            if one.islower():
                value -= 3.5  # a capital within a word is what a wrong encoding of Cyrillic looks like
            elif one.isupper():
                value -= 0.5
        return value

    def _never_seen(self, first: str, second: str) -> float:
        if self._is_other_script and (
            (_is_latin(first) and second.isalpha()) or (_is_latin(second) and first.isalpha())
        ):
            return WITHIN_WORD
        known = self.singles.get(second)
        if known is None:
            return strangeness(second)
        return max(min(known - 1, RAREST - self.singles.get(first, RAREST)), FLOOR)

    def single(self, char: str) -> float:
        """Return the logarithm of the share of *char*."""
        if char == "\xa0":
            return -6.0
        known = self.singles.get(class_of(char))
        return strangeness(char) if known is None else known


def _is_latin(char: str) -> bool:
    return char.isascii() and char.isalpha()


def _as_mark(first: str, second: str) -> float:
    """Return the score of a pair with a mark of typography where it stands in any language."""
    if (second in ALONE and first in " 0") or (first in ALONE and second in " 0"):
        return MARK
    is_beside = (second in CLOSING and _is_latin(first)) or (first in OPENING and _is_latin(second))
    return MARK - 1 if is_beside else -math.inf


def _borrowed(one: str, two: str) -> float:
    """Return the score of a pair in the language of the West that has it most."""
    known = max(load()[name].pairs.get(one + two, RAREST) for name in WESTERN)
    is_western = (two in WESTERN_LETTERS and _is_latin(one)) or (one in WESTERN_LETTERS and _is_latin(two))
    return max(known, UNUSUAL_SPELLING) if is_western else known


@cache
def load() -> dict[str, Letters]:
    """Return all languages by their names."""
    data = pkgutil.get_data(__package__, "letters.txt")  # also from a zip file
    assert data is not None, "a package can read what lies in it"
    lines = data.decode().split("\n")
    return {letters.name: letters for letters in (Letters(*line.split("\x1e")) for line in lines)}
