"""A store under kill -9, full disks, many writers at once, and files that are not what they say."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import COMMAND, Run
from tests.kv.faults import kill_writers

pytestmark = pytest.mark.process


@pytest.mark.once
def test_no_acknowledged_write_is_lost_when_the_writer_is_killed(tmp_path: Path) -> None:
    kill_writers(tmp_path, random.Random(), kills=100)


def test_eight_counters_at_once_count_right(run: Run, tmp_path: Path) -> None:
    lines = "".join('{"op": "incr", "key": "n"}\n' for _ in range(500)).encode()
    # One line at a time, so that each is a transaction of its own.
    feed = f'while read -r line; do echo "$line"; done < ops | {COMMAND} kv --store ./n.db batch'
    (tmp_path / "ops").write_bytes(lines)
    writers = [subprocess.Popen(["bash", "-c", feed], cwd=tmp_path, stdout=subprocess.PIPE) for _ in range(8)]
    answers = [writer.communicate()[0] for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 8
    assert all(b'"ok": false' not in answer for answer in answers)
    assert run("kv", "--store", "./n.db", "get", "n").text == "4000\n"


def test_eight_processes_of_single_commands(run: Run, tmp_path: Path) -> None:
    incr, store = f"{COMMAND} kv --store ./n.db incr n", f'{COMMAND} kv --store ./n.db set "$0 $i" v'
    line = f"for i in $(seq 12); do {incr} > /dev/null && {store} || exit 1; done"
    writers = [subprocess.Popen(["bash", "-c", line, str(n)], cwd=tmp_path, stderr=subprocess.PIPE) for n in range(8)]
    assert [writer.communicate()[1] for writer in writers] == [b""] * 8
    assert [writer.returncode for writer in writers] == [0] * 8
    assert run("kv", "--store", "./n.db", "get", "n").text == "96\n"
    assert len(run("kv", "--store", "./n.db", "keys", "? *").text.splitlines()) == 96


def test_distinct_keys_of_eight_writers_are_all_there(run: Run, tmp_path: Path) -> None:
    writers = []
    for writer in range(8):
        lines = "".join(f'{{"op": "set", "key": "{writer} {n}", "value": {n}}}\\n' for n in range(500))
        feed = f"printf '{lines}' | while read -r line; do echo \"$line\"; done | {COMMAND} kv --store ./n.db batch"
        writers.append(subprocess.Popen(["bash", "-c", feed], cwd=tmp_path, stdout=subprocess.PIPE))
    answers = [writer.communicate()[0] for writer in writers]
    assert all(b'"ok": false' not in answer for answer in answers)
    assert len(run("kv", "--store", "./n.db", "keys").text.splitlines()) == 4000


def test_a_batch_without_end_lets_others_write(run: Run, tmp_path: Path) -> None:
    feed = f"""yes '{{"op": "incr", "key": "n"}}' | {COMMAND} kv --store ./a.db batch"""
    batch = subprocess.Popen(["bash", "-c", feed], cwd=tmp_path, stdout=subprocess.PIPE, start_new_session=True)
    assert batch.stdout is not None
    answers = subprocess.Popen(["cat"], stdin=batch.stdout, stdout=subprocess.DEVNULL)
    try:
        while not (tmp_path / "a.db").exists() or run("kv", "--store", "./a.db", "has", "n").code != 0:
            time.sleep(0.1)
        assert [run("kv", "--store", "./a.db", "set", f"k{n}", "v") for n in range(4)] == [(0, b"", "")] * 4
    finally:
        os.killpg(batch.pid, signal.SIGKILL)
        batch.wait()
        batch.stdout.close()
        answers.wait()


def test_a_reader_that_waits_keeps_no_writer_waiting(run: Run, tmp_path: Path) -> None:
    lines = "".join(f'{{"key": "{n}", "value": "{"x" * 500}"}}\n' for n in range(5000))
    assert run("kv", "--store", "./a.db", "import", stdin=lines).text == "5000\n"
    for command in ("list", "export", "keys"):
        reader = subprocess.Popen([COMMAND, "kv", "--store", "./a.db", command], cwd=tmp_path, stdout=subprocess.PIPE)
        assert reader.stdout is not None
        reader.stdout.read(1)
        assert run("kv", "--store", "./a.db", "incr", "n").code == 0
        reader.stdout.close()
        reader.wait()


def test_a_lock_that_stays_is_one_line(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("kv", "--store", "./a.db", "set", "k", "v")
    code = "import sqlite3, time; c = sqlite3.connect('a.db', isolation_level=None); c.execute('BEGIN EXCLUSIVE')\n"
    code += "print(flush=True); time.sleep(60)"
    holder = subprocess.Popen(["python3", "-c", code], cwd=tmp_path, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    holder.stdout.readline()
    message = "another process has kept it locked for 10 seconds\n"
    commands = (["set", "k", "w"], ["get", "k"], ["keys"], ["export"], ["backup", "b.db"])
    waiting = [
        subprocess.Popen(
            [COMMAND, "kv", "--store", "./a.db", *command], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for command in commands
    ]
    try:
        told = [(*process.communicate(timeout=100), process.returncode) for process in waiting]
        assert told == [(b"", f"stdtools kv {args[0]}: ./a.db: {message}".encode(), 2) for args in commands]
    finally:
        for process in [*waiting, holder]:
            process.kill()
            process.communicate()
    assert run("kv", "--store", "./a.db", "get", "k").text == "v"


def leave_a_hot_journal(place: Path, store: str) -> None:
    """Have a process killed within a transaction that has reached the file."""
    code = (
        "import os, signal, sys, stdtools.kv; s = stdtools.kv.open(sys.argv[1]); t = s.dict\n"
        "t.connection.execute('PRAGMA cache_size=2')\n"
        "with t.transaction():\n"
        "    s['k'] = 'new'\n"
        "    for n in range(2000): s[f'k{n}'] = 'x' * 500\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", code, store], cwd=place).returncode == -signal.SIGKILL


def test_a_killed_writers_journal_is_rolled_back_by_a_reader(run: Run, tmp_path: Path) -> None:
    """The writer is killed within a transaction that has reached the file."""
    run("kv", "--store", "./a.db", "set", "k", "old")
    leave_a_hot_journal(tmp_path, "a.db")
    assert (tmp_path / "a.db-journal").stat().st_size > 0
    assert run("kv", "--store", "./a.db", "get", "k") == (0, b"old", "")
    assert run("kv", "--store", "./a.db", "keys").text == "k\n"


def test_a_full_disk_is_one_line_and_leaves_the_store_as_it_was(run: Run, tmp_path: Path, python: str) -> None:
    run("kv", "--store", "./a.db", "set", "k", "old")
    code = (
        "import resource, signal, os, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000)); os.execv(sys.argv[1], sys.argv[1:])"
    )
    (tmp_path / "large").write_bytes(b"x" * 1_000_000)
    with (tmp_path / "large").open("rb") as large:
        done = subprocess.run(
            [python, "-c", code, COMMAND, "kv", "--store", "./a.db", "set", "k"],
            cwd=tmp_path,
            stdin=large,
            capture_output=True,
            text=True,
        )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("stdtools kv set: ./a.db: ")
    assert done.stderr.count("\n") == 1
    assert run("kv", "--store", "./a.db", "get", "k").text == "old"
    assert run("kv", "--store", "./a.db", "check").code == 0


BESIDE = (
    "file beside it: it is in use, or its last writer was killed; "
    "choose another FILE, or delete both when no program has them open"
)


def test_a_backup_is_not_written_under_a_journal_that_would_be_rolled_back_into_it(run: Run, tmp_path: Path) -> None:
    for store in ("a", "b"):
        assert run("kv", "--store", f"./{store}.db", "set", "k", store).code == 0
    leave_a_hot_journal(tmp_path, "b.db")
    (tmp_path / "link.db").symlink_to("b.db")
    for target in ("b.db", "link.db"):
        result = run("kv", "--store", "./a.db", "backup", target)
        assert result == (2, b"", f"stdtools kv backup: {target}: has a -journal {BESIDE}\n")
    assert run("kv", "--store", "./b.db", "check") == (0, b"", "")
    assert run("kv", "--store", "./a.db", "backup", "b.db").code == 0
    assert run("kv", "--store", "./b.db", "get", "k").text == "a"


def test_what_is_said_to_be_done_about_a_wal_file_helps(run: Run, tmp_path: Path) -> None:
    """Also beside another program's file, which kv only reads."""
    run("kv", "--store", "./a.db", "set", "k", "a")
    code = "import os, sqlite3; db = sqlite3.connect('b.db'); db.execute('PRAGMA journal_mode=WAL'); "
    code += "db.execute('CREATE TABLE t (x)'); db.commit(); os.kill(os.getpid(), 9)"
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path).returncode == -signal.SIGKILL
    message = f"stdtools kv backup: b.db: has a -wal {BESIDE}\n"
    assert run("kv", "--store", "./a.db", "backup", "b.db") == (2, b"", message)
    for file in tmp_path.glob("b.db*"):
        file.unlink()
    assert run("kv", "--store", "./a.db", "backup", "b.db") == (0, b"", "")
    assert run("kv", "--store", "./b.db", "get", "k").text == "a"


