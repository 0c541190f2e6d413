"""The names of encodings: Python's text codecs and what it lacks; what is no encoding of text is refused."""

import codecs
from functools import cache
from typing import NamedTuple

from stdtools.shared.errors import ToolError

VARIANTS = ("cesu-8", "java-utf-8", "wtf-8")
SLOPPY = tuple(f"sloppy-windows-{number}" for number in (874, *range(1250, 1259)))
# Text in, text out, but no encodings of files: for host names, for Python's source, Windows' own.
_UNFIT = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem", "charmap"}
_UNICODE = {
    "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-7", "gb18030",
    *VARIANTS,
}  # fmt: skip
# What the web means by a label, where Python means less: https://encoding.spec.whatwg.org/#names-and-labels
WEB_LABELS = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874", "tis-620": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "euc_kr": "cp949", "shift_jis": "cp932", "big5": "big5hkscs",
}  # fmt: skip


class Encoding(NamedTuple):
    """A text encoding under its one *name*; *codec* makes the incremental coders."""

    name: str
    codec: codecs.CodecInfo

    @property
    def is_unicode(self) -> bool:
        """Whether it can hold every character, so that a byte order mark has a place in it."""
        return self.name in _UNICODE


@cache
def find(label: str) -> Encoding:
    """Return the encoding that *label* names. Raises ToolError for what is none, or none of text."""
    from stdtools.fixenc import variants

    key = label.strip().lower().replace("_", "-")
    if (own := variants.lookup(key)) is not None:
        return Encoding(own.name, own)
    try:
        codec = codecs.lookup(label.strip())
    except (LookupError, ValueError):  # ValueError: a NUL in the name
        raise ToolError(f"{label!r} is not an encoding", hint=_close(label)) from None
    # ftfy, once imported, registers codecs of these names.
    if codec.name.startswith("sloppy-") or codec.name == "utf-8-variants":
        raise ToolError(f"{label!r} is not an encoding", hint=_close(label))
    if not codec._is_text_encoding or codec.name.replace("-", "_") in _UNFIT or codec.incrementaldecoder is None:
        raise ToolError(f"{label!r} is a codec of Python, but not an encoding of text files", hint=_close(""))
    return Encoding(codec.name, codec)


def _close(label: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(label.lower(), [*names(), *aliases()], n=3) if label else []
    return f"did you mean {' or '.join(close)}?" if close else "stdtools fixenc --list shows them"


@cache
def aliases() -> dict[str, str]:
    """Return Python's aliases of text encodings: alias to the codec's module."""
    from encodings.aliases import aliases as known

    return {alias: module for alias, module in known.items() if module not in _UNFIT}


@cache
def names() -> list[str]:
    """Return the names of all text encodings, Python's and our own, sorted."""
    import encodings
    import pkgutil

    found = set(VARIANTS) | set(SLOPPY)
    for module in pkgutil.iter_modules(encodings.__path__):
        if module.name in ("aliases", *_UNFIT):
            continue
        try:
            codec = codecs.lookup(module.name)
        except LookupError:
            continue
        if codec._is_text_encoding and codec.incrementaldecoder is not None:
            found.add(codec.name)
    return sorted(found)


def same_text(data: bytes, one: str, other: str) -> bool:
    """Whether *data* is the same text in both encodings."""
    try:
        return find(one).codec.decode(data, "strict") == find(other).codec.decode(data, "strict")
    except UnicodeError:
        return False


def shown(name: str) -> str:
    """Return *name* as messages write it: UTF-8, and cp1252 as it is."""
    return name.upper() if name.startswith(("utf", "cesu", "wtf", "iso")) else name
