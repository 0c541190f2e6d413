"""The parser of the layout language; its grammar stands in ``layout``."""

import struct
import sys

from stdtools.pack.cursor import LONGEST_RECORD
from stdtools.pack.groups import Array, Bits, Field, Group, Pad
from stdtools.pack.kind import Kind
from stdtools.pack.numbers import Bool, Float, Integer
from stdtools.pack.text import Charset, CString, Pascal, Prefixed, Text
from stdtools.shared.errors import ToolError
from stdtools.shared.screen import safe

ORDERS = ("<", ">", "=", "!", "@")
STANDARD_SIZES = {"b": 1, "h": 2, "i": 4, "l": 4, "q": 8}  # capitals are unsigned
FLOATS = {"e": 2, "f": 4, "d": 8}
COMPLEX = {"F": ("f", 4), "D": ("d", 8)}
NATIVE_ONLY = ("n", "N", "P")
ODD_SIZES = ("3", "5", "6", "7")
DIGITS = tuple("0123456789")
BLANKS = tuple(" \t\n\r\v\f")  # what struct skips
CODES = "b B h H i I l L q Q n N P ? c e f d F D s p x z u3 u5 u6 u7 i3 i5 i6 i7"
DEEPEST = 32
MOST_COLUMNS = 100_000
UNALIGNED = ("@ aligns to an offset that varies here", "use = for native order without alignment")


class LayoutError(ToolError):
    """The layout does not parse; ``position`` is where, counted from 0."""

    def __init__(self, text: str, position: int, what: str, hint: str = "") -> None:
        super().__init__(what, where=f"layout, character {position + 1}", hint=hint)
        self.position = position
        shown = safe(text[:position])
        self.detail = (f"  {shown}{safe(text[position:])}", f"  {' ' * len(shown)}^")