def test_a_store_is_not_replaced_by_its_own_backup(run: Run, tmp_path: Path) -> None:
    """What another process writes to the file that it has open would be lost."""
    run("kv", "--store", "./a.db", "set", "k", "v")
    (tmp_path / "link.db").symlink_to("a.db")
    for store, target in (("./a.db", "a.db"), ("./a.db", "link.db"), ("./link.db", "a.db")):
        result = run("kv", "--store", store, "backup", target)
        assert result == (2, b"", f"stdtools kv backup: {target}: is the store itself\n")


def test_a_store_with_two_names_is_only_read(run: Run, tmp_path: Path) -> None:
    run("kv", "--store", "./a.db", "set", "k", "v")
    (tmp_path / "b.db").hardlink_to(tmp_path / "a.db")
    message = "stdtools kv set: ./b.db: has 2 names (hard links), and is only read\n"
    assert run("kv", "--store", "./b.db", "set", "k", "w") == (2, b"", message)
    assert run("kv", "--store", "./b.db", "get", "k").text == "v"


def test_an_import_that_waits_for_its_input_keeps_no_writer_waiting(run: Run, tmp_path: Path) -> None:
    command = [COMMAND, "kv", "--store", "./a.db", "import"]
    waiting = subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert waiting.stdin is not None
    lines = b"".join(b'{"key": "k%d", "value": %d}\n' % (n, n) for n in range(110_000))
    waiting.stdin.write(lines)
    waiting.stdin.flush()  # more than the pipe holds has been read
    assert run("kv", "--store", "./a.db", "set", "a", "v") == (0, b"", "")
    assert run("kv", "--store", "./a.db", "keys").text == "a\n"
    assert waiting.communicate(b'{"key": "z", "value": 1}\n')[0] == b"110001\n"
    assert len(run("kv", "--store", "./a.db", "keys").text.splitlines()) == 110_002


