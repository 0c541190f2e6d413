"""The command line of sub."""

import signal
from collections.abc import Iterator
from types import FrameType
from typing import Any, TypeVar

import click

from stdtools.shared import journal, screen
from stdtools.shared.commands import ToolCommand
from stdtools.shared.errors import ToolError
from stdtools.shared.inputs import read_each
from stdtools.shared.options import record_output, refuse_idle
from stdtools.shared.parameters import Duration, Suffix
from stdtools.shared.records import RecordWriter
from stdtools.shared.streams import Flushable, Input, Output
from stdtools.text.substituting import Substitution

TIMED_OUT = 124
SHORTEST = 1e-6  # seconds; none at all would be no limit

Step = TypeVar("Step")


def _explain(given: dict[str, Any]) -> str:
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
@click.option(
    "--in-place", is_flag=True, allow_from_autoenv=False, help="Changes the files themselves; only those with a match."
)
@click.option("--backup", type=Suffix(), metavar="SUFFIX", help="With --in-place: keeps a copy under NAME + SUFFIX.")
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
        return _in_place(files, work, given["backup"], _Limit(given["timeout"]))
    are_known = True  # the matches of all files; what other processes find is theirs
    with Output() as output:
        writer = _writer(output, work, given)
        limit = _Limit(given["timeout"], writer or output)

        def treat(source: Input) -> None:
            nonlocal are_known
            if given["dry_run"]:
                for text in limit.within(_shown(work, source), source.name):
                    text = screen.safe_lines(text) if output.is_terminal else text
                    output.write(text.encode("utf-8", "surrogateescape"))
            elif writer is None and given["timeout"] is None and _in_turn(output, work, source):
                are_known = False
            elif writer is None:
                for piece in limit.within(work.pieces(source), source.name):
                    output.write(piece)
            elif given["extract"]:
                writer.write(_groups(match) for match in limit.within(work.found(source), source.name))
            else:
                before = work.matches
                for _ in limit.within(work.pieces(source), source.name):
                    pass
                writer.write([(source.name, work.matches - before)])

        code = read_each(files, treat, limit)
        if writer is not None:
            writer.close()
    if isinstance(work, Substitution) and are_known:
        journal.counts["matches"] = work.matches
        if looks and not code and not work.matches:
            return 1
    return TIMED_OUT if limit.was_passed else code


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
    if not given["in_place"]:
        refuse_idle(["backup"], (), "", {"backup": "--in-place"})
    return list(arguments[:number]), arguments[number:]


def _work(arguments: tuple[str, ...], given: dict[str, Any]) -> tuple[tuple[str, ...], Any]:
    words, files = _arguments(arguments, given)
    if given["tr"] or given["capwords"]:
        from stdtools.text.translating import Capitals, Translation

        if given["dry_run"] or given["counts"]:
            raise click.UsageError("--tr and --capwords go with --in-place alone", click.get_current_context())
        of_patterns = ("fixed", "ignore_case", "most", "multiline")
        refuse_idle(of_patterns, (), "--tr" if given["tr"] else "--capwords", {})
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


def _shown(work: Substitution, source: Input) -> Iterator[str]:
    if not work.whole:
        for change in work.changes(source):
            yield f"{source.name}:{change.line}:{change.column}\n-{change.old}\n+{change.new}\n"
        return
    from difflib import unified_diff

    old, new = (text.removesuffix("\n").split("\n") for text in work.whole_change(source))
    yield from (f"{line}\n" for line in unified_diff(old, new, source.name, source.name, lineterm=""))


def _in_place(files: tuple[str, ...], work: Any, backup: str | None, limit: "_Limit") -> int:
    from stdtools.shared.in_place import rewrite

    if not files or "-" in files:
        raise ToolError("--in-place needs files; standard input has no place to go back to")
    changed = 0

    def treat(source: Input) -> None:
        nonlocal changed
        changed += rewrite(source.name, limit.within(work.pieces(source), source.name), backup=backup)

    code = read_each(files, treat)
    screen.note(f"{changed} of {len(files)} files changed", verbosity=1)
    return TIMED_OUT if limit.was_passed else code


class _Limit:
    """The *seconds* that each file may take, None for any; ``was_passed`` tells whether one has taken longer.

    An Input flushes *output* through it, with the clock stopped: what is cut off while it is written is lost.
    """

    def __init__(self, seconds: float | None, output: Flushable | None = None) -> None:
        self._seconds = seconds
        self._output = output
        self.was_passed = False

    def flush(self) -> None:
        """Let everything out."""
        left = signal.setitimer(signal.ITIMER_REAL, 0)[0]
        if self._output is not None:
            self._output.flush()
        signal.setitimer(signal.ITIMER_REAL, left)

    def within(self, steps: Iterator[Step], name: str) -> Iterator[Step]:
        """Yield *steps*. Raises ToolError when they take longer: the re module looks for signals while it searches.

        The time is that of the steps alone, to read and to search: a write is not cut off.
        """
        if self._seconds is None:
            yield from steps
            return

        def end(number: int, frame: FrameType | None) -> None:
            self.was_passed = True
            hint = "the input is slow, or nested repeats never end"
            raise ToolError("took longer than --timeout", where=name, hint=hint)

        before = signal.signal(signal.SIGALRM, end)
        left = self._seconds
        try:
            while True:
                signal.setitimer(signal.ITIMER_REAL, max(left, SHORTEST))
                try:
                    step = next(steps, None)
                finally:
                    left = signal.setitimer(signal.ITIMER_REAL, 0)[0]
                if step is None:
                    return
                yield step
        finally:
            signal.signal(signal.SIGALRM, before)
