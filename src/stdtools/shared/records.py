"""One model of records for every command: rows of named values, written and read as text.

A value is None, a bool, int, float, str or bytes, or a list or dict of these. What JSON lacks is
tagged: ``{"$base64": true, "encoded": "…"}`` is bytes, ``{"$float": "NaN"}`` a float. Where the
reader knows that a key is a float, a bare ``"NaN"`` serves (*bare_floats*). A name or path that is
not UTF-8 is text as ``os.fsdecode`` makes it: its bytes as they are in delimited text, in JSON for
display with the bytes beside it under ``…_b64``.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

from stdtools.shared import screen
from stdtools.shared.streams import Output

FORMATS = ("table", "plain", "json", "jsonl", "csv", "tsv")

Value = Any  # None | bool | int | float | str | bytes | list[Value] | dict[str, Value]


class RecordWriter:
    """Write rows of values in one of FORMATS; *columns* names the values of every row.

    Table draws for people. The others are lines, made from ``template``, a %-format of one row, and
    ``cell``, which turns a value into what goes in for ``%s``. Bulk code may use the two itself and
    hand over finished lines by ``write_lines``.
    """

    def __init__(
        self, output: Output, columns: Sequence[str], format: str | None, *, bare_floats: bool = False
    ) -> None:
        self.format = format or ("table" if output.is_terminal else "plain")
        self.cell: Callable[[Value], object]
        self.fd = output.fd
        self.for_terminal = output.is_terminal
        self._output = output
        self._columns = columns
        self._table: screen.Table | None = None
        self._started = False
        self._cut = 0
        self._to_json = JsonText(bare_floats=bare_floats)
        self._is_json = self.format in ("json", "jsonl")
        if self._is_json:
            keys = (self._to_json(name).replace("%", "%%") for name in columns)
            body = "{" + ", ".join(f"{key}: %s" for key in keys) + "}"
            self.template = f"{body}\n" if self.format == "jsonl" else f",\n {body}"
            self._cut = 0 if self.format == "jsonl" else len(",\n ")  # no row stands before the first
            self.cell = self._to_json
        elif self.format in ("csv", "tsv", "plain", "table"):
            self.template = ("," if self.format == "csv" else "\t").join(["%s"] * len(columns)) + "\n"
            self._quote: Callable[[str], str] = quote_tsv
            if self.format == "csv":
                self._quote = quote_csv if len(columns) > 1 else _quote_lone_csv
            elif self.format == "table":
                self._quote = str
            self.cell = CellText(self._quote, self._to_json)
        else:
            raise ValueError(f"unknown record format {self.format!r}")

    def write(self, rows: Iterable[Sequence[Value]]) -> None:
        """Write *rows*, each a sequence with one value a column."""
        cell = self.cell
        if self.format == "table":
            for row in rows:
                if self._table is None:
                    numeric = [isinstance(v, int | float) and not isinstance(v, bool) for v in row]
                    self._table = screen.Table(self._output, self._columns, numeric)
                self._table.add([str(cell(value)) for value in row])
            return
        template = self.template
        for row in rows:
            text = template % tuple([cell(value) for value in row])
            if self._is_json and not is_utf8(text):
                text = self._with_base64(row)
            self.write_lines(text)

    def _with_base64(self, row: Sequence[Value]) -> str:
        """Return *row* with each text that is not UTF-8 for display, and under ``…_b64`` as what it is."""
        from binascii import b2a_base64

        pairs = []
        for name, value in zip(self._columns, row, strict=True):
            if isinstance(value, str) and not is_utf8(value):
                data = value.encode("utf-8", "surrogateescape")
                pairs.append((name, data.decode("utf-8", "replace")))
                pairs.append((f"{name}_b64", b2a_base64(data, newline=False).decode("ascii")))
            else:
                pairs.append((name, value))
        body = "{" + ", ".join(f"{self._to_json(name)}: {self._to_json(value)}" for name, value in pairs) + "}"
        return f"{body}\n" if self.format == "jsonl" else f",\n {body}"

    def write_lines(self, text: str) -> None:
        """Write *text*: whole rows, each made from ``template``."""
        if self.for_terminal:
            text = screen.safe_lines(text, json=self._is_json)
        if not self._started:
            text = self._head() + text[self._cut :]
            self._started = True
        self._output.write(text.encode("utf-8", "surrogateescape"))

    def begin(self) -> int:
        """Write what goes before the first row, for code that writes the rows past this writer.

        Returns how many characters to leave out of the first row.
        """
        self._output.write(self._head().encode())
        self._output.flush()
        self._started = True
        return self._cut

    def close(self) -> None:
        """Write what ends the output: the table's last rows, JSON's bracket, a header without rows."""
        if self.format == "table":
            if self._table is None:
                self._table = screen.Table(self._output, self._columns, [False] * len(self._columns))
            self._table.flush(last=True)
        elif not self._started:
            self.write_lines("")
        if self.format == "json":
            self._output.write(b"]\n")

    def flush(self) -> None:
        """Let out what waits: the rows that a table holds back to measure its columns, and the Output's."""
        if self._table is not None:
            self._table.flush()
        self._output.flush()

    def _head(self) -> str:
        if self.format in ("csv", "tsv"):
            return self.template % tuple(map(self._quote, self._columns))
        return "[" if self.format == "json" else ""


