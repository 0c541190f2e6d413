"""What the user is told about a template, and the bytes that an output gets."""

import os
from collections.abc import Iterable, Sequence

from stdtools.shared import screen
from stdtools.shared.errors import TROUBLE, ToolError
from stdtools.shared.streams import Output
from stdtools.tmpl.rendering import Trouble
from stdtools.tmpl.streaming import Findings
from stdtools.tmpl.values import Values, closest

_MOST_GUESSES = 10


def encode(text: str, output: Output) -> bytes:
    """Return *text* as the bytes that it was, made safe for a terminal. Raises ToolError."""
    return encoded(screen.safe_lines(text) if output.is_terminal else text, "a value")


def encoded(text: str, where: str) -> bytes:
    """Return *text*, that of *where*, as the bytes that it was. Raises ToolError."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        what = f"holds U+{ord(text[error.start]):04X}, half of a pair of surrogates, which is no text"
        raise ToolError(what, where=where) from None


def tell(findings: Findings, name: str, values: Values, columns: Iterable[str] = ()) -> int:
    """Tell what is wrong with the template *name*, and return the exit code."""
    known = [*columns, *values.names()] if any(trouble.is_missing for _, _, trouble in findings.first) else []
    guesses: dict[str, str] = {}
    for line, column, trouble in findings.first:
        if trouble.is_missing and trouble.name not in guesses and len(guesses) < _MOST_GUESSES:
            guesses[trouble.name] = _guess(trouble.name, known)
        screen.complain(f"{name}:{line}:{column}: {message(trouble, guesses.get(trouble.name, ''))}")
    if findings.total > len(findings.first):
        screen.complain(f"{name}: and {findings.total - len(findings.first)} more")
    return TROUBLE if findings.is_broken else 1


def _guess(name: str, known: Sequence[str]) -> str:
    """Return what may have been meant by *name*, which has no value."""
    if os.environ.get(name):
        return "--env reads it from the environment"
    close = closest(name, known)
    return f"did you mean {close}?" if close else ""


def message(trouble: Trouble, guess: str = "") -> str:
    """Return *trouble* in words, with a *guess* at what may have been meant."""
    if not trouble.is_missing:
        return f"the value of '{trouble.name}' {trouble.what}" if trouble.name else f"malformed: {trouble.what}"
    if trouble.what:
        return f"{trouble.name}: {trouble.what}"
    return f"no value for '{trouble.name}'" + (f"; {guess}" if guess else "")
