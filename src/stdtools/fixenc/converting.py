"""Bytes in one encoding to bytes in another, block by block: constant memory, exact wherever a block ends.

What an encoding lacks is handled as *errors* says, counted, and its first places are kept. A decoder's error
handler puts a mark into the text for each bad byte, and the marks are what places are counted from: a
position among the bytes of a block says nothing about lines in UTF-16 or behind a shift sequence.
"""

import codecs
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, NoReturn

from stdtools.fixenc.coders import MARKED, decoder, encoder, is_ascii_compatible
from stdtools.fixenc.encodings import VARIANTS, Encoding
from stdtools.fixenc.losses import Loss, Marks, Unconvertible, stand_in
from stdtools.fixenc.places import Position
from stdtools.fixenc.transforms import Dropper, Newlines, Normalizer
from stdtools.shared.errors import ToolError

BOM_RULES = ("keep", "add", "strip")
BOM = "\ufeff"
FIRST_PLACES = 5
# Marks of undecodable bytes: lone surrogates, or where a decoder may yield these itself, the end of private use.
_SURROGATES, _PRIVATE = 0xDC00, 0x10FE00
_MAY_YIELD_SURROGATES = {*VARIANTS, "utf-7"}
WIDE = ("utf-16", "utf-32")


class Conversion(NamedTuple):
    """What to do with the bytes of a file. *normalize* is one of unicodedata's forms, or empty; *drop* a pattern."""

    source: Encoding
    target: Encoding
    errors: str = "strict"
    newlines: str = "keep"
    bom: str = "keep"
    normalize: str = ""
    drop: str = ""

    @property
    def only_checks(self) -> bool:
        """Whether good bytes come out as they went in."""
        return self.source.name == self.target.name == "utf-8" and not self.transforms

    @property
    def transforms(self) -> bool:
        """Whether the text itself is changed."""
        return self.newlines != "keep" or bool(self.normalize or self.drop)


def first_mark(source: Encoding) -> int:
    """Return the first of 256 characters that stand for the bad bytes of *source*."""
    return _PRIVATE if source.name in _MAY_YIELD_SURROGATES else _SURROGATES


