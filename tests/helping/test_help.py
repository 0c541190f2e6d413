"""help: commands, topics, and what is neither."""

from pathlib import Path

import pytest

import stdtools.helping
from stdtools.helping.topics import TOPICS, topics
from tests.conftest import Run

pytestmark = pytest.mark.process


def test_commands_are_shown_as_their_own_help_shows_them(run: Run) -> None:
    for words in (["count"], ["kv"], ["kv", "get"], ["tasks", "projects", "add"]):
        assert run("help", *words) == run(*words, "--help")


def test_topics_are_listed_and_shown(run: Run) -> None:
    listed = run("help")
    assert {path.stem for path in Path(stdtools.helping.__file__).parent.glob("topics/*.md")} == set(TOPICS)
    assert listed.code == 0
    assert listed.text.startswith(run().text)
    for name, first in topics().items():
        assert f"  {name.ljust(13)}  {first}\n" in listed.text
        assert run("help", name).text.startswith(f"# {first}\n")
        assert name in run("help", "--help").text
        assert max(map(len, run("help", name).text.splitlines())) <= 150
    assert run("help", "exit_code") == run("help", "exit-codes") == run("help", "EXIT", "codes")


def test_what_is_neither_is_told(run: Run) -> None:
    assert run("help", "cuont").err == (
        "stdtools help: no command and no topic is called 'cuont'; did you mean count?\n"
    )
    assert run("help", "kv", "gte").err == "stdtools help: no such command 'kv gte'; see 'stdtools help kv'\n"
    assert run("help", "kv", "gte").code == run("help", "x" * 99).code == 2


def test_the_commands_fit_one_screen(run: Run) -> None:
    lines = run().text.splitlines()
    assert len(lines) <= 48
    assert max(map(len, lines)) <= 80
