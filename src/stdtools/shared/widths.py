"""How many columns of a terminal text takes."""


def width_of(character: str) -> int:
    """Return how many columns of a terminal *character* takes."""
    if " " <= character <= "~":
        return 1
    from unicodedata import category, east_asian_width

    if character == "\xad":
        return 1
    if category(character) in ("Mn", "Me", "Cf", "Cc", "Cn", "Cs", "Zl", "Zp") or "\u1160" <= character <= "\u11ff":
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def width(text: str) -> int:
    """Return how many columns *text* takes, a line without tabs."""
    return len(text) if text.isascii() and text.isprintable() else sum(map(width_of, text))
