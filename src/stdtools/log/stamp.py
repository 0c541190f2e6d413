"""What goes before each line: the time and a prefix."""

import time
from collections.abc import Callable

FORMATS = ("iso", "utc", "epoch")


def is_format(text: str) -> bool:
    """Whether *text* looks like a format for a time."""
    return text in FORMATS or "%" in text


def make_stamp(timestamp: str | None, prefix: str) -> Callable[[], bytes]:
    """Return a function that makes the head of the lines that come now.

    *timestamp* is one of FORMATS or a format for ``strftime``; None is none. Raises ValueError.
    """
    end = prefix.encode("utf-8", "surrogateescape")
    if timestamp is None:
        return lambda: end
    clock = _clock(timestamp)
    try:
        usable = is_format(timestamp) and "\n" not in clock() and clock().encode()
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(f"{timestamp!r} is not a format of a time; there are {', '.join(FORMATS)} and strftime's")
    return lambda: clock().encode("utf-8", "surrogateescape") + b" " + end


def _clock(timestamp: str) -> Callable[[], str]:
    from datetime import UTC, datetime  # not for a log without times: 1 ms

    if timestamp == "iso":
        return lambda: datetime.now().astimezone().isoformat(timespec="milliseconds")
    if timestamp == "utc":
        return lambda: datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
    if timestamp == "epoch":
        return lambda: f"{time.time():.3f}"
    return lambda: datetime.now().astimezone().strftime(timestamp)
