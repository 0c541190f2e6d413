"""All encodings: their aliases, what kind they are of, and where the web means something else by the name."""

import codecs
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress

from stdtools.fixenc.encodings import SLOPPY, VARIANTS, WEB_LABELS, aliases, find, names


def rows() -> Iterator[tuple[str, list[str], str, str]]:
    """Yield name, aliases, kind, and what the web reads for the name."""
    known: dict[str, list[str]] = defaultdict(list)
    for alias, module in aliases().items():
        with suppress(LookupError):
            known[codecs.lookup(module).name].append(alias)
    for name in names():
        yield name, sorted({*known[name]} - {name}), _kind(name), _on_the_web(name)


def _kind(name: str) -> str:
    if name in VARIANTS:
        return "a variant of UTF-8, ours"
    if name in SLOPPY:
        return "one byte, as the web reads it, ours"
    encoding = find(name)
    if encoding.is_unicode:
        return "Unicode"
    if name.startswith(("iso2022", "hz")):
        return "shifts"
    text = encoding.codec.decode(bytes(range(128)), "replace")[0]
    with suppress(UnicodeError):
        if len(encoding.codec.decode(bytes(range(256)), "replace")[0]) == 256:
            return "one byte" if text.isascii() else "one byte, not ASCII's"
    return "several bytes"


def _on_the_web(name: str) -> str:
    meant = WEB_LABELS.get(name, "")
    if name.startswith("cp") and f"sloppy-windows-{name[2:]}" in SLOPPY:
        return f"sloppy-windows-{name[2:]}"
    if meant.startswith("cp") and f"sloppy-windows-{meant[2:]}" in SLOPPY:
        return f"sloppy-windows-{meant[2:]}"
    return meant
