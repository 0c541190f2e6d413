"""What a sample of bytes is written in: by marks, by rules, by what it says itself, then by likelihood."""

import codecs
import math
import re
from typing import TYPE_CHECKING, NamedTuple

from stdtools.fixenc import declared
from stdtools.fixenc.encodings import WEB_LABELS, find
from stdtools.fixenc.sampling import Sample, sample_of
from stdtools.shared.errors import ToolError

if TYPE_CHECKING:
    from stdtools.fixenc.likelihood import Guess

EMPTY, BINARY, MIXED = "empty", "binary", "mixed"
NO_ENCODING = (EMPTY, BINARY, MIXED)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
_UTF7_BOM = re.compile(rb"\+/v(?:8-?|9|\+|/)")
_ESCAPES = (
    (re.compile(rb"\x1b\$\)C"), ("iso2022_kr",)),
    (re.compile(rb"\x1b(?:\$[@B]|\$\([@BDO-Q]|\([BIJ])"), ("iso2022_jp", "iso2022_jp_2004", "iso2022_jp_ext")),
    (re.compile(rb"~\{[!-w][!-~](?:[!-w][!-~])*~\}"), ("hz",)),
)
MULTIBYTE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]"
    rb"|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}"
)
_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_PAIR = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")
_NEWLINE = re.compile(r"\r\n|\r|\n")
PLAUSIBLE = -11.0  # the score of a pair, on average, below which a text is none in any language
GARBAGE = -11.0  # the score of a byte above ASCII, on average, that beside control characters is no text
EXCERPT = 4096  # bytes
MARGIN = 4.0  # the scale on which one guess is better than the next


class Detection(NamedTuple):
    """What was found: *encoding* is a name, or one of NO_ENCODING; *confidence* goes from 0 to 1."""

    encoding: str
    confidence: float
    evidence: str
    bom: bool = False
    language: str = ""

    @property
    def is_text(self) -> bool:
        """Whether there is one encoding that makes text of the file."""
        return self.encoding not in NO_ENCODING


def detect(data: bytes | Sample) -> Detection:
    """Return what *data*, a whole file or a sample of one, is written in."""
    sample = sample_of(data) if isinstance(data, bytes) else data
    if not sample.head:
        return Detection(EMPTY, 1.0, "no bytes")
    for rule in (_by_mark, _by_magic, _by_escapes, _by_utf8, _by_width, _by_controls, _by_variants):
        if (found := rule(sample)) is not None:
            return found
    return _by_likelihood(sample)


def _by_mark(sample: Sample) -> Detection | None:
    head = sample.head
    for mark, name in _BOMS:
        if not head.startswith(mark):
            continue
        if name == "utf-32-le" and not _is_utf32(sample):
            continue  # of UTF-16 the same mark and a NUL
        if name == "gb18030" or sample.size == len(mark) or _decodes(name, sample):
            return Detection(name, 1.0, "byte order mark", bom=True)
    if _UTF7_BOM.match(head) and _decodes("utf-7", sample):
        return Detection("utf-7", 0.95, "byte order mark", bom=True)
    return None


def _is_utf32(sample: Sample) -> bool:
    return (sample.size is None or sample.size % 4 == 0) and _decodes("utf-32-le", sample)


def _decodes(name: str, sample: Sample) -> bool:
    """Whether the sample is text in *name*; only what is whole in it must be."""
    decoder = find(name).codec.incrementaldecoder
    assert decoder is not None
    try:
        decoder("strict").decode(sample.head, sample.is_whole)
    except UnicodeDecodeError:
        return False
    return True


def _by_magic(sample: Sample) -> Detection | None:
    from stdtools.fixenc.unmarked import magic

    return Detection(BINARY, 1.0, "the first bytes of a format that is no text") if magic(sample.head) else None


def _by_escapes(sample: Sample) -> Detection | None:
    data = sample.data
    if not data.isascii() or b"\0" in data:
        return None
    for pattern, names in _ESCAPES:
        if pattern.search(data):
            for name in names:
                text = _decoded(name, data)
                if text is not None and not text.isascii():
                    return Detection(name, 0.99, "its shift sequences")
    return None


def _decoded(name: str, data: bytes) -> str | None:
    try:
        return find(name).codec.decode(data, "strict")[0]
    except UnicodeDecodeError:
        return None


