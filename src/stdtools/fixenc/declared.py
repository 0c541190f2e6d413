"""The encoding that a file says it has: XML, HTML, CSS, PEP 263 and editors' modelines, gettext catalogues."""

import re
from typing import NamedTuple

HEAD = 1024  # bytes, as HTML has it
_NAME = rb"([A-Za-z][A-Za-z0-9._:+-]{1,39})"
_KINDS = (
    ("XML declaration", re.compile(rb"\A\s*<\?xml[^>]*?\bencoding\s*=\s*[\"']" + _NAME)),
    ("HTML meta element", re.compile(rb"<meta[^>]{0,200}?\bcharset\s*=\s*[\"']?\s*" + _NAME, re.IGNORECASE)),
    ("CSS @charset", re.compile(rb'\A@charset "' + _NAME)),
    ("coding line", re.compile(rb"\A(?:[^\n]*\n)?[ \t\f]*(?:#|//|/\*|;|%|\")[^\n]*?coding[:=][ \t]*" + _NAME)),
    ("vim modeline", re.compile(rb"^.*\bvim?:.*\b(?:fileencoding|fenc)=" + _NAME, re.MULTILINE)),
    ("Content-Type field", re.compile(rb"^\"?Content-Type:[^\n]*?charset=\"?" + _NAME, re.MULTILINE | re.IGNORECASE)),
)


class Declaration(NamedTuple):
    """What was said, and in what."""

    label: str
    kind: str


def declaration(head: bytes) -> Declaration | None:
    """Return what the first KiB of a file declares."""
    head = head[:HEAD]
    for kind, pattern in _KINDS:
        if found := pattern.search(head):
            label = found[1].decode("ascii").rstrip(".:-")
            if label.upper() != "CHARSET":  # a template of gettext
                return Declaration(label, kind)
    return None