def escape_surrogates(text: str) -> str:
    r"""Return the JSON *text* with what UTF-8 lacks as ``\udXXX``."""
    if is_utf8(text):
        return text
    import re

    return re.sub("[\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", text)


def is_utf8(text: str) -> bool:
    """Say whether *text* can be written in UTF-8: it holds no bytes as ``os.fsdecode`` keeps them, nor half a pair."""
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False


def float_name(value: float) -> str:
    """Return how a float that JSON cannot hold is spelled; a subclass's ``str`` is its own spelling."""
    if type(value) is not float:
        return str(value)
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


class JsonText:
    """Turn a value into strict JSON on one line, lossless by tags; see the module's docstring."""

    def __init__(self, *, bare_floats: bool = False) -> None:
        self._bare_floats = bare_floats

    @cached_property
    def _string(self) -> Callable[[str], str]:
        from json.encoder import encode_basestring  # only where JSON is written

        return encode_basestring

    @cached_property
    def _encode(self) -> Callable[[Value], str]:
        from json.encoder import JSONEncoder

        return JSONEncoder(ensure_ascii=False, allow_nan=False, default=self._tagged).encode

    def __call__(self, value: Value) -> str:
        kind = type(value)
        if kind is str:
            return self._string(value)
        if kind is int:
            return str(value)
        try:
            text = self._encode(value)
        except ValueError:  # a float that JSON lacks, somewhere inside
            text = self._encode(self._without_odd_floats(value))
        return escape_surrogates(text)

    def _tagged(self, value: object) -> Value:
        if isinstance(value, bytes):
            from binascii import b2a_base64

            return {"$base64": True, "encoded": b2a_base64(value, newline=False).decode("ascii")}
        raise TypeError(f"{type(value).__name__} is not a record value")

    def _without_odd_floats(self, value: Value) -> Value:
        if isinstance(value, float) and not math.isfinite(value):
            name = float_name(value)
            return name if self._bare_floats else {"$float": name}
        if isinstance(value, list):
            return [self._without_odd_floats(item) for item in value]
        if isinstance(value, dict):
            return {key: self._without_odd_floats(item) for key, item in value.items()}
        return value


class CellText:
    """Turn a value into one cell of delimited text: text as it is, lists and the like as JSON."""

    def __init__(self, quote: Callable[[str], str], to_json: JsonText) -> None:
        self._quote = quote
        self._to_json = to_json

    def __call__(self, value: Value) -> object:
        kind = type(value)
        if kind is str:
            # Text that looks like a tag would be read as one.
            return self._quote(self._to_json({"$text": value}) if value.startswith('{"$') else value)
        if kind is int:
            return value
        if value is None:
            return self._quote("")
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, float):
            return value if math.isfinite(value) else self._quote(float_name(value))
        return self._quote(self._to_json(value))


def quote_csv(text: str) -> str:
    """Quote *text* as RFC 4180 says, where it needs it."""
    if '"' in text:
        return '"' + text.replace('"', '""') + '"'
    if "," in text or "\n" in text or "\r" in text:
        return f'"{text}"'
    return text


def _quote_lone_csv(text: str) -> str:
    return quote_csv(text) or '""'  # a line with nothing on it is no record to any CSV reader


def quote_tsv(text: str) -> str:
    r"""Write tab, line ends and backslash as ``\t``, ``\n``, ``\r`` and ``\\``: one record, one line."""
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    return text.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def untag(value: dict[str, Value]) -> Value:
    """Return what the tagged *value* stands for; ValueError when it is not a tag of ours."""
    match value:
        case {"$base64": True, "encoded": str(encoded), **rest} if not rest:
            from binascii import a2b_base64

            return a2b_base64(encoded, strict_mode=True)  # binascii.Error is a ValueError
        case {"$float": ("NaN" | "Infinity" | "-Infinity") as name, **rest} if not rest:
            return float(name)
        case {"$text": str(text), **rest} if not rest:
            return text
    raise ValueError("not a tagged value")
