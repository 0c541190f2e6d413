"""The command line of diff."""

import os
import re
from collections.abc import Callable
from typing import Any

import click

from stdtools.diff.command_shape import expressions, shape_of
from stdtools.diff.comparing import Wishes
from stdtools.diff.keys import Ignored
from stdtools.diff.printing import RECORDS, Printer, Shape
from stdtools.diff.running import Entering, Run
from stdtools.shared import journal, screen
from stdtools.shared.commands import ToolCommand
from stdtools.shared.options import Decorated, refuse_idle
from stdtools.shared.parameters import Duration
from stdtools.shared.streams import Output, open_input

ALGORITHMS = ("fast", "minimal", "patience", "difflib")
WIDEST = 1_000_000  # columns, all of which -y fills
BESIDE_CLOSEST = {"closest", "count", "cutoff", "ignore_case", "style", "paths"}
TYPED = "stdtools.diff.typed"  # in the context: the arguments as they were typed


class DiffCommand(ToolCommand):
    """Keeps what was typed: above each pair of two directories stand the options, as in GNU diff's output."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse *args*, and keep them."""
        ctx.meta[TYPED] = list(args)
        try:
            return super().parse_args(ctx, args)
        except (click.NoSuchOption, click.BadOptionUsage):
            for word in ctx.meta[TYPED]:  # as GNU diff and git have it
                if found := re.fullmatch("--?(u|c|unified=|context=)([0-9]+)", word):
                    raise click.UsageError(f"{word} is written -{found[1][0].upper()} {found[2]}", ctx) from None
            raise


class _Number(click.FloatRange):
    """A number in a range, in which Click has NaN as well."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return *value* as a number."""
        number = super().convert(value, param, ctx)
        if number != number:
            self.fail(f"{value!r} is not a number", param, ctx)
        return number


def _style(*names: str, help: str) -> Callable[[Decorated], Decorated]:
    long_name = max(names, key=len).lstrip("-")
    return click.option(*names, "style", flag_value=long_name, allow_from_autoenv=False, help=help)


def _number(*names: str, least: int = 0, most: int | None = None, help: str) -> Callable[[Decorated], Decorated]:
    return click.option(*names, type=click.IntRange(least, most), metavar="N", help=help)


@click.command(
    cls=DiffCommand,
    explain="stdtools.diff.explain:explain",
    examples=r"""
stdtools diff old.txt new.txt > change.patch
stdtools diff -y -w old.txt new.txt
stdtools diff -r --stat before after
stdtools diff --closest recieve words.txt
""",
)
@click.argument("paths", nargs=-1, metavar="A B", type=click.Path(readable=False))
@_style("-u", "--unified", help="The unified format, with 3 lines of context  [default]")
@_number("-U", "--unified-lines", help="The same with N lines.")
@_style("-c", "--context", help="The context format, with 3 lines of context.")
@_number("-C", "--context-lines", help="The same with N lines.")
@_style("--normal", help="The format without context.")
@_style("-y", "--side-by-side", help="Two columns.")
@_style("--ndiff", help="All lines, with ? below those that changed.")
@_style("--word", help="Words that changed, within their lines: [-old-]{+new+}.")
@_style("--char", help="The same with characters.")
@_style("--color-words", help="Words that changed, by colour alone.")
@_style("--html", help="A page: side by side, what changed within lines, for any browser.")
@_style("--stat", help="How many lines of each file changed, with bars.")
@_style("--numstat", help="The same for programs: inserted, deleted, name.")
@_style("--json", help="Hunks, lines, and what changed within them.")
@_style("--jsonl", help="The same, a line for each pair of files.")
@click.option("-q", "--brief", is_flag=True, help="Says only that files differ.")
@click.option("-s", "--report-identical-files", is_flag=True, help="Says also that files are identical.")
@click.option("-i", "--ignore-case", is_flag=True, help="Upper and lower case are the same.")
@click.option("-w", "--ignore-all-space", is_flag=True, help="White space is nothing.")
@click.option("-b", "--ignore-space-change", is_flag=True, help="White space is a blank, at the end of a line nothing.")
@click.option("-Z", "--ignore-trailing-space", is_flag=True, help="White space at the end of a line is nothing.")
@click.option("-E", "--ignore-tab-expansion", is_flag=True, help="A tab is the blanks that it stands for.")
@click.option("--strip-trailing-cr", is_flag=True, help="A carriage return at the end of a line is nothing.")
@click.option("-B", "--ignore-blank-lines", is_flag=True, help="Changes of which all lines are blank do not count.")
@click.option(
    "-I", "--ignore-matching-lines", metavar="RE", multiple=True, help="Nor do those of which all lines match RE."
)
@click.option(
    "--mask", metavar="RE", multiple=True, help="What matches RE is the same everywhere; it is shown as it is."
)
@click.option("-a", "--text", is_flag=True, help="All files are text, as the bytes that they are.")
@click.option("--label", "labels", metavar="TEXT", multiple=True, help="Instead of the name and time of A, then of B.")
@click.option("-p", "--show-c-function", is_flag=True, help="Names the function that a change is in.")
@click.option("-F", "--show-function-line", metavar="RE", help="Shows the line before that matches RE.")
@click.option("--timestamps/--no-timestamps", default=True, help="Times behind the names  [default: yes]")
@click.option("-T", "--initial-tab", is_flag=True, help="A tab before the text of a line, so that its tabs align.")
@_number(
    "-W", "--width", least=1, most=WIDEST, help="Columns of -y and --stat  [default: the terminal's, or 130 and 80]"
)
@click.option("--suppress-common-lines", is_flag=True, help="With -y, only what differs.")
@click.option("--word-regex", metavar="RE", help="What a word is, to --word and --color-words.")
@click.option(
    "--algorithm", type=click.Choice(ALGORITHMS), default="fast", show_default=True, help="How changes are found."
)
@click.option("-d", "--minimal", "algorithm", flag_value="minimal", allow_from_autoenv=False, help="As few as can be.")
@click.option("--deadline", type=Duration(zero=True), metavar="TIME", help="What takes longer is one change.")
@click.option("-r", "--recursive", is_flag=True, help="Compares the directories within directories.")
@click.option("-N", "--new-file", is_flag=True, help="A file that is not there is an empty one.")
@click.option("-x", "--exclude", metavar="GLOB", multiple=True, help="Leaves out files with such names.")
@click.option("--no-dereference", is_flag=True, help="Compares symbolic links, not what they lead to.")
@click.option("--closest", metavar="WORD", help="The lines of FILE that are most like WORD instead.")
@_number("-k", "--count", least=1, help="With --closest, how many  [default: 3]")
@click.option("--cutoff", type=_Number(0, 1), metavar="RATIO", help="With --closest, how like at least  [default: 0.6]")
def diff(**given: Any) -> int:
    """Show how files differ: patches, side by side, by words and more.

    Compares the files A and B line by line; - is standard input, and A may be a file and B the directory
    that has another of its name. Two directories are compared file by file. The patch makes B of A, byte for
    byte, which is checked before it is written. Buffers both files.

    Exit code 0 when nothing differs, 1 when something does, 2 when there was trouble.
    """
    if given["closest"] is not None:
        return _closest(given)
    shape = shape_of(given)
    if len(given["paths"]) != 2:
        _refuse(f"two files are compared, not {len(given['paths'])}")
    wishes = _wishes(given, shape)
    ignored = 0
    with Output() as output:
        run = Run(_entering(given), wishes, Printer(output, shape))
        code = run.compare(*map(os.fsencode, given["paths"]))
        run.printer.close()
        ignored = run.ignored
    journal.counts["pairs"] = run.pairs
    if ignored:
        screen.note(f"{ignored:,} difference{'s' * (ignored != 1)} ignored")
    return code


