"""The format that the options of diff ask for."""

import os
from typing import TYPE_CHECKING, Any

import click

from stdtools.diff.printing import RECORDS, Shape
from stdtools.shared import screen
from stdtools.shared.errors import ToolError
from stdtools.shared.options import is_typed, refuse_idle
from stdtools.shared.streams import STDOUT

if TYPE_CHECKING:
    from stdtools.diff.expressions import Expression

MOST_DIGITS = 11  # of a time in seconds: to the year 5138


def shape_of(given: dict[str, Any]) -> Shape:
    """Return the format that was asked for. Raises UsageError for what does not go together."""
    needed = {"count": "--closest", "cutoff": "--closest"}
    if given["style"] not in ("word", "color-words"):
        needed["word_regex"] = "--word or --color-words"
    if given["style"] in ("normal", "side-by-side"):
        needed["unified_lines"] = "a format with context"
    if given["algorithm"] == "difflib":
        needed["deadline"] = "another --algorithm"
    refuse_idle(given, given.keys() - needed.keys(), "", needed)
    style, context = _style_and_context(given)
    if len(given["labels"]) > 2:
        raise _wrong("--label names A, then B; there is no third")
    color = screen.wants_color(STDOUT) and style not in ("html", *RECORDS)
    if style == "color-words":
        color = screen.preferences.color != "never"
    if given["word_regex"] is not None:
        expressions([given["word_regex"]], "--word-regex")
    return Shape(
        style=style,
        context=context,
        labels=tuple(os.fsencode(text) for text in given["labels"]),
        timestamps=given["timestamps"],
        epoch=_epoch(),
        functions=_functions(given),
        initial_tab=given["initial_tab"],
        width=given["width"],
        only_changes=given["suppress_common_lines"] and style == "side-by-side",
        without_cr=given["strip_trailing_cr"],
        word_regex=given["word_regex"],
        brief=given["brief"],
        report_identical=given["report_identical_files"],
        color=color,
    )


def _style_and_context(given: dict[str, Any]) -> tuple[str, int | None]:
    """Return the style, and how many lines of context were asked for; what was typed is above the user's defaults."""
    style = given["style"]
    lines = {"unified": given["unified_lines"], "context": given["context_lines"]}
    typed = [name for name in lines if is_typed(f"{name}_lines")]
    if len(typed) > 1:
        raise _wrong("-U and -C name two formats")
    if typed == ["context"] and style not in (None, "context"):
        raise _wrong(f"-C and --{style} name two formats")
    named = typed or [name for name, value in lines.items() if value is not None]
    style = style or next(iter(named), "unified")
    return style, lines["context" if style == "context" and "context" in named else "unified"]


def _epoch() -> int | None:
    """Return the time that a build that is to be the same every time has in the place of all times."""
    text = os.environ.get("SOURCE_DATE_EPOCH", "")
    if text and not (text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS):
        raise ToolError(f"{text!r} is not a number of seconds", where="SOURCE_DATE_EPOCH")
    return int(text) if text else None


def _functions(given: dict[str, Any]) -> Any:
    if given["show_function_line"] is not None:
        return expressions([given["show_function_line"]], "--show-function-line")[0].matches
    if given["show_c_function"]:
        from stdtools.diff.functions import is_c_function

        return is_c_function
    return None


def expressions(texts: list[str], option: str) -> list["Expression"]:
    """Return the regular expressions that *option* was given."""
    if not texts:
        return []
    from stdtools.diff.expressions import Expression

    return [Expression(text, option) for text in texts]


def _wrong(message: str) -> click.UsageError:
    return click.UsageError(message, click.get_current_context())