def test_an_import_of_chunks_is_all_or_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "lines").write_text(
        "".join(f'{{"key": "k{n * 7919 % 120_000}", "value": {n}}}\n' for n in range(120_000))
    )
    run("kv", "--store", "./a.db", "set", "k9", "v")
    refused = run("kv", "--store", "./a.db", "import", "lines")
    assert (refused.code, refused.err.split("; ")[0]) == (2, "stdtools kv import: k9: is there already, or comes twice")
    assert run("kv", "--store", "./a.db", "keys").text == "k9\n"
    assert run("kv", "--store", "./a.db", "import", "lines", "--keep").text == "119999\n"
    assert run("kv", "--store", "./a.db", "import", "lines", "--replace").text == "120000\n"
    assert run("kv", "--store", "./a.db", "get", "k7919").text == "1\n"


def test_a_store_is_converted_onto_itself(run: Run, tmp_path: Path) -> None:
    run("kv", "--store", "./a.db", "set", "k", "v")
    assert run("kv", "convert", "./a.db", "./a.db", "--replace") == (0, b"1\n", "")


def test_an_interrupted_import_leaves_nothing(tmp_path: Path, run: Run) -> None:
    feed = 'for i in $(seq 100000); do echo \'{"key": "\'$i\'", "value": 1}\'; done; sleep 30'
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        source = subprocess.Popen(["bash", "-c", feed], stdout=subprocess.PIPE, start_new_session=True)
        process = subprocess.Popen([COMMAND, "kv", "--store", "./a.db", "import"], cwd=tmp_path, stdin=source.stdout)
        time.sleep(1)
        process.send_signal(number)
        assert process.wait() == -number
        os.killpg(source.pid, signal.SIGKILL)
        source.wait()
        assert source.stdout is not None
        source.stdout.close()
        assert run("kv", "--store", "./a.db", "keys").code == 1
        assert run("kv", "--store", "./a.db", "check").code == 0


