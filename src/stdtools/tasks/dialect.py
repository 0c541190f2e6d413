"""What kind of text an import is: CSV and its delimiter, TSV, or JSON, by the file's name and its first line."""

import re
from collections.abc import Collection
from typing import NamedTuple

_SUFFIXES = {"tsv": "tsv", "tab": "tsv", "json": "json", "jsonl": "json", "ndjson": "json"}
_DELIMITERS = ",;\t|"


class Dialect(NamedTuple):
    """``csv``, ``tsv`` as stdtools writes it (no quotes, a backslash before t, n, r and itself), or ``json``."""

    form: str
    delimiter: str


def dialect_of(name: str, head: str, delimiter: str | None, fields: Collection[str]) -> Dialect:
    """Return the dialect of the file *name* that begins with *head*; *delimiter*, where given, makes it CSV.

    *fields* are names that its columns may have, in small letters: the delimiter is the one that
    finds most of them in the first line, then the most frequent one.
    """
    if delimiter is not None:
        return Dialect("csv", delimiter)
    form = _SUFFIXES.get(name.rpartition(".")[2].lower(), "")
    start = head.lstrip(" \t\r\n")
    if form == "json" or (form != "tsv" and start.startswith(("{", "["))):
        return Dialect("json", "")
    if form == "tsv":
        return Dialect("tsv", "\t")
    line = re.split(r"[\r\n]", start, maxsplit=1)[0].lower()
    found = max(_DELIMITERS, key=lambda mark: (_known(line, mark, fields), line.count(mark)))
    return Dialect("tsv", "\t") if found == "\t" else Dialect("csv", found)


def _known(line: str, delimiter: str, fields: Collection[str]) -> int:
    return sum(cell.strip(' "') in fields for cell in line.split(delimiter))
