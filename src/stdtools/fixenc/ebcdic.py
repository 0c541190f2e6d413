"""EBCDIC: which of its code pages a file is in."""

ENCODINGS = ("cp037", "cp273", "cp500", "cp1026", "cp875", "cp424")
LEAST = 16  # bytes
_BLANK = b"\x40"
_CONTROLS = bytes(set(range(0x40)) - set(b"\x05\x0d\x15\x25\x0c"))


def ebcdic_encoding(data: bytes) -> str | None:
    """Return which code page makes letters and blanks of nearly all of *data*; None when none does."""
    data = data[:8192]
    if len(data) < LEAST or data.count(_BLANK) * 25 < len(data) or len(data.translate(None, _CONTROLS)) < len(data):
        return None
    best, most = None, 0
    for name in ENCODINGS:
        text = data.decode(name, "replace")
        letters = sum(char.isalnum() or char in " .,;:-'()\"\n\r\t\x85/" for char in text)
        if letters > most:
            best, most = name, letters
    return best if most * 100 >= 93 * len(data) else None
