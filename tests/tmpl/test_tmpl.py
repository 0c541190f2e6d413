"""The command: sources of values, what is missing, bytes, lists, checked formats."""

import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.conftest import COMMAND, Run
from tests.test_cli import on_terminal

pytestmark = pytest.mark.process


def test_all_that_is_missing_or_malformed_is_told_at_once_and_nothing_is_written(run: Run, tmp_path: Path) -> None:
    (tmp_path / "t").write_text("ok $port\nünï $prot $\n${x:?not $port} ${y\n${z:-${w}} $prot\n")
    assert run("tmpl", "t", "-D", "port=1", "-o", "out") == (
        2,
        b"",
        "stdtools tmpl: t:2:5: no value for 'prot'; did you mean port?\n"
        "stdtools tmpl: t:2:11: malformed: neither a name nor another $ follows\n"
        "stdtools tmpl: t:3:1: x: not 1\n"
        "stdtools tmpl: t:3:17: malformed: no closing brace\n"
        "stdtools tmpl: t:4:6: no value for 'w'\n"
        "stdtools tmpl: t:4:12: no value for 'prot'; did you mean port?\n",
    )
    assert not (tmp_path / "out").exists()


def test_what_only_the_environment_has_is_told_how_to_be_read(run: Run) -> None:
    hint = "no value for 'APP_x'; --env reads it from the environment"
    assert run("tmpl", "-e", "$APP_x", env={"APP_x": "hunter2"}).err == f"stdtools tmpl: -e:1:1: {hint}\n"
    assert run("tmpl", "-e", "$APP_x", "--env=B", env={"APP_x": "1"}).err == f"stdtools tmpl: -e:1:1: {hint}\n"
    assert run("tmpl", "-e", "$APP_x").err == "stdtools tmpl: -e:1:1: no value for 'APP_x'\n"


def test_exit_codes(run: Run) -> None:
    assert run("tmpl", "-e", "$a").code == 1
    assert run("tmpl", "-e", "$a $").code == 2
    assert run("tmpl", "-e", "$a $", "--empty").code == 2
    assert run("tmpl", "-e", "$a ${a:?no}", "--empty").code == 1
    for more in ([], ["--only", "a"]):
        result = run("tmpl", "-e", "x ${a:?need}", "--empty", *more)
        assert result == (1, b"", "stdtools tmpl: -e:1:3: a: need\n"), more
    assert run("tmpl", "-e", "$a $1", "--keep") == (0, b"$a $1\n", "")
    assert run("tmpl", "-e", "[$a]", "--empty") == (0, b"[]\n", "")
    assert run("tmpl", "-e", "$a $1 $b", "--only", "b").err == "stdtools tmpl: -e:1:7: no value for 'b'\n"


def test_later_sources_win_in_the_order_in_which_they_are_typed(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"x": "json", "s": {"y": 1, "z": [1.50, null]}}')
    (tmp_path / "b.toml").write_text('x = "toml"\nd = 2026-11-26\n[s]\ny = true\n')
    env = {"x": "environment", "APP_y": "y"}
    text = "$x ${s.y} ${s.z[0]}"
    order = ["--data", "a.json", "--env", "--data", "b.toml", "-D", "x=typed"]
    assert run("tmpl", "-e", text, *order, env=env).text == "typed true 1.5\n"
    assert run("tmpl", "-e", text, *order[:-2], env=env).text == "toml true 1.5\n"
    assert run("tmpl", "-e", text, *order[:3], env=env).text == "environment 1 1.5\n"
    assert run("tmpl", "-e", text, "-D", "x=typed", *order[:3], env=env).text == "environment 1 1.5\n"
    assert run("tmpl", "-e", text, *order, "-D", "s.y=8080", env=env).text == "typed 8080 1.5\n"
    assert run("tmpl", "-e", "${x:-none} $APP_y", "--env=APP_", env=env).text == "none y\n"
    assert run("tmpl", "-e", "${x:-none}", env=env).text == "none\n"
    (tmp_path / "t").write_text("$APP_y")
    assert run("tmpl", "--env", "t", env=env).text == "y"
    assert run("tmpl", "-e", "$d ${s.z[1]}", *order[:2], *order[3:5]).text == "2026-11-26 null\n"


