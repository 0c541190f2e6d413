"""Kinds of values that options of several commands take: sizes, moments, durations."""

from typing import Any

import click

from stdtools.shared.sizes import parse_size


class Size(click.ParamType[int]):
    """A number of bytes, as ``parse_size`` reads it; negative ones only where *signed*."""

    name = "size"

    def __init__(self, *, signed: bool = False) -> None:
        self._signed = signed

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return *value* as a number of bytes."""
        try:
            size = value if type(value) is int else parse_size(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if size < 0 and not self._signed:
            self.fail(f"{value!r} is negative", param, ctx)
        return size


class Moment(click.ParamType[float]):
    """A moment in seconds since the epoch, as ``parse_moment`` reads it."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return *value* in seconds since the epoch."""
        from stdtools.shared.times import parse_moment

        try:
            return parse_moment(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Duration(click.ParamType[float]):
    """A number of seconds, or as ``parse_duration`` reads it; none at all only where *zero* is some."""

    name = "time"

    def __init__(self, *, zero: bool = False) -> None:
        self._zero = zero

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return *value* in seconds."""
        from stdtools.shared.times import parse_duration

        try:
            seconds = float(value) if str(value).replace(".", "", 1).isdecimal() else parse_duration(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if not 0 <= seconds < 1e9 or not (seconds or self._zero):
            self.fail(f"{value!r} is not a duration; write 0.5, 90s, 15m or 2h", param, ctx)
        return seconds


class Suffix(click.ParamType[str]):
    """What is put behind the name of a file for that of its copy."""

    name = "suffix"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return *value*, which leads to another name in the same directory."""
        if not value:
            self.fail("it is empty, so that the copy would be the file itself", param, ctx)
        if "/" in value:
            self.fail(f"{value!r} has a / in it; it is put behind the name of the file", param, ctx)
        return str(value)
