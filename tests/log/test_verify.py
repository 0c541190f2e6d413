"""log verify: every problem that it claims to find, and no others."""

import base64
import gzip
import json
import os
import subprocess
from pathlib import Path

import pytest

from stdtools.shared.log_lock import lock_path
from tests.conftest import COMMAND, Run
from tests.log.chain import numbered, start_writer
from tests.log.test_write import until

pytestmark = [pytest.mark.process, pytest.mark.once]


@pytest.fixture
def log(tmp_path: Path, run: Run) -> Path:
    args = ["log", "write", "a.log", "--max-bytes", "1k", "--backups", "20"]
    assert run(*args, stdin=numbered(1, 250)).code == 0
    return tmp_path / "a.log"


def problems(run: Run, name: str = "a.log") -> tuple[int, dict[str, str]]:
    result = run("log", "verify", name)
    assert result.err == ""
    rows = [line.split("\t") for line in result.text.splitlines()]
    return result.code, {row[0]: row[3] for row in rows if row[3]}


def test_a_whole_log_is_counted(run: Run, log: Path) -> None:
    subprocess.run(["xz", "a.log.3"], cwd=log.parent, check=True)
    result = run("log", "verify", "a.log", "-v")
    assert result.code == 0
    assert result.text == (
        "a.log.5\t48\t1008\t\na.log.4\t48\t1008\t\na.log.3.xz\t48\t1008\t\na.log.2\t48\t1008\t\n"
        "a.log.1\t48\t1008\t\na.log\t10\t210\t\n"
    )
    assert result.err == "stdtools log verify: 250 lines, 0 problems\n"


def test_gaps(run: Run, log: Path) -> None:
    for number in (2, 3):
        os.unlink(f"{log}.{number}")
    assert problems(run) == (1, {"a.log.1": "a.log.3, a.log.2 are missing before it"})
    log.unlink()
    assert problems(run)[1]["a.log"] == "is missing"


def test_torn_backups_but_not_the_current_file_s_open_line(run: Run, log: Path) -> None:
    with log.open("ab") as file:
        file.write(b"open")
    assert problems(run) == (0, {})
    os.truncate(f"{log}.2", 987)
    os.truncate(f"{log}.3", 995)
    assert problems(run) == (1, {"a.log.3": "is torn: its last line has no end"})
    with open(lock_path(str(log)), "r+b") as lock:
        lock.write(b"%20d %20d\n" % (log.stat().st_ino, 900))
    assert problems(run)[1]["a.log"] == "is torn: a killed writer left half a line, which the next one will remove"


def test_backups_that_are_there_twice_or_overlap(run: Run, log: Path) -> None:
    subprocess.run(["gzip", "-k", "a.log.2"], cwd=log.parent, check=True)
    assert problems(run) == (1, {"a.log.2": "is there twice, also as a.log.2.gz"})
    os.unlink(f"{log}.2.gz")
    for number, path in enumerate(sorted(log.parent.glob("a.log*"), reverse=True)):
        stamp = b"2026-11-22 12:%02d:00 " % number
        path.write_bytes(b"".join(stamp + line for line in path.read_bytes().splitlines(keepends=True)))
    Path(f"{log}.4").write_bytes(Path(f"{log}.2").read_bytes())
    assert problems(run) == (1, {"a.log.2": "has the same lines as a.log.4"})
    older = Path(f"{log}.1").read_bytes()
    log.write_bytes(b"".join(older.splitlines(keepends=True)[10:]) + log.read_bytes())  # as copytruncate leaves it
    assert problems(run)[1]["a.log"] == "overlaps the file before it"


def test_holes_and_dropped_lines_and_damage(run: Run, log: Path) -> None:
    with log.open("ab") as file:
        file.write(bytes(600) + b"\nstdtools log: 12 lines (345 bytes) dropped: No space left on device\n")
    subprocess.run(["gzip", "a.log.1"], cwd=log.parent, check=True)
    packed = Path(f"{log}.1.gz")
    packed.write_bytes(packed.read_bytes()[:-9])
    code, found = problems(run)
    assert code == 1
    assert found["a.log"] == "has a hole of NULs near line 11; 12 lines dropped"
    assert found["a.log.1.gz"].startswith("is damaged: ")