def _by_utf8(sample: Sample) -> Detection | None:
    data = sample.data
    if data.isascii():
        from stdtools.fixenc.unmarked import looks_binary, wide_encoding

        if b"\0" in data and (name := wide_encoding(sample.head, whole=sample.is_whole)):
            return Detection(name, 0.95, "NULs where this has them")
        if looks_binary(data):
            return Detection(BINARY, 0.9, "control characters")
        return Detection("ascii", 1.0, "ASCII, parted by NULs" if b"\0" in data else "nothing but ASCII")
    if not _is_utf8(sample):
        return None
    from stdtools.fixenc.unmarked import looks_binary

    if looks_binary(data):
        return None  # UTF-16 may be valid UTF-8, too
    many = len(MULTIBYTE.findall(data[: 1 << 16]))
    return Detection("utf-8", 1.0 if many > 1 else 0.97, f"valid UTF-8, {many} characters beyond ASCII")


def _is_utf8(sample: Sample) -> bool:
    try:
        used = codecs.utf_8_decode(sample.head, "strict", sample.is_whole)[1]
        for part in sample.parts:
            used += codecs.utf_8_decode(part, "strict", part is sample.parts[-1])[1]
    except UnicodeDecodeError:
        return False
    return used > 0


def _by_width(sample: Sample) -> Detection | None:
    from stdtools.fixenc.unmarked import wide_encoding

    if b"\0" not in sample.head and len(sample.head) > 4096:
        return None  # so much text without a blank or a line's end
    name = wide_encoding(sample.head, whole=sample.is_whole)
    if name is None or (b"\0" not in sample.head and not _is_likeliest(sample, name)):
        return None
    return Detection(name, 0.95 if b"\0" in sample.head else 0.7, "plausible text in this order of bytes")


def _is_likeliest(sample: Sample, name: str) -> bool:
    """Whether text of ideographs in UTF-16 is likelier than what the same bytes are elsewhere."""
    from stdtools.fixenc.likelihood import decode_cut, rank, score_text

    text = decode_cut(sample.head, name)
    if text is None:
        return False
    best = max(score_text(text, language) for language in ("zh_CN", "zh_TW", "ja", "ko"))
    others = rank(sample.head)
    return not others or best - 3 > others[0].score


def _by_controls(sample: Sample) -> Detection | None:
    from stdtools.fixenc.unmarked import looks_binary

    if looks_binary(sample.data):
        from stdtools.fixenc.ebcdic import ebcdic_encoding

        if name := ebcdic_encoding(sample.head):
            return Detection(name, 0.9, "letters and blanks of EBCDIC")
        return Detection(BINARY, 0.9, "control characters")
    from stdtools.fixenc.ebcdic import ebcdic_encoding

    name = ebcdic_encoding(sample.head)
    return Detection(name, 0.9, "letters and blanks of EBCDIC") if name else None


def _by_variants(sample: Sample) -> Detection | None:
    data = sample.data
    if b"\xc0\x80" not in data and not _SURROGATE.search(data):
        return None
    for name in ("cesu-8", "java-utf-8"):
        if not _decodes(name, sample):
            continue
        pairs = len(_PAIR.findall(data))
        alone = len(_SURROGATE.findall(data)) - 2 * pairs
        if name == "java-utf-8":
            return Detection(name, 0.95, "C0 80 for NUL in what else is UTF-8")
        if alone:
            return Detection("wtf-8", 0.9, f"{alone} surrogates without their other half in what else is UTF-8")
        return Detection(name, 0.95, f"{pairs} pairs of surrogates in what else is UTF-8")
    return None


def _by_likelihood(sample: Sample) -> Detection:
    from stdtools.fixenc.likelihood import rank
    from stdtools.fixenc.unmarked import has_controls

    data = sample.data
    guesses = rank(data, is_whole=sample.is_whole)
    said = declared.declaration(sample.head)
    name = _declared_name(said.label) if said is not None else None
    if said is not None and name is not None and _decodes(name, sample) and _is_credible(name, guesses, data):
        return Detection(name, 0.95, f"{said.kind} says {said.label}")
    if not guesses:
        return Detection(BINARY, 0.6, "no encoding makes text of it")
    best = guesses[0]
    good = len(MULTIBYTE.findall(data))
    bad = sum(byte > 127 for byte in MULTIBYTE.sub(b"", data))
    if good and 4 * good >= bad and (good > 10 * bad or _is_mixed(data, best)):
        return Detection(MIXED, 0.9, f"{good} characters of UTF-8 beside {bad} bytes that are not")
    pairs = sum(byte > 127 for byte in data[:8192]) or 1
    rival = next((guess for guess in guesses if not _same(data[:8192], guess.encoding, best.encoding)), None)
    margin = best.score - rival.score if rival else 40.0
    confidence = 1 / (1 + math.exp(-min(margin, 40.0) / MARGIN))
    if best.score / pairs < GARBAGE and has_controls(data):
        return Detection(BINARY, 0.8, "control characters, and no likely text in any encoding")
    if best.score / pairs < 2 * PLAUSIBLE:
        confidence *= 0.3
    evidence = f"the likeliest text, in {best.language} or alike"
    if said is not None:
        evidence += f"; its {said.kind} says {said.label}, which it is not"
    return Detection(best.encoding, round(confidence, 2), evidence, language=best.language)