@pytest.mark.parametrize(
    ("name", "content", "text", "expected"),
    [
        ("x.json", '\ufeff{"a": {"b": [1, {"c": "\\u00fc"}]}}', "${a.b[1].c} ${a.b}", 'ü [1, {"c": "ü"}]'),
        (
            "x.toml",
            'a = [1, 2.5, inf]\n[t]\nw = 10:30:00\n"q k" = "v"',
            '${a} ${t.w} ${t["q k"]}',
            '[1, 2.5, "inf"] 10:30:00 v',
        ),
        (
            "x.ini",
            "[DEFAULT]\nBase = /srv\n[web]\nPort = 80\nx = %(no)s\n",
            "$Base ${web.Port} ${web.x}",
            "/srv 80 %(no)s",
        ),
        (
            ".env",
            '# c\nexport A=1\nB = two words # c\nC=\'$A \\n\'\nD="x\\ny \\"z\\""\nE=\nF=a#b\r\n\nG="two\nlines"',
            "$A|$B|$C|$D|$E|$F|$G",
            '1|two words|$A \\n|x\ny "z"||a#b|two\nlines',
        ),
        (
            ".env",
            "A=#a\nB= # it's\nC=b\t # \"c\nD='' # d\n  export E = a=b\t\r\n#F=1\nG=a\xa0b  c\\nd",
            "$A|$B|$C|$D|$E|${F:-}|$G",
            "#a||b||a=b||a\xa0b  c\\nd",
        ),
        ("x.csv", 'a,b c\n"x,1",2\n3,4\n', '$a ${["b c"]}', "x,1 2"),
        ("x.tsv", "a\tb\nx\\ty\t2\n", "$a $b", "x\ty 2"),
    ],
)
def test_files_of_values(run: Run, tmp_path: Path, name: str, content: str, text: str, expected: str) -> None:
    (tmp_path / name).write_text(content, newline="")
    assert run("tmpl", "-e", text, "--data", name) == (0, f"{expected}\n".encode(), "")
    form = ["--data-format", name.rpartition(".")[2]]
    assert run("tmpl", "-e", text, "--data", "-", *form, stdin=content.encode()).text == f"{expected}\n"


@pytest.mark.once
@pytest.mark.parametrize(
    "value", ["x" * 20_000_000, "'" + "x" * 20_000_000 + "'", '"' + "x\\n" * 7_000_000 + '"', "a " * 10_000_000]
)
def test_a_long_value_of_an_env_file_takes_little_memory(shell: Run, tmp_path: Path, value: str) -> None:
    (tmp_path / ".env").write_text(f"a={value}\n")
    assert shell("(ulimit -v 400000; stdtools tmpl -e '${a:+there}' --data .env)") == (0, b"there\n", "")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.json", '{"a": 1\n"b"}', "x.json:2:1: not JSON: expecting ',' delimiter"),
        ("x.json", "[1]", "x.json: is no JSON object, so that nothing in it has a name"),
        ("x.json", '{"a": NaN}', 'x.json: not JSON: NaN; write "NaN"\n'),
        ("x.json", '{"a": 1e999}', "x.json: 1e999 is too large for a 64-bit float\n"),
        ("x.json", "[" * 100_000, "x.json: nested too deep"),
        ("x.json", '{"a": ' + "1" * 5000 + "}", "x.json: holds a whole number of more than 4300 digits"),
        ("x.toml", "a = \n", "x.toml: not TOML: Invalid value (at line 1, column 5)"),
        ("x.toml", "a = " + "1" * 5000, "x.toml: holds a whole number of more than 4300 digits"),
        ("x.ini", "a = 1\n", "x.ini:1: not INI: a value before the first [SECTION]\n"),
        ("x.ini", "[a]\nhunter2\n", "x.ini:2: not INI: neither [SECTION] nor NAME = VALUE\n"),
        ("x.ini", "[a]\nk=1\nk=2\n", "x.ini:3: not INI: 'k' stands twice in [a]\n"),
        ("x.ini", "[a]\nk=1\n[a]\n", "x.ini:3: not INI: [a] stands twice\n"),
        ("x.ini", "[a]\n  k\n  hunter2\n", "x.ini:2: not INI: neither [SECTION] nor NAME = VALUE\n"),
        ("x.env", "A=1\nwhat is this\n", "x.env:2: not NAME=VALUE, or its quotes are not closed"),
        ("x.env", 'A=1\n\nB="open\n', "x.env:3: not NAME=VALUE, or its quotes are not closed"),
        ("x.env", f"A={' ' * 100_000}'open\n", "x.env:1: not NAME=VALUE, or its quotes are not closed"),
        ("x.csv", "a,b\n", "x.csv: has no row below its header"),
        ("x.csv", "a,b\n1\n", "x.csv: record 1: has 1 values for 2 columns"),
        ("x.yaml", "a: 1\n", "x.yaml: its name does not tell what it is; --data-format does"),
    ],
)
def test_files_that_are_none(run: Run, tmp_path: Path, name: str, content: str, message: str) -> None:
    assert run("tmpl", "-e", "$a", "--data", name).err == f"stdtools tmpl: {name}: No such file or directory\n"
    (tmp_path / name).write_text(content)
    result = run("tmpl", "-e", "$a", "--data", name)
    assert (result.code, result.out) == (2, b"")
    assert result.err.startswith(f"stdtools tmpl: {message}")
    assert result.err.count("\n") == 1


