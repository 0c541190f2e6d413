"""What a sample of bytes is written in: by marks, by rules, by what it says itself, then by likelihood."""

import codecs
import re
from typing import NamedTuple

from stdtools.fixenc.encodings import find
from stdtools.fixenc.sampling import Sample, sample_of
from stdtools.shared.screen import amount

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
_LEADS = bytes(range(0xC2, 0xF5))  # of MULTIBYTE
_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_PAIR = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")


class Detection(NamedTuple):
    """What was found: *encoding* is a name, or one of NO_ENCODING; *confidence* goes from 0 to 1."""

    encoding: str
    confidence: float
    evidence: str
    bom: bool = False

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
    from stdtools.fixenc.judging import judge

    return judge(sample)


def _by_mark(sample: Sample) -> Detection | None:
    head = sample.head
    for mark, name in _BOMS:
        if not head.startswith(mark):
            continue
        if name == "utf-32-le" and not _is_utf32(sample):
            continue  # of UTF-16 the same mark and a NUL
        if name == "gb18030" or sample.size == len(mark) or head_decodes(name, sample):
            return Detection(name, 1.0, "byte order mark", bom=True)
    if _UTF7_BOM.match(head) and head_decodes("utf-7", sample):
        return Detection("utf-7", 0.95, "byte order mark", bom=True)
    return None


def _is_utf32(sample: Sample) -> bool:
    return (sample.size is None or sample.size % 4 == 0) and head_decodes("utf-32-le", sample)


def head_decodes(name: str, sample: Sample) -> bool:
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
            from stdtools.fixenc.likelihood import decode_cut

            for name in names:
                text = decode_cut(data, name, final=sample.is_whole)
                if text is not None and not text.isascii():
                    return Detection(name, 0.99, "its shift sequences")
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
    many = len(data) - len(data.translate(None, _LEADS))
    return Detection("utf-8", 1.0 if many > 1 else 0.97, f"valid UTF-8, {amount(many, 'character')} beyond ASCII")


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
    from stdtools.fixenc.ebcdic import ebcdic_encoding
    from stdtools.fixenc.unmarked import looks_binary

    if name := ebcdic_encoding(sample.head):
        return Detection(name, 0.9, "letters and blanks of EBCDIC")
    return Detection(BINARY, 0.9, "control characters") if looks_binary(sample.data) else None


def _by_variants(sample: Sample) -> Detection | None:
    data = sample.data
    if b"\xc0\x80" not in data and not _SURROGATE.search(data):
        return None
    for name in ("cesu-8", "java-utf-8"):
        if not head_decodes(name, sample):
            continue
        pairs = len(_PAIR.findall(data))
        alone = len(_SURROGATE.findall(data)) - 2 * pairs
        if name == "java-utf-8":
            return Detection(name, 0.95, "C0 80 for NUL in what else is UTF-8")
        if alone:
            return Detection("wtf-8", 0.9, f"{alone} surrogates without their other half in what else is UTF-8")
        return Detection(name, 0.95, f"{pairs} pairs of surrogates in what else is UTF-8")
    return None
