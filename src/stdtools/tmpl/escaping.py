"""How a value is written so that the output stays what it is: HTML, shell, JSON, TOML, XML, INI, URL, CSV.

Text comes as it stands within the quotes of the format, which the template has; where the format has no need of
quotes around it (shell, CSV), with those it needs. What is no text comes in JSON and TOML as what it is.
"""

import os
import re
from collections.abc import Callable
from typing import Any

from stdtools.tmpl.values import Unfit, bytes_of, text_of

_SUFFIXES = {
    "html": "html",
    "htm": "html",
    "xhtml": "xml",
    "xml": "xml",
    "svg": "xml",
    "sh": "shell",
    "bash": "shell",
    "json": "json",
    "toml": "toml",
    "ini": "ini",
    "cfg": "ini",
    "csv": "csv",
}
_TEMPLATE_SUFFIXES = (".tmpl", ".tpl", ".template", ".in")
_MARKUP = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"}
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f", '"': '\\"', "\\": "\\\\"}
_IN_QUOTES = re.compile(r'["\\\x00-\x1f\x7f]')


def escape_for(path: str) -> str:
    """Return the name of the escape for a file named *path*; a template's name counts without its last extension."""
    name = os.path.basename(path).lower()
    for suffix in _TEMPLATE_SUFFIXES:
        name = name.removesuffix(suffix)
    return _SUFFIXES.get(name.rpartition(".")[2], "none")


def _html(text: str) -> str:
    return "".join([_MARKUP.get(character, character) for character in text]) if _NEEDS_HTML.search(text) else text


_NEEDS_HTML = re.compile("[&<>\"']")
_NEEDS_XML = re.compile("[\x00-\x1f]")


def _xml(text: str) -> str:
    """Return *text* with the markup of HTML, and line ends and tabs as references, which attributes keep."""
    return _NEEDS_XML.sub(_reference, _html(text))


def _reference(match: re.Match[str]) -> str:
    if match[0] not in "\t\n\r":
        raise Unfit(f"has the character U+{ord(match[0]):04X}, which XML cannot hold")
    return f"&#{ord(match[0])};"


def _shell(text: str) -> str:
    """Return *text* as one word of a POSIX shell, which is no assignment either."""
    if "\0" in text:
        raise Unfit("has a NUL, which no word of a shell can hold")
    if text and not re.search(r"[^A-Za-z0-9_@%+:,./-]", text):
        return text
    return "'" + text.replace("'", "'\"'\"'") + "'"


def _quoted(match: re.Match[str]) -> str:
    return _SHORT.get(match[0]) or f"\\u{ord(match[0]):04x}"


def _is_text(value: Any) -> bool:
    return isinstance(value, str | bytes) or (isinstance(value, dict) and bytes_of(value) is not None)


def _json(value: Any) -> str:
    return _IN_QUOTES.sub(_quoted, text_of(value)) if _is_text(value) else text_of(value)


def _toml(value: Any) -> str:
    if _is_text(value):
        return _IN_QUOTES.sub(_quoted, text_of(value))
    try:
        return _toml_value(value)
    except RecursionError:
        raise Unfit("is nested too deep") from None


def _toml_value(value: Any) -> str:
    if value is None:
        raise Unfit("is null, which TOML does not have")
    if _is_text(value):
        return f'"{_toml(value)}"'
    if isinstance(value, list):
        return f"[{', '.join(map(_toml_value, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{_toml(key)}" = {_toml_value(item)}' for key, item in value.items()) + "}"
    return text_of(value)


def _ini(text: str) -> str:
    if "\n" in text or "\r" in text:
        raise Unfit("has a line end, which a value of an INI file cannot hold")
    return text


def _url(text: str) -> str:
    try:
        data = text.encode("utf-8", "surrogateescape").decode("latin-1")
    except UnicodeEncodeError:
        raise Unfit("holds half of a pair of surrogates, which is no text") from None
    return re.sub(r"[^A-Za-z0-9_.~-]", lambda match: f"%{ord(match[0]):02X}", data)


def _csv(text: str) -> str:
    from stdtools.shared.records import quote_csv

    return quote_csv(text)


def _of_text(escape: Callable[[str], str]) -> Callable[[Any], str]:
    return lambda value: escape(text_of(value))


ESCAPES: dict[str, Callable[[Any], str]] = {
    "html": _of_text(_html),
    "shell": _of_text(_shell),
    "json": _json,
    "toml": _toml,
    "xml": _of_text(_xml),
    "ini": _of_text(_ini),
    "url": _of_text(_url),
    "csv": _of_text(_csv),
    "none": text_of,
}
