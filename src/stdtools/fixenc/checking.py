"""What a policy finds wrong in a file: bytes that are no text, marks, line ends, characters that deceive."""

import codecs
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import IO, NamedTuple

from stdtools.fixenc.coders import decoder
from stdtools.fixenc.converting import BOM, first_mark
from stdtools.fixenc.encodings import Encoding, find, shown
from stdtools.fixenc.places import Place, Position
from stdtools.shared.streams import Input

RULES = ("utf-8", "no-bom", "lf", "nfc", "no-bidi", "no-invisible")
CHECKED_AT_ONCE = 1 << 18  # bytes
BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
# Without width, or blank and no blank; joiners (200C, 200D) are letters' business in many scripts, not in Latin.
INVISIBLE = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2064\u206a-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e007f"
)
JOINERS = "\u200c\u200d"
BEHIND_ASCII = "(?<=[\x20-\x7e])"
_PATTERNS = {
    "lf": re.compile("\r\n?"),
    "no-bidi": re.compile(f"[{BIDI}]"),
    "no-invisible": re.compile(f"[{INVISIBLE}]|{BEHIND_ASCII}[{JOINERS}]"),
}
_MAY_MATCH = re.compile("[^\x00-\x0c\x0e-\x7f]|\r")


class Problem(NamedTuple):
    """Something that breaks a rule, and where."""

    place: Place
    rule: str
    what: str


class Policy(NamedTuple):
    """The rules that hold, and the encoding that text must be in."""

    rules: frozenset[str]
    encoding: Encoding

    @property
    def only_decodes(self) -> bool:
        """Whether it is enough that the bytes are text."""
        return self.rules <= {"utf-8"}


def problems(source: Input, policy: Policy, guess: Callable[[], str]) -> Iterator[Problem]:
    """Yield what breaks *policy* in *source*; *guess* is asked for the encoding that a bad byte may be in."""
    if policy.encoding.name == "utf-8" and policy.only_decodes:
        yield from _bad_utf8(source, policy, guess)
    else:
        yield from _all(source, policy, guess)


def _bad_utf8(source: Input, policy: Policy, guess: Callable[[], str]) -> Iterator[Problem]:
    """Yield the bytes that are not UTF-8; lines are counted only where there is something to tell."""
    start = source.position if source.is_file else 0
    if source.is_large and _are_halves_good(source, start):
        return
    held = b""
    done = 0
    position: Position | None = None if source.is_file else Position()
    while True:
        block = source.read(CHECKED_AT_ONCE)
        data = held + block if held else block
        if data.isascii():
            held = b""
            if position is not None:
                position.move(data.decode("ascii"))
        else:
            try:
                text, used = codecs.utf_8_decode(data, "strict", not block)
            except UnicodeDecodeError:
                if position is None:
                    position = locate(source, start, done, policy.encoding)
                yield from _all(source, policy, guess, position if done else None, data)
                return
            if position is not None:
                position.move(text.removeprefix(BOM) if done == 0 else text)
            held = data[used:]
        done += len(data) - len(held)
        if not block:
            return


def _are_halves_good(source: Input, start: int) -> bool:
    """Whether a large file is UTF-8, of which another process looks at the second half."""
    from stdtools.shared.helper import helper, middle_of

    middle = middle_of(source)
    if middle is None:
        return False  # nobody has looked
    with helper(lambda file: _say(file, _is_good(source, middle, None))) as file:
        good = _is_good(source, start, middle)
        return file.read() == b"good" and good


def _say(file: IO[bytes], good: bool) -> None:
    file.write(b"good" if good else b"bad")


def _is_good(source: Input, start: int, end: int | None) -> bool:
    """Whether the bytes from *start* to *end*, or to that of the file, are UTF-8."""
    held = b""
    while block := source.read_at(start, CHECKED_AT_ONCE if end is None else min(CHECKED_AT_ONCE, end - start)):
        start += len(block)
        data = held + block if held else block
        held = b""
        if not data.isascii():
            try:
                held = data[codecs.utf_8_decode(data, "strict", False)[1] :]
            except UnicodeDecodeError:
                return False
    return not held


