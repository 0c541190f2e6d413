"""tmpl beside jinja2, GNU envsubst and Python's own start: rows of CSV and JSON, one large template."""

import os
from pathlib import Path

from measure import Candidate, Claim, Measured, claim, compare

ROWS = 1_000_000
LETTER = "Dear $name of ${city},\nyour order $id is $total.\n"
JINJA = r"Dear {{name}} of {{city}},\nyour order {{id}} is {{total}}.\n"
_PEER = """
import {module}, sys
import jinja2

template = jinja2.Template("{template}", keep_trailing_newline=True)
with open({path!r}, newline="", encoding="utf-8") as source:
    {rows}
        sys.stdout.write(template.render(row))
"""
_CSV_ROWS = """rows = csv.reader(source)
    header = next(rows)
    for row in (dict(zip(header, row)) for row in rows):"""


def make_rows(place: Path) -> tuple[Path, Path]:
    """Write ROWS records with four keys, as CSV and as JSON lines."""
    as_csv, as_json = place / "rows.csv", place / "rows.jsonl"
    with open(as_csv, "w", encoding="ascii") as csv, open(as_json, "w", encoding="ascii") as json:
        csv.write("id,name,city,total\n")
        for n in range(ROWS):
            name, city, total = f"Name {n % 1000}", f"City {n % 77}", n * 3 / 4
            csv.write(f"{n},{name},{city},{total}\n")
            json.write(f'{{"id": {n}, "name": "{name}", "city": "{city}", "total": {total}}}\n')
    return as_csv, as_json


def make_template(path: Path) -> None:
    """Write 100 MB of which every hundredth line has two places."""
    text = "lorem ipsum dolor sit amet " * 3 + "consectetur\n"
    block = text * 99 + "listen ${tmpl_host}:$tmpl_port on the outer side of this\n"
    with open(path, "w", encoding="ascii") as output:
        for _ in range(100_000_000 // len(block)):
            output.write(block)


def run(python: str, stdtools: str, place: Path) -> tuple[list[Measured], list[Claim]]:
    """Measure start-up, a million rows of both kinds, and a template of 100 MB."""
    os.environ["STDTOOLS_JOURNAL"] = "off"
    os.environ.update(tmpl_host="example.org", tmpl_port="8080")
    starts = compare(
        [
            Candidate("python -c 'import click', beside tmpl", [python, "-c", "import click"]),
            Candidate("tmpl -e", [stdtools, "tmpl", "-e", "$a and ${b:-c}", "-D", "a=1"]),
        ],
        rounds=41,
    )
    as_csv, as_json = make_rows(place)
    letter = place / "letter.txt"
    letter.write_text(LETTER)
    peers = {
        "jinja2, CSV": _PEER.format(module="csv", template=JINJA, path=str(as_csv), rows=_CSV_ROWS),
        "jinja2, JSON lines": _PEER.format(
            module="json", template=JINJA, path=str(as_json), rows="for row in map(json.loads, source):"
        ),
    }
    each = [stdtools, "tmpl", str(letter), "--each"]
    rows = compare(
        [
            *(Candidate(name, [python, "-c", script]) for name, script in peers.items()),
            Candidate("tmpl --each, CSV", [*each, str(as_csv)]),
            Candidate("tmpl --each, JSON lines", [*each, str(as_json)]),
        ],
        rounds=3,
    )
    large = place / "large.txt"
    make_template(large)
    texts = compare(
        [
            Candidate("envsubst, 100 MB", ["envsubst"], str(large)),
            Candidate("tmpl --env, 100 MB", [stdtools, "tmpl", "--env", str(large)]),
        ],
        rounds=7,
    )
    peak = {m.name: m.memory for m in texts}["tmpl --env, 100 MB"]
    claims = [
        claim("tmpl of one line", starts, "tmpl -e", starts[0].name, 1.25, "python -c 'import click'"),
        claim("tmpl --each, 1,000,000 CSV rows", rows, "tmpl --each, CSV", "jinja2, CSV", 0.2, "jinja2"),
        claim(
            "tmpl --each, 1,000,000 JSON lines", rows, "tmpl --each, JSON lines", "jinja2, JSON lines", 0.33, "jinja2"
        ),
        claim("tmpl of 100 MB", texts, "tmpl --env, 100 MB", "envsubst, 100 MB", 1.5, "envsubst"),
        Claim("tmpl of 100 MB, peak MiB", "", "40 MiB", 40, peak),
    ]
    return [*starts, *rows, *texts], claims
