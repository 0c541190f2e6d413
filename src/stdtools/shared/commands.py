"""Commands and groups with what all of them have: the common options, their help, and --explain."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

import click

from stdtools.shared import journal, screen
from stdtools.shared.streams import Output


def _remember(name: str) -> Callable[[click.Context, click.Parameter, Any], Any]:
    def callback(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
        if value:
            setattr(screen.preferences, name, value)
        return value

    return callback


def _verbosity(step: int) -> Callable[[click.Context, click.Parameter, bool], None]:
    def callback(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        is_typed = ctx.get_parameter_source(str(param.name)) is click.core.ParameterSource.COMMANDLINE
        if value and (is_typed or not screen.preferences.verbosity):  # Click handles what was typed first
            screen.preferences.verbosity = step

    return callback


def _common_options() -> list[click.Option]:
    def option(*names: str, **settings: Any) -> click.Option:
        return click.Option(list(names), expose_value=False, is_eager=True, **settings)

    return [
        option("-v", "--verbose", is_flag=True, callback=_verbosity(1), help="Says more on standard error."),
        option("-q", "--quiet", is_flag=True, callback=_verbosity(-1), help="Says nothing but errors."),
        option("--debug", is_flag=True, callback=_remember("debug"), help="Shows a traceback for a bug."),
        option(
            "--color",
            type=click.Choice(["auto", "always", "never"]),
            default="auto",
            callback=_remember("color"),
            help="Colours the output (auto: on a terminal).",
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


_WORDS = {
    ". Choose from:\n\t": ": ",
    ",\n\t": ", ",
    "is not a valid integer": "is no whole number",
    "whole number range": "whole number",
}


def in_our_words(message: str) -> str:
    """Return a *message* of Click's on one line, and as we say it."""
    for theirs, ours in _WORDS.items():
        message = message.replace(theirs, ours)
    return message.rstrip(".")


def _imported(place: str, name: str = "") -> Any:
    """Return what is at *place*, ``module:name``, or the *name* in a module."""
    module, _, attribute = place.partition(":")
    return getattr(import_module(module), attribute or name)


def is_settable(option: click.Option, value: Any) -> bool:
    """Say whether config.toml may have *value* for *option*: text, a number, or of one with several values a list."""
    values = value if isinstance(value, list) and option.multiple else [value]
    return all(isinstance(each, str | int | float) and "\0" not in str(each) for each in values)


class HelpToOutput(click.Command):
    """A command whose --help goes through Output."""

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return Click's help option with our callback, in the voice of the others."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.callback = show_help
            option.help = "Shows this message and exits."
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
        command: click.Command = _imported(self.table[name][0], name)
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
    """A command with the common options.

    *explain* returns the script that --explain prints, of the dict of parameters; it is a function, or ``module:name``
    of one that is imported to run. *group* is the command that this one is a part of.
    """

    def __init__(
        self,
        *args: Any,
        explain: str | Callable[[dict[str, Any]], str],
        examples: str,
        group: str = "",
        **settings: Any,
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
                help="Prints a short script, standard library only, that does what this would do.",
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
            if option and is_settable(option, value):
                defaults[str(option.name)] = value if isinstance(value, list) or not option.multiple else [value]
            elif option:
                what = "neither text nor a number" + (", nor a list of these" if option.multiple else "")
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
            explain = _imported(self._explain) if isinstance(self._explain, str) else self._explain
            print_text(explain(ctx.params))
            return 0
        return super().invoke(ctx)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, line by line as they are."""
        with formatter.section("Examples"):
            for line in self.examples.strip("\n").splitlines():
                formatter.write(f"{'':{formatter.current_indent}}{line}\n")
