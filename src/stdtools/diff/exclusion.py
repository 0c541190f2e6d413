r"""The names that ``-x`` leaves out: globs as GNU diff reads them, by the rules of fnmatch(3).

Unlike those of Python's ``fnmatch`` they have ``\`` to take a character as it is, ``[^…]`` beside ``[!…]``, and
classes as ``[[:digit:]]``, which are those of ASCII. ``?`` is one character, or a byte that is none.
"""

import os
import re
from collections.abc import Callable, Iterable

_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": r" \t",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": r"!-~",
    "lower": "a-z",
    "print": r" -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t-\r ",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}
_TOKEN = re.compile(r"(?P<star>\*+)|(?P<any>\?)|(?P<set>\[)|\\(?P<escaped>.?)|(?P<plain>[^*?\[\\]+)", re.DOTALL)
_MEMBER = re.compile(
    r"\[:(?P<class>[a-z]+):\]|\[(?P<mark>[.=])(?P<named>.)(?P=mark)\]|(?P<broken>\[\.)"
    r"|(?:\\(?P<escaped>.)|(?P<plain>[^\\]))(?:-(?:\\(?P<to_escaped>.)|(?P<to>[^\]\\])))?",
    re.DOTALL,
)
_NEVER = "(?!)"


def exclusion(globs: Iterable[str]) -> Callable[[bytes], object] | None:
    """Return the test of names that match any of *globs*; None where there are none."""
    parts = [_translate(glob) for glob in globs]
    if not parts:
        return None
    match = re.compile("|".join(f"(?:{part})" for part in parts), re.DOTALL).fullmatch
    return lambda name: match(os.fsdecode(name))


def _translate(glob: str) -> str:
    """Return the source of a regex, for ``re.DOTALL`` and ``fullmatch``, that matches what *glob* does."""
    if not re.search(r"[*?\[]", glob):  # compared as it is, where a backslash at the end is one
        return re.escape(re.sub(r"\\(.)", r"\1", glob, flags=re.DOTALL))
    runs = [""]  # what stands between the stars
    at = 0
    while at < len(glob):
        found = _TOKEN.match(glob, at)
        assert found is not None
        at = found.end()
        kind = found.lastgroup
        if kind == "star":
            runs.append("")
        elif kind == "any":
            runs[-1] += "."
        elif kind == "set":
            members, at = _members(glob, at)
            runs[-1] += members
        elif kind == "escaped":
            runs[-1] += re.escape(found["escaped"]) or _NEVER
        else:
            runs[-1] += re.escape(found["plain"])
    first, *others = runs
    if not others:
        return first
    # A run stops where it first fits: one that came later would leave less for the next. Nothing is tried twice.
    return first + "".join(f"(?>.*?{run})" for run in others[:-1]) + ".*" + others[-1]


def _members(glob: str, at: int) -> tuple[str, int]:
    """Return the regex of the bracket expression whose members begin at *at*, and where it ends."""
    opened = at
    negated = glob[at : at + 1] in ("!", "^")
    at += negated
    members = ""
    first = at
    while at == first or glob[at : at + 1] != "]":
        found = _MEMBER.match(glob, at)
        if found is None:
            return re.escape("["), opened  # what nothing closes is no bracket expression
        at = found.end()
        if (name := found["class"]) is not None:
            if name not in _CLASSES:
                return _NEVER, at
            members += _CLASSES[name]
            continue
        if found["broken"]:  # as glibc has it: no name of one character, no match
            return _NEVER, at
        low = found["named"] or found["escaped"] or found["plain"]
        high = found["to_escaped"] or found["to"] or low
        if low <= high:
            members += f"{re.escape(low)}-{re.escape(high)}"
    if not members:
        return ("." if negated else _NEVER), at + 1
    return f"[{'^' * negated}{members}]", at + 1