@pytest.mark.parametrize("lines", ["yes 2026-11-22T12:00:00Z", "yes 'tick\ntock'"])
def test_lines_that_repeat_are_no_overlap(shell: Run, run: Run, lines: str) -> None:
    assert shell(f"({lines} || true) | head -n 5000 | stdtools log write a.log --max-bytes 1k --backups 20").code == 0
    assert problems(run) == (0, {})


def test_a_log_that_is_being_written_is_whole(run: Run, tmp_path: Path) -> None:
    writer = start_writer("a.log", "--max-bytes", "4k", "--backups", "99", "--compress", "gz", cwd=tmp_path)
    assert writer.stdin is not None
    for at in range(5):
        writer.stdin.write(numbered(at, 400))
        writer.stdin.flush()
        until((tmp_path / "a.log").exists)
        assert problems(run) == (0, {})
    writer.communicate()


def test_records(run: Run, log: Path) -> None:
    lines = run("log", "verify", "a.log", "--jsonl").text.splitlines()
    assert lines[0] == '{"file": "a.log.5", "lines": 48, "bytes": 1008, "problems": null}'


def test_an_empty_packed_backup_is_damaged(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"1\n")
    for suffix in ("gz", "bz2", "xz"):
        (tmp_path / f"a.log.1.{suffix}").write_bytes(b"")
        code, found = problems(run)
        assert code == 1
        assert found[f"a.log.1.{suffix}"].startswith("is damaged: ")
        (tmp_path / f"a.log.1.{suffix}").unlink()


def test_an_overlap_of_any_size(shell: Run, run: Run) -> None:
    for first in (91, 500, 990):
        shell(f"seq 1 1000 > a.log.1; seq {first} 1500 > a.log")
        assert problems(run) == (1, {"a.log": "overlaps the file before it"})
    shell("seq 1 1000 > a.log.1; seq 1001 1500 > a.log")
    assert problems(run) == (0, {})


def test_jobs_that_say_the_same_each_time_are_no_overlap(shell: Run, run: Run) -> None:
    shell("for i in 1 2 3; do printf 'start\\nok\\n' | stdtools log write a.log --max-bytes 9; done")
    assert problems(run) == (0, {})
    shell('yes "$(seq 1 50)" | head -20000 | stdtools log write b.log --max-bytes 8k --backups 20')
    assert problems(run, "b.log") == (0, {})


def test_names_that_are_not_utf_8(run: Run, tmp_path: Path) -> None:
    with open(os.fsencode(tmp_path) + b"/\xff.log", "wb") as file:
        file.write(b"1\n")
    for form in ("plain", "tsv", "csv", "json", "jsonl"):
        result = run("log", "verify", b"\xff.log", "--format", form)
        assert (result.code, result.err) == (0, "")
    assert run("log", "verify", b"\xff.log").out == b"\xff.log\t1\t2\t\n"
    record = json.loads(run("log", "verify", b"\xff.log", "--jsonl").out)
    assert record["file_b64"] == base64.b64encode(b"\xff.log").decode()
    assert run("log", "verify", "-").err.startswith("stdtools log verify: a log is a file; './-' is a file named -")


def test_a_log_that_never_rests_is_read_to_where_it_ended(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"0\n")
    writer = subprocess.Popen(
        f"yes | {COMMAND} log write a.log --max-bytes 200k --backups 5",
        shell=True,
        cwd=tmp_path,
        start_new_session=True,
    )
    until((tmp_path / "a.log.5").exists)
    assert run("log", "verify", "a.log").code in (0, 1)
    assert run("log", "view", "a.log").code in (0, 2)
    os.killpg(writer.pid, 9)
    writer.wait()


def test_a_pipe_is_counted(shell: Run) -> None:
    assert shell("stdtools log verify <(seq 10) | cut -f 2,3").text == "10\t21\n"


def test_damage_at_the_beginning_of_a_packed_backup(run: Run, tmp_path: Path) -> None:
    (tmp_path / "m.log").write_bytes(b"a\n")
    (tmp_path / "m.log.1.gz").write_bytes(b"XX" + gzip.compress(b"b\n"))
    code, found = problems(run, "m.log")
    assert code == 1
    assert found["m.log.1.gz"].startswith("is damaged: ")


def test_a_gap_of_one_byte(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("stdtools log: 1 line (1 byte) dropped: No space left on device\n")
    assert run("log", "verify", "a.log").text == "a.log\t1\t63\t1 line dropped\n"