class Parser:
    """Reads one layout text; ``parse`` gives its fields."""

    def __init__(self, text: str, charset: Charset) -> None:
        self.text, self.charset, self.at = text, charset, 0

    def parse(self) -> list[Field]:
        fields = self.layout("<", depth=0)
        if self.at < len(self.text):
            raise self.error("')' closes nothing")
        return fields

    def layout(self, order: str, depth: int) -> list[Field]:
        """Parse fields up to the end or a closing bracket."""
        if depth > DEEPEST:
            raise self.error(f"groups nest deeper than {DEEPEST}")
        fields: list[Field] = []
        names: set[str] = set()
        index = 0
        offset: int | None = 0  # None behind a field whose length varies
        if self.next_character() in ORDERS:
            order = self.take()
        while self.next_character() not in (")", ""):
            start = self.at
            if fields and isinstance(last := fields[-1].kind, Group) and last.count is None:
                raise self.error("nothing can follow a group that takes the rest of the input")
            for name, kind in self.field(order, depth, offset):
                column = name
                if not isinstance(kind, Pad):
                    column = name or f"f{index}"
                    index += 1
                    if column in names:
                        raise self.error(f"a second field is called {column!r}", at=start)
                    if index > MOST_COLUMNS:
                        raise self.error(
                            f"more than {MOST_COLUMNS} fields", "name a counted field to get a list", at=start
                        )
                    names.add(column)
                fields.append(Field(column, kind))
                offset = offset + kind.size if kind.fixed and offset is not None else None
        return fields

    def field(self, order: str, depth: int, offset: int | None) -> list[Field]:
        """Parse one field; an unnamed counted code is several, and alignment comes first as padding."""
        start = self.at
        if self.peek() in ORDERS:
            order = self.take()
        count = self.number()
        if self.peek() == "(":
            if count is None:
                raise self.error("a group needs to know how often", "write 3(…), H/(…) or *(…)")
            return self.group(count, order, depth)
        if self.peek() == "*":
            self.take()
            if depth:
                raise self.error("only the last field of the whole layout can take the rest of the input")
            if count is not None or self.peek() != "(":
                raise self.error("* stands before a group: *(…)")
            return self.group(None, order, depth)
        kind = self.code(order, count)
        if self.peek() == "/":
            if not isinstance(kind, Integer):
                raise self.error(f"{kind.code} cannot hold a length; it takes an integer code before /")
            self.take()
            if self.peek() == "(":
                if count is not None:
                    raise self.error("a group has one count: the one before it", at=start)
                return self.group(kind, order, depth)
            if self.peek() != "s":
                raise self.error("after / stands s (text) or a group (…)")
            self.take()
            kind = Prefixed(kind, self.charset)
        name = self.name()
        if isinstance(kind, Pad):
            if name:
                raise self.error("padding has no value to name", "use s to keep its bytes", at=start)
            return [Field("", kind)]
        if self.peek() == "{":
            kind = self.bits(kind)
        fields = self.repeat(kind, count, name)
        if kind.align > 1:
            if offset is None:
                raise self.error(*UNALIGNED, at=start)
            if gap := -offset % kind.align:
                fields.insert(0, Field("", Pad(gap, f": {kind.code} is aligned to {kind.align} bytes by @")))
        return fields

    def repeat(self, kind: Kind, count: int | None, name: str) -> list[Field]:
        if count is None or kind.code in ("s", "p"):
            return [Field(name, kind)]
        if count > LONGEST_RECORD:
            raise self.error(f"{count} is too many")
        if name:
            return [Field(name, Array(kind, count))]
        return [Field("", kind)] * min(count, MOST_COLUMNS + 1)

    def group(self, count: int | Integer | None, order: str, depth: int) -> list[Field]:
        opened = self.at
        self.take()
        fields = self.layout(order, depth + 1)
        if self.peek() != ")":
            raise self.error("this group is not closed", "a ) is missing", at=opened)
        self.take()
        group = Group(fields, count)
        if group.least == 0:
            raise self.error("a group must take at least one byte", at=opened)
        if group.align > 1:
            raise self.error(*UNALIGNED, at=opened)
        return [Field(self.name(), group)]

    def code(self, order: str, count: int | None) -> Kind:
        at = self.at
        letter = self.take()
        native = order == "@"
        big = order in ">!" or (order in "=@" and sys.byteorder == "big")
        if letter in ("u", "i") and self.has_odd_size(letter):
            size = int(self.take())
            return Integer(f"{letter}{size}", size, signed=letter == "i", big=big)
        if letter in NATIVE_ONLY and not native:
            raise self.error(f"{letter} has no standard size", f"write @{letter} for this machine's own", at=at)
        if letter.lower() in STANDARD_SIZES or letter in NATIVE_ONLY:
            size = struct.calcsize(f"{order}{letter}") if native else STANDARD_SIZES[letter.lower()]
            return Integer(letter, size, signed=letter.islower(), big=big, align=_alignment(letter) if native else 1)
        if letter in FLOATS:
            return Float(letter, FLOATS[letter], big=big, align=_alignment(letter) if native else 1)
        if letter in COMPLEX:
            part, size = COMPLEX[letter]
            align = _alignment(part) if native else 1
            return Array(Float(part, size, big=big, align=align), 2, letter)
        if letter in ("s", "p", "x"):
            size = 1 if count is None else count
            if size > LONGEST_RECORD:
                raise self.error(f"{size} bytes are too many, 1 GiB is the most", at=at)
            return Pad(size) if letter == "x" else (Text if letter == "s" else Pascal)(letter, size, self.charset)
        if letter == "c":
            return Text("c", 1, self.charset)
        if letter == "?":
            return Bool()
        if letter == "z":
            return CString(self.charset)
        raise self.bad_code(letter, at, count)

    def bad_code(self, letter: str, at: int, count: int | None) -> LayoutError:
        if not letter or letter in BLANKS or letter == ")":
            what = f"a type code belongs behind {count}" if count is not None else "a type code is missing here"
            return self.error(what, f"one of {CODES}", at=at)
        if letter == "u":
            return self.error("u is followed by 3, 5, 6 or 7 (bytes)", "use B, H, I or Q for 1, 2, 4 or 8", at=at)
        if letter in ORDERS:
            return self.error("a byte order stands before the count, not behind it", at=at)
        if letter == ":":
            return self.error("a name stands behind a type code", f"one of {CODES}", at=at)
        return self.error(f"{letter!r} is not a type code", f"here can stand {CODES}", at=at)

    def has_odd_size(self, letter: str) -> bool:
        """Whether a digit here belongs to the code: always behind u; i3h is struct's i and 3h."""
        if self.peek() not in ODD_SIZES:
            return False
        behind = self.text[self.at + 1 : self.at + 2]
        return letter == "u" or not (behind.isalnum() or behind in ("?", "("))

    def bits(self, kind: Kind) -> Bits:
        if not isinstance(kind, Integer) or kind.signed:
            raise self.error(f"{kind.code} has no bit fields", "use B, H, I, Q or u3 to u7")
        opened = self.at
        parts: list[tuple[str, int]] = []
        while self.take() in ("{", ","):
            self.skip_blanks()
            name = self.word("a bit field's name")
            if name in (part for part, _ in parts):
                raise self.error(f"a second bit field is called {name!r}")
            self.skip_blanks()
            if self.take() != ":":
                raise self.error("a width belongs here, as in a:3", at=self.at - 1)
            self.skip_blanks()
            width = self.number()
            if not width:
                raise self.error("a width of at least 1 bit belongs here")
            parts.append((name, width))
            self.skip_blanks()
        if self.text[self.at - 1 : self.at] != "}":
            raise self.error("} or , belongs here", at=self.at - 1)
        total = sum(width for _, width in parts)
        if total != 8 * kind.size:
            raise self.error(
                f"the bit fields have {total} bits, {kind.code} has {8 * kind.size}", "name them all", at=opened
            )
        return Bits(kind, parts)

    def name(self) -> str:
        if self.peek() != ":":
            return ""
        self.take()
        return self.word("a name")

    def word(self, what: str) -> str:
        start = self.at
        while (character := self.peek()) and (character.isalnum() or character in "_-"):
            self.at += 1
        word = self.text[start : self.at]
        if not word or not (word[0].isalpha() or word[0] == "_"):
            raise self.error(
                f"{what} belongs here", "it begins with a letter or _; letters, digits, _ and - follow", at=start
            )
        return word

    def number(self) -> int | None:
        start = self.at
        while self.peek() in DIGITS:
            self.at += 1
        if self.at - start > 18:
            raise self.error("this number is too large", at=start)
        return int(self.text[start : self.at]) if self.at > start else None

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self) -> str:
        self.at += 1
        return self.text[self.at - 1 : self.at]

    def next_character(self) -> str:
        self.skip_blanks()
        return self.peek()

    def skip_blanks(self) -> None:
        while self.peek() in BLANKS:
            self.at += 1

    def error(self, what: str, hint: str = "", *, at: int | None = None) -> LayoutError:
        return LayoutError(self.text, min(self.at if at is None else at, len(self.text)), what, hint)


def _alignment(letter: str) -> int:
    return struct.calcsize(f"@c{letter}") - struct.calcsize(f"@{letter}")
