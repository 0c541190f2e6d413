"""What kind of text a file is: CSV and its delimiter, TSV, or JSON, by the file's name and its first line."""

import re
from typing import NamedTuple

from stdtools.shared.record_input import named_form
from stdtools.tasks.header import FIELDS

_DELIMITERS = ",;\t|"
_RECORDS = re.compile(r'\{\s*["}]|\[\s*[{\]]')  # the beginning of JSON; what else has a bracket there is text
_QUOTED = re.compile(r'"[^"]*"?')


class Dialect(NamedTuple):
    """``csv``, ``tsv`` as stdtools writes it (no quotes, a backslash before t, n, r and itself), or ``json``."""

    form: str
    delimiter: str


def dialect_of(name: str, head: str, delimiter: str | None = None) -> Dialect:
    """Return the dialect of the file *name* that begins with *head*; *delimiter*, where given, makes it CSV.

    The delimiter is else the one that finds most names of a task's fields in the first line, then the most
    frequent one. Tabs are of TSV unless the name says that it is CSV.
    """
    if delimiter is not None:
        return Dialect("csv", delimiter)
    form = named_form(name)
    start = head.lstrip(" \t\r\n")
    if form == "json" or (form != "tsv" and _RECORDS.match(start)):
        return Dialect("json", "")
    if form == "tsv":
        return Dialect("tsv", "\t")
    line = re.split(r"[\r\n]", start, maxsplit=1)[0].lower()
    unquoted = _QUOTED.sub("", line)
    found = max(_DELIMITERS, key=lambda mark: (_known(line, mark), unquoted.count(mark)))
    return Dialect("tsv", "\t") if found == "\t" and form != "csv" else Dialect("csv", found)


def _known(line: str, delimiter: str) -> int:
    return sum(cell.strip(' "') in FIELDS for cell in line.split(delimiter))
