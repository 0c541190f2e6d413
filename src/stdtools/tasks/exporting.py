"""Text that no spreadsheet takes for a formula."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

# What a cell begins with that a spreadsheet may compute, https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")


def without_formulas(rows: Iterable[Sequence[Any]]) -> Iterator[list[Any]]:
    """Yield *rows* with ``'`` before each text that a spreadsheet would take for a formula; -5 is a number."""
    for row in rows:
        yield [
            f"'{value}"
            if isinstance(value, str) and value.startswith(_FORMULA) and not _NUMBER.fullmatch(value)
            else value
            for value in row
        ]
