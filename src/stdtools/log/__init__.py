"""Rotating logs that any number of processes may write: a handler for ``logging``, and the command ``log``.

``RotatingHandler`` takes the place of ``logging.handlers.RotatingFileHandler``.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stdtools.log.handler import RotatingHandler

__all__ = ["RotatingHandler"]


def __getattr__(name: str) -> Any:
    """Import the handler when it is asked for: ``logging.handlers`` costs a small command 8 ms."""
    if name == "RotatingHandler":
        from stdtools.log.handler import RotatingHandler

        return RotatingHandler
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
