"""What kind of character one is, as far as the likelihood of text asks."""

from functools import lru_cache
from unicodedata import category

# ASCII as letters.txt has it: small letters, 0 for digits, a blank for all else.
SIMPLE = {
    chr(code): chr(code).lower() if chr(code).isalpha() else "0" if chr(code).isdigit() else " " for code in range(128)
}
# Romanian is written with commas below, and with cedillas where an encoding has nothing better.
_ALIKE = {"\xa0": " ", "\u0219": "\u015f", "\u0218": "\u015f", "\u021b": "\u0163", "\u021a": "\u0163"}


@lru_cache(8192)
def class_of(char: str) -> str:
    """Return the character of letters.txt that stands for *char*."""
    if char in SIMPLE:
        return SIMPLE[char]
    if char in _ALIKE:
        return _ALIKE[char]
    small = char.lower()
    return small if len(small) == 1 else char


def is_box(char: str) -> bool:
    """Whether *char* draws boxes or shades, as old terminals' encodings have them."""
    return "\u2500" <= char <= "\u259f"


@lru_cache(8192)
def strangeness(char: str) -> float:
    """Return the logarithm of how likely a character is that a language does not use."""
    kind = category(char)
    if kind in ("Cc", "Cn", "Co", "Cs"):
        return -30.0
    if "\u4e00" <= char <= "\u9fff" or "\uac00" <= char <= "\ud7a3":
        return -12.5
    if is_box(char):
        return -12.0
    return -13.0 if kind[0] == "L" else -12.5
