"""The options that say what lines are ordered by: --by, --delimiter and --as."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from stdtools.ordered.keys import KINDS, Key, key_of_line
from stdtools.shared.options import delimiter

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class FieldNumber(click.ParamType[int]):
    """The number of a field, from 1, or from -1 backwards."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return *value* as an int that is not 0."""
        try:
            number = int(value)
        except ValueError:
            number = 0
        if number == 0:
            self.fail(f"{value!r} is no number of a field, from 1", param, ctx)
        return number


def key_options(command: Decorated) -> Decorated:
    """Add the options; the callback gets ``by``, ``delimiter`` and ``kind``, for ``key_of``."""
    by = click.option(
        "--by",
        type=FieldNumber(),
        metavar="N",
        help="Compares field N, from 1 or from -1 backwards, not the line.",
    )
    kind = click.option(
        "--as",
        "kind",
        type=click.Choice(KINDS),
        default="text",
        show_default=True,
        help="What is compared; time: ISO 8601, or seconds since 1970.",
    )
    return by(delimiter()(kind(command)))


def lack(given: dict[str, Any]) -> str:
    """Say what a line is without that has no key."""
    if given["by"] is None:
        return f"no {given['kind']}"
    return f"no field {given['by']}" if given["kind"] == "text" else f"no {given['kind']} in field {given['by']}"


def key_of(given: dict[str, Any]) -> Callable[[bytes], Key]:
    """Return what makes the key of a line, as the options say; the key is None where it has none."""
    return key_of_line(given["kind"], given["by"], given["delimiter"].encode("utf-8", "surrogateescape") or None)
