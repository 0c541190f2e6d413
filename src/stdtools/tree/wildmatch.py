"""Globs over whole paths, as git's wildmatch reads them with WM_PATHNAME.

``*``, ``?`` and ``[...]`` stay within one name; ``**`` between slashes, or at an end, is any number of directories.
Manual: https://git-scm.com/docs/gitignore#_pattern_format; where it is silent, git 2.39 was asked.
"""

import re

NEVER = rb"(?!)"
UPPER = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
LOWER = frozenset(byte | 32 for byte in UPPER)
DIGIT = frozenset(b"0123456789")
PRINTABLE = frozenset(range(32, 127))
CLASSES = {
    b"alnum": UPPER | LOWER | DIGIT,
    b"alpha": UPPER | LOWER,
    b"blank": frozenset(b" \t"),
    b"cntrl": frozenset([*range(32), 127]),
    b"digit": DIGIT,
    b"graph": PRINTABLE - {32},
    b"lower": LOWER,
    b"print": PRINTABLE,
    b"punct": PRINTABLE - UPPER - LOWER - DIGIT - {32},
    b"space": frozenset(b" \t\n\r"),  # as git has it
    b"upper": UPPER,
    b"xdigit": DIGIT | frozenset(b"ABCDEFabcdef"),
}
STAR = b"[^/]*"
DIRECTORIES = (b"(?:.*?/)??", b".*?/")
TOKEN = re.compile(
    rb"(?P<tree>(?:(?<=/)|\A)\*\*+(?:(?P<slash>\\?/)|\Z))|(?P<star>\*+)|(?P<any>\?)"
    rb"|(?P<set>\[)|\\(?P<escaped>.?)|(?P<plain>[^*?\[\\/]+|/)",
    re.DOTALL,
)
MEMBER = re.compile(
    rb"\[:(?P<class>[^\]]*):\]|(?:\\(?P<escaped>.)|(?P<plain>[^\\]))(?:-(?:\\(?P<to_escaped>.)|(?P<to>[^\]\\])))?",
    re.DOTALL,
)


def translate(pattern: bytes, *, fold: bool = False) -> bytes:
    """Return the source of a regex, for ``re.DOTALL`` and ``fullmatch``, that matches what the glob *pattern* does.

    *fold* takes ASCII letters in either case as git does: an upper-case letter that is escaped or alone in
    brackets matches nothing. A ``[`` that nothing closes and a backslash at the end make a glob that never matches.
    """
    tokens: list[bytes] = []
    at = 0
    while at < len(pattern):
        found = TOKEN.match(pattern, at)
        assert found is not None
        at = found.end()
        kind, text = found.lastgroup, found[0]
        if kind in ("tree", "slash"):
            tokens.append(b".*" if text.endswith(b"*") else DIRECTORIES[text.endswith(b"\\/")])
        elif kind == "star":
            tokens.append(STAR)
        elif kind == "any":
            tokens.append(b"[^/]")
        elif kind == "set":
            members, at = _members(pattern, at, fold)
            tokens.append(members)
        elif kind == "escaped":
            byte = found["escaped"]
            tokens.append(NEVER if not byte or (fold and byte.isupper()) else literal(byte, fold=fold))
        else:
            tokens.append(literal(text, fold=fold))
    return NEVER if NEVER in tokens else _without_retries(tokens)


def literal(text: bytes, *, fold: bool) -> bytes:
    """Return the source of a regex that matches *text* itself, or with *fold* its ASCII letters in either case."""
    return b"(?i:%b)" % re.escape(text) if fold and text.lower() != text.upper() else re.escape(text)


def _members(pattern: bytes, at: int, fold: bool) -> tuple[bytes, int]:
    """Return the regex of the bracket expression whose members begin at *at*, and where it ends."""
    negated = pattern[at : at + 1] in (b"!", b"^")
    at += negated
    members: set[int] = set()
    first = at
    while at == first or pattern[at : at + 1] != b"]":
        found = MEMBER.match(pattern, at)
        if found is None:
            return NEVER, at
        at = found.end()
        if (name := found["class"]) is not None:
            if name not in CLASSES:
                return NEVER, at
            members |= CLASSES[name] | (LOWER if fold and name == b"upper" else frozenset())
            continue
        low = (found["escaped"] or found["plain"])[0]
        members.add(low)
        if high := found["to_escaped"] or found["to"]:
            span = range(low, high[0] + 1)
            members.update(span, (byte | 32 for byte in UPPER.intersection(span) if fold))
    if fold:  # git compares with the lower-case letter of the name alone
        members = (members - UPPER) | {byte ^ 32 for byte in LOWER & members}
    members = set(range(256)) - members if negated else members
    members.discard(ord("/"))
    return (b"[%b]" % b"".join(b"\\x%02x" % byte for byte in sorted(members)) if members else NEVER), at + 1


def _without_retries(tokens: list[bytes]) -> bytes:
    """Join *tokens* so that a star that another follows in the same name stops where its rest first fits.

    What follows can fit anywhere later, so going back would find nothing new; ``**/`` does likewise.
    Without this ``*a*a*a*a*b`` takes time with the fifth power of the name's length.
    """
    parts: list[bytes] = []
    star: int | None = None  # where the last star of this name stands in parts
    tree = None
    for token in tokens:
        if token == STAR and star is not None:
            if star == len(parts) - 1:
                continue
            parts[star] = b"(?>[^/]*?"
            parts.append(b")")
        elif token in DIRECTORIES and tree is not None:
            parts[tree] = b"(?>" + parts[tree]
            parts.append(b")")
        if token == STAR:
            star = len(parts)
        elif token.endswith(b"/"):
            star = None
        if token in DIRECTORIES:
            star, tree = None, len(parts)
        parts.append(token)
    return b"".join(parts)