def test_bytes_are_kept(run: Run, tmp_path: Path) -> None:
    data = b"\xef\xbb\xbf\xff\xfe $a\r\n\0\x80\xe2\x82$a\xc3"
    (tmp_path / "t").write_bytes(data)
    expected = data.replace(b"$a", b"\xc3\xe9")
    for args, stdin in ((["t"], b""), ([], data), (["-"], data)):
        assert run("tmpl", *args, b"-D", b"a=\xc3\xe9", stdin=stdin) == (0, expected, "")
    assert run("tmpl", "t", b"-D", b"a=\xc3\xe9", "-o", "out").code == 0
    assert (tmp_path / "out").read_bytes() == expected
    assert run("tmpl", "t", "--env", env={"a": b"\xc3\xe9".decode("utf-8", "surrogateescape")}).out == expected
    assert run("tmpl", "-e", "$a", "--env", env={"a": b"\xff", "LC_ALL": "C"}).out == b"\xff\n"


def test_a_byte_order_mark_is_no_column(run: Run, tmp_path: Path) -> None:
    (tmp_path / "t").write_text("\ufeff$a")
    assert run("tmpl", "--list", stdin="\ufeff$a\n$b").text == "a\t1\t1\t\ttrue\nb\t2\t1\t\ttrue\n"
    assert run("tmpl", "--check", stdin="\ufeff$a").text == "missing\ta\tstandard input:1:1\t\n"
    assert run("tmpl", "t", "--escape", "json", "-D", "a=x").err.startswith("stdtools tmpl: t:1:1: the output")
    assert run("tmpl", "t", "--each", "-", stdin="b\n1\n").err == "stdtools tmpl: t:1:1: no value for 'a'\n"
    assert run("tmpl", stdin="\ufeff$a\n$b").err == (
        "stdtools tmpl: standard input:1:1: no value for 'a'\nstdtools tmpl: standard input:2:1: no value for 'b'\n"
    )


@pytest.mark.once
def test_a_large_template_of_any_kind_of_input(run: Run, shell: Run, tmp_path: Path) -> None:
    """Places at every block's end, from a file and from a pipe, which is kept on disk, in little memory."""
    line = b"x" * 101 + b"${a} $b ${c:-${a}}\n"
    (tmp_path / "t").write_bytes(line * 10_000)
    expected = line.replace(b"${a}", b"1").replace(b"$b", b"").replace(b"${c:-1}", b"1") * 10_000
    args = ["-D", "a=1", "-D", "b="]
    assert run("tmpl", "t", *args).out == expected
    assert shell("cat t | stdtools tmpl -D a=1 -D b=").out == expected
    assert shell("cat t | stdtools tmpl -D a=1 -D b= --keep").out == expected
    assert shell("cat t | stdtools tmpl -D b= -D c=").err.count("\n") == 1001
    assert shell("(ulimit -v 200000; cat t t t t t t t t | stdtools tmpl -D a=1 -D b= | wc -c)").text == (
        f"{8 * len(expected)}\n"
    )


