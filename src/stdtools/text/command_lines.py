"""The command line of lines."""

import os
import re
from collections.abc import Iterator
from typing import Any

import click

from stdtools.shared import journal, places, screen
from stdtools.shared.commands import ToolCommand
from stdtools.shared.inputs import line_blocks, read_each, split_lines
from stdtools.shared.options import record_output, refuse_idle
from stdtools.shared.records import RecordWriter
from stdtools.shared.streams import Input, Output
from stdtools.text.line_index import LineIndex
from stdtools.text.picking import Numbered, parse, pick


def _explain(given: dict[str, Any]) -> str:
    from stdtools.text.explain import explain_lines

    ranges, files = _arguments(given.pop("arguments"), given)
    return explain_lines(given, ranges, files)


@click.command(
    cls=ToolCommand,
    explain=_explain,
    examples=r"""
stdtools lines 10-20 /etc/services
stdtools lines -- -3 /etc/services
stdtools lines 1,::100 --numbers /etc/services
stdtools lines --match '^ssh' --around 1 /etc/services
""",
    context_settings={"ignore_unknown_options": True},
)
@click.argument("arguments", nargs=-1, metavar="RANGES [FILE]...")
@click.option("--match", "--grep", metavar="RE", help="The lines in which RE is found, in the place of RANGES.")
@click.option("--around", type=click.IntRange(min=0), metavar="N", help="With --match: N lines before and behind, too.")
@click.option("--numbers", is_flag=True, help="Puts the number of the line before it, and a tab.")
@click.option("--index/--no-index", default=True, help="Keeps where the lines of large files are.  [default: yes]")
@record_output("the lines as they are")
def lines(arguments: tuple[str, ...], **given: Any) -> int:
    """Print lines by their numbers.

    RANGES is a list: 5, 10-20, 9- (to the end), -3 (the last three), 10:50:2,
    ::100 (every hundredth, from 1). Lines come once, in the order of the file.
    In regular files of 32 MiB and more the next run jumps to them: an index is
    kept in the cache, which holds until the file changes.

    The exit code is 1 when there is no such line.
    """
    ranges, files = _arguments(arguments, given)
    choice = None if given["match"] is not None else parse(ranges)
    pattern = _compiled(given["match"]) if given["match"] is not None else None
    found = 0
    with Output() as output:
        names = ("file", "line", "text") if len(files) > 1 else ("line", "text")
        writer = RecordWriter(output, names, given["format"]) if given["format"] else None

        def treat(source: Input) -> None:
            nonlocal found
            index = None
            if choice is not None and given["index"] and LineIndex.is_for(source):
                index = LineIndex(source, os.path.join(places.cache_dir(), "lines"))
            chosen = pick(source, choice, index) if choice else _matching(source, pattern, given["around"] or 0)
            for number, line in chosen:
                found += 1
                if writer is not None:
                    text = line.decode("utf-8", "surrogateescape")
                    writer.write([(source.name, number, text) if len(files) > 1 else (number, text)])
                else:
                    if output.is_terminal:
                        line = screen.safe_lines(line.decode("utf-8", "surrogateescape")).encode()
                    output.write(b"%d\t%b\n" % (number, line) if given["numbers"] else line + b"\n")
            if index is not None:
                index.save()

        code = read_each(files, treat, writer or output)
        if writer is not None:
            writer.close()
    journal.counts["lines"] = found
    return code or int(not found)


def _arguments(arguments: tuple[str, ...], given: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    context = click.get_current_context()
    if given["match"] is None:
        refuse_idle(["around"], (), "", {"around": "--match"})
    for argument in arguments:
        if re.match("-[^0-9]", argument):
            options = [name for param in context.command.params for name in param.opts if name.startswith("--")]
            raise click.NoSuchOption(argument.partition("=")[0], possibilities=options, ctx=context)
    for argument in arguments[given["match"] is None :]:
        if argument.startswith("-") and argument != "-":
            raise click.UsageError(f"no such option {argument!r}; a file of that name is ./{argument}", context)
    if given["match"] is not None:
        return "", arguments
    if not arguments:
        raise click.UsageError("the RANGES are missing: 5, 10-20, -3, ::100", context)
    return arguments[0], arguments[1:]


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise click.UsageError(f"--match: {error}", click.get_current_context()) from None


def _matching(source: Input, pattern: Any, around: int) -> Iterator[Numbered]:
    from collections import deque

    before: deque[Numbered] = deque(maxlen=around)
    left = number = 0
    for block in line_blocks(source):
        for line in split_lines(block):
            number += 1
            if pattern.search(line.decode("utf-8", "surrogateescape")):
                yield from before
                before.clear()
                yield number, line
                left = around
            elif left:
                left -= 1
                yield number, line
            elif around:
                before.append((number, line))
