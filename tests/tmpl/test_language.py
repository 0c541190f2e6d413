"""The language beside those that it is made of: string.Template, a POSIX shell, envsubst."""

import os
import random
import string
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from stdtools.tmpl import Template
from stdtools.tmpl.language import DEEPEST, LONGEST_PLACE, Escaped, Malformed, Place, Syntax, Unfinished
from stdtools.tmpl.rendering import Policy, Renderer
from stdtools.tmpl.values import Source, Values
from tests.conftest import Run

NO_NAME = "the braces hold neither a name nor one with :-, :+ or :?"
PIECES = ["$", "{", "}", "a", "b1", "_c", " ", "\n", "$$", "${a}", "$b1", "é", "$x", "${x}", "%", "${", "$1", "${a"]
VALUES = {"a": "one", "b1": "$a ${a} $$", "_c": ""}


def outcome(function: Callable[[], Any]) -> Any:
    try:
        return function()
    except (KeyError, ValueError) as error:
        return type(error)


def random_template(draw: random.Random, pieces: list[str]) -> str:
    return "".join(draw.choices(pieces, k=draw.randrange(14)))


def rendered(text: str, values: dict[str, Any], policy: Policy, **syntax: Any) -> str:
    return Renderer(Syntax(**syntax), Values([Source("", values)]).find, policy).render(text)[0]


@pytest.mark.once
def test_plain_forms_are_those_of_string_template() -> None:
    """2,000 random templates, all four methods; only a name that is not ASCII is one here and not there."""
    draw = random.Random(20261126)
    for _ in range(2000):
        text = random_template(draw, PIECES)
        if "{é" in text or "aé}" in text or "_cé" in text or "b1é" in text:
            text = text.replace("é", "!")
        theirs, ours = string.Template(text), Template(text)
        for name in ("substitute", "safe_substitute"):
            expected = outcome(lambda: getattr(theirs, name)(VALUES))  # noqa: B023
            assert outcome(lambda: getattr(ours, name)(VALUES)) == expected, (name, text)  # noqa: B023
        assert ours.is_valid() == theirs.is_valid(), text
        assert ours.get_identifiers() == theirs.get_identifiers(), text


@pytest.mark.once
def test_plain_knows_nothing_else_than_string_template() -> None:
    draw = random.Random(1)
    pieces = [*PIECES, "${a:-b}", "${a.b}", "${x-}", "${é}"]
    for _ in range(2000):
        text = random_template(draw, pieces)
        expected = string.Template(text).safe_substitute(VALUES)
        assert rendered(text, VALUES, Policy("keep", "keep"), plain=True) == expected, text


def shell_word(draw: random.Random, depth: int) -> str:
    parts = []
    for _ in range(draw.randrange(4)):
        parts.append(draw.choice(["x", " ", "{", "ü", ":", "-", "\\}", "\\$", "\\\\", "\\n", "%", "#", "\n", "?", "+"]))
        if draw.random() < 0.4:
            parts.append(shell_place(draw, depth))
    return "".join(parts)


def shell_place(draw: random.Random, depth: int = 0) -> str:
    name = draw.choice(["a", "b", "empty", "unset", "none"])
    form = draw.randrange(6 if depth < 4 else 2)
    if form == 0:
        return f"${{{name}}}"
    if form == 1:
        return f"${name} "
    return f"${{{name}{[':-', '-', ':+', '+'][form - 2]}{shell_word(draw, depth + 1)}}}"


@pytest.mark.once
def test_braces_are_those_of_a_shell() -> None:
    """1,000 random texts of what both know, within double quotes of sh."""
    draw = random.Random(2)
    values = {"a": "one", "b": "$a } \\", "empty": ""}
    texts = []
    for _ in range(1000):
        pieces = [draw.choice(["x ", "}", "{", "é", "\n", ""]) + shell_place(draw) for _ in range(draw.randrange(1, 4))]
        texts.append("".join(pieces))
    script = "".join(f'printf "%s\\0" "{text}"\n' for text in texts)
    done = subprocess.run(
        ["sh", "-c", f"unset unset none\n{script}"], capture_output=True, env={"PATH": os.environ["PATH"], **values}
    )
    assert (done.returncode, done.stderr) == (0, b"")
    expected = done.stdout.decode().split("\0")[:-1]
    for text, theirs in zip(texts, expected, strict=True):
        assert rendered(text, values, Policy("empty")) == theirs, text


