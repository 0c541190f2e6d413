"""Text in any encoding: converted exactly, recognised, checked and repaired, and never worse than before.

``Converter`` turns blocks of bytes into blocks of bytes in constant memory; ``detect`` says what a sample is
written in and why; ``problems`` yields what a policy finds wrong; ``mend`` repairs text that was decoded as
what it is not; ``decode_mixed`` reads a file that several programs wrote, each in an encoding of its own.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stdtools.fixenc.checking import Policy, problems
    from stdtools.fixenc.converting import Conversion, Converter
    from stdtools.fixenc.detecting import Detection, detect
    from stdtools.fixenc.mixing import decode_mixed
    from stdtools.fixenc.mojibake import mend

__all__ = ["Conversion", "Converter", "Detection", "Policy", "decode_mixed", "detect", "mend", "problems"]

_HOMES = {
    "Conversion": "converting",
    "Converter": "converting",
    "Detection": "detecting",
    "Policy": "checking",
    "decode_mixed": "mixing",
    "detect": "detecting",
    "mend": "mojibake",
    "problems": "checking",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for by name: a conversion needs no detector, and neither needs the repairs."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