def _is_mixed(data: bytes, best: "Guess") -> bool:
    """Whether UTF-8 where it is valid, and one encoding of one byte a character for the rest, is far likelier."""
    from stdtools.fixenc.chains import likelihood
    from stdtools.fixenc.likelihood import rank

    if len(data) > EXCERPT:
        odd = [line for line in data.split(b"\n") if not line.isascii() and not MULTIBYTE.sub(b"", line).isascii()]
        data = data[: data.rfind(b"\n", 0, EXCERPT) + 1] + b"\n".join(odd)[:EXCERPT]
        best = rank(data)[0]
    rest = MULTIBYTE.sub(b" ", data)
    if rest.isascii():
        return False
    other = next((guess for guess in rank(rest) if has_one_byte_each(guess.encoding)), None)
    if other is None:
        return False
    decode = find(other.encoding).codec.decode
    parts, at = [], 0
    for found in MULTIBYTE.finditer(data):
        parts += [decode(data[at : found.start()], "replace")[0], found[0].decode()]
        at = found.end()
    parts.append(decode(data[at:], "replace")[0])
    return likelihood("".join(parts)) - 5 > best.score


def _is_credible(name: str, guesses: "list[Guess]", data: bytes) -> bool:
    """Whether text in the encoding that is declared is not much less likely than in the likeliest one."""
    from stdtools.fixenc.candidates import encodings

    if not guesses or name not in encodings():
        return True
    score = next((guess.score for guess in guesses if guess.encoding == name), -math.inf)
    return score >= guesses[0].score - 10 - 0.3 * sum(byte > 127 for byte in data[:8192])


def has_one_byte_each(name: str) -> bool:
    """Whether the encoding *name* has one byte for each character."""
    from stdtools.fixenc.candidates import MULTI_BYTE

    return all(name not in names.split() for names in MULTI_BYTE.values())


def _same(data: bytes, one: str, other: str) -> bool:
    from stdtools.fixenc.likelihood import decode_cut

    return decode_cut(data, one) == decode_cut(data, other)


def _declared_name(label: str) -> str | None:
    """Return what the web means by *label*; None for what is no encoding, or what rules have decided."""
    try:
        name = find(label).name
    except ToolError:
        return None
    name = WEB_LABELS.get(name, name)
    return None if name.startswith("utf") else name


def newlines(sample: Sample, detection: Detection) -> str:
    """Return lf, crlf, cr, mixed or none."""
    if not detection.is_text:
        return "none"
    if detection.encoding.startswith(("utf-16", "utf-32", "cp0", "cp5", "cp27")):
        text = _lossy(sample.head, detection.encoding)
        kinds = set(_NEWLINE.findall(text))
        names = [name for end, name in (("\n", "lf"), ("\r\n", "crlf"), ("\r", "cr")) if end in kinds]
    else:
        data = sample.data
        crlf = data.count(b"\r\n")
        counts = ((data.count(b"\n") - crlf, "lf"), (crlf, "crlf"), (data.count(b"\r") - crlf, "cr"))
        names = [name for count, name in counts if count > 0]
    return "none" if not names else names[0] if len(names) == 1 else "mixed"


def _lossy(data: bytes, name: str) -> str:
    return find(name).codec.decode(data, "replace")[0]


def alternatives(sample: Sample, detection: Detection) -> list[str]:
    """Return the other encodings in which the sample is the same text."""
    if not detection.is_text or detection.encoding.startswith(("utf", "cesu", "java", "wtf", "ascii")):
        return []
    from stdtools.fixenc.candidates import ALSO, encodings
    from stdtools.fixenc.likelihood import decode_cut

    data = sample.data
    text = decode_cut(data, detection.encoding)
    names = [name for name in (*encodings(), *ALSO) if name != detection.encoding]
    return [name for name in names if text is not None and decode_cut(data, name) == text]
