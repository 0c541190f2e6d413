"""Three hundred hostile templates and values: exit 0, 1 or 2, nothing reached and nothing written outside."""

import json
import os
import random
import subprocess
from pathlib import Path

import pytest

from stdtools.cli import stdtools_command
from stdtools.tmpl.language import Syntax
from stdtools.tmpl.rendering import Policy, Renderer
from stdtools.tmpl.values import Source, Values
from tests.conftest import COMMAND

ATTRIBUTES = ["__class__", "__init__", "__globals__", "__dict__", "__mro__", "keys", "items", "append", "format", "pop"]
FORMS = ["${x.NAME}", "${l.NAME}", "${s.NAME}", "${NAME}", '${x["NAME"]}', "${x.y.NAME}", "${x[NAME]}", "$NAME"]
REACHING = [form.replace("NAME", name) for name in ATTRIBUTES for form in FORMS]
LENGTH = 20_000
DEEP = [
    "${x:-" * LENGTH,
    "${x:-" * LENGTH + "}" * LENGTH,
    "${" * LENGTH,
    "$" * LENGTH,
    "$" * (LENGTH + 1),
    "${x:+" * 64 + "$x" + "}" * 64,
    "${x:+" * 63 + "$x" + "}" * 63,
    "${" + "x" * LENGTH,
    "${" + "x" * LENGTH + "}",
    "$" + "x" * 200_000,
    "${x" + ".y" * LENGTH + "}",
    "${x" + "[0]" * LENGTH + "}",
    "${x[999999999]}",
    "${x[9999999999]}",
    "${l[-999999999]}",
    '${["' + "\\\\" * LENGTH + '"]}',
    '${["' + "a" * 200_000,
    "${x:-" + "\\" * LENGTH + "}",
    "${x:-" + "a" * 70_000 + "}",
    "${x:?" + "a" * 60_000 + "}",
    "${q:?" + "\x1b[31m" * 100 + "}",
    "${x:-${y:-${z:-" * 5000,
    "{" * LENGTH + "}" * LENGTH,
    "${x}" * LENGTH,
    "${q}" * LENGTH,
    "${q:-}" * LENGTH,
    "\\" * LENGTH + "$x",
    "\n" * LENGTH + "$q",
    "\0$x\0",
    "\udc80\udcff$x",
    "$\udc80",
    "${\udc80}",
    "${x\udc80}",
    "\ufeff\ufeff$x",
    "${x:-\ufeff}",
    "${\u202ex}",
    "%s %n %(x)s $x",
    "{x} {0} {x.__class__}",
    "#{x} <%= x %> {{x}} {% x %}",
    "$(id) `id` $((1+1)) ${x:=y} ${!x} ${#x} ${x%%y} ${x//a/b} ${x:0:1} ${x^^}",
]
VALUES = [
    "$x", "${x}", "$$", "$" * LENGTH, "${x:-" * LENGTH, "\\1", "\\g<0>", "%s", "{0}", "\0", "\x1b[2J", "\ud800",
    "\udcff", "a" * 1_000_000, "' OR 1=1 --", "=1+1", "../../etc/passwd", "\r\n", "\u2028", "\ufeff", "<script>",
    "]]>",
    "&lol;", "#{x}",
]  # fmt: skip


def random_templates(count: int) -> list[str]:
    draw = random.Random(300)
    pieces = [*"${}[].:-+?\\\"' \n%&#@x1_", "${x", "$x", "\udcff", "é", "[0]", ":-", "__class__"]
    return ["".join(draw.choices(pieces, k=draw.randrange(1, 200))) for _ in range(count)]


TEMPLATES = [*REACHING, *DEEP, *random_templates(160)]


def test_there_are_three_hundred() -> None:
    assert len(TEMPLATES) + len(VALUES) >= 300
    assert "tmpl" in stdtools_command.table


class Trap(str):
    """A text whose attributes, when anybody gets one by a name of a template, say so."""

    reached = "REACHED"


@pytest.mark.once
def test_no_template_reaches_an_attribute_or_takes_long() -> None:
    """Each alone, under every policy, by both ways through the text, in one process that a timeout ends."""
    data = {"x": {"y": [1, 2]}, "l": [1, [2, 3]], "s": Trap("s")}
    for text in TEMPLATES:
        for policy in (Policy(), Policy("keep", "keep"), Policy("empty"), Policy("keep", "keep", lambda place: False)):
            for plain in (False, True):
                renderer = Renderer(Syntax(plain=plain), Values([Source("", data)]).find, policy)
                out = renderer.render(text)[0]
                assert "REACHED" not in out
                assert "<" not in out.replace("<%", "")
                assert "built-in" not in out
                if policy.only:
                    assert out == text
    for name in [*ATTRIBUTES, "reached"]:
        renderer = Renderer(Syntax(), Values([Source("", data)]).find)
        renderer.render(f"${{x.{name}}}${{s.{name}}}${{l.{name}}}")
        assert [trouble.name for trouble in renderer.troubles] == [f"x.{name}", f"s.{name}", f"l.{name}"]


@pytest.mark.process
@pytest.mark.once
def test_every_template_ends_the_command_in_an_orderly_way(tmp_path: Path) -> None:
    (tmp_path / "d.json").write_text('{"x": {"y": [1]}, "l": [1], "s": "text"}')
    before = sorted(os.listdir(tmp_path))
    for text in random.Random(7).sample(TEMPLATES, 40):
        data = text.encode("utf-8", "surrogateescape")
        done = subprocess.run(
            [COMMAND, "tmpl", "--data", "d.json"], input=data, capture_output=True, cwd=tmp_path, timeout=60
        )
        assert done.returncode in (0, 1, 2), text
        assert bool(done.stderr) == bool(done.returncode), text
        assert b"internal error" not in done.stderr
        assert b"\x1b" not in done.stderr
        assert not done.returncode or not done.stdout
    assert sorted(os.listdir(tmp_path)) == before


@pytest.mark.process
@pytest.mark.once
def test_every_value_comes_out_as_it_is(tmp_path: Path) -> None:
    """All of them as records, and each again as the name of a file."""
    lines = "".join(json.dumps({"n": n, "x": value}) + "\n" for n, value in enumerate(VALUES) if value != "\ud800")
    (tmp_path / "r.jsonl").write_text(lines)
    done = subprocess.run(
        [COMMAND, "tmpl", "-e", "<${x:-}>", "--each", "r.jsonl"], capture_output=True, cwd=tmp_path, check=True
    )
    expected = "".join(f"<{value}>\n" for value in VALUES if value != "\ud800")
    assert done.stdout == expected.encode("utf-8", "surrogateescape")
    for value in VALUES:
        (tmp_path / "one.jsonl").write_text(json.dumps({"x": value}) + "\n")
        done = subprocess.run(
            [COMMAND, "tmpl", "-e", "x", "--each", "one.jsonl", "-o", "out/$x"], capture_output=True, cwd=tmp_path
        )
        assert done.returncode in (0, 2)
        assert done.stderr.count(b"\n") == (done.returncode == 2)
        assert b"internal error" not in done.stderr
    assert sorted(os.listdir(tmp_path)) == ["one.jsonl", "out", "r.jsonl"]
    assert all(not name.startswith(".stdtools") for name in os.listdir(tmp_path / "out"))