def locate(source: Input, start: int, size: int, encoding: Encoding) -> Position:
    """Return the position behind *size* bytes of text in the file *source* from *start*."""
    position = Position()
    make = encoding.codec.incrementaldecoder
    assert make is not None
    decode = make("replace").decode
    begun = False
    for at in range(start, start + size, CHECKED_AT_ONCE):
        text = decode(source.read_at(at, min(CHECKED_AT_ONCE, start + size - at)))
        if text and not begun:
            begun = True
            text = text.removeprefix(BOM)
        position.move(text)
    return position


def _tell(bad: bytes, encoding: str, guess: str) -> str:
    word = f"byte 0x{bad.hex().upper()} is" if len(bad) == 1 else f"bytes 0x{bad.hex().upper()} are"
    hint = ""
    try:
        char = find(guess).codec.decode(bad, "strict")[0] if guess else ""
        if char and char.isprintable():
            hint = f" ({char} in {guess}?)"
    except UnicodeDecodeError:
        pass
    return f"{word} not {shown(encoding)}{hint}"


def _all(
    source: Input, policy: Policy, guess: Callable[[], str], begun: Position | None = None, head: bytes = b""
) -> Iterator[Problem]:
    """Yield what breaks *policy* in *source*, from *begun* on, where *head* is what has been read beyond that."""
    bad: deque[bytes] = deque()
    stand_in = chr(first_mark(policy.encoding))

    def mark(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeDecodeError)
        bad.append(bytes(error.object[error.start : error.end]))
        return stand_in, error.end

    decode = decoder(policy.encoding, mark)
    position = begun or Position()
    rest = ""
    first = begun is None
    while True:
        block, head = head or source.read(CHECKED_AT_ONCE), b""
        text = rest + decode(block, not block)
        if first and text:
            first = False
            if text.startswith(BOM):
                if "no-bom" in policy.rules:
                    yield Problem(Place(1, 1), "no-bom", "begins with a byte order mark")
                text = text[1:]
        cut = len(text) if not block else text.rfind("\n") + 1 or (len(text) if len(text) > CHECKED_AT_ONCE else 0)
        lines, rest = text[:cut], text[cut:]
        if bad or _MAY_MATCH.search(lines):
            yield from _in_lines(lines, position, policy, bad, stand_in, guess)
        position.move(lines)
        if not block:
            return


def _in_lines(
    text: str, position: Position, policy: Policy, bad: deque[bytes], stand_in: str, guess: Callable[[], str]
) -> Iterator[Problem]:
    found = list(_found(text, policy.rules))
    at = text.find(stand_in) if bad else -1
    while at >= 0 and bad:
        found.append((at, "utf-8", _tell(bad.popleft(), policy.encoding.name, guess())))
        at = text.find(stand_in, at + 1)
    if "nfc" in policy.rules:
        found += _not_nfc(text)
    seen = 0
    here = Position(*position.place())
    for at, rule, what in sorted(found):
        here.move(text[seen:at])
        seen = at
        yield Problem(here.place(), rule, what)


def _found(text: str, rules: Iterable[str]) -> Iterator[tuple[int, str, str]]:
    for rule in rules:
        if (pattern := _PATTERNS.get(rule)) is not None:
            for match in pattern.finditer(text):
                what = {"\r\n": "CR LF ends the line", "\r": "a CR"}.get(match[0]) or _named(match[0])
                yield match.start(), rule, what


def _named(char: str) -> str:
    from unicodedata import name

    return f"U+{ord(char):04X} {name(char, '')}".rstrip()


def _not_nfc(text: str) -> Iterator[tuple[int, str, str]]:
    from unicodedata import is_normalized, normalize

    if is_normalized("NFC", text):
        return
    start = 0
    for line in text.split("\n"):
        if not is_normalized("NFC", line):
            normal = normalize("NFC", line)
            at = next((n for n, (one, two) in enumerate(zip(line, normal, strict=False)) if one != two), len(normal))
            yield start + at, "nfc", f"{_named(line[at])} is not in NFC"
        start += len(line) + 1
