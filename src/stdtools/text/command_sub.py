"""The command line of sub."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import click

from stdtools.shared import journal, screen
from stdtools.shared.errors import ToolError
from stdtools.shared.inputs import read_each
from stdtools.shared.options import Duration, ToolCommand, record_output
from stdtools.shared.records import RecordWriter
from stdtools.shared.streams import Input, Output
from stdtools.text.substituting import Substitution

TIMED_OUT = 124


def _explain(**given: Any) -> str:
    from stdtools.text.explain import explain_sub

    arguments = given.pop("arguments")
    return explain_sub(given, _arguments(arguments, given))


@click.command(
    cls=ToolCommand,
    explain=_explain,
    examples=r"""
stdtools sub '(\w+)@(\w+)' '\2 at \1' names.txt
stdtools sub -F 1.0 1.1 -n names.txt
stdtools sub '(?P<user>\w+):(?P<rest>.*)' --extract --jsonl /etc/passwd
echo 'hello, world' | stdtools sub --tr a-z A-Z
""",
)
@click.argument("arguments", nargs=-1, metavar="PATTERN REPLACEMENT [FILE]...")
@click.option("-F", "--fixed-strings", "fixed", is_flag=True, help="Takes both as they are: no pattern, no groups.")
@click.option("-i", "--ignore-case", is_flag=True, help="Takes small letters and capitals for the same.")
@click.option("--max", "most", type=click.IntRange(min=1), metavar="N", help="The first N of a line, of a file.")
@click.option("--multiline", is_flag=True, help="Matches across lines; ^ and $ are ends of lines. Buffers the file.")
@click.option("--in-place", is_flag=True, help="Changes the files themselves; only those with a match.")
@click.option("--backup", metavar="SUFFIX", default="", help="With --in-place: keeps a copy under NAME + SUFFIX.")
@click.option("-n", "--dry-run", is_flag=True, help="Shows line, column, old and new of what would change.")
@click.option("--count", "counts", is_flag=True, help="Lists how many matches each file has.")
@click.option("--extract", is_flag=True, help="Lists the groups of each match; no REPLACEMENT.")
@click.option("--tr", nargs=2, metavar="FROM TO", help="Characters for characters, with ranges; empty TO: none.")
@click.option("--capwords", is_flag=True, help="Begins each word with a capital.")
@click.option(
    "--timeout",
    type=Duration(),
    metavar="TIME",
    help="Ends a file that takes longer, as 90s or 5m: exit code 124.",
)
@record_output("for --count and --extract: table on a terminal, else plain")
def sub(arguments: tuple[str, ...], **given: Any) -> int:
    r"""Substitute by regular expressions in lines.

    PATTERN is one of Python's re, on text in UTF-8 whose other bytes are kept.
    REPLACEMENT has groups as \1 and \g<name>. A line has no end as far as
    PATTERN can see. Without FILE it is a filter of standard input.

    With -n, --count or --extract the exit code is 1 when nothing matched.
    """
    files, work = _work(arguments, given)
    looks = given["dry_run"] or given["counts"] or given["extract"]
    if given["in_place"] and not looks:
        return _in_place(files, work, given)
    with Output() as output:
        writer = _writer(output, work, given)

        def treat(source: Input) -> None:
            with _limit(given["timeout"], source.name):
                if given["dry_run"]:
                    _show(output, work, source)
                elif writer is None and not (given["timeout"] is None and _in_turn(output, work, source)):
                    for piece in work.pieces(source):
                        output.write(piece)
                elif writer is None:
                    pass
                elif given["extract"]:
                    writer.write(_groups(match) for match in work.found(source))
                else:
                    before = work.matches
                    for _ in work.pieces(source):
                        pass
                    writer.write([(source.name, work.matches - before)])

        code = _timed(lambda: read_each(files, treat, writer or output))
        if writer is not None:
            writer.close()
    if isinstance(work, Substitution):
        journal.counts["matches"] = work.matches
        if looks and not code and not work.matches:
            return 1
    return code


def _in_turn(output: Output, work: Any, source: Input) -> bool:
    """Do it by several processes, where that is worth it; say whether it was."""
    if not isinstance(work, Substitution) or work.whole or not source.is_large:
        return False
    from stdtools.shared.strides import strides, workers_for

    if (number := workers_for(source)) == 1:
        return False
    from stdtools.shared.turns import write_in_turn

    output.flush()
    pieces: list[Iterator[bytes]] = [
        (work.in_lines(block) for _, block in strides(source, index, number)) for index in range(number)
    ]
    write_in_turn(pieces, output.fd, source.name)
    return True


def _arguments(arguments: tuple[str, ...], given: dict[str, Any]) -> tuple[list[str], tuple[str, ...]]:
    """Return PATTERN and REPLACEMENT, as far as they belong there, and the files."""
    ways = [f"--{way}" for way in ("tr", "capwords", "extract") if given[way]]
    context = click.get_current_context()
    if len(ways) > 1:
        raise click.UsageError(f"{ways[0]} and {ways[1]} exclude each other", context)
    number = 1 if given["extract"] else 0 if ways else 2
    if len(arguments) < number:
        raise click.UsageError(f"a {'REPLACEMENT' if arguments else 'PATTERN'} is missing", context)
    if given["backup"] and not given["in_place"]:
        raise click.UsageError("--backup needs --in-place", context)
    return list(arguments[:number]), arguments[number:]


def _work(arguments: tuple[str, ...], given: dict[str, Any]) -> tuple[tuple[str, ...], Any]:
    words, files = _arguments(arguments, given)
    if given["tr"] or given["capwords"]:
        from stdtools.text.translating import Capitals, Translation

        for name in ("fixed", "ignore_case", "most", "multiline", "dry_run", "counts"):
            if given[name]:
                raise click.UsageError("--tr and --capwords go with --in-place alone", click.get_current_context())
        return files, Translation(*given["tr"]) if given["tr"] else Capitals()
    return files, Substitution(
        words[0],
        words[1] if len(words) > 1 else "",
        fixed=given["fixed"],
        ignore_case=given["ignore_case"],
        whole=given["multiline"],
        most=given["most"] or 0,
    )


def _writer(output: Output, work: Any, given: dict[str, Any]) -> RecordWriter | None:
    if given["extract"]:
        names = {number: name for name, number in work.pattern.groupindex.items()}
        columns = [names.get(number, str(number)) for number in range(1, work.pattern.groups + 1)] or ["match"]
        return RecordWriter(output, columns, given["format"])
    return RecordWriter(output, ("file", "matches"), given["format"]) if given["counts"] else None


def _groups(match: Any) -> tuple[str | None, ...]:
    groups: tuple[str | None, ...] = match.groups()
    return groups or (match[0],)


def _show(output: Output, work: Substitution, source: Input) -> None:
    if work.whole:
        _show_whole(output, work, source)
        return
    for change in work.changes(source):
        text = f"{source.name}:{change.line}:{change.column}\n-{change.old}\n+{change.new}\n"
        output.write((screen.safe_lines(text) if output.is_terminal else text).encode("utf-8", "surrogateescape"))


def _show_whole(output: Output, work: Substitution, source: Input) -> None:
    from difflib import unified_diff

    old, new = (text.removesuffix("\n").split("\n") for text in work.whole_change(source))
    text = "".join(f"{line}\n" for line in unified_diff(old, new, source.name, source.name, lineterm=""))
    output.write((screen.safe_lines(text) if output.is_terminal else text).encode("utf-8", "surrogateescape"))


def _in_place(files: tuple[str, ...], work: Any, given: dict[str, Any]) -> int:
    from stdtools.shared.in_place import rewrite

    if not files or "-" in files:
        raise ToolError("--in-place needs files; standard input has no place to go back to")
    changed = 0

    def treat(source: Input) -> None:
        nonlocal changed
        with _limit(given["timeout"], source.name):
            changed += rewrite(source.name, work.pieces(source), backup=given["backup"])

    code = _timed(lambda: read_each(files, treat))
    screen.note(f"{changed} of {len(files)} files changed", verbosity=1)
    return code


class _TimeUp(Exception):
    """A file took longer than --timeout allows."""


def _timed(run: Any) -> int:
    try:
        code: int = run()
    except _TimeUp as error:
        screen.complain(f"{error}: took longer than --timeout; a pattern with nested repeats may never end")
        return TIMED_OUT
    return code


@contextmanager
def _limit(seconds: float | None, name: str) -> Iterator[None]:
    """Raise _TimeUp after so many seconds: the re module looks for signals while it searches."""
    if seconds is None:
        yield
        return

    def end(number: int, frame: FrameType | None) -> None:
        raise _TimeUp(name)

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
