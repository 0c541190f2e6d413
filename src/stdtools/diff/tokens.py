"""A line as words or as characters, the pieces in which differences within lines are found and shown.

Lines are bytes, most often UTF-8. They are worked on as text in which a byte that is none stands as a surrogate,
so that every line comes back as it was.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

Split = Callable[[str], list[str]]

# What joins the character before it though Unicode calls it no mark: joiners, the vowels and final consonants of
# Korean syllables, the skin tones of emoji, tags of flags.
JOINING = "\u200c\u200d\u1160-\u11ff\ud7b0-\ud7ff\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f"
FLAG = "[\U0001f1e6-\U0001f1ff]{2}"  # two regional indicators
# Scripts without blanks between words, where a character is as good as a word.
IDEOGRAPHS = "\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
STRAY = "\udc80-\udcff"  # a byte that is not UTF-8; in a word of another encoding a letter

_ascii_words = re.compile(r"\w+|[ \t]+|.", re.ASCII | re.DOTALL).findall


def decode(line: bytes) -> str:
    """Return *line* as text; ``encode`` turns it back."""
    return line.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """Return the bytes that ``decode`` was given."""
    return text.encode("utf-8", "surrogateescape")


def words(text: str) -> list[str]:
    """Return runs of letters, digits and ``_``, runs of blanks, and single characters; joined they are *text*."""
    if text.isascii():
        return _ascii_words(text)
    return _patterns(_marks(text))[0].findall(text)


def characters(text: str) -> list[str]:
    """Return what a reader takes for single characters of *text*, each with its combining marks."""
    if text.isascii():
        return list(text)
    return _patterns(_marks(text))[1].findall(text)


def splitting(regex: str) -> Split:
    """Return what cuts a text into the matches of *regex* and what stands between them; joined they are the text.

    Raises re.error where *regex* is none.
    """
    find = re.compile(regex).finditer

    def split(text: str) -> list[str]:
        pieces, done = [], 0
        for match in find(text):
            start, end = match.span()
            if start == end:
                continue
            if start > done:
                pieces.append(text[done:start])
            pieces.append(text[start:end])
            done = end
        if done < len(text):
            pieces.append(text[done:])
        return pieces

    return split


def _marks(text: str) -> str:
    """Return the combining marks that *text* has; a class of all 2,400 would take longer to make than most texts."""
    return "".join(sorted(c for c in set(text) if c > "\x7f" and unicodedata.category(c)[0] == "M"))


@lru_cache(maxsize=64)
def _patterns(marks: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what finds the words and the characters of texts with these *marks*."""
    joining = f"[{marks}{JOINING}]"
    # A character, its marks, and what a joiner ties to it.
    character = rf"(?:{FLAG}|.){joining}*(?:(?<=\u200d).{joining}*)*"
    letter = rf"[^\W{IDEOGRAPHS}]"
    word = f"(?:{letter}|[{STRAY}])(?:{letter}+|[{STRAY}{marks}{JOINING}]+)*"
    return re.compile(rf"{word}|[ \t]+(?!{joining})|{character}", re.DOTALL), re.compile(character, re.DOTALL)