def _refuse(message: str) -> None:
    raise click.UsageError(message, click.get_current_context())


def _wishes(given: dict[str, Any], shape: Shape) -> Wishes:
    ignored = Ignored(
        case=given["ignore_case"],
        all_space=given["ignore_all_space"],
        space_change=given["ignore_space_change"],
        trailing_space=given["ignore_trailing_space"],
        tab_expansion=given["ignore_tab_expansion"],
        trailing_cr=given["strip_trailing_cr"],
        blank_lines=given["ignore_blank_lines"],
        matching_lines=expressions(given["ignore_matching_lines"], "--ignore-matching-lines"),
        mask=expressions(given["mask"], "--mask"),
    )
    return Wishes(
        ignored,
        given["algorithm"],
        given["deadline"],
        given["text"],
        shape.brief and shape.style not in RECORDS,
        shape.shows_whole,
    )


def _entering(given: dict[str, Any]) -> Entering:
    return Entering(
        given["recursive"], given["new_file"], given["exclude"], not given["no_dereference"], _typed_options
    )


def _typed_options() -> bytes:
    """Return the options as they were typed, each quoted for a shell where it needs that, behind a blank."""
    from shlex import quote

    context = click.get_current_context()
    takes_value = {
        name: isinstance(param, click.Option) and not param.is_flag
        for param in context.command.params
        for name in (*param.opts, *param.secondary_opts)
    }
    options: list[str] = []
    words = iter(context.meta[TYPED])
    for word in words:
        if word == "--":
            break
        if not word.startswith("-") or word == "-":
            continue
        options.append(word)
        if word.startswith("--"):
            last = word
        else:  # flags may stand together, and a value with the option before it
            at = next((at for at, letter in enumerate(word) if at and takes_value.get(f"-{letter}")), 0)
            last = f"-{word[at]}" if at == len(word) - 1 else ""
        if "=" not in word and takes_value.get(last):
            options.append(next(words, ""))
    return b"".join(b" " + os.fsencode(quote(word)) for word in options)


def check_closest(given: dict[str, Any]) -> None:
    """Raise UsageError for what has no meaning with --closest."""
    refuse_idle(given, BESIDE_CLOSEST, "--closest", {})
    if given["style"] not in (None, *RECORDS):
        _refuse(f"--{given['style']} has no meaning with --closest")
    if len(given["paths"]) > 1:
        _refuse("--closest reads one FILE")


def _closest(given: dict[str, Any]) -> int:
    check_closest(given)
    from stdtools.diff.closest import main

    with Output() as output, open_input(given["paths"][0] if given["paths"] else "-", output) as source:
        screen.warn_of_terminal(source.fd)
        cutoff = 0.6 if given["cutoff"] is None else given["cutoff"]
        found = main(
            given["closest"], source, output, given["style"], given["count"] or 3, cutoff, given["ignore_case"]
        )
    return 0 if found else 1
