"""The bytes of an import as text, in blocks: the encoding is found out or named, an error has its place."""

import codecs
import hashlib
from collections.abc import Iterator

from stdtools.shared.errors import ToolError
from stdtools.shared.streams import Input

AUTO = "auto"
BLOCK = 256 * 1024
LEGACY = "cp1252"  # what is no UTF-8 is taken for; it leaves five bytes undefined
_OTHER = "--encoding names another encoding"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins as the mark of UTF-16 does
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Undecodable(ToolError):
    """A byte that the encoding has not; *before* is the text between the last block and it."""

    def __init__(self, what: str, before: str, hint: str) -> None:
        super().__init__(what, hint=hint)
        self.before = before


class Text:
    """The text of *source*, decoded strictly: by *encoding*, or where that is ``auto`` by what the bytes say.

    That is a byte order mark, else UTF-8. A first byte that is no UTF-8 behind nothing but ASCII makes it
    LEGACY, and ``note`` tells so. ``digest`` is of the bytes that have been read. Raises Undecodable.
    """

    def __init__(self, source: Input, encoding: str = AUTO) -> None:
        self.name = source.name
        self.note = ""
        self._source = source
        self._hash = hashlib.sha256()
        self._offset = 0  # of the bytes that have gone to the decoder
        self._may_be_legacy = False
        self.encoding = self._found_out() if encoding == AUTO else encoding
        self._decoder = codecs.getincrementaldecoder(self.encoding)()

    @property
    def digest(self) -> str:
        """The SHA-256 of all bytes so far."""
        return self._hash.hexdigest()

    def _found_out(self) -> str:
        head = self._source.peek(BLOCK)
        for mark, encoding in _MARKS:
            if head.startswith(mark):
                return encoding
        for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
            if len(head) > 1 and head[first::2].count(0) > len(head) // 3:
                what, hint = "looks like UTF-16 without a byte order mark", f"--encoding {encoding} reads it"
                raise ToolError(what, where=self.name, hint=hint)
        self._may_be_legacy = True
        return "utf-8"

    def __iter__(self) -> Iterator[str]:
        first = True
        while True:
            data = self._source.read(BLOCK)
            self._hash.update(data)
            text = self._decode(data)
            self._offset += len(data)
            if text:
                yield text.removeprefix("\ufeff") if first else text
                first = False
            if not data:
                return

    def _decode(self, data: bytes) -> str:
        pending, _ = self._decoder.getstate()
        try:
            text = self._decoder.decode(data, final=not data)
        except UnicodeDecodeError as error:
            start = self._offset - len(pending)
            if not (self._may_be_legacy and error.object[: error.start].isascii()):
                raise self._trouble(error, start, f"not {self.encoding.upper()}") from None
            self._may_be_legacy = False
            self.note = (
                f"is no UTF-8, byte 0x{error.object[error.start]:02x} at {start + error.start}; "
                f"read as {LEGACY}, --encoding names another"
            )
            self.encoding = LEGACY
            self._decoder = codecs.getincrementaldecoder(LEGACY)()
            try:
                return self._decoder.decode(pending + data, final=not data)
            except UnicodeDecodeError as worse:
                raise self._trouble(worse, start, f"neither UTF-8 nor {LEGACY}") from None
        except UnicodeError as error:
            raise Undecodable(f"not {self.encoding.upper()}: {error}", "", _OTHER) from None
        self._may_be_legacy = self._may_be_legacy and text.isascii()
        try:
            text.encode()  # UTF-7 and the escapes of Python know halves of a surrogate pair
        except UnicodeEncodeError as error:
            raise Undecodable("has half a surrogate pair, which is no text", text[: error.start], _OTHER) from None
        return text

    def _trouble(self, error: UnicodeDecodeError, start: int, what: str) -> Undecodable:
        before = error.object[: error.start].decode(self.encoding, "replace")
        byte = f"byte 0x{error.object[error.start]:02x} at {start + error.start}"
        return Undecodable(f"{what}: {byte}", before, _OTHER)


def line_ends(text: str) -> int:
    """Return how many lines end in *text*; a CR is no end of one where there are others."""
    return text.count("\n") or text.count("\r")
