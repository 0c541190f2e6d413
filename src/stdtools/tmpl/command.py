"""The command line of tmpl."""

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import Any

import click

from stdtools.shared import screen
from stdtools.shared.commands import ToolCommand
from stdtools.shared.options import record_output, refuse_idle
from stdtools.shared.streams import STDIN
from stdtools.tmpl.command_render import looks_first, render, render_rows
from stdtools.tmpl.language import Syntax
from stdtools.tmpl.streaming import TemplateText, open_template
from stdtools.tmpl.values import Source, Values

ESCAPE_NAMES = ("auto", "html", "shell", "json", "toml", "xml", "ini", "url", "csv", "none")


class _SourceOption(click.Option):
    """An option that gives values; all of them are remembered in the order in which they were typed."""

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        """Have the parser tell when it meets the option."""
        super().add_to_parser(parser, ctx)
        name = self.opts[0]  # all of them are one option of the parser
        option = parser._long_opt.get(name) or parser._short_opt.get(name)
        option.process = self._telling(option.process, ctx)

    def _telling(self, process: Callable[[Any, Any], None], ctx: click.Context) -> Callable[[Any, Any], None]:
        def tell(value: Any, state: Any) -> None:
            ctx.meta.setdefault(__name__, []).append((self.name, value))
            process(value, state)

        return tell


class _TmplCommand(ToolCommand):
    """The command, whose --env has a value only behind an equals sign."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take --env for --env= with nothing behind it; refuse a second operand."""
        rest = super().parse_args(ctx, ["--env=" if word == "--env" else word for word in args])
        if rest:
            hint = f"; a value is written -D {rest[0]}" if "=" in rest[0] else ""
            raise click.UsageError(f"one TEMPLATE at a time; {rest[0]!r} is a second one{hint}", ctx)
        return rest


def _explain(given: dict[str, Any]) -> str:
    from stdtools.tmpl.explain import explain

    return explain(given, _typed_sources(given))


@click.command(
    cls=_TmplCommand,
    context_settings={"allow_extra_args": True},
    explain=_explain,
    examples=r"""
stdtools tmpl -e 'Hello ${name:-world}, from $HOME' --env
echo 'server ${host}:${port:-80};' | stdtools tmpl -D host=example.org
stdtools find --jsonl | stdtools tmpl -e '$path: $size' --each -
printf 'id,name\n1,one\n' | stdtools tmpl -e '$id is $name' --each - -o 'out/$id.txt' -n
""",
)
@click.argument("template", required=False, metavar="[TEMPLATE]")
@click.option("-e", "--text", metavar="TEXT", allow_from_autoenv=False, help="The template, a line, instead of a file.")
@click.option(
    "-D",
    "--define",
    cls=_SourceOption,
    multiple=True,
    metavar="NAME=VALUE",
    allow_from_autoenv=False,
    help="A value.",
)
@click.option(
    "--data", cls=_SourceOption, multiple=True, metavar="FILE", help="Values: JSON, TOML, INI, .env, CSV, TSV."
)
@click.option(
    "--data-format",
    type=click.Choice(["json", "toml", "ini", "env", "csv", "tsv"]),
    help="What FILE is, where its name does not tell.",
)
@click.option(
    "--env",
    cls=_SourceOption,
    multiple=True,
    metavar="[=PREFIX]",
    allow_from_autoenv=False,
    help="The environment, or what in it begins with PREFIX.",
)
@click.option("--keep", is_flag=True, help="A place without a value stays as it is.")
@click.option("--empty", is_flag=True, help="A place without a value becomes nothing.")
@click.option(
    "--only", multiple=True, metavar="NAME,...|PREFIX*", help="Touches these alone; all else stays, $$ included."
)
@click.option("--delimiter", metavar="CHARS", default="$", show_default=True, help="What places begin with.")
@click.option("--plain", is_flag=True, help="Knows $name, ${name} and $$ alone, as string.Template does.")
@click.option("--no-escape", is_flag=True, help="With --only: $$ is no escape; a place may follow the first $.")
@click.option(
    "--escape",
    type=click.Choice(ESCAPE_NAMES),
    default="none",
    show_default=True,
    help="How values are written; auto: as the name of the output tells.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    allow_from_autoenv=False,
    help="Writes FILE, as a whole; with --each FILE may hold places.",
)
@click.option("--each", metavar="FILE", help="One rendering for each record: CSV, TSV, JSON lines.")
@click.option("--header", metavar="TEXT", help=r"A line before the first rendering; \n and \t are escapes.")
@click.option("--footer", metavar="TEXT", help="A line behind the last rendering.")
@click.option("--separator", metavar="TEXT", help="Between two renderings.")
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Processes for a long file of records.",
)
@click.option("-n", "--dry-run", is_flag=True, help="Lists the files that would change.")
@click.option("--list", "list_places", is_flag=True, help="Lists the places: name, line, column, default, required.")
@click.option("--check", is_flag=True, help="Lists what is missing and what is unused; exits with 1 for either.")
@click.option("--where-from", is_flag=True, help="Lists where each value comes from; secrets are masked.")
@record_output("a table on a terminal, else plain; for lists")
def tmpl(**given: Any) -> int:
    """Fill in templates: $name and ${name:-default}.

    Values replace places: $name, ${name}, ${name:-default}, ${name:+instead}, ${name:?message}, ${a.b[0]};
    without the colon an empty value is one. $$ is a $. Values are inserted once. Later sources win. TEMPLATE
    is a file, or standard input; bytes are kept.

    Where a value is missing, all such places are told and nothing is written: exit code 1; 2 when the template
    is malformed. With --escape json, toml, xml or ini the output is parsed before it is written (buffers it).

    With --each a record's values come before all others. Files of -o are written all or none, only those
    that change, and none outside of the directory before the first place.
    """
    mode = _mode(given)
    try:
        syntax = Syntax(given["delimiter"], plain=given["plain"], doubled=not given["no_escape"])
    except ValueError as error:
        raise click.UsageError(str(error), click.get_current_context()) from None
    values = Values(_sources(given))
    with _template(given, twice=mode == "render") as template:
        if mode == "each":
            return render_rows(given, syntax, values, template)
        if mode == "render":
            return render(given, syntax, values, template)
        from stdtools.tmpl.command_lists import write_list

        return write_list(given, mode, syntax, values, template)


