"""A text for ``sh`` with placeholders: what stands for one is the value of a variable, and never read as shell.

Grammar: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html
"""

import re
from collections.abc import Sequence

from stdtools.par.template import PER_ITEM, PLACEHOLDER, value


class ShellTemplate:
    """A text in which ``{}`` becomes ``"${par_1}"``, inside double quotes ``${par_1}``, inside single ones neither."""

    def __init__(self, text: bytes, *, takes_items: bool = True) -> None:
        """Raise ValueError for a placeholder where its quotes cannot be told, and for a text that needs one."""
        parts = PLACEHOLDER.split(text)
        self._placeholders = list(dict.fromkeys(parts[1::2]))
        self.has_items = any(part in PER_ITEM for part in self._placeholders)
        if takes_items and not self._placeholders:
            raise ValueError("it does not say where the item stands; write {} there")
        self.words = [text]
        quoting = _Quoting()
        script = [b"par_%d=$%d " % (number, number) for number in range(1, len(self._placeholders) + 1)]
        script.append(b"; " if script else b"")
        for index, part in enumerate(parts):
            if index % 2:
                quoting.check(part)
                script.append(_variable(self._placeholders.index(part) + 1, quoting.quote))
            else:
                quoting.follow(part)
                script.append(part)
        self._script = b"".join(script)

    def cost(self, item: bytes) -> int:
        """Return how many bytes of arguments *item* takes at most."""
        return (len(item) + 9) * len(self._placeholders)

    def argv(self, items: Sequence[bytes], number: int, slot: int) -> list[bytes]:
        """Return the call of ``sh`` for the one item in *items*, if there is one."""
        item = items[0] if items else b""
        return [
            b"/bin/sh",
            b"-c",
            self._script,
            b"sh",
            *(value(each, item, number, slot) for each in self._placeholders),
        ]


def _variable(number: int, quote: bytes) -> bytes:
    if quote == b'"':
        return b"${par_%d}" % number
    return b"'\"${par_%d}\"'" % number if quote == b"'" else b'"${par_%d}"' % number


_TOKEN = re.compile(
    rb"\\.|\\\Z|(?P<comment>(?:(?<=[\s;|&()`])|\A)\#)|<<-?|['\"`}]|\$\{|\$?\(\(|\$?\(|\)|\bcase\b", re.DOTALL
)


class _Quoting:
    """Follows a text of ``sh``: which quote is open at its end, in the innermost ``$(…)`` or backticks."""

    def __init__(self) -> None:
        self._levels = [(b"", b"")]  # what was opened, and the quote that is open in it
        self._trouble = ""  # why nobody can tell
        self._before = b"\n"  # the last byte
        self._in_comment = False

    @property
    def quote(self) -> bytes:
        """The quote that is open."""
        return self._levels[-1][1]

    def check(self, placeholder: bytes) -> None:
        """Raise ValueError where *placeholder* must not stand."""
        places = {b"((": "where sh counts", b"${": "within ${…}"}
        here = places.get(self._levels[-1][0]) or self._trouble
        if here:
            raise ValueError(f"{placeholder.decode()} stands {here}; put it into a variable first, and use that")
        self._before = b"}"

    def follow(self, text: bytes) -> None:
        """Go on to the end of *text*."""
        text = self._before + text
        at = 1
        while True:
            if self._in_comment:
                at = text.find(b"\n", at)
                if at < 0:
                    break
                self._in_comment = False
            if self.quote == b"'":  # a backslash means nothing
                at = text.find(b"'", at) + 1
                if not at:
                    break
                self._set(b"")
                continue
            found = _TOKEN.search(text, at)
            if found is None:
                break
            at = found.end()
            self._take(found)
        self._before = text[-1:]

    def _set(self, quote: bytes) -> None:
        self._levels[-1] = (self._levels[-1][0], quote)

    def _take(self, found: re.Match[bytes]) -> None:
        token, (opened, quote) = found[0], self._levels[-1]
        if token == b"\\":
            self._trouble = "behind a backslash"
        elif token == b"\\\n" and found.string[found.end() : found.end() + 1] == b"#":
            self._trouble = "behind # on a line that goes on"
        elif token == b"${":
            self._levels.append((b"${", b""))
        elif opened == b"${" and token == b"}":
            self._levels.pop()
        elif opened == b"${" and token in (b'"', b"'", b"`"):
            self._trouble = "behind quotes in ${…}"
        elif token == b"`":
            marks = [level for level, (kind, _) in enumerate(self._levels) if kind == b"`"]
            self._levels[marks[-1] if marks else len(self._levels) :] = [] if marks else [(b"`", b"")]
        elif token == b'"':
            self._set(b"" if quote else b'"')
        elif token == b"$((" or (token == b"((" and not quote):
            self._levels += [(b"((", b"")] * 2  # for each parenthesis
        elif token == b"$(" or (token in (b"(", b"((") and not quote and opened != b"(("):
            self._levels.append((b"(", b""))
        elif quote:
            return
        elif token[:1] == b"(":
            self._levels += [(b"((", b"")] * len(token)
        elif token == b")":
            if len(self._levels) > 1:
                self._levels.pop()
        elif token == b"'":
            self._set(b"'")
        elif found["comment"]:
            self._in_comment = True
        elif token[:2] == b"<<" and opened != b"((":
            self._trouble = "behind <<, perhaps in a here-document"
        elif token == b"case" and opened:
            self._trouble = "behind case in $(…)"