@pytest.mark.once
def test_flipped_bytes_never_make_a_traceback(run: Run, tmp_path: Path) -> None:
    draw = random.Random()
    lines = "".join(f'{{"key": "k{n}", "value": [{n}, "text"]}}\n' for n in range(300))
    run("kv", "--store", "./whole.db", "import", stdin=lines)
    whole = (tmp_path / "whole.db").read_bytes()
    for turn in range(120):
        damaged = bytearray(whole)
        for _ in range(draw.randint(1, 30)):
            damaged[draw.randrange(len(damaged) if turn % 2 else 4096)] = draw.randrange(256)
        (tmp_path / "a.db").write_bytes(damaged)
        args = draw.choice(
            (["get", "k7"], ["list"], ["check"], ["set", "k8", "v"], ["export"], ["info"], ["incr", "n"])
        )
        result = run("kv", "--store", "./a.db", *args)
        assert result.code in (0, 1, 2), (args, result)
        assert "internal error" not in result.err, (args, result)
        assert "Traceback" not in result.err
        for name in os.listdir(tmp_path):
            if name.startswith("a.db"):
                (tmp_path / name).unlink()


@pytest.mark.parametrize(
    "content", [b"text\n", b"SQLite format 3\0", b"SQLite format 3\0" + b"\xff" * 5000, b"\0" * 100]
)
def test_files_that_are_no_store_are_refused(run: Run, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.db").write_bytes(content)
    for args in (["get", "k"], ["set", "k", "v"], ["list"], ["info"]):
        result = run("kv", "--store", "./a.db", *args)
        assert (result.code, result.out) == (2, b""), args
        assert result.err.startswith(f"stdtools kv {args[0]}: ./a.db: "), result.err
        assert result.err.count("\n") == 1
    assert (tmp_path / "a.db").read_bytes() == content


def test_another_programs_database_is_refused_and_a_newer_one(run: Run, shell: Run, tmp_path: Path) -> None:
    shell("sqlite3 other.db 'create table t(a)'; sqlite3 view.db 'create view Dict as select 1 as key, 2 as value'")
    for name in ("other", "view"):
        for args in (["get", "k"], ["set", "k", "v"]):
            result = run("kv", "--store", f"./{name}.db", *args)
            assert (result.code, result.err) == (
                2,
                f"stdtools kv {args[0]}: ./{name}.db: is an SQLite database, but not a shelf\n",
            )
    run("kv", "--store", "./new.db", "set", "k", "v")
    shell("sqlite3 new.db 'pragma user_version = 2'")
    before = (tmp_path / "new.db").read_bytes()
    for args in (["get", "k"], ["set", "k", "v"]):
        result = run("kv", "--store", "./new.db", *args)
        assert result.err == f"stdtools kv {args[0]}: ./new.db: is of a newer stdtools (version 2 of its tables)\n"
    assert (tmp_path / "new.db").read_bytes() == before


def test_directories_and_devices_are_no_stores(run: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.db")
    (tmp_path / "dir.db").mkdir()
    for name in ("./fifo.db", "./dir.db", "/dev/zero", "/dev/null", "/dev/full"):
        for args in (["get", "k"], ["set", "k", "v"]):
            result = run("kv", "--store", name, *args)
            assert (result.code, result.err.count("\n")) == (2, 1), (name, args, result)


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_store_in_a_place_that_cannot_be_written_is_read(run: Run, shell: Run, tmp_path: Path, mode: str) -> None:
    place = tmp_path / "place"
    place.mkdir()
    run("kv", "--store", "./place/a.db", "set", "k", "v")
    shell(f"sqlite3 place/a.db 'pragma journal_mode={mode}'; chmod 444 place/a.db; chmod 555 place")
    powerless = "setpriv --inh-caps=-all --bounding-set=-dac_override,-dac_read_search " if os.geteuid() == 0 else ""
    assert shell(f"{powerless}stdtools kv --store ./place/a.db get k") == (0, b"v", "")
    result = shell(f"{powerless}stdtools kv --store ./place/a.db set k w")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert result.err.startswith("stdtools kv set: ./place/a.db: ")
    place.chmod(0o755)


def test_processes_that_make_a_store_at_once_all_find_one(tmp_path: Path) -> None:
    for turn in range(5):
        calls = [[COMMAND, "kv", "--store", f"./{turn}.db", "incr", "n"] for _ in range(8)]
        writers = [subprocess.Popen(c, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for c in calls]
        told = [writer.communicate() for writer in writers]
        assert sorted(int(out) for out, _ in told) == list(range(1, 9)), told
