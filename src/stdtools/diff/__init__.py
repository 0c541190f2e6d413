"""What differs between files: ``stdtools diff``, and difflib's interfaces over a faster matcher.

``opcodes(a, b)`` tells it of two texts, or of two sequences of lines, as ``difflib.SequenceMatcher`` does;
``compare(a, b)`` of two texts that are bytes, with the places of all that is changed; ``unified(a, b)`` makes a patch.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stdtools.diff.comparison import Change, Comparison
    from stdtools.diff.engine import compare
    from stdtools.diff.sequences import opcodes
    from stdtools.diff.unified_format import unified

__all__ = ["Change", "Comparison", "compare", "opcodes", "unified"]

_MODULES = {
    "Change": "comparison",
    "Comparison": "comparison",
    "compare": "engine",
    "opcodes": "sequences",
    "unified": "unified_format",
}


def __getattr__(name: str) -> Any:
    """Load what is asked for, and no more: help needs no engine."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"stdtools.diff.{_MODULES[name]}"), name)
