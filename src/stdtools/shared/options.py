"""Options that several commands have: --format, --delimiter and --input; and what does not go together."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeVar

import click

from stdtools.shared import records

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

TAB = {"tab": "\t", "\\t": "\t"}  # how a delimiter is typed that no shell passes on easily


def offering(values: Callable[[], Iterable[str]]) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """Return what completes a parameter by *values*, which are asked for when Tab is pressed."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
        return [value for value in values() if value.startswith(incomplete)]

    return complete


def record_output(default: str = "table on a terminal, else plain") -> Callable[[Decorated], Decorated]:
    """Add --format and its short forms; the callback gets ``format``, None when nothing was said: *default*."""
    forms = [
        click.option("--format", type=click.Choice(records.FORMATS), help=f"[default: {default}]"),
        *(
            click.option(
                f"--{name}", "format", flag_value=name, allow_from_autoenv=False, help=f"Same as --format {name}."
            )
            for name in ("json", "jsonl", "csv")
        ),
    ]

    def add(command: Decorated) -> Decorated:
        for form in reversed(forms):
            command = form(command)
        return command

    return add


def refuse_idle(given: Iterable[str], beside: Collection[str], way: str, needed: Mapping[str, str]) -> None:
    """Refuse what was typed and has no effect *beside* the *way* that was chosen; *needed* says what it needs."""
    for name in given:
        if is_typed(name) and name not in beside:
            where = f"needs {needed[name]}" if name in needed else f"has no meaning with {way}"
            what = "a ROOT" if name == "roots" else option_name(name)
            raise click.UsageError(f"{what} {where}", click.get_current_context())


def is_typed(name: str) -> bool:
    """Say whether the parameter *name* stands on the command line, and is no default of the user's."""
    return click.get_current_context().get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE


def option_name(name: str) -> str:
    """Return the option that sets the parameter *name* as it is set, by its longest name; a flag where one does."""
    context = click.get_current_context()
    value = context.params.get(name)
    params = [param for param in context.command.params if param.name == name]
    flags = [param for param in params if isinstance(param, click.Option) and param.is_flag]
    param = next((flag for flag in flags if flag.flag_value == value), params[0])
    return max((value is False and param.secondary_opts) or param.opts, key=len)


def delimiter(help: str = "Between fields; without one, blanks.") -> Callable[[Decorated], Decorated]:
    """Add --delimiter; the callback gets what stands between fields, nothing for blanks."""

    def untyped(ctx: click.Context, param: click.Parameter, value: str) -> str:
        return TAB.get(value, value)

    return click.option("-d", "--delimiter", default="", metavar="CHAR|tab", callback=untyped, help=help)


def field_input(command: Decorated) -> Decorated:
    """Add --delimiter and --input, which say how the fields of records are found; see shared/fields.py."""
    kinds = click.option(
        "--input",
        "form",
        type=click.Choice(("auto", "text", "csv", "tsv", "jsonl")),
        default="auto",
        show_default=True,
        help="What records are; auto: text for a field by number, else what the first line looks like.",
    )
    return delimiter("Between fields; text without one has blanks there.")(kinds(command))
