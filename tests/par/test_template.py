"""Placeholders, in words and in a shell's text."""

import os
import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stdtools.par.halting import Halt, parse_halt, parse_jobs, parse_rate
from stdtools.par.shell import ShellTemplate
from stdtools.par.template import Template


@pytest.mark.parametrize(
    ("item", "out"),
    [
        ("a/b.tar.gz", ["a/b.tar.gz", "a/b.tar", "b.tar.gz", "a", "b.tar"]),
        ("b", ["b", "b", "b", ".", "b"]),
        ("/", ["/", "/", "/", "/", "/"]),
        ("/x.y", ["/x.y", "/x", "x.y", "/", "x"]),
        ("a/b/", ["a/b/", "a/b/", "b", "a", "b"]),
        (".bashrc", [".bashrc", ".bashrc", ".bashrc", ".", ".bashrc"]),
        ("a.d/b", ["a.d/b", "a.d/b", "b", "a.d", "b"]),
        ("{}", ["{}", "{}", "{}", ".", "{}"]),
    ],
)
def test_placeholders(item: str, out: list[str]) -> None:
    template = Template([b"{}", b"{.}", b"{/}", b"{//}", b"{/.}"])
    assert template.argv([item.encode()], 1, 1) == [text.encode() for text in out]


@pytest.mark.parametrize(
    ("words", "items", "argv"),
    [
        ("cp", "a b", "cp a b"),
        ("cp {} /d", "a b", "cp a b /d"),
        ("x -{}- {#}.{%}", "a", "x -a- 7.3"),
        ("x -{}-{} .", "a b", "x -a-a -b-b ."),
        ("{} x", "a", "a x"),
        ("x {#}", "a", "x 7 a"),
        ("x {n} { } {}{}", "a", "x {n} { } aa"),
    ],
)
def test_words(words: str, items: str, argv: str) -> None:
    words_given = [b"{ }" if word == "{_}" else word.encode() for word in words.replace("{ }", "{_}").split(" ")]
    expected = [b"{ }" if word == "{_}" else word.encode() for word in argv.replace("{ }", "{_}").split(" ")]
    assert Template(words_given).argv([item.encode() for item in items.split(" ")], 7, 3) == expected


@given(
    st.binary(max_size=40).filter(lambda item: b"\0" not in item),
    st.sampled_from(["printf '%s' {}", "printf '%s' '{}'", 'printf "%s" "{}"', "printf '%s' a'{}'", "echo x # don't\nprintf '%s' {}", 'printf "%s" "`printf "%sx" {}`"', "a=$((1 << 2)); printf %s {}", "printf %s {}",  # noqa: E501
                     'printf %s "$(printf "%sx" {})"', "x=1; printf %s {}", 'printf %s \\"{}\\"', "printf %s \\'{}"]),
)  # fmt: skip
def test_no_item_is_read_as_shell(item: bytes, text: str) -> None:
    argv = ShellTemplate(text.encode()).argv([item], 1, 1)
    said = subprocess.run(argv, capture_output=True)
    assert said.stderr == b""
    assert item in said.stdout


@pytest.mark.parametrize("text", ["echo $(({} + 1))", "x=$(( (1 + {}) ))", 'echo "$(({}))"', "((x = {}))"])
def test_no_item_where_the_shell_counts(text: str) -> None:
    """``$((a[$(date)]))`` runs date in bash, however a is quoted."""
    with pytest.raises(ValueError, match="stands where sh counts"):
        ShellTemplate(text.encode())
    ShellTemplate(b'echo "$((1 + 2))" $(( (3) )) $( (echo) ) {}')
    ShellTemplate(b'echo "${x}" ${#x} "${x:-y}${z}" {}')


def test_a_shell_text_must_say_where_the_item_stands() -> None:
    with pytest.raises(ValueError, match="does not say where the item stands"):
        ShellTemplate(b"date;")
    argv = ShellTemplate(b"echo {/.} {#} {%} {}").argv([b"d/a.b"], 5, 2)
    assert subprocess.check_output(argv) == b"a 5 2 d/a.b\n"
    assert subprocess.check_output(ShellTemplate(b"set -- x; shift; echo {}").argv([b"a"], 1, 1)) == b"a\n"
    assert ShellTemplate(b"wc -l", takes_items=False).argv([], 1, 1)[2] == b"wc -l"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("cat <<EOF\n{}\nEOF", "behind <<, perhaps in a here-document"),
        ('echo "$(case x in a) ;; x) echo {};; esac)"', r"behind case in \$\(…\)"),
        ("echo \\{}", "behind a backslash"),
        ("""echo "${x%'{}'}\"""", r"within \$\{…\}"),
        ("echo ${x:-{}}", r"within \$\{…\}"),
        ("""echo "${x%'}'}" {}""", r"behind quotes in \$\{…\}"),
        ("echo a\\\n#{}", "behind # on a line that goes on"),
    ],
)
def test_no_item_where_its_quotes_cannot_be_told(text: str, where: str) -> None:
    with pytest.raises(ValueError, match=f"stands {where}; put it into a variable first"):
        ShellTemplate(text.encode())


def test_rules_are_parsed() -> None:
    assert parse_halt("soon,fail=1") == Halt(False, 1)
    assert parse_halt("now,fail=10%") == Halt(True, 0, 10)
    assert [Halt(True, 0, 50).is_due(*counts) for counts in ((2, 2), (3, 6), (3, 7), (4, 8))] == [
        False, True, False, True
    ]  # fmt: skip
    assert [parse_rate(text) for text in ("10/s", "30/m", "0.5/s")] == [0.1, 2, 2]
    assert [parse_jobs(text, 8) for text in ("3", "50%", "+2", "-1", "1%", "-99")] == [3, 4, 10, 7, 1, 1]
    for parse, text in ((parse_halt, "fail=1"), (parse_halt, "soon,fail=0"), (parse_halt, "now,fail=101%"),
                        (parse_rate, "0/s"), (parse_rate, "10"), (parse_rate, "1/d")):  # fmt: skip
        with pytest.raises(ValueError, match=r"is not a r(ul|at)e"):
            parse(text)
    with pytest.raises(ValueError, match="is not a number of jobs"):
        parse_jobs("+50%", 8)


def test_quoting_of_the_way_back_is_for_the_shell() -> None:
    assert shlex.split(shlex.join(["a b", os.fsdecode(b"\xff")])) == ["a b", "\udcff"]
