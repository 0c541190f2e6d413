"""JSON lines, an array, or objects one after the other, as records with the line or the number of each."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from stdtools.shared.record_input import read_json
from stdtools.shared.records import JsonText
from stdtools.tasks.decoding import Text, Undecodable, line_ends


class Record(NamedTuple):
    """An object, in a line or, where ``line`` counts records, of that number; or what is wrong with it."""

    line: int
    values: dict[str, Any]
    raw: str
    trouble: str = ""


class Records:
    """The records of *text*, of which *head* has been read and *texts* are to come; ``unit`` is what is counted."""

    def __init__(self, text: Text, head: str, texts: Iterator[str]) -> None:
        self._text = text
        self._head = head
        self._texts = texts
        self.unit = "line" if _is_lines(head) else "record"

    def __iter__(self) -> Iterator[Record]:
        return self._of_lines() if self.unit == "line" else self._of_values()

    def _of_lines(self) -> Iterator[Record]:
        for number, line in enumerate(self._lines(), 1):
            if line and not line.isspace():
                raw = line.strip(" \t\r\n")
                try:
                    yield _record(number, json.loads(line), raw)
                except RecursionError:
                    yield Record(number, {}, raw, "is nested too deep")
                except json.JSONDecodeError as error:
                    yield Record(number, {}, raw, f"is not JSON: {error.msg[:1].lower()}{error.msg[1:]}")
                except ValueError:  # Python's limit, https://docs.python.org/3/library/stdtypes.html#int-max-str-digits
                    yield Record(number, {}, raw, "has a whole number of more than 4300 digits")

    def _lines(self) -> Iterator[str]:
        parts = [self._head]
        done = 0
        try:
            for part in self._texts:
                parts.append(part)
                if "\n" in part:
                    *lines, rest = "".join(parts).split("\n")
                    parts = [rest]
                    yield from lines
                    done += len(lines)
        except Undecodable as error:
            error.where = f"{self._text.name}: line {done + 1 + line_ends(''.join(parts) + error.before)}"
            raise
        yield from "".join(parts).split("\n")

    def _of_values(self) -> Iterator[Record]:
        source: Any = _Transcoded(self)
        write = JsonText()
        for number, value in enumerate(read_json(source), 1):
            yield _record(number, value, write(value))

    def read_text(self) -> str:
        """Return the text that follows, nothing at the end."""
        try:
            text, self._head = self._head or next(self._texts, ""), ""
        except Undecodable as error:
            error.where = self._text.name
            raise
        return text


class _Transcoded:
    """The text of *records* as the bytes that ``read_json`` reads."""

    def __init__(self, records: Records) -> None:
        self.name = records._text.name
        self._records = records

    def read(self, size: int) -> bytes:
        """Return some bytes, none at the end."""
        return self._records.read_text().encode()


def _is_lines(head: str) -> bool:
    """Say whether the first line is a whole object."""
    start = head.lstrip()
    line = start.split("\n", 1)[0]
    if not start.startswith("{"):
        return not start.startswith("[")
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return not line.rstrip().endswith(("{", ",", "["))
    return True


def _record(number: int, value: Any, raw: str) -> Record:
    if not isinstance(value, dict):
        return Record(number, {}, raw, "is no JSON object")
    return Record(number, value, raw)


def text_of(value: Any) -> str:
    """Return the text that a cell with *value* would have. Raises ValueError where there is no such."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise ValueError(f"is {JsonText()(value)[:40]}, no text")
