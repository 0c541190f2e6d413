"""What the commands share of the command line: the common options, --format, sizes, and ToolCommand."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any, TypeVar

import click

from stdtools.shared import journal, records, screen
from stdtools.shared.streams import Output

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


def parse_size(text: str) -> int:
    """Return a number of bytes: ``16``, ``0x10``, ``64k`` (1024), ``10M``, ``1GiB``, also negative."""
    match = re.fullmatch(r"(-?)(0x[0-9a-f]+|[0-9]+)(?:([kmgt]?)(?:i?b)?)", text.strip().lower())
    if match is None:
        raise ValueError(f"{text!r} is not a size; write bytes as 16, 0x10, 64k, 10M or 1G")
    sign, digits, unit = match.groups()
    return (-1 if sign else 1) * int(digits, 0 if digits.startswith("0x") else 10) * _UNITS[unit]


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
    """More than no seconds: a number of them, or as ``parse_duration`` reads it."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return *value* in seconds."""
        from stdtools.shared.times import parse_duration

        try:
            seconds = float(value) if str(value).replace(".", "", 1).isdecimal() else parse_duration(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if not 0 < seconds < 1e9:
            self.fail(f"{value!r} is not a duration; write 0.5, 90s, 15m or 2h", param, ctx)
        return seconds


def offering(values: Callable[[], Iterable[str]]) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """Return what completes a parameter by *values*, which are asked for when Tab is pressed."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
        return [value for value in values() if value.startswith(incomplete)]

    return complete


def _remember(name: str) -> Callable[[click.Context, click.Parameter, Any], Any]:
    def callback(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
        if value:
            setattr(screen.preferences, name, value)
        return value

    return callback


def _verbosity(step: int) -> Callable[[click.Context, click.Parameter, bool], None]:
    def callback(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        if value:
            screen.preferences.verbosity = step

    return callback


def _common_options() -> list[click.Option]:
    def option(*names: str, **settings: Any) -> click.Option:
        return click.Option(list(names), expose_value=False, is_eager=True, **settings)

    return [
        option("-v", "--verbose", is_flag=True, callback=_verbosity(1), help="Say more on standard error."),
        option("-q", "--quiet", is_flag=True, callback=_verbosity(-1), help="Say nothing but errors."),
        option("--debug", is_flag=True, callback=_remember("debug"), help="Show a traceback for a bug."),
        option(
            "--color",
            type=click.Choice(["auto", "always", "never"]),
            default="auto",
            callback=_remember("color"),
            help="Colour the output (auto: on a terminal).",
        ),
    ]


def show_help(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    """Print the help and end; a standard output that cannot be written is an error, unlike Click's."""
    if value and not ctx.resilient_parsing:
        print_text(ctx.get_help() + "\n")
        ctx.exit()


def print_text(text: str) -> None:
    """Write *text* on standard output."""
    with Output() as output:
        if output.is_terminal:
            text = screen.safe_lines(text)
        output.write(text.encode("utf-8", "surrogateescape"))


class HelpToOutput(click.Command):
    """A command whose --help goes through Output."""

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return Click's help option with our callback."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.callback = show_help
        return option


class LazyGroup(HelpToOutput, click.Group):
    """A group that knows its commands by name and imports one only to run it.

    *table* maps a name to the module that has the command under that name, or to ``module:name`` where
    the two differ, and to the first line of its help; *sections* are titles and names for the help, all commands under
    one title where there are none. Without arguments the group shows its help.
    """

    def __init__(
        self,
        *,
        table: Mapping[str, tuple[str, str]],
        sections: Mapping[str, Sequence[str]] | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(
            subcommand_metavar="COMMAND [ARGS]...",
            context_settings={"help_option_names": ["-h", "--help"]},
            no_args_is_help=False,
            **settings,
        )
        self.table = table
        self._sections = sections or {"Commands": sorted(table)}
        for name, (_, short_help) in table.items():
            self.add_command(click.Command(name, short_help=short_help, help=short_help))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take no arguments as a wish for help."""
        return super().parse_args(ctx, args or ["--help"])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolve the name against the table, then put the real command in the place of its stub."""
        name, command, rest = super().resolve_command(ctx, args)
        if ctx.parent is not None:
            for key in (ctx.default_map or {}).keys() - self.table.keys() - {param.name for param in self.params}:
                screen.complain(f"config.toml: [{ctx.info_name}] has no command {key!r}")
        if name is not None:
            screen.preferences.command = f"{ctx.command_path} {name}"
            command = self.load(name)
        return name, command, rest

    def load(self, name: str) -> click.Command:
        """Import the command *name*."""
        module, _, attribute = self.table[name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute or name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands under their titles, a line each."""
        width = max(map(len, self.table))
        formatter.write_paragraph()
        for title, names in self._sections.items():
            formatter.write(f"{title}:\n")
            formatter.write("".join(f"  {name.ljust(width)}  {self.table[name][1]}\n" for name in names))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Say where there is more help."""
        formatter.write_paragraph()
        formatter.write_text(f"Run '{ctx.command_path} COMMAND --help' for examples and options.")
        if ctx.parent is None:
            formatter.write_text(f"'{ctx.command_path} help' lists topics: dates, sizes, records, exit codes and more.")


class ToolCommand(HelpToOutput):
    """A command with the common options; ``explain`` returns the script that --explain prints.

    ``explain`` takes the same parameters as the callback. *group* is the command that this one is
    a part of.
    """

    def __init__(
        self, *args: Any, explain: Callable[..., str], examples: str, group: str = "", **settings: Any
    ) -> None:
        super().__init__(*args, **settings)
        self._explain = explain
        self.examples = examples
        taken = {name for param in self.params for name in param.opts}
        for common in _common_options():
            common.opts = [name for name in common.opts if name not in taken]
            if common.opts:
                self.params.append(common)
        self.params.append(
            click.Option(
                ["--explain"],
                is_flag=True,
                allow_from_autoenv=False,
                help="Print a short script, standard library only, that does what this would do.",
            )
        )
        # An option's variable and its key in config.toml are its own long name, whatever the parameter's.
        self.settable: dict[str, click.Option] = {}
        for option in self.params:
            if isinstance(option, click.Option) and option.allow_from_autoenv and option.name:
                long_name = max(option.opts, key=len).lstrip("-")
                words = ("STDTOOLS", *([group] if group else []), str(self.name), long_name)
                option.envvar = "_".join(words).upper().replace("-", "_")
                self.settable[long_name] = option

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Make the context with the defaults of this command's table in config.toml."""
        given = ((parent and parent.default_map) or {}).get(info_name or "", {})
        table = screen.preferences.command.removeprefix("stdtools ").replace(" ", ".")
        if not isinstance(given, dict):
            screen.complain(f"config.toml: [{table}] is not a table")
            given = {}
        defaults = {}
        for key, value in given.items():
            option = self.settable.get(key)
            values = value if isinstance(value, list) and option and option.multiple else [value]
            if option and all(isinstance(each, str | int | float) and "\0" not in str(each) for each in values):
                defaults[str(option.name)] = values if option.multiple else value
            elif option:
                what = "neither text nor a number" + (", nor a list of these" if option and option.multiple else "")
                screen.complain(f"config.toml: [{table}] {key} is {what}")
            else:
                screen.complain(f"config.toml: [{table}] has no option {key!r}; it has {', '.join(self.settable)}")
        return super().make_context(info_name, args, parent, default_map=defaults, **extra)

    def make_parser(self, ctx: click.Context) -> Any:
        """Return Click's parser, which knows ``-n`` as it knows ``--name``.

        Else it would make an error of it, with suggestions, before it tries short options: 2 ms of 45.
        """
        parser = super().make_parser(ctx)
        parser._long_opt |= parser._short_opt
        return parser

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, or with --explain print its script."""
        journal.listen()
        if ctx.params.pop("explain"):
            print_text(self._explain(**ctx.params))
            return 0
        return super().invoke(ctx)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, line by line as they are."""
        with formatter.section("Examples"):
            for line in self.examples.strip("\n").splitlines():
                formatter.write(f"{'':{formatter.current_indent}}{line}\n")


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
    context = click.get_current_context()
    words = {param.name: max(param.opts, key=len) for param in reversed(context.command.params)}
    for name in given:
        typed = context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
        if typed and name not in beside:
            where = f"needs {needed[name]}" if name in needed else f"has no meaning with {way}"
            raise click.UsageError(f"{'a ROOT' if name == 'roots' else words[name]} {where}", context)


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
    between = click.option(
        "-d", "--delimiter", default="", metavar="CHAR|tab", help="Between fields; text without one has blanks there."
    )
    return between(kinds(command))
