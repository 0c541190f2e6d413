"""The command line of count."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

import click

from stdtools.shared import journal, screen
from stdtools.shared.commands import ToolCommand
from stdtools.shared.inputs import line_blocks, read_each, split_lines
from stdtools.shared.options import field_input, record_output
from stdtools.shared.parameters import Size
from stdtools.shared.records import RecordWriter
from stdtools.shared.streams import Input, Output, open_input
from stdtools.text.counting import Amount, Item, Key, Tally, add_exactly, exact

if TYPE_CHECKING:
    from stdtools.shared.fields import FieldReader

BAR = 30  # columns
MANY = 1000  # rows that are written together


@click.command(
    cls=ToolCommand,
    explain="stdtools.text.explain:explain_count",
    examples=r"""
stdtools count -n 10 < /etc/services
stdtools count --regex '[A-Z]\w+' --percent -n 5 /etc/services
stdtools count -d : --field -1 /etc/passwd
printf 'city,eur\nUlm,3\nUlm,4.5\n' | stdtools count --field city --sum eur
""",
)
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("-f", "--field", metavar="N|NAME", help="Counts the values of a field, not lines.")
@field_input
@click.option("-e", "--regex", metavar="RE", help="Counts what matches: the whole, or the group in it.")
@click.option("--chars", is_flag=True, help="Counts characters of UTF-8.")
@click.option("--by", metavar="FIELD", help="Counts for each value of FIELD apart.")
@click.option("--sum", "summed", metavar="FIELD", help="Adds up the numbers in FIELD instead of counting.")
@click.option("-n", "--top", type=click.IntRange(min=1), metavar="N", help="The N most frequent, of each group.")
@click.option("--min", "least", type=int, metavar="N", help="Leaves out what is below N.")
@click.option("--percent", is_flag=True, help="Adds the share of the total, in percent.")
@click.option("--running", is_flag=True, help="Adds the running total.")
@click.option(
    "--memory", type=Size(), default=256 << 20, metavar="SIZE", help="Beyond this it counts on disk.  [default: 256M]"
)
@record_output()
def count(files: tuple[str, ...], **given: Any) -> int:
    """Count how often each line, field or match comes.

    The most frequent come first; what is as frequent, in the order of its bytes.
    Exact for any number of different values: what outgrows --memory goes to
    TMPDIR, in parts. A record without the field is left out and told.
    """
    _check(given)
    tally = Tally(given["memory"])
    counter = _Counter(tally, given)
    code = read_each(files, counter.read)
    if counter.missing:
        what = "the field, or a number to add" if given["summed"] else "the field"
        screen.note(f"{counter.missing} record{'s' * (counter.missing > 1)} without {what}")
    if not given["summed"]:  # a sum is of values, which the journal never has
        journal.counts["records"] = tally.totals.total()
    with Output() as output:
        _write(output, tally, given)
    return code


def _check(given: dict[str, Any]) -> None:
    ways = [f"--{way}" for way in ("field", "regex", "chars") if given[way]]
    if len(ways) > 1:
        raise click.UsageError(f"{ways[0]} and {ways[1]} exclude each other", click.get_current_context())
    if (given["by"] or given["summed"]) and (given["regex"] or given["chars"]):
        word = "--by" if given["by"] else "--sum"
        raise click.UsageError(f"{word} is of fields; {ways[0]} has none", click.get_current_context())
    if given["summed"] and not (given["field"] or given["by"]):
        raise click.UsageError("--sum needs --field or --by: a sum for each value of it", click.get_current_context())


class _Counter:
    """Reads one file after another into a tally."""

    def __init__(self, tally: Tally, given: dict[str, Any]) -> None:
        self.missing = 0
        self._tally = tally
        self._given = given
        self._reader: FieldReader | None = None
        if given["field"] or given["by"] or given["summed"]:
            from stdtools.shared import fields

            names = [name for name in (given["field"], given["by"], given["summed"]) if name]
            self._reader = fields.FieldReader(names, form=given["form"], delimiter=given["delimiter"])
        if given["summed"]:
            add_exactly()
        self._pattern = None
        if given["regex"]:
            try:
                self._pattern = re.compile(given["regex"])
            except re.error as error:
                raise click.UsageError(f"--regex: {error}", click.get_current_context()) from None

    def read(self, source: Input) -> None:
        """Count what is in a file."""
        if self._reader is not None:
            self._read_fields(self._reader, source)
            return
        if source.is_large:
            from stdtools.shared.helper import helper, middle_of

            if (middle := middle_of(source)) is not None:
                with open_input(source.name) as second:
                    second.go_to(middle)
                    with helper(lambda file: self._send(second, file)) as file:
                        self._count(source, middle - source.position)
                        self._tally.receive(file)
                return
        self._count(source)

    def _send(self, source: Input, file: IO[bytes]) -> None:
        """Count what is left of a file in another process, and send it."""
        self._tally = Tally(self._given["memory"] // 2)
        self._count(source)
        self._tally.send(file)

    def _count(self, source: Input, size: int | None = None) -> None:
        """Count *size* bytes of *source*, whole lines, or all of it."""
        for block in line_blocks(source, size=size):
            keys: list[Key] = self._keys(block)
            if keys:
                self._tally.count(keys, len(block))

    def _keys(self, block: bytes) -> list[Any]:
        if self._pattern is None and not self._given["chars"]:
            return split_lines(block)
        text = block.decode("utf-8", "surrogateescape")
        found: Iterable[Any] = text
        if self._pattern is not None:
            found = (match for line in text.removesuffix("\n").split("\n") for match in self._pattern.findall(line))
        words = ("\t".join(one) if isinstance(one, tuple) else one for one in found)
        return [word.encode("utf-8", "surrogateescape") for word in words]

    def _read_fields(self, reader: "FieldReader", source: Input) -> None:
        field, by, summed = self._given["field"], self._given["by"], self._given["summed"]
        for _, values in reader.read(source):
            if None in values:
                self.missing += 1
                continue
            amount: Amount = 1
            if summed:
                try:
                    amount = _number(values[-1])
                except (ArithmeticError, ValueError):
                    self.missing += 1
                    continue
            first = _bytes(values[0])
            self._tally.add((_bytes(values[1]), first) if field and by else first, amount)


def _number(value: Any) -> Amount:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ArithmeticError
    return exact(str(value).strip())


def _bytes(value: Any) -> bytes:
    text: str = value
    if not isinstance(value, str):
        import json

        text = json.dumps(value, ensure_ascii=False)
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half a pair, of JSON
        return text.encode("utf-8", "backslashreplace")


def _write(output: Output, tally: Tally, given: dict[str, Any]) -> None:
    grouped = bool(given["by"] and given["field"])
    columns = ["sum" if given["summed"] else "count", *(["group"] if grouped else []), "value"]
    columns += [*(["percent"] if given["percent"] else []), *(["running"] if given["running"] else [])]
    bars = output.is_terminal and given["format"] in (None, "table")
    writer = RecordWriter(output, [*columns, *([""] if bars else [])], given["format"])
    ranked = tally.ranked(given["least"], given["top"])
    if grouped or given["percent"] or given["running"] or bars:
        writer.write(_rows(ranked, tally, given, bars=bars))
    elif writer.format in ("json", "jsonl", "table"):
        writer.write((_plain(amount), _shown(key)) for key, amount in ranked)
    else:
        while some := list(islice(ranked, MANY)):
            lines = [writer.template % (writer.cell(_plain(amount)), writer.cell(_shown(key))) for key, amount in some]
            writer.write_lines("".join(lines))
    writer.close()


def _rows(ranked: Iterator[Item], tally: Tally, given: dict[str, Any], *, bars: bool) -> Iterator[list[Any]]:
    largest: Amount = None
    running: Amount = 0
    last = None
    for key, amount in ranked:
        group, value = key if isinstance(key, tuple) else (None, key)
        if group != last:
            last, running = group, 0
        running += amount
        largest = max(largest or amount, amount)
        row: list[Any] = [_plain(amount), *([_shown(group)] if group is not None else []), _shown(value)]
        if given["percent"]:
            total = tally.totals[group]
            row.append(round(float(100 * amount / total), 2) if total else 0.0)
        if given["running"]:
            row.append(_plain(running))
        if bars:
            row.append("█" * max(1, round(BAR * amount / largest)) if amount > 0 else "")
        yield row


def _plain(amount: Amount) -> int | float:
    return amount if isinstance(amount, int) else int(amount) if amount == int(amount) else float(amount)


def _shown(value: Any) -> str:
    return str(value, "utf-8", "surrogateescape")
