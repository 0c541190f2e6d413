"""What Python lacks: CESU-8, Java's UTF-8, WTF-8, and the windows code pages with their holes filled.

CESU-8 writes a character beyond U+FFFF as two surrogates of three bytes each
(https://www.unicode.org/reports/tr26/); Java's modified UTF-8 does so, too, and writes NUL as C0 80; WTF-8 is
UTF-8 that may hold surrogates without their other half (https://simonsapin.github.io/wtf-8/). One reader
takes all that the three may hold, as data in the wild mixes them; C0 80 is taken for Java's alone, and what
else is overlong for none. The web reads a byte that a windows code page leaves open as the control character
of that number (https://encoding.spec.whatwg.org/#legacy-single-byte-encodings).
"""

import codecs
import re
from collections.abc import Callable
from functools import cache

_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_FOUR = re.compile(rb"[\xf0-\xf4][\x80-\xbf]{3}")
_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
# What more bytes may complete, beyond what UTF-8 itself waits for: a surrogate, and the second one of a pair.
_UNFINISHED = re.compile(rb"(?:\xed[\xa0-\xaf][\x80-\xbf])?(?:\xed[\xa0-\xbf]?)?\Z|\xc0\Z")

Handler = Callable[[UnicodeError], tuple[str | bytes, int]]


def _join(match: re.Match[str]) -> str:
    pair = match.group()
    return chr(0x10000 + (ord(pair[0]) - 0xD800 << 10) + ord(pair[1]) - 0xDC00)


def _part(match: re.Match[bytes]) -> bytes:
    value = ord(match.group().decode()) - 0x10000
    return (chr(0xD800 + (value >> 10)) + chr(0xDC00 + (value & 0x3FF))).encode("utf-8", "surrogatepass")


def _lenient(errors: str, *, nul: bool) -> str:
    """Return the name of an error handler that reads surrogates, with *nul* C0 80, and leaves the rest to *errors*."""
    name = f"stdtools-{'java' if nul else 'wtf'}-{errors}"
    rest: Handler = codecs.lookup_error(errors)

    def handle(error: UnicodeError) -> tuple[str | bytes, int]:
        if isinstance(error, UnicodeDecodeError):
            start = error.start
            if _SURROGATE.match(error.object, start):
                return error.object[start : start + 3].decode("utf-8", "surrogatepass"), start + 3
            if nul and error.object[start : start + 2] == b"\xc0\x80":
                return "\0", start + 2
        return rest(error)

    codecs.register_error(name, handle)
    return name


def _variant(name: str, *, paired: bool, nul: bool) -> codecs.CodecInfo:
    def decode(data: bytes, errors: str = "strict", final: bool = True) -> tuple[str, int]:
        data = bytes(data)
        if not final and (tail := _UNFINISHED.search(data, max(0, len(data) - 5))) is not None:
            data = data[: tail.start()]
        text, used = codecs.utf_8_decode(data, _lenient(errors, nul=nul), final)
        return (text if text.isascii() else _PAIR.sub(_join, text)), used

    def encode(text: str, errors: str = "strict") -> tuple[bytes, int]:
        data = text.encode("utf-8", errors if paired else "surrogatepass")
        if paired:
            data = _FOUR.sub(_part, data)
        return (data.replace(b"\0", b"\xc0\x80") if nul else data), len(text)

    class Decoder(codecs.BufferedIncrementalDecoder):
        def _buffer_decode(self, data: bytes, errors: str, final: bool) -> tuple[str, int]:  # type: ignore[override]
            return decode(data, errors, final)

    class Encoder(codecs.IncrementalEncoder):
        def encode(self, text: str, final: bool = False) -> bytes:
            return encode(text, self.errors)[0]

    return codecs.CodecInfo(
        encode,
        decode,  # type: ignore[arg-type]
        incrementaldecoder=Decoder,
        incrementalencoder=Encoder,
        name=name,
    )


class Utf7Encoder(codecs.IncrementalEncoder):
    """UTF-7 as it is written at once: Python's own ends a shifted run wherever a piece ends."""

    LONGEST_HELD = 1 << 20  # characters; a run beyond that may as well be two

    def __init__(self, errors: str = "strict") -> None:
        super().__init__(errors)
        self._held = ""

    def encode(self, text: str, final: bool = False) -> bytes:
        """Return *text* in bytes up to the last character that ends a shifted run."""
        text = self._held + text
        self._held = ""
        if not final and len(text) < self.LONGEST_HELD:
            cut = len(text)
            while cut and not (text[cut - 1].isascii() and text[cut - 1].isalnum()):
                cut -= 1
            self._held, text = text[cut:], text[:cut]
        return codecs.utf_7_encode(text, self.errors)[0]


def _sloppy(number: int) -> codecs.CodecInfo:
    strict = bytes(range(256)).decode(f"cp{number}", "surrogateescape")
    table = "".join(chr(ord(char) - 0xDC00) if "\udc80" <= char <= "\udcff" else char for char in strict)
    back = codecs.charmap_build(table)

    def decode(data: bytes, errors: str = "strict") -> tuple[str, int]:
        return codecs.charmap_decode(data, errors, table)

    def encode(text: str, errors: str = "strict") -> tuple[bytes, int]:
        return codecs.charmap_encode(text, errors, back)

    class Decoder(codecs.IncrementalDecoder):
        def decode(self, data: bytes, final: bool = False) -> str:  # type: ignore[override]
            return codecs.charmap_decode(data, self.errors, table)[0]

    class Encoder(codecs.IncrementalEncoder):
        def encode(self, text: str, final: bool = False) -> bytes:
            return codecs.charmap_encode(text, self.errors, back)[0]

    return codecs.CodecInfo(
        encode,
        decode,  # type: ignore[arg-type]
        incrementaldecoder=Decoder,
        incrementalencoder=Encoder,
        name=f"sloppy-windows-{number}",
    )


@cache
def lookup(name: str) -> codecs.CodecInfo | None:
    """Return the codec *name* where it is one of ours."""
    match name.replace("_", "-"):
        case "cesu-8" | "cesu8":
            return _variant("cesu-8", paired=True, nul=False)
        case "java-utf-8" | "java" | "utf-8-java" | "mutf-8" | "modified-utf-8":
            return _variant("java-utf-8", paired=True, nul=True)
        case "wtf-8" | "wtf8":
            return _variant("wtf-8", paired=False, nul=False)
    found = re.fullmatch("sloppy-(?:windows-|cp)(874|125[0-8])", name)
    return _sloppy(int(found[1])) if found else None