_TEXTS = {"header", "footer", "separator"}
_VALUES = {"define", "data", "data_format", "env"}
_SYNTAX = {"template", "text", "delimiter", "plain"}
_WRITING = {"keep", "empty", "only", "no_escape", "escape", "output", "dry_run"}
_BESIDE = {
    "render": _SYNTAX | _VALUES | _WRITING,
    "each": _SYNTAX | _VALUES | _WRITING | _TEXTS | {"each", "jobs"},
    "list_places": _SYNTAX | {"list_places", "format"},
    "check": _SYNTAX | _VALUES | {"check", "format"},
    "where_from": _SYNTAX | _VALUES | {"where_from", "format"},
}


def _mode(given: dict[str, Any]) -> str:
    """Return what is to be done; refuse what does not go together."""
    ways = {"list_places": "--list", "check": "--check", "where_from": "--where-from", "each": "--each"}
    mode = next((name for name in ways if given[name]), "render")
    lists = "--list, --check or --where-from"
    needed = {} if mode != "render" else {"format": lists, **dict.fromkeys((*_TEXTS, "jobs"), "--each")}
    beside = _BESIDE[mode]
    if not given["data"] and "data" in beside:
        needed["data_format"] = "--data"
        beside = beside - {"data_format"}
    own = {option.name for option in tmpl.params if isinstance(option, click.Option) and option.name in given}
    refuse_idle(own, beside, ways.get(mode, ""), needed)
    ctx = click.get_current_context()
    if given["output"] == "-":
        given["output"] = None
    if given["keep"] and given["empty"]:
        raise click.UsageError("--keep and --empty do not go together", ctx)
    if given["no_escape"] and not given["only"]:
        raise click.UsageError("--no-escape needs --only", ctx)
    if given["dry_run"] and not given["output"]:
        raise click.UsageError("--dry-run needs --output", ctx)
    if given["text"] is not None and given["template"] is not None:
        hint = f"; a prefix is written --env={given['template']}" if "" in given["env"] else ""
        raise click.UsageError(f"a template is TEXT or a file, not both{hint}", ctx)
    inputs = [given["each"], *given["data"]] + ([given["template"] or "-"] if given["text"] is None else [])
    if inputs.count("-") > 1:
        raise click.UsageError("standard input is one file: the template, --data or --each", ctx)
    return mode


def _typed_sources(given: dict[str, Any]) -> list[tuple[str, str]]:
    """Return kind and text of each source of values, those that were not typed first."""
    typed: list[tuple[str, str]] = click.get_current_context().meta.get(__name__, [])
    kinds = {kind for kind, _ in typed}
    return [("data", path) for path in given["data"] if "data" not in kinds] + typed


def _sources(given: dict[str, Any]) -> list[Source]:
    """Return the sources of values, in order."""
    found = []
    for kind, text in _typed_sources(given):
        if kind == "define":
            from stdtools.tmpl.sources import typed

            try:
                found.append(typed(text))
            except ValueError as error:
                raise click.UsageError(str(error), click.get_current_context()) from None
        elif kind == "env":
            from stdtools.tmpl.sources import environment

            found.append(environment(text))
        else:
            from stdtools.tmpl.sources import read_source

            found.append(read_source(text, given["data_format"]))
    return found


@contextlib.contextmanager
def _template(given: dict[str, Any], *, twice: bool) -> Iterator[TemplateText]:
    text = given["text"]
    path = given["template"] or "-"
    if text is not None:
        text = os.fsencode(text).decode("utf-8", "surrogateescape")
        text += "" if given["separator"] is not None else "\n"
    elif path == "-" and os.isatty(STDIN):
        screen.note("reading from the terminal; Ctrl-D ends")
    with open_template(path, text, twice=twice and looks_first(given)) as template:
        yield template