def test_what_comes_slowly_is_written_as_it_comes(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [COMMAND, "tmpl", "--keep", "-D", "a=1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    )
    assert process.stdin is not None
    assert process.stdout is not None
    for _ in range(2):
        process.stdin.write(b"line $a ${%\n")
        assert process.stdout.read(11) == b"line 1 ${%\n"
    process.stdin.close()
    assert process.wait() == 0
    process.stdout.close()


def test_a_file_is_replaced_as_a_whole_and_only_when_it_changes(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.write_text("old")
    target.chmod(0o640)
    assert run("tmpl", "-e", "$a", "-o", "out", "-D", "a=new", "-n") == (0, b"out\n", "")
    assert target.read_text() == "old"
    assert run("tmpl", "-e", "$a", "-o", "out", "-D", "a=new") == (0, b"", "")
    assert (target.read_text(), target.stat().st_mode & 0o777) == ("new\n", 0o640)
    before = target.stat().st_ino
    assert run("tmpl", "-e", "$a", "-o", "out", "-D", "a=new") == (0, b"", "")
    assert target.stat().st_ino == before
    assert run("tmpl", "-e", "$a", "-o", "out", "-D", "a=new", "-n") == (0, b"", "")
    assert run("tmpl", "-e", "$a", "-o", "-", "-D", "a=1").text == "1\n"
    (tmp_path / "t").write_text("$a $$\n")
    assert run("tmpl", "t", "-o", "t", "-D", "a=1").code == 0
    assert (tmp_path / "t").read_text() == "1 $\n"


def test_only_takes_names_what_is_below_them_and_prefixes(run: Run) -> None:
    text = "$a $ab ${s.x} ${s.y:-d} $APP_1 $b"
    args = ["-D", "a=1", "-D", "ab=2", "-D", "s.x=3", "-D", "APP_1=4", "-D", "b=5"]
    assert run("tmpl", "-e", text, *args, "--only", "a,s", "--only", "APP_*").text == "1 $ab 3 d 4 $b\n"
    assert run("tmpl", "-e", text, *args, "--only", "s.x").text == "$a $ab 3 ${s.y:-d} $APP_1 $b\n"
    text = '${s.x.y} ${s.x[0]} ${s.xx} ${s["x"]} ${s}'
    args = [word for name in ("s.x.y", "s.x[0]", "s.xx", 's["x"]', "s") for word in ("-D", f"{name}=1")]
    assert run("tmpl", "-e", text, *args, "--only", "s.x").text == '1 1 ${s.xx} ${s["x"]} ${s}\n'
    assert run("tmpl", "-e", text, *args, "--only", "s").text == "1 1 1 1 1\n"


def test_usage(run: Run) -> None:
    for args, message in [
        (["-e", "x", "file"], "a template is TEXT or a file, not both"),
        (["t", "u"], "one TEMPLATE at a time; 'u' is a second one"),
        (["t", "a=1"], "one TEMPLATE at a time; 'a=1' is a second one; a value is written -D a=1"),
        (["--keep", "--empty"], "--keep and --empty do not go together"),
        (["--no-escape"], "--no-escape needs --only"),
        (["--dry-run"], "--dry-run needs --output"),
        (["--data", "-"], "standard input is one file: the template, --data or --each"),
        (["-D", "novalue"], "'novalue' is not NAME=VALUE"),
        (["--delimiter", "{"], "'{' is no delimiter: braces, blanks and backslashes are not for it"),
        (["--json"], "--json needs --list, --check or --where-from"),
        (
            ["--only", "a,$b"],
            "--only takes names and, with a * behind them, how names begin: '$b' is neither",
        ),
        (["-e", "$APP_x", "--env", "APP_"], "a template is TEXT or a file, not both; a prefix is written --env=APP_"),
        (["-e", "x", "--data-format", "json"], "--data-format needs --data"),
        (["--only", "a*b"], "--only takes names and, with a * behind them, how names begin: 'a*b' is neither"),
        (["--header", "x"], "--header needs --each"),
        (["--list", "-D", "a=1"], "--define has no meaning with --list"),
        (["--check", "--keep"], "--keep has no meaning with --check"),
    ]:
        assert run("tmpl", *args) == (2, b"", f"stdtools tmpl: {message}; see 'stdtools tmpl --help'\n")


def test_what_plain_templates_do_not_know_is_told(run: Run) -> None:
    what = "malformed: the braces do not hold a name alone, and --plain knows nothing else"
    assert run("tmpl", "--plain", "-e", "${a:-1}") == (2, b"", f"stdtools tmpl: -e:1:1: {what}\n")


def test_list(run: Run) -> None:
    text = "$a ${b:-x ${c}}\n${d:?why} ${e:+y} $$ ü ${f.g[0]-}"
    result = run("tmpl", "--list", "--jsonl", stdin=text)
    assert (result.code, result.err) == (0, "")
    rows = [tuple(json.loads(line).values()) for line in result.text.splitlines()]
    assert rows == [
        ("a", 1, 1, None, True),
        ("b", 1, 4, "x ${c}", False),
        ("c", 1, 11, None, False),
        ("d", 2, 1, None, True),
        ("e", 2, 11, None, False),
        ("f.g[0]", 2, 24, "", False),
    ]
    assert run("tmpl", "--list", "--delimiter", "a", "-e", "a{a:-x}").text == "a\t1\t1\tx\tfalse\n"
    broken = run("tmpl", "--list", stdin="$a\n$")
    assert (broken.code, broken.text) == (2, "a\t1\t1\t\ttrue\n")
    assert broken.err == "stdtools tmpl: standard input:2:1: malformed: neither a name nor another $ follows\n"


def test_check(run: Run, tmp_path: Path) -> None:
    (tmp_path / "d.json").write_text('{"prot": 1, "s": {"used": 1, "not": 2}, "l": [1], "k.x": 3, "two words": 4}')
    (tmp_path / "t").write_text("$port ${s.used} ${l[0]} ${x:-}")
    result = run("tmpl", "--check", "t", "--data", "d.json", "-D", "x=", "--env", "--jsonl")
    assert (result.code, result.err) == (1, "")
    assert [tuple(json.loads(line).values()) for line in result.text.splitlines()] == [
        ("missing", "port", "t:1:1", "prot"),
        ("unused", "prot", "d.json", "port"),
        ("unused", "s.not", "d.json", None),
        ("unused", '["k.x"]', "d.json", None),
        ("unused", '["two words"]', "d.json", None),
    ]
    assert run("tmpl", "--check", "-e", "$a", "-D", "a=1") == (0, b"", "")
    assert run("tmpl", "--check", "-e", "${a.b}", "-D", "a.b=1") == (0, b"", "")
    text = '${s["used"]} ${s["not"]} ${l[0]} ${k.x} ${["two words"]} $prot'
    assert run("tmpl", "--check", "-e", text, "--data", "d.json") == (0, b"", "")
    assert run("tmpl", "--check", "-e", '${["s.not"]-}', "-D", "s.not=1") == (0, b"", "")
    assert run("tmpl", "--check", "-e", "", "-D", "a=1") == (1, b"unused\ta\t-D\t\n", "")


def test_check_takes_what_is_below_a_used_name_for_used_whatever_its_key(run: Run, tmp_path: Path) -> None:
    (tmp_path / "d.json").write_text('{"a": {"x y": {"z": 1}, "p.q": 2, "]\\"": 3}, "b.c": {"d": 4}}')
    args = ["tmpl", "--check", "--data", "d.json", "-e"]
    assert run(*args, "$a ${b.c}") == (0, b"", "")
    result = run(*args, '${a["x y"]} ${b.c.d-}')
    assert (result.code, result.err) == (1, "")
    assert result.text.splitlines() == [
        'unused\ta["p.q"]\td.json\ta["x y"]',
        'unused\ta["]\\\\""]\td.json\ta["x y"]',
        'unused\t["b.c"].d\td.json\tb.c.d',
    ]


def test_where_from_masks_what_may_be_a_secret(run: Run, tmp_path: Path) -> None:
    (tmp_path / "d.toml").write_text('a = 1\nDB_PASSWORD = "hunter2"')
    text = "$a $DB_PASSWORD $b ${c:-d} $a $e"
    result = run("tmpl", "--where-from", "-e", text, "--data", "d.toml", "-D", "b=2", "--env", env={"e": "3"})
    assert result == (0, b"a\td.toml\t1\nDB_PASSWORD\td.toml\t***\nb\t-D\t2\nc\tdefault\td\ne\tenvironment\t3\n", "")


def test_secrets_within_a_value_are_masked(run: Run, tmp_path: Path) -> None:
    (tmp_path / "d.json").write_text(
        '{"db": {"host": "h", "password": "hunter2", "l": [{"api_key": 1, "n": null}]}, "k": [["postgres://u:p@w@h/d?e=f@g"]]}'
    )
    args = ["tmpl", "--where-from", "-e", "${db} ${k} ${url:-http://u@h/}", "--data", "d.json"]
    assert run(*args).text == (
        'db\td.json\t{"host": "h", "password": "***", "l": [{"api_key": "***", "n": null}]}\n'
        'k\td.json\t[["postgres://***@h/d?e=f@g"]]\n'
        "url\tdefault\thttp://***@h/\n"
    )


def test_a_value_that_is_nested_deep_is_told_or_masked(run: Run, tmp_path: Path) -> None:
    (tmp_path / "d.json").write_text('{"a":' * 900 + "1" + "}" * 900)
    args = ["tmpl", "-e", "a = $a", "--data", "d.json"]
    assert run(*args).out.count(b"{") == 899
    assert run(*args, "--escape", "toml") == (
        2,
        b"",
        "stdtools tmpl: -e:1:5: the value of 'a' is nested too deep\n",
    )
    result = run(*args, "--where-from")  # whether 900 are too deep to be looked through is a matter of the Python
    assert (result.code, result.err) == (0, "")
    assert result.text in ("a\td.json\t***\n", "a\td.json\t" + '{"a": ' * 899 + "1" + "}" * 899 + "\n")


HARD = "a\"b\\c\n<&'>\t$x ü\r;"


@pytest.mark.parametrize(
    ("escape", "expected"),
    [
        ("html", "a&quot;b\\c\n&lt;&amp;&#x27;&gt;\t$x ü\r;"),
        ("xml", "a&quot;b\\c&#10;&lt;&amp;&#x27;&gt;&#9;$x ü&#13;;"),
        ("json", "a\\\"b\\\\c\\n<&'>\\t$x ü\\r;"),
        ("toml", "a\\\"b\\\\c\\n<&'>\\t$x ü\\r;"),
        ("url", "a%22b%5Cc%0A%3C%26%27%3E%09%24x%20%C3%BC%0D%3B"),
        ("csv", '"a""b\\c\n<&\'>\t$x ü\r;"'),
        ("none", HARD),
    ],
)
def test_escapes(run: Run, escape: str, expected: str) -> None:
    text = {"xml": "<x a='{}'/>", "json": '"{}"', "toml": 'k = "{}"'}.get(escape, "{}")
    result = run("tmpl", "-e", text.format("$v"), "-D", f"v={HARD}", "--escape", escape)
    assert result == (0, (text.format(expected) + "\n").encode(), "")


@pytest.mark.parametrize("value", ["", "a b", "it's", '"$HOME" `id` \\', "a\nb", "-n", "ü", "*", "~"])
def test_a_value_is_one_word_of_a_shell(run: Run, value: str) -> None:
    line = run("tmpl", "-e", "printf '%s|' $v end", "-D", f"v={value}", "--escape", "shell").text
    assert subprocess.run(["sh", "-c", line], capture_output=True, text=True).stdout == f"{value}|end|"


def test_a_value_is_no_assignment_of_a_shell(run: Run) -> None:
    line = run("tmpl", "-e", "$v; echo $$?", "-D", "v=a=b", "--escape", "shell").text
    assert line == "'a=b'; echo $?\n"
    assert subprocess.run(["sh", "-c", line], capture_output=True, text=True).stdout == "127\n"


def test_tagged_bytes_are_text_to_every_escape(run: Run, tmp_path: Path) -> None:
    value = {"$base64": True, "encoded": "YSIsICJiIjogIg=="}
    (tmp_path / "d.json").write_text(json.dumps({"v": value, "l": [value]}))
    for escape, text in [("json", '{"a": "$v"}'), ("toml", 'a = "$v"')]:
        result = run("tmpl", "-e", text, "--data", "d.json", "--escape", escape)
        assert result.text == text.replace("$v", r"a\", \"b\": \"") + "\n"
    assert run("tmpl", "-e", "a = $l", "--data", "d.json", "--escape", "toml").text == 'a = ["a\\", \\"b\\": \\""]\n'
    assert run("tmpl", "-e", "1" * 5000, "--escape", "json").code == 0


def test_values_that_are_no_text_are_what_they_are_in_json_and_toml(run: Run, tmp_path: Path) -> None:
    (tmp_path / "d.json").write_text(
        '{"n": 1.5, "t": true, "l": [1, "a\\"b", {"k": null}], "z": null, "m": {"k v": 2}}'
    )
    result = run("tmpl", "-e", '{"a": $n, "b": [$t, $l, $z], "c": "$n"}', "--data", "d.json", "--escape", "json")
    assert json.loads(result.text) == {"a": 1.5, "b": [True, [1, 'a"b', {"k": None}], None], "c": "1.5"}
    result = run("tmpl", "-e", "a = $n\nb = $t\nm = $m", "--data", "d.json", "--escape", "toml")
    assert result == (0, b'a = 1.5\nb = true\nm = {"k v" = 2}\n', "")
    result = run("tmpl", "-e", "z = $z", "--data", "d.json", "--escape", "toml")
    assert result == (2, b"", "stdtools tmpl: -e:1:5: the value of 'z' is null, which TOML does not have\n")


@pytest.mark.parametrize(
    ("name", "text", "where", "what"),
    [
        ("x.json", '{\n "a": "ü", "b": ${v},\n "c": ${w}\n}', "2:17", "JSON: expecting value"),
        ("x.json", '{\n "a": ${v:+1},\n "c": ${w}\n}', "4:1", "JSON: expecting value"),
        ("x.json", '["NaN", "${w}",\n ${w:+1}1, -NaN]', "2:12", "JSON: expecting value"),
        (
            "x.json",
            '["Infinity", "\\\\\\"Infinity${w}",\n ${v:+-Infinity}]',
            "2:2",
            "JSON: Infinity is none of its values",
        ),
        ("x.json", "[" * 100_000, "1:1", "JSON: it is nested too deep"),
        ("x.json", '["$w",\n"$u"]', "2:2", "JSON: byte 0xff is not UTF-8"),
        ("x.toml", 'a = "$w$u"', "1:8", "TOML: byte 0xff is not UTF-8"),
        ("x.toml", f"a = {'[' * 5000}", "1:1", "TOML: it is nested too deep"),
        ("x.toml", f"a = 1\nb = {'1' * 5000}", "2:5", "TOML: a whole number of more than 4300 digits"),
        ("x.toml.tmpl", "a = '${v}${v}'\nb = ${v}\n", "2:5", "TOML: invalid value"),
        ("x.toml.tmpl", "a = [1", "1:7", "TOML: unclosed array"),
        ("x.xml", "<a>${w}\n<b>$v</c>\n</a>", "2:8", "XML: mismatched tag"),
        ("x.ini.in", "[a]\nk = $v\n[a]\n", "3:1", "INI: [a] stands twice"),
    ],
)
def test_an_error_in_the_output_is_told_by_its_place_in_the_template(
    run: Run, tmp_path: Path, name: str, text: str, where: str, what: str
) -> None:
    (tmp_path / name).write_text(text)
    target = f"out.{name.split('.')[1]}"
    for args in ([], ["-o", target]):
        result = run("tmpl", name, "--escape", "auto", "-D", "v=long value", "-D", "w=", b"-D", b"u=\xff", *args)
        assert (result.code, result.out) == (2, b"")
        assert result.err.startswith(f"stdtools tmpl: {name}:{where}: the output is not {what}"), result.err
        assert not (tmp_path / target).exists()


def test_names_of_ini_keep_their_capitals_also_in_an_output(run: Run, tmp_path: Path) -> None:
    text = "[a]\nPort=1\nport=$x"
    assert run("tmpl", "-e", text, "--escape", "ini", "-D", "x=2") == (0, b"[a]\nPort=1\nport=2\n", "")
    (tmp_path / "d.ini").write_text("[a]\nPort=1\nport=2\n")
    assert run("tmpl", "-e", "${a.Port} ${a.port}", "--data", "d.ini") == (0, b"1 2\n", "")


def test_a_pipe_is_escaped_and_checked_with_what_is_kept(run: Run) -> None:
    assert run("tmpl", "--keep", "--escape", "html", "-D", "a=<", stdin="$a $b") == (0, b"&lt; $b", "")
    assert run("tmpl", "--keep", "--escape", "json", "-D", "a=1", stdin='[$a, "$b"]') == (0, b'[1, "$b"]', "")


def test_what_a_format_cannot_hold_is_told(run: Run) -> None:
    for escape, value, what in [
        ("ini", "a\nb", "has a line end, which a value of an INI file cannot hold"),
        ("xml", "a\x01", "has the character U+0001, which XML cannot hold"),
    ]:
        result = run("tmpl", "-e", "[s]\na=$v", "-D", f"v={value}", "--escape", escape)
        assert result == (2, b"", f"stdtools tmpl: -e:2:3: the value of 'v' {what}\n")


def test_half_a_pair_of_surrogates_is_no_text(run: Run, tmp_path: Path) -> None:
    (tmp_path / "d.json").write_text('{"a": "\\ud800"}')
    for escape in ("none", "html", "shell", "json", "toml", "xml", "ini", "url", "csv"):
        text = {"json": '"$a"', "toml": 'x = "$a"', "xml": "<a>$a</a>", "ini": "[a]\nx=$a"}.get(escape, "$a")
        result = run("tmpl", "-e", text, "--data", "d.json", "--escape", escape)
        assert (result.code, result.out) == (2, b""), escape
        assert "which is no text" in result.err or "is no text" in result.err
        assert result.err.count("\n") == 1


def test_a_terminal_is_safe_and_asked(tmp_path: Path) -> None:
    seen = on_terminal(["tmpl", "-e", "$v", "-D", "v=\x1b[31mred\u202e"], tmp_path)
    assert seen == "\\x1b[31mred\\u202e\n"
    assert "reading from the terminal; Ctrl-D ends" in on_terminal(["tmpl"], tmp_path, keys=b"\x04")


def test_a_template_that_changes_between_its_two_readings_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("$a" + " " * 20_000_000)
    process = subprocess.Popen(
        [COMMAND, "tmpl", "t", "-D", "a=1"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.read(1)  # the second reading has begun, and waits for us
    with open(tmp_path / "t", "r+") as file:
        file.seek(19_999_990)
        file.write("$b")
    rest, err = process.communicate()
    assert (process.returncode, err) == (2, b"stdtools tmpl: t: was changed while it was read\n")
    assert len(rest) > 1


def test_the_environment_and_the_configuration_give_defaults(run: Run, home: Path, tmp_path: Path) -> None:
    (tmp_path / "d.json").write_text('{"a": "file"}')
    env = {"STDTOOLS_TMPL_DATA": "d.json"}
    assert run("tmpl", "-e", "$a", env=env).text == "file\n"
    assert run("tmpl", "-e", "$a", "-D", "a=typed", env=env).text == "typed\n"


def test_the_journal_holds_no_value(run: Run, home: Path) -> None:
    run("tmpl", "-e", "$a $secret", "-D", "secret=hunter2")
    journal = next(Path(home).rglob("stdtools.log")).read_text()
    assert "command=tmpl" in journal
    assert "hunter2" not in journal


def test_linear_time_is_a_matter_of_length(run: Run) -> None:
    """Nothing here is quadratic: each ends long before the test would be ended."""
    size = 100_000
    for text in ("${a:-" * size, "$" * size + "{", "${" * size, "${a:-${" * size, "}" * size, "${a:-\\" * size):
        started = time.perf_counter()
        result = run("tmpl", "--keep", stdin=text)
        assert result.code == 0
        assert len(result.out) > size // 2
        assert time.perf_counter() - started < 50
    assert os.path.basename(COMMAND) == "stdtools"