class Converter:
    """Convert a file as *conversion* says, fed in blocks of any size; ``losses`` counts what was replaced.

    *locate* returns the position behind so many bytes of the input, where that can be found out later;
    without it lines are counted on the way.
    """

    def __init__(self, conversion: Conversion, locate: Callable[[int], Position] | None = None) -> None:
        if conversion.errors == "surrogateescape" and not is_ascii_compatible(conversion.target):
            hint = "choose another --errors"
            raise ToolError(f"bad bytes have no place in {conversion.target.name}", hint=hint)
        self.conversion = conversion
        self.losses = 0
        self.first: list[Loss] = []
        self.had_bom = False
        self.position = Position()
        self._locate = locate
        self._offset = 0  # of the block that is being converted
        self._since: list[str] = []  # what was put since its beginning, where lines are counted later
        self._marks = Marks(first_mark(conversion.source))
        self._lacking: list[tuple[str, int]] = []  # what the target lacks, and where in the text being encoded
        self._encoding = ""
        self._refused = 0  # where in the text being encoded that stands which ended it
        self._decode = decoder(conversion.source, self._marks)
        self._encode = encoder(conversion.target, self._replace_lacking, marks=conversion.bom != "strip")
        self._dropper = Dropper(conversion.drop) if conversion.drop else None
        self._newlines = Newlines(conversion.newlines) if conversion.newlines != "keep" else None
        self._normal = Normalizer(conversion.normalize) if conversion.normalize else None
        self._transforms = conversion.transforms
        self._written = Position() if self._transforms else self.position
        if self._transforms:
            self._locate = None
        self._begun = False
        self._only_checks = conversion.only_checks
        self._held = b""  # of a character that the block's end cut, where bytes go through as they are
        self.intended: Callable[[bytes], object] | None = None  # told of all text that is encoded, in UTF-8

    def read_as(self, source: Encoding) -> None:
        """Read what follows in *source*. What came before was ASCII, of which every encoding waits for nothing."""
        self.conversion = self.conversion._replace(source=source)
        self._marks = Marks(first_mark(source))
        self._decode = decoder(source, self._marks)
        self._only_checks = self.conversion.only_checks

    def go_to(self, offset: int) -> None:
        """Go on with the block at *offset*: whole lines, which nothing before them matters to."""
        self._offset = offset
        self._begun = True

    def convert(self, block: bytes, final: bool = False) -> bytes:
        """Return what *block* adds to the output; *final* ends it. Raises Unconvertible where *errors* is strict."""
        self._since.clear()
        out = self._check(block, final) if self._only_checks else self._convert(self._decode(block, final), final)
        self._offset += len(block)
        return out

    def _check(self, block: bytes, final: bool) -> bytes:
        """Return the bytes themselves, cut at a whole character, when they are good UTF-8."""
        data = self._held + block if self._held else block
        try:
            used = len(data) if data.isascii() else codecs.utf_8_decode(data, "strict", final)[1]
        except UnicodeDecodeError:
            self._only_checks = False
            self._offset -= len(self._held)
            self._held = b""
            return self._convert(self._decode(data, final), final)
        if used < len(data):
            self._held, data = data[used:], data[:used]
        else:
            self._held = b""
        mark = b""
        if not self._begun and (data or final):
            self._begun = True
            self.had_bom = data.startswith(codecs.BOM_UTF8)
            data = data.removeprefix(codecs.BOM_UTF8)
            mark = codecs.BOM_UTF8 if self._writes_bom() else b""
        if self._locate is None:
            self.position.move(data.decode())
        if self.intended is not None:
            self.intended(data)
        return mark + data if mark else data

    def _settle(self) -> None:
        """Count the lines up to here that were not counted, and count from now on."""
        if self._locate is not None:
            self.position = self._written = self._locate(self._offset)
            self._locate = None
            for text in self._since:
                self.position.move(text)

    def _convert(self, text: str, final: bool) -> bytes:
        lead = b""
        if not self._begun:
            if not text and not final:
                return b""
            self._begun = True
            self.had_bom = text.startswith(BOM) or self.conversion.source.name in MARKED  # which Python takes away
            text = text.removeprefix(BOM)
            if self._writes_bom():
                lead = self._encode(BOM, False)
        try:
            return lead + (self._with_losses(text, final) if self._marks.runs else self._put(text, final))
        except Unconvertible as error:
            error.written = lead + error.written
            raise

    def _writes_bom(self) -> bool:
        target, rule = self.conversion.target.name, self.conversion.bom
        if not self.conversion.target.is_unicode or target in MARKED:
            return False  # these two write it themselves
        if rule == "keep" and self.had_bom:
            # The mark of UTF-16 and UTF-32 tells the order of bytes; in UTF-8 it has nothing to tell.
            return target.startswith(WIDE) or not self.conversion.source.name.startswith(WIDE)
        return rule == "add" or target == "utf-8-sig"

    def _with_losses(self, text: str, final: bool) -> bytes:
        """Return *text* in bytes with each run of marks replaced as *errors* says."""
        marks = self._marks
        runs, marks.runs = marks.runs, []
        if sum(map(len, marks.pattern.findall(text))) != sum(map(len, runs)):
            raise ToolError("holds bad bytes beside what stands for them here; it cannot be converted")
        parts: list[bytes] = []
        at = 0
        try:
            for bad in runs:
                found = marks.pattern.search(text, at)
                assert found is not None
                parts.append(self._put(text[at : found.start()]))
                parts.append(self._put_bad(bad))
                at = found.start() + len(bad)
            parts.append(self._put(text[at:], final))
        except Unconvertible as error:
            error.written = b"".join(parts) + error.written
            raise
        return b"".join(parts)

    def _put_bad(self, bad: bytes) -> bytes:
        """Return what stands for undecodable bytes, which count as one column."""
        errors = self.conversion.errors
        self._settle()
        self._lose(Loss(bad, self.position.place()))
        raw = errors == "surrogateescape"
        out = self._flush() + bad if raw else self._put(stand_in(bad, errors), moves=False)
        self.position.step()
        if raw and self._transforms:
            self._written.step()
        return out

    def _put(self, text: str, final: bool = False, *, moves: bool = True) -> bytes:
        """Return *text* as the output has it; *moves* says whether it is of the input."""
        if not self._transforms:
            return self._encoded(text, final, moves=moves)
        if moves:
            self.position.move(text)
        if self._dropper is not None:
            text = self._dropper.convert(text)
        if self._newlines is not None:
            text = self._newlines.convert(text, final)
        if self._normal is not None:
            text = self._normal.convert(text, final)
        return self._encoded(text, final)

    def _flush(self) -> bytes:
        """Return what the transformations hold back."""
        text = self._newlines.convert("", True) if self._newlines is not None else ""
        if self._normal is not None:
            text = self._normal.convert(text, True)
        return self._encoded(text, False)

    def _encoded(self, text: str, final: bool, *, moves: bool = True) -> bytes:
        self._encoding = text
        if self.intended is not None:
            self.intended(text.encode("utf-8", "surrogatepass"))
        try:
            data = self._encode(text, final)
        except Unconvertible as error:
            error.written = self._encode(text[: self._refused], False)
            raise
        for lacking, at in self._lacking:
            place = self._written.place(text[:at])
            for char in lacking:
                self._lose(Loss(char, place))
                place = place.next()
        self._lacking.clear()
        if moves and self._locate is None:
            self._written.move(text)
        elif moves:
            self._since.append(text)
        return data

    def _replace_lacking(self, error: UnicodeError) -> tuple[str | bytes, int]:
        """Handle what the target lacks; an encoder may have held back characters before this text's first."""
        assert isinstance(error, UnicodeEncodeError)
        self._settle()
        at = max(0, error.start - (len(error.object) - len(self._encoding)))
        lacking = error.object[error.start : error.end]
        errors = self.conversion.errors
        if errors == "replace" and self.conversion.target.is_unicode:
            encode = self.conversion.target.codec.encode
            # Bytes, as Python's own encoders take nothing beyond ASCII else; without the mark that some begin with.
            data = encode("\ufffd" * len(lacking))[0].removeprefix(encode("")[0])
            stands: tuple[str | bytes, int] = data, error.end
        else:
            try:
                stands = codecs.lookup_error(errors)(error)
            except UnicodeError:  # strict; and surrogateescape, which has bytes for nothing but what it made of bytes
                self._refused = at
                self._refuse(Loss(lacking[0], self._written.place(self._encoding[:at])))
        self._lacking.append((lacking, at))
        return stands

    def _refuse(self, loss: Loss) -> NoReturn:
        raise Unconvertible(loss, self.conversion.source.name, self.conversion.target.name) from None

    def _lose(self, loss: Loss) -> None:
        if self.conversion.errors == "strict":
            self._refuse(loss)
        self.losses += 1
        if len(self.first) < FIRST_PLACES:
            self.first.append(loss)


def convert_blocks(converter: Converter, blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what *converter* makes of *blocks*, and of their end."""
    for block in blocks:
        if out := converter.convert(block):
            yield out
    if out := converter.convert(b"", final=True):
        yield out
