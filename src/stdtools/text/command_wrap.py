"""The command line of wrap."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import click

from stdtools.shared.commands import ToolCommand
from stdtools.shared.inputs import line_blocks, read_each
from stdtools.shared.streams import Input, Output
from stdtools.text.wrapping import Wrapper, columns_of, shorten, wrap_comments


@click.command(
    cls=ToolCommand,
    explain="stdtools.text.explain:explain_wrap",
    examples=r"""
stdtools wrap -w 60 words.txt
echo 'one two three' | stdtools wrap -w 12 --indent '> '
stdtools wrap --comment '# ' -w 79 Makefile
stdtools wrap --shorten 40 words.txt
""",
)
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option(
    "-w", "--width", "columns", type=click.IntRange(min=1), default=72, show_default=True, metavar="N",
    help="Columns of a terminal.",
)  # fmt: skip
@click.option("--dedent", is_flag=True, help="First takes away the blanks that all lines begin with. Buffers the file.")
@click.option("--indent", metavar="PREFIX", default="", help="Puts PREFIX before each line; it counts as width.")
@click.option("--no-fill", is_flag=True, help="Leaves the lines as they are, but for --dedent and --indent.")
@click.option("--shorten", type=click.IntRange(min=1), metavar="N", help="Cuts each line at a word, to N columns.")
@click.option("--comment", metavar="MARK", help="Fills the lines that begin with MARK alone, as '# '.")
def wrap(files: tuple[str, ...], **given: Any) -> int:
    """Fill paragraphs to a width.

    Blank lines, bullets (- * + 1.), quotes (>) and other indents begin a
    paragraph; what stands before its lines stays. Columns are those of a
    terminal: wide characters take two, and lines may end between them. Words
    are not cut. A paragraph is held in memory.
    """
    if given["no_fill"] + bool(given["shorten"]) + bool(given["comment"]) > 1:
        raise click.UsageError("one of --no-fill, --shorten and --comment at a time", click.get_current_context())
    with Output() as output:

        def treat(source: Input) -> None:
            lines = _lines(source)
            first = next(lines, None)
            if first is None:
                return
            end = "\r\n" if first.endswith("\r") else "\n"
            bare = (
                (line.removesuffix("\r") for line in chain((first,), lines))
                if end == "\r\n"
                else chain((first,), lines)
            )
            for line in _wrapped(bare, given):
                output.write(f"{line}{end}".encode("utf-8", "surrogateescape"))

        return read_each(files, treat, output)


def _lines(source: Input) -> Iterator[str]:
    for block in line_blocks(source):
        yield from block.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n")


def _wrapped(lines: Iterable[str], given: dict[str, Any]) -> Iterator[str]:
    if given["dedent"]:
        from textwrap import dedent

        lines = dedent("\n".join(lines)).split("\n")
    prefix = given["indent"]
    before = columns_of(prefix)
    columns = max(1, given["columns"] - before)
    wrapped: Iterable[str]
    if given["shorten"]:
        wrapped = (shorten(line, max(1, given["shorten"] - before)) for line in lines)
    elif given["comment"]:
        wrapped = wrap_comments(lines, given["comment"], columns)
    elif given["no_fill"]:
        wrapped = lines
    else:
        wrapped = Wrapper(columns).wrap(lines)
    return (f"{prefix}{line}" if line else prefix.rstrip() for line in wrapped)
