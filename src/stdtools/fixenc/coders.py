"""Incremental coders with error handlers of their own, and the few of Python's codecs that need more than that."""

import codecs
import sys
import weakref
from collections.abc import Callable
from typing import Any

from stdtools.fixenc.encodings import Encoding, find
from stdtools.fixenc.variants import Utf7Encoder
from stdtools.shared.errors import ToolError
from stdtools.shared.streams import Input

Decode = Callable[[bytes, bool], str]
Encode = Callable[[str, bool], bytes]
MARKED = ("utf-16", "utf-32")  # in which a byte order mark must come first, and says how to go on
_SHIFTING = ("utf-7", "hz", "iso2022")  # ASCII's bytes may be something else there


def decoder(source: Encoding, handler: Callable[[UnicodeError], tuple[str, int]]) -> Decode:
    """Return what decodes blocks of *source*, and asks *handler*, which the caller must keep, about what is no text.

    A byte order mark is text, but in MARKED. What it returns raises ToolError where one is missing there.
    """
    name = _registered(weakref.ref(handler), id(handler))
    make = (find("utf-8") if source.name == "utf-8-sig" else source).codec.incrementaldecoder
    assert make is not None
    decode: Decode = make(name).decode
    if source.name not in MARKED:
        return decode

    def decode_marked(block: bytes, final: bool) -> str:
        try:
            return decode(block, final)
        except UnicodeError:  # which no handler is asked about
            hint = f"--from {source.name}-le or --from {source.name}-be"
            raise ToolError("has no byte order mark", hint=hint) from None

    return decode_marked


def encoder(target: Encoding, handler: Callable[[UnicodeError], tuple[str | bytes, int]], *, marks: bool) -> Encode:
    """Return what encodes pieces of text, and asks *handler*, a method, about what *target* lacks.

    Only where it *marks*, it puts the mark of MARKED before them.
    """
    name = target.name
    if name in MARKED and not marks:
        name += "-le" if sys.byteorder == "little" else "-be"
    make = Utf7Encoder if name == "utf-7" else find("utf-8" if name == "utf-8-sig" else name).codec.incrementalencoder
    assert make is not None
    return make(_registered(weakref.WeakMethod(handler), id(handler.__self__))).encode  # type: ignore[attr-defined]


def markless(encoding: Encoding, source: Input) -> Encoding:
    """Return what *encoding* is behind the mark that *source* begins with, which may tell the order of bytes."""
    if encoding.name in MARKED:
        return find(f"{encoding.name}-le" if source.peek(1) == b"\xff" else f"{encoding.name}-be")
    return find("utf-8") if encoding.name == "utf-8-sig" else encoding


def _registered(handler: Callable[[], Any], number: int) -> str:
    """Return a name of an error handler; codecs' registry, which forgets nothing, would keep alive what it is of."""
    name = f"stdtools-{type(handler).__name__}-{number}"
    codecs.register_error(name, lambda error: handler()(error))
    return name


def is_ascii_compatible(encoding: Encoding) -> bool:
    """Whether the bytes of ASCII are ASCII wherever they stand."""
    return encoding.codec.encode("aZ09~\n", "strict")[0] == b"aZ09~\n" and not encoding.name.startswith(_SHIFTING)
