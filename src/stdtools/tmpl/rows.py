"""One rendering for each record: the template becomes one %-format, and the records go through it in batches."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from math import isfinite
from operator import itemgetter
from typing import Any, NamedTuple

from stdtools.shared.errors import ToolError
from stdtools.tmpl.language import Escaped, Event, Malformed, Place, Syntax, Unfinished
from stdtools.tmpl.rendering import Policy, Renderer, Trouble
from stdtools.tmpl.streaming import Findings, Lines
from stdtools.tmpl.values import MISSING, Unfit, Values, look_up, text_of

Record = Mapping[str, Any]
_PLAIN_KINDS = {str, int, float}  # which %s writes as text_of does


class Batch(NamedTuple):
    """Records from *first* on: dictionaries, or lists of text in the order of ``columns`` where there are such."""

    first: int
    rows: Sequence[Any]
    columns: Sequence[str] | None = None

    def records(self) -> Iterator[Record]:
        """Yield the rows as dictionaries."""
        if self.columns is None:
            return iter(self.rows)
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)


class Problem(NamedTuple):
    """A trouble with the record of a number."""

    number: int
    trouble: Trouble


class _Bulk(NamedTuple):
    """A template as a %-format, and what takes its values out of a row: one alone is no tuple."""

    format: str
    take: Callable[[Any], Any]
    width: int


class RowRenderer:
    """Renders *template* for records, whose values come before those of *values*.

    ``problems`` are those of the batch that was rendered last; its records stand as None among the texts.
    """

    def __init__(
        self,
        syntax: Syntax,
        template: str,
        values: Values,
        policy: Policy = Policy(),  # noqa: B008 - it cannot be changed
        to_text: Callable[[Any], str] = text_of,
    ) -> None:
        self.problems: list[Problem] = []
        self._template = template
        self._values = values
        self._policy = policy
        self._to_text = to_text
        self._record: Record = {}
        self._renderer = Renderer(syntax, self._find, policy, to_text)
        self._events: list[Event] = [event for event in syntax.scan(template) if not isinstance(event, Unfinished)]
        self._bulk: _Bulk | None = None
        self._columns: object = MISSING

    @property
    def has_places(self) -> bool:
        """Whether it is not the same for every record."""
        return any(isinstance(event, Place) for event in self._events)

    @property
    def head(self) -> str:
        """The text before the first place."""
        return self._template[: next((event.start for event in self._events), None)]

    @property
    def findings(self) -> Findings:
        """The malformed places of the template, where they are errors."""
        is_error = self._policy.malformed == "error"
        broken = [event for event in self._events if isinstance(event, Malformed) and event.what and is_error]
        return self.located(Trouble(event.start, "", event.what, is_missing=False) for event in broken)

    def absent(self, columns: Sequence[str]) -> Findings:
        """Return the places that have a value in no row of *columns*."""
        found: list[Trouble] = []
        if self._policy.missing == "error" and self._policy.only is None:
            for event in self._events:
                if isinstance(event, Place) and not event.operator and event.name not in columns:
                    is_column = event.path[0] in columns and len(event.path) == 1
                    if not is_column and self._values.find(event) is MISSING:
                        found.append(Trouble(event.start, event.name, "", is_missing=True))
        return self.located(found)

    def located(self, troubles: Iterable[Trouble]) -> Findings:
        """Return *troubles*, in order, with the lines and columns that they are at."""
        findings = Findings()
        lines = Lines()
        at = 0
        for trouble in troubles:
            lines.move(self._template, at, trouble.start)
            at = trouble.start
            findings.add(lines.line, lines.column, trouble)
        return findings

    def texts(self, batch: Batch) -> list[str | None]:
        """Return what *batch* becomes, record by record."""
        self.problems = []
        if batch.columns is not self._columns:
            self._columns = batch.columns
            self._bulk = self._compile(batch.columns)
        in_bulk = self._in_bulk(self._bulk, batch) if self._bulk is not None else None
        if in_bulk is not None:
            return list(in_bulk)
        return [self._one(number, record) for number, record in enumerate(batch.records(), batch.first)]

    def _one(self, number: int, record: Record) -> str | None:
        """Render one *record*, event by event."""
        self._record = record
        renderer, template = self._renderer, self._template
        renderer.troubles = []
        parts = []
        at = 0
        for event in self._events:
            parts.append(template[at : event.start])
            parts.append(renderer.expand(event, template))
            at = event.end
        if renderer.troubles:
            self.problems += [Problem(number, trouble) for trouble in renderer.troubles]
            return None
        parts.append(template[at:])
        return "".join(parts)

    def _find(self, place: Place) -> Any:
        value = look_up(self._record, place.name, place.path)
        return value if value is not MISSING else self._values.find(place)

    def _compile(self, columns: Sequence[str] | None) -> _Bulk | None:
        """Return the template for rows of *columns*, or of dictionaries; None where it asks for more than values.

        200,000 renderings of four values take 0.12 s so, and 0.75 s by Template.substitute.
        """
        if self._policy.only is not None:
            return None
        parts: list[str] = []
        keys: list[Any] = []
        at = 0
        for event in self._events:
            parts.append(self._template[at : event.start].replace("%", "%%"))
            at = event.end
            if isinstance(event, Escaped):
                parts.append(self._renderer.syntax.delimiter.replace("%", "%%"))
                continue
            if not isinstance(event, Place) or event.operator or len(event.path) > 1:
                return None
            name = event.path[0]
            if columns is None or name in columns:
                if columns is None and event.name != name:
                    return None
                keys.append(name if columns is None else columns.index(str(name)))
                parts.append("%s")
                continue
            value = self._values.find(event)
            if value is MISSING:
                return None
            self._renderer.troubles = []
            parts.append(self._renderer.expand(event, self._template).replace("%", "%%"))
            if self._renderer.troubles:
                return None
        parts.append(self._template[at:].replace("%", "%%"))
        return _Bulk("".join(parts), itemgetter(*keys), len(keys)) if keys else None

    def _in_bulk(self, bulk: _Bulk, batch: Batch) -> list[str] | None:
        """Return the texts of *batch*; None where one of its records has to be looked at by itself."""
        try:
            taken = map(bulk.take, batch.rows)
            # zip makes a tuple of each of the values that stand alone.
            values: list[tuple[Any, ...]] = list(zip(taken) if bulk.width == 1 else taken)
        except KeyError:
            return None
        kinds = {str} if batch.columns is not None else set(map(type, chain.from_iterable(values)))
        try:
            if self._to_text is not text_of or not kinds <= _PLAIN_KINDS:
                texts = map(self._to_text, chain.from_iterable(values))
                values = list(zip(*[texts] * bulk.width, strict=True))
        except Unfit:
            return None
        written = list(map(bulk.format.__mod__, values))
        if float in kinds and "inf" in "".join(written) and not _are_finite(values):
            return None
        return written


def _are_finite(rows: list[tuple[Any, ...]]) -> bool:
    return all(isfinite(value) for row in rows for value in row if type(value) is float)


def batches_of_lists(
    rows: Iterator[list[str]], columns: Sequence[str], where: str, first: int, size: int
) -> Iterator[Batch]:
    """Yield *rows*, the record of number *first* and those after it, in batches of up to *size*.

    Raises ToolError for one that has not a value for each column.
    """
    while batch := list(islice(rows, size)):
        if {*map(len, batch)} != {len(columns)}:
            batch = [row for row in batch if row]  # a blank line is no record
            for number, row in enumerate(batch, first):
                if len(row) != len(columns):
                    yield Batch(first, batch[: number - first], columns)
                    what = f"has {len(row)} values for {len(columns)} columns"
                    raise ToolError(what, where=f"{where}: record {number}")
        if batch:
            yield Batch(first, batch, columns)
        first += len(batch)
