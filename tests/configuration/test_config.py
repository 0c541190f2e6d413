"""config: what is set, where it comes from, and the file as its owner has written it."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stdtools.configuration.toml_text import changed
from stdtools.shared.errors import ToolError
from tests.conftest import Run

FILE = ".config/stdtools/config.toml"


@pytest.fixture
def config(run: Run) -> Run:
    return lambda *args, **settings: run("config", *args, **settings)


@pytest.mark.process
def test_what_is_set_is_used_and_taken_back(config: Run, run: Run, home: Path) -> None:
    assert config("path").text == f"{home / FILE}\n"
    assert config("show") == (0, b"", "")
    assert config("set", "count.format", "csv") == (0, b"", "")
    assert (home / FILE).read_text() == '[count]\nformat = "csv"\n'
    assert (home / FILE).stat().st_mode & 0o777 == 0o600
    assert run("count", stdin="a\n").text == "count,value\n1,a\n"
    assert config("set", "kv.get.default", 'say "no"\n').code == 0
    assert run("kv", "get", "absent").text == 'say "no"\n'
    assert config("show", "--jsonl").text == (
        '{"name": "count.format", "value": "csv", "from": "config.toml"}\n'
        '{"name": "kv.get.default", "value": "say \\"no\\"\\n", "from": "config.toml"}\n'
    )
    shown = config("show", "count.format", env={"STDTOOLS_COUNT_FORMAT": "json"})
    assert shown.text == "count.format\tjson\tSTDTOOLS_COUNT_FORMAT\n"
    assert config("unset", "count.format").code == 0
    assert config("unset", "count.format") == (
        1,
        b"",
        "stdtools config unset: count.format is not set in config.toml\n",
    )
    assert run("count", stdin="a\n").text == "1\ta\n"


@pytest.mark.process
def test_flags_numbers_and_lists_are_what_they_are(config: Run, home: Path) -> None:
    assert config("set", "find.gitignore", "true").code == 0
    assert config("set", "find.max-depth", "3").code == 0
    assert config("set", "find.name", "*.py", "*.txt").code == 0
    assert tomllib.loads((home / FILE).read_text()) == {
        "find": {"gitignore": True, "max-depth": 3, "name": ["*.py", "*.txt"]}
    }


@pytest.mark.process
@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["cuont.format", "csv"], "there is no setting 'cuont.format'; did you mean count?"),
        (["count.formt", "csv"], "there is no setting 'count.formt'; did you mean count.format?"),
        (["count", "csv"], "'count' is a command; write count.OPTION; stdtools config show count lists them"),
        (["count.format", "xml"], "count.format: 'xml' is not one of 'table', 'plain', 'json', 'jsonl', 'csv', 'tsv'"),
        (["count.format", "csv", "json"], "count.format: takes one value, not 2"),
        (["find.max-depth", "deep"], "find.max-depth: 'deep' is no whole number"),
        (["find.delete", "true"], "there is no setting 'find.delete'"),
    ],
)
def test_what_is_no_setting_and_no_value_is_told(config: Run, args: list[str], message: str, home: Path) -> None:
    code, out, err = config("set", *args)
    assert (code, out) == (2, b"")
    assert err.startswith(f"stdtools config set: {message}")
    assert not (home / FILE).exists()


@pytest.mark.process
def test_what_nobody_reads_is_told(config: Run, home: Path) -> None:
    (home / FILE).parent.mkdir(parents=True)
    (home / FILE).write_text('[cuont]\nformat = "csv"\n[count]\nsize = 3\n[kv.got]\nx = 1\n[kv]\nstore = "s"\n')
    code, out, err = config("show")
    assert (code, out) == (2, b"kv.store\ts\tconfig.toml\n")
    assert [line.split(": ")[2] for line in err.splitlines()] == [
        "cuont is no setting",
        "count.size is no setting",
        "kv.got is no setting",
    ]


@pytest.mark.process
def test_the_editor_writes_the_file_and_what_is_no_toml_is_refused(config: Run, home: Path, tmp_path: Path) -> None:
    config("set", "count.format", "jsonl")
    assert config("edit", env={"EDITOR": "sed -i s/jsonl/csv/"}).code == 0
    assert config("show").text == "count.format\tcsv\tconfig.toml\n"
    bad = config("edit", env={"EDITOR": "sed -i s/=/==/"})
    assert bad.code == 2
    assert "config.toml: no TOML" in bad.err
    assert "what you wrote is in " in bad.err
    assert config("edit", env={"EDITOR": "sed -i s/count/cuont/"}).err.endswith("config.toml: cuont is no setting\n")


@pytest.mark.process
def test_a_symlink_stays_and_a_file_of_others_is_not_read(config: Run, home: Path) -> None:
    (home / "dotfiles").mkdir()
    (home / "dotfiles" / "c.toml").write_text("# mine\n")
    (home / FILE).parent.mkdir(parents=True)
    (home / FILE).symlink_to(home / "dotfiles" / "c.toml")
    assert config("set", "count.format", "csv").code == 0
    assert (home / FILE).is_symlink()
    assert (home / "dotfiles" / "c.toml").read_text() == '# mine\n\n[count]\nformat = "csv"\n'
    os.chmod(home / "dotfiles" / "c.toml", 0o666)
    assert "ignored, as others can write it" in config("show").err
    assert config("show").code == 2
    assert config("path").code == 0


def test_comments_blanks_and_order_stay() -> None:
    text = '# top\n\n[count]  # how often\nformat = "csv"  # old\n\n# then\n[find]\nignore = true\n'
    text = changed(text, ["count"], "most", 5)
    assert text == ('# top\n\n[count]  # how often\nformat = "csv"  # old\n\n# then\nmost = 5\n[find]\nignore = true\n')
    text = changed(text, ["count"], "format", "json")
    assert 'format = "json"  # old\n' in text
    assert changed(changed(text, ["kv", "get"], "default", "x"), ["kv", "get"], "default", None).startswith(text)


@pytest.mark.parametrize(
    "text",
    ['count = {format = "csv"}\n', 'count.format = "csv"\n', '[count]\nformat = """\n[find]\n"""\nx = 1\n'],
)
def test_what_cannot_be_changed_is_left(text: str) -> None:
    with pytest.raises(ToolError, match="in a way that only you can change"):
        changed(text, ["count"], "format", "json")


values = st.one_of(st.booleans(), st.integers(-(2**60), 2**60), st.text(st.characters(exclude_categories=["Cs"])))


@given(
    st.lists(st.tuples(st.sampled_from(["count", "find", "kv.get"]), st.sampled_from(["a", "b-c"]), values | st.none()))
)
def test_any_changes_make_what_they_say(changes: list[tuple[str, str, object]]) -> None:
    text, expected = "# mine\n", {}
    for table, key, value in changes:
        text = changed(text, table.split("."), key, value)
        expected[table, key] = value
    data = tomllib.loads(text)
    for (table, key), value in expected.items():
        place = data
        for part in table.split("."):
            place = place.get(part, {})
        assert place.get(key) == value
    assert text.startswith("# mine\n")


@pytest.mark.process
def test_what_no_option_can_be(config: Run, home: Path) -> None:
    (home / FILE).parent.mkdir(parents=True)
    (home / FILE).write_text("[count]\nformat = 2026-01-01\nmin = {a = 1}\nno-such = 1\n")
    assert config("show") == (
        2,
        b"",
        "".join(
            f"stdtools config show: config.toml: count.{what}\n"
            for what in (
                "format has a value that no option takes",
                "min has a value that no option takes",
                "no-such is no setting",
            )
        ),
    )
    script = config("show", "--explain").text
    (home / FILE).write_text('[count]\nrunning = true\nformat = "csv"\n')
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "".join(sorted(config("show").text.splitlines(keepends=True)))
    (home / FILE).unlink()
    assert subprocess.run([sys.executable, "-c", script], capture_output=True).returncode == 0


def test_a_comment_beside_a_value_stays() -> None:
    text = '[count]\nformat = "a#b"   # because\nmin = 1\n'
    assert changed(text, ["count"], "format", "csv") == '[count]\nformat = "csv"   # because\nmin = 1\n'
    assert changed(text, ["count"], "min", 2) == '[count]\nformat = "a#b"   # because\nmin = 2\n'
