"""Connections to SQLite files."""

from pathlib import Path

import pytest

from tests.conftest import Run


@pytest.mark.process
def test_a_path_may_begin_with_two_slashes(run: Run, shell: Run, tmp_path: Path) -> None:
    db = f"/{tmp_path}/ä 100%?.db"
    assert run("tasks", "--db", db, "add", "one").text == "1\n"
    assert [path.name for path in tmp_path.iterdir()] == ["ä 100%?.db"]
    for line in ("show 1", "sql 'SELECT id FROM task'", "add two"):
        assert shell(f"stdtools tasks --db '{db}' {line} --explain | python3 -")[::2] == (0, "")
    assert run("tasks", "--db", db, "sql", "SELECT id FROM task").text == "1\n2\n"
