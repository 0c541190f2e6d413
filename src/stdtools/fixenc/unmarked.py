"""UTF-16 and UTF-32 without a byte order mark, and what is no text at all."""

import re
from collections import Counter
from unicodedata import category

from stdtools.fixenc.letters import load
from stdtools.fixenc.likelihood import FREQUENT, decode_cut, is_frequent

LEAST = 4  # characters
_MAGIC = (
    b"\x89PNG", b"\x7fELF", b"PK\x03\x04", b"\x1f\x8b", b"\xff\xd8\xff", b"\xfd7zXZ", b"%PDF-", b"\x28\xb5\x2f\xfd",
    b"7z\xbc\xaf", b"\xca\xfe\xba\xbe", b"MZ\x90", b"SQLite format 3\0", b"\xde\x12\x04\x95", b"\x95\x04\x12\xde",
    b"!<arch>\n", b"\0asm",
)  # fmt: skip
# Text may begin with these: formats that do have a NUL soon behind them.
_WORDS = (b"GIF8", b"Rar!", b"OggS", b"ID3", b"fLaC", b"wOFF", b"wOF2", b"RIFF")
_BZIP2 = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P)")
_ALLOWED = b"\t\n\r\f\x08\x1b\x1a"  # controls that text has; Ctrl-Z ended files once
_CONTROLS = bytes(set(range(32)) - set(_ALLOWED)) + b"\x7f"


def magic(head: bytes) -> bool:
    """Whether *head* begins as a well-known format does that is no text."""
    is_word = head.startswith(_WORDS) and b"\0" in head[:64]
    return is_word or head.startswith(_MAGIC) or _BZIP2.match(head) is not None


def looks_binary(data: bytes) -> bool:
    """Whether there are more controls in *data* than text has; single NULs between text may part it."""
    controls = len(data) - len(data.translate(None, _CONTROLS))
    nuls = data.count(0)
    if nuls and not _separates(data, nuls):
        return True
    return (controls - nuls) * 20 > len(data)


def has_controls(data: bytes) -> bool:
    """Whether there are so many controls in *data* that it must be very likely text to be any."""
    return 200 * (len(data) - len(data.translate(None, _CONTROLS))) > len(data)


def _separates(data: bytes, nuls: int) -> bool:
    """Whether NULs stand between pieces of text, as find -print0 and git -z write them."""
    return b"\0\0" not in data and nuls * 2 <= len(data) and not data.startswith(b"\0")


def wide_encoding(data: bytes, *, whole: bool) -> str | None:
    """Return which of UTF-16 and UTF-32, in which order of bytes, makes text of *data*; None when neither does."""
    if len(data) % 4 == 0 or not whole:
        for name, top in (("utf-32-le", data[3::4]), ("utf-32-be", data[::4])):
            if len(top) >= 2 and not any(top) and is_plausible(data, name):
                return name
    if (len(data) % 2 and whole) or len(data) < 2 * LEAST:
        return None
    found = [name for name in ("utf-16-le", "utf-16-be") if is_plausible(data, name)]
    if len(found) == 2:  # what counts is where the NULs of blanks and marks are
        high = data[1::2].count(0)
        return "utf-16-le" if high >= data[::2].count(0) else "utf-16-be"
    return found[0] if found else None


def is_plausible(data: bytes, name: str) -> bool:
    """Whether *data* is text in *name*: letters of one script or common ideographs, blanks, no stray controls."""
    text = decode_cut(data, name)
    if text is None or not text:
        return False
    counts = Counter(text)
    total = sum(counts.values())
    pages: Counter[int] = Counter()
    common = rarer = blanks = ascii_text = odd = 0
    singles = [load()[name].singles for name in ("zh_CN", "zh_TW", "ja", "ko")]
    for char, count in counts.items():
        code = ord(char)
        if char in "\t\n\r\f\ufeff":
            ascii_text += count
            blanks += count
        elif category(char) in ("Cc", "Cn", "Co", "Cs"):
            odd += count
        elif code < 0x80:
            ascii_text += count
            blanks += count * (not char.isalnum())
        elif any(char in known for known in singles):
            common += count
            blanks += count * (0x3000 <= code <= 0x3002)
        else:
            pages[code >> 8] += count
            rarer += count * any(is_frequent(char, language) for language in FREQUENT)
    if odd * 200 > total:
        return False
    main = sum(count for _, count in pages.most_common(2))
    if common > total // 2:
        known = common + ascii_text
        return known * 100 >= 70 * total and (known + rarer) * 100 >= 85 * total and (blanks > 0 or total < 40)
    return (main + ascii_text + common) * 100 >= 90 * total and (blanks > 0 or ascii_text == total)
