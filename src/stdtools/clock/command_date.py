"""The command line of date."""

import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import click

from stdtools.clock.epochs import EpochWriter, write_shared
from stdtools.clock.moments import Moment, OutOfYears, from_epoch
from stdtools.clock.reading import Reader
from stdtools.clock.steps import Step, add, decimal, difference, in_iso, in_words, parse_step, rounded
from stdtools.clock.writing import writer_of
from stdtools.clock.zones import Clock, zone_of
from stdtools.shared import screen
from stdtools.shared.commands import ToolCommand
from stdtools.shared.errors import TROUBLE, ToolError
from stdtools.shared.inputs import line_blocks, read_each, split_lines
from stdtools.shared.options import offering, record_output, refuse_idle
from stdtools.shared.records import RecordWriter
from stdtools.shared.streams import Input, Output

_OF_GNU = {
    **dict.fromkeys(("-d", "--date"), "WHEN itself"),
    **dict.fromkeys(("-f", "--file"), "- < FILE"),
    **dict.fromkeys(("-I", "--iso-8601"), "--to date, or iso with the time"),
    **dict.fromkeys(("-r", "--reference"), "stdtools path mtime FILE"),
    **dict.fromkeys(("-R", "--rfc-email"), "--to rfc2822"),
    **dict.fromkeys(("-u", "--utc"), "--tz UTC"),
}
_WAYS = ("diff", "span", "column", "calendar")
_MOVES = ("step", "round_to", "floor_to", "ceil_to")


def _zones() -> list[str]:
    from zoneinfo import available_timezones

    return sorted(available_timezones())