@pytest.mark.once
def test_only_is_the_shell_format_of_envsubst() -> None:
    """500 random texts; --plain --no-escape makes them equal in every case."""
    draw = random.Random(3)
    pieces = ["$", "{", "}", "$a", "${a}", "$b ", "${b}", "$host", "$$", "$$a", "${a:-x}", "${unset}", "é", "\n", "$1"]
    texts = [random_template(draw, pieces) for _ in range(500)]
    policy = Policy("empty", "keep", lambda place: place.name in ("a", "b", "unset"))
    env = {"PATH": os.environ["PATH"], "a": "one", "b": "$host $$", "host": "never"}
    mark = "\n=====\n"
    done = subprocess.run(
        ["envsubst", "$a $b $unset"], input=mark.join(texts), capture_output=True, text=True, env=env, check=True
    )
    for text, expected in zip(texts, done.stdout.split(mark), strict=True):
        assert rendered(text, env, policy, plain=True, doubled=False) == expected, text
        if "$$a" not in text and "$${" not in text and "$$b" not in text:
            assert rendered(text, env, policy, plain=True) == expected, text


@pytest.mark.once
@pytest.mark.parametrize("delimiter", ["$", "@@"])
def test_a_text_in_pieces_is_rendered_as_a_whole_one(delimiter: str) -> None:
    """Wherever a block ends, within a delimiter, a name, or a word in braces, and by tokens as by events."""
    draw = random.Random(4)
    pieces = [
        "$",
        "{",
        "}",
        "a",
        "$a",
        "${a}",
        "$$",
        "${x:-$a}",
        "${x:-${a:+\\}b}}",
        '${["a}"]}',
        "${x:-",
        "é\n",
        "${a.b[0]}",
    ]
    syntax = Syntax(delimiter)
    values = Values([Source("", {"a": "one", "a}": "two"})])
    for _ in range(3000):
        text = random_template(draw, pieces).replace("$", delimiter)
        whole = Renderer(syntax, values.find, Policy("empty", "keep"))
        expected = whole.by_events(text)[0]
        assert whole.render(text)[0] == expected, text
        by_pieces = Renderer(syntax, values.find, Policy("empty", "keep"))
        found, rest, at = "", "", 0
        while at < len(text):
            size = draw.randrange(1, 5)
            out, rest = by_pieces.render(rest + text[at : at + size], final=False)
            found += out
            at += size
        assert found + by_pieces.render(rest)[0] == expected, text
        checked = Renderer(syntax, values.find)
        checked.by_events(text)
        troubles = checked.troubles
        checked.check(text)
        assert checked.troubles == troubles, text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${a.b[0].c}", "deep"),
        ("${a.b[-2].c}", "deep"),
        ("${a.b[2].c:-no}", "no"),
        ("${a.none.c-no}", "no"),
        ("${a.b.c-no}", "no"),
        ("${a[0]-no}", "no"),
        ('${a["b"][1]}', "[1, null, true]"),
        ('${["two words"]}', "2"),
        ('${["q\\"\\\\}"]}', "quoted"),
        ("${x.y}", "exact"),
        ("${größe}", "1.5"),
        ("${null}|${null-d}|${null:-d}", "null|null|d"),
        ("${false}${zero}", "false0"),
        ("${no:-a}b}", "ab}"),
        ("${no:-{}}", "{}"),
        ("${no:-a$$b\\}c\\n\\$}", "a$b}c\\n$"),
        ("${no:-${no:-${false:+deep ${zero}}}}", "deep 0"),
        ("${no:+x}${zero:+y}", "y"),
        ("${zero:?never}", "0"),
        ("${data}", "bytes \udcff"),
    ],
)
def test_forms(text: str, expected: str) -> None:
    values = {
        "a": {"b": [{"c": "deep"}, [1, None, True]]},
        "two words": 2,
        'q"\\}': "quoted",
        "x.y": "exact",
        "x": {"y": "path"},
        "größe": 1.5,
        "null": None,
        "false": False,
        "zero": 0,
        "data": {"$base64": True, "encoded": "Ynl0ZXMg/w=="},
    }
    assert rendered(text, values, Policy()) == expected


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("$", "neither a name nor another $ follows"),
        ("a $1", "neither a name nor another $ follows"),
        ("$é", "neither a name nor another $ follows"),
        ("${a", "no closing brace"),
        ("${a:-b", "no closing brace"),
        ("${", "no closing brace"),
        ("${}", NO_NAME),
        ("${a b}", NO_NAME),
        ("${1}", NO_NAME),
        ("${a:}", NO_NAME),
        ("${a:=b}", NO_NAME),
        ("${a[x]}", NO_NAME),
        ("${a..b}", NO_NAME),
        ("${a:-$}", "neither a name nor another $ follows"),
        ("${a:-" * (DEEPEST + 1) + "}" * (DEEPEST + 1), "nested too deep"),
    ],
)
def test_malformed(text: str, what: str) -> None:
    [found] = [event for event in Syntax().scan(text) if isinstance(event, Malformed) and event.what]
    assert found.what == what


