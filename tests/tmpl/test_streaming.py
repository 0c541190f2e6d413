"""Texts in blocks of any size: the same output, the same troubles at the same lines and columns."""

import csv
import io
import json
import random
from pathlib import Path
from typing import Any

import pytest

from stdtools.shared.errors import ToolError
from stdtools.shared.streams import open_input
from stdtools.tmpl import record_batches, sharing
from stdtools.tmpl.language import Syntax
from stdtools.tmpl.record_batches import batches
from stdtools.tmpl.rendering import Policy, Renderer
from stdtools.tmpl.streaming import Findings, Later, TemplateText, look, write
from stdtools.tmpl.values import Source, Values
from stdtools.tmpl.verifying import origin

pytestmark = pytest.mark.once

PIECES = [
    *["$", "{", "}", "a", "$a", "${a}", "$$", "${x:-$a}", "${x:-${a:+\\}b}}", '${["a}"]}', "${x:-", "é\n", "@", "@@"],
    *["${a.b[0]}", "\\", "${x?m$a}", "${x:+", "${no}", "-", "[", "]", '"', ".", "${a-"],
]
VALUES = Values([Source("", {"a": "one\n", "a}": "two", "x": ""})])
POLICIES = [
    Policy(),
    Policy("keep", "keep"),
    Policy("empty"),
    Policy("error", "keep", lambda place: place.name in ("a", "no")),
]


def told(findings: Findings) -> list[tuple[int, int, str, str]]:
    return [(line, column, trouble.name, trouble.what) for line, column, trouble in findings.first]


def test_blocks_change_nothing() -> None:
    draw = random.Random(8)
    for _ in range(3000):
        delimiter = draw.choice(["$", "@", "@@", "$$"])
        text = "".join(draw.choices(PIECES, k=draw.randrange(18))).replace("$", delimiter)
        syntax = Syntax(delimiter, doubled=draw.random() < 0.8)
        policy = draw.choice(POLICIES)
        whole = Renderer(syntax, VALUES.find, policy)
        expected, _ = whole.by_events(text)
        places = [
            (text.count("\n", 0, each.start) + 1, each.start - text.rfind("\n", 0, each.start), each.name, each.what)
            for each in whole.troubles
        ]
        cuts = sorted(draw.randrange(len(text) + 1) for _ in range(4))
        blocks = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True) if start < end]
        template = TemplateText("t", lambda blocks=blocks: iter(blocks), Later())  # type: ignore[misc]
        written: list[str] = []
        renderer = Renderer(syntax, VALUES.find, policy)
        assert told(write(renderer, template, written.append)) == places, (text, blocks)
        assert "".join(written) == expected, (text, blocks)
        assert told(look(renderer, template)) == places
        assert told(look(Renderer(syntax, VALUES.find, policy), template)) == places


def test_every_character_of_an_output_comes_from_somewhere() -> None:
    draw = random.Random(9)
    for _ in range(300):
        text = "".join(draw.choices(["$a", "${x:-$a}", "$$", "b", "\n", "${x:-word}", "${x}"], k=draw.randrange(9)))
        renderer = Renderer(Syntax(), VALUES.find)
        out, _ = renderer.render(text)
        origins = [origin(renderer, text, offset) for offset in range(len(out) + 1)]
        assert origins == sorted(origins)
        for offset, place in enumerate(origins[:-1]):
            assert text[place] in (out[offset], "$")


def read(path: Path) -> Any:
    with open_input(str(path)) as source:
        try:
            return [
                dict(zip(batch.columns, row, strict=True)) if batch.columns else row
                for batch in batches(source)
                for row in batch.rows
            ]
        except ToolError as error:
            return error.what


def test_records_in_blocks_of_any_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CSV with cells of all kinds, also with a quote in a cell without quotes, beside csv.reader on the whole."""
    draw = random.Random(10)
    cells = ['"x\ny"', '"a ""b"", c"', "plain", '5" pipe', '""', "", "ü", '"\n\n"', "'", '"unclosed', '"x"y', "\r"]
    path = tmp_path / "r.csv"
    for _ in range(1500):
        weights = [8, 8, 8, 2, 4, 4, 4, 4, 2, *draw.choice([(0, 0, 0), (1, 1, 1)])]
        rows = [",".join(draw.choices(cells, weights, k=2)) for _ in range(draw.randrange(12))]
        text = "\n".join(["a,b", *rows]) + draw.choice(["", "\n", "\r\n"])
        path.write_text(text, newline="")
        try:
            table = [row for row in csv.reader(io.StringIO(text, newline="\n"), strict=True) if row]
            expected: Any = [dict(zip(table[0], row, strict=True)) for row in table[1:]]
        except (csv.Error, ValueError):  # a quote that is not closed, or another number of cells than of columns
            expected = None
        monkeypatch.setattr(record_batches, "_BLOCK", draw.randrange(1, 40))
        found = read(path)
        assert isinstance(found, str) if expected is None else found == expected, text


def test_json_in_blocks_of_any_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(11)
    path = tmp_path / "r.jsonl"
    values: list[Any] = [1, -1.5, "x", "ü\n", None, [1, {"k": "]"}], {"n": {}}, True, "}\n{", "[", ","]
    for _ in range(500):
        records = [{"a": draw.choice(values), "b": draw.choice(values)} for _ in range(draw.randrange(9))]
        indents = [draw.choice([None, None, None, 1]) for _ in records]
        text = "".join(
            json.dumps(record, indent=indent) + "\n" for record, indent in zip(records, indents, strict=True)
        )
        path.write_text(text + draw.choice(["", "\n\n"]))
        monkeypatch.setattr(record_batches, "_BLOCK", draw.randrange(1, 60))
        assert read(path) == records, text


def test_pieces_of_any_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What several processes read is together what one reads."""
    draw = random.Random(12)
    for _ in range(300):
        rows = [[draw.choice(["x\ny", 'a "b"', "ü", "", "\ufeff"]), str(n)] for n in range(draw.randrange(1, 40))]
        out = io.StringIO()
        csv.writer(out, lineterminator=draw.choice(["\n", "\r\n"])).writerows([["a\nb", "c"], *rows])
        path = tmp_path / "r.csv"
        path.write_text(out.getvalue(), newline="")
        monkeypatch.setattr(sharing, "PIECE", draw.randrange(12, 60))
        with open_input(str(path)) as source:
            pieces = sharing.pieces_of(source)
            assert not pieces or pieces[0].columns == ["a\nb", "c"]
            found = [row for piece in pieces for batch in piece.batches() for row in batch.rows]
        assert not pieces or found == rows