class _StepType(click.ParamType[Step]):
    name = "step"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Step:
        """Return the step."""
        try:
            return value if isinstance(value, Step) else parse_step(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class _DateCommand(ToolCommand):
    """A command for which ``-2h`` and ``-P1D`` are arguments, not options."""

    def make_parser(self, ctx: click.Context) -> Any:
        """Return the parser, which lets these words be."""
        parser = super().make_parser(ctx)
        process = parser._process_opts

        def take(word: str, state: Any) -> None:
            if word[1:2].isdigit() or word[1:2] in ("p", "P"):
                state.largs.append(word)
            else:
                process(word, state)

        parser._process_opts = take
        return parser


@click.command(
    cls=_DateCommand,
    explain="stdtools.clock.explain:explain_date",
    examples=r"""
stdtools date 'friday 15:00' --tz Europe/Berlin
stdtools date --diff 2026-01-31 2026-11-26T12:00
printf '1795363200\n' | stdtools date - --tz UTC --to rfc2822
stdtools date --range 2026-01-31 2026-06-30 1mo --to date
""",
    context_settings={"ignore_unknown_options": True},
)
@click.argument("when", nargs=-1, metavar="[WHEN]...|-")
@click.option(
    "--to", default="iso", show_default=True, metavar="FORMAT",
    help="iso, date, time, week, epoch, ms, us, ns, rfc2822, http, words, or as %d.%m.%Y; %N is nanoseconds.",
)  # fmt: skip
@click.option(
    "--tz",
    default="local",
    shell_complete=offering(_zones),
    show_default=True,
    metavar="ZONE",
    help="As Europe/Berlin, UTC or +01:00.",
)
@click.option(
    "--from-format", default="", metavar="F", help="How WHEN is written: epoch, ms, us, ns, iso, rfc2822, %d/%m/%y."
)
@click.option("--fuzzy", is_flag=True, help="Finds a date in any text; needs stdtools[date].")
@click.option(
    "--fold",
    type=click.Choice(("0", "1")),
    help="Of a time that comes twice, or never, by the offset before or behind.",
)
@click.option("--add", "step", type=_StepType(), multiple=True, metavar="STEP", help="As 3d2h, 1mo or -90min; in turn.")
@click.option(
    "--round", "round_to", type=_StepType(), metavar="STEP", help="To the nearest 15min, 1h, 1d, 1w, 1mo, 1y."
)
@click.option("--floor", "floor_to", type=_StepType(), metavar="STEP", help="Down to one.")
@click.option("--ceil", "ceil_to", type=_StepType(), metavar="STEP", help="Up to one.")
@click.option("--diff", nargs=2, metavar="A B", help="From A to B: seconds, as ISO 8601, and in words.")
@click.option("--range", "span", nargs=3, metavar="A B STEP", help="A, and on by STEP, to B.")
@click.option("--column", metavar="NAME", help="Of CSV, TSV or JSON from standard input; all else stays.")
@click.option("--input", "form", type=click.Choice(("auto", "csv", "tsv", "jsonl")), default="auto", show_default=True,
    help="What they are.",
)  # fmt: skip
@click.option("--calendar", is_flag=True, help="Shows the month of WHEN.")
@record_output()
def date(when: tuple[str, ...], **given: Any) -> int:
    """Convert, move, round and compare dates and times.

    WHEN is ISO 8601, seconds since 1970 (@0; of 13, 16 or 19 digits milli-,
    micro-, nanoseconds), RFC 2822, now, today, monday, 'next friday', eom,
    15:00, 'tomorrow 9am', +3d2h, '2 days ago', 'eom -1d'. With - lines of
    standard input are read. Hours and less are time that passes; days, weeks,
    months (mo) and years move the clock on the wall.

    A local time that comes twice, or never, as summer time begins or ends, is an
    error that names both readings; --fold chooses.
    """
    _check(when, given)
    with Output() as output:
        try:
            clock = Clock(zone_of(given["tz"]), None if given["fold"] is None else int(given["fold"]))
            return _Run(clock, given, output).all(when)
        except ValueError as error:
            raise ToolError(str(error)) from None


def _check(when: tuple[str, ...], given: dict[str, Any]) -> None:
    context = click.get_current_context()

    def refuse(what: str) -> None:
        raise click.UsageError(what, context)

    ways = [f"--{'range' if way == 'span' else way}" for way in _WAYS if given[way]]
    if len(ways) > 1:
        refuse(f"{ways[0]} and {ways[1]} exclude each other")
    for word in when:
        if word.startswith("+%"):
            refuse(f"{word!r} is GNU date's; here it is --to {word[1:]!r}")
        name = word.partition("=")[0] if word.startswith("--") else word[:2]
        if name in _OF_GNU:
            refuse(f"{name} is GNU date's; here it is {_OF_GNU[name]}")
        if any(name in param.opts for param in context.command.params):
            refuse(f"{word!r} behind -- is no option; options come before it")
        if word.startswith("--") or (word.startswith("-") and word[1:2].isalpha() and word[1:2].lower() != "p"):
            refuse(f"no such option {word!r}")
    if when and ways and ways != ["--calendar"]:
        refuse(f"{when[0]!r} is one too many: {ways[0]} takes its own")
    if given["diff"]:
        refuse_idle((*_MOVES, "to"), (), "--diff", {})
    elif given["calendar"]:
        refuse_idle(("to",), (), "--calendar", {})
    if not given["diff"]:
        refuse_idle(("format",), (), "", {"format": "--diff; --to says how a date is written"})
    if sum(given[f"{way}_to"] is not None for way in ("round", "floor", "ceil")) > 1:
        refuse("--round, --floor and --ceil exclude each other")
    if not given["column"]:
        refuse_idle(("form",), (), "", {"form": "--column"})
    if given["fuzzy"] and given["from_format"]:
        refuse("--fuzzy and --from-format exclude each other")


class _Run:
    """One run: how a date is read, changed and written."""

    def __init__(self, clock: Clock, given: dict[str, Any], output: Output) -> None:
        import time

        self._output = output
        self._clock = clock
        self._given = given
        now = from_epoch(time.time_ns())
        if not re.search("^[mun]s$|%[369]?[Nf]", given["to"]):
            now = now._replace(nanos=0)
        self._reader = Reader(clock, now, given["from_format"], fuzzy=given["fuzzy"])
        self._write = self._month if given["calendar"] else writer_of(given["to"], clock, now)
        self._code = 0

    def all(self, when: tuple[str, ...]) -> int:
        """Do what was asked for; return the exit code."""
        given = self._given
        if given["diff"]:
            self._differ()
        elif given["span"]:
            for line in self._range():
                self._output.write(line)
        elif given["column"]:
            from stdtools.clock.columns import convert_column

            def convert(source: Input) -> None:
                convert_column(source, self._output, given["column"], given["form"], self._convert, self._tell)

            self._read(convert)
        else:
            self._each(when)
        return self._code

    def _each(self, when: tuple[str, ...]) -> None:
        for word in when or ("now",):
            if word == "-":
                self._read(self._lines)
                continue
            try:
                self._output.write(os.fsencode(self._convert(word)) + b"\n")
            except ValueError as error:
                self._tell(str(error))

    def _read(self, work: Callable[[Input], None]) -> None:
        code = read_each((), work, self._output)
        self._code |= code  # which *work* may have set

    def _month(self, moment: Moment) -> str:
        from stdtools.clock.calendars import month_of

        paint = (lambda day: screen.paint(day, 7)) if screen.wants_color(self._output.fd) else None
        return month_of(self._clock.wall(moment), paint)

    def _convert(self, text: str) -> str:
        return self._write(self._moved(self._reader.read(text)))

    def _moved(self, moment: Moment) -> Moment:
        for step in self._given["step"]:
            moment = add(moment, step, self._clock)
        for way in ("round", "floor", "ceil"):
            if step := self._given[f"{way}_to"]:
                moment = rounded(moment, step, way, self._clock)
        return moment

    def _tell(self, what: str) -> None:
        screen.complain(what)
        self._code = TROUBLE

    def _differ(self) -> None:
        first, last = (self._reader.read(text) for text in self._given["diff"])
        step = difference(first, last, self._clock)
        writer = RecordWriter(self._output, ("seconds", "duration", "words"), self._given["format"])
        writer.write([(decimal(last.epoch - first.epoch), in_iso(step), in_words(step))])
        writer.close()

    def _range(self) -> Iterator[bytes]:
        first, last = (self._reader.read(text) for text in self._given["span"][:2])
        step = parse_step(self._given["span"][2])
        if step == Step():
            raise ValueError("--range: the step is nothing")
        is_back = min(step) < 0
        count = 0
        while True:
            try:
                moment = add(first, step.times(count), self._clock)
            except OutOfYears:
                return
            if (moment < last) if is_back else (moment > last):
                return
            yield os.fsencode(self._write(self._moved(moment))) + b"\n"
            count += 1

    def _lines(self, source: Input) -> None:
        given, output = self._given, self._output
        plain = given["to"] == "iso" and given["from_format"] in ("", "epoch") and not given["calendar"]
        plain = plain and not any(given[name] for name in _MOVES)
        bulk = EpochWriter(self._clock) if plain else None
        number = write_shared(bulk, source, output, self._convert) if bulk else 0
        for block in line_blocks(source):
            if bulk and (written := bulk.write(block)) is not None:
                output.write(written)
                number += written.count(b"\n")
                continue
            for line in split_lines(block):
                number += 1
                try:
                    output.write(os.fsencode(self._convert(line.decode("utf-8", "surrogateescape"))) + b"\n")
                except ValueError as error:
                    self._tell(f"{source.name}: line {number}: {error}")