def test_a_place_is_no_longer_than_64_kib() -> None:
    word = "x" * (LONGEST_PLACE - len("${a:-}"))
    assert rendered(f"${{a:-{word}}}", {}, Policy()) == word
    assert rendered(f"${{a:-{word}x}}", {}, Policy("error", "keep")) == f"${{a:-{word}x}}"


@pytest.mark.once
@pytest.mark.parametrize("size", [LONGEST_PLACE - 9, LONGEST_PLACE - 3, LONGEST_PLACE, LONGEST_PLACE + 9])
def test_long_ones_are_the_same_in_pieces(size: int) -> None:
    for text in ("$" + "x" * size + " $a", "${" + "x" * size + "} $a", "${a:-$" + "x" * size, "${a.b" + "." * size):
        expected = rendered(text, {"a": 1}, Policy("empty", "keep"))
        for cut in (1, 100, LONGEST_PLACE - 1, LONGEST_PLACE, LONGEST_PLACE + 1):
            renderer = Renderer(Syntax(), Values([Source("", {"a": 1})]).find, Policy("empty", "keep"))
            first, rest = renderer.render(text[:cut], final=False)
            assert first + renderer.render(rest + text[cut:])[0] == expected


def test_what_is_inside_of_a_malformed_place_is_looked_at() -> None:
    events = list(Syntax().scan("${x:-$a ${b} $$ ${c"))
    kinds = [type(event) for event in events]
    assert kinds == [Malformed, Place, Place, Malformed]
    assert rendered("${x:-$a ${a} ${c", {"a": 1}, Policy("keep", "keep")) == "${x:-1 1 ${c"


@pytest.mark.parametrize("delimiter", ["%", "@@", "#", ".", "^", "|", "a", "§", "$("])
def test_any_delimiter(delimiter: str) -> None:
    text = f"{delimiter}{{b}} {delimiter}{delimiter} {delimiter}b {delimiter}{{no:-{delimiter}b\\{delimiter}}}"
    assert rendered(text, {"b": 1}, Policy(), delimiter=delimiter) == f"1 {delimiter} 1 1{delimiter}"


@pytest.mark.parametrize("delimiter", ["", " ", "{", "a}", "\\", "\n", "$\t"])
def test_no_delimiter(delimiter: str) -> None:
    with pytest.raises(ValueError, match="is no delimiter"):
        Syntax(delimiter)


def test_only_leaves_everything_else() -> None:
    only = Policy("error", "keep", lambda place: place.name == "a")
    text = "$$ $$a ${a} $host ${b:-${a}} ${b:-$$} $1 ${ ${a:-$host}"
    assert rendered(text, {"a": 1, "b": 2}, only) == "$$ $$a 1 $host ${b:-1} ${b:-$$} $1 ${ 1"
    assert rendered("${a:-$host $$}", {}, only) == "$host $$"


def test_keep_leaves_the_unknown_as_it_was() -> None:
    text = '${no} $no ${no:?what $a} ${a.no["x"]} ${no:-d} $$ $1 ${'
    assert rendered(text, {"a": 1}, Policy("keep", "keep")) == '${no} $no ${no:?what $a} ${a.no["x"]} d $ $1 ${'


def test_a_template_is_one_of_the_library() -> None:
    template = Template("${a:-x} $b")
    assert isinstance(template, string.Template)
    assert template.substitute({"b": True}, b=2) == "x 2"
    assert template.get_identifiers() == ["a", "b"]
    assert not Template("$").is_valid()
    with pytest.raises(KeyError, match="b"):
        template.substitute()
    with pytest.raises(ValueError, match="line 2, column 3"):
        Template("\nab$").substitute()

    class Percent(Template):
        delimiter = "%"

    assert Percent("%a $a %%").substitute(a=1) == "1 $a %"


def test_values_are_never_scanned_again() -> None:
    values = {"a": "${b} $b $$ ${a:-x}", "b": "no"}
    assert rendered("$a|${a:-d}|${no:-$a}", values, Policy()) == "|".join([values["a"]] * 3)


def test_events_tell_where_they_are() -> None:
    events = list(Syntax().scan("ab $$ ${c:-$d} $"))
    assert [(event.start, getattr(event, "end", None)) for event in events] == [(3, 5), (6, 14), (15, 16)]
    assert isinstance(events[0], Escaped)
    assert list(Syntax().scan("x $a", final=False)) == [Unfinished(2)]


def test_the_command_renders_the_same(run: Run) -> None:
    assert run("tmpl", "-e", "${a:-b} $c", "-D", "c=1") == (0, b"b 1\n", "")
