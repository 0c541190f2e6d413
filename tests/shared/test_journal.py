"""Every run appends one line; nothing that happens to the journal is noticed."""

import json
import os
import re
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from stdtools.shared import journal, places, screen
from tests.commands import LEAVES
from tests.conftest import COMMAND, Run
from tests.log.chain import chain
from tests.test_cli import NOTHING, SHORT_RUNS, STDIN

pytestmark = pytest.mark.process

HEAD = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d (INFO|ERROR) pid=\d+ "


@pytest.fixture
def path(home: Path) -> Path:
    return home / ".local/state/stdtools/log/stdtools.log"


@pytest.mark.once
@pytest.mark.parametrize("name", LEAVES)
def test_every_command_leaves_one_line(run: Run, path: Path, name: str, records: Path) -> None:
    code = int(name in NOTHING)
    assert run(*SHORT_RUNS[name], stdin=STDIN.get(name, b"")).code == code
    command = f'"{name}"' if " " in name else name
    assert re.fullmatch(HEAD + rf"command={command} exit={code} seconds=\d+\.\d{{3}}( \w+=\d+)*\n", path.read_text())
    assert run("log", "path").text == f"{path}\n"


def test_what_ends_a_run_is_in_its_line(run: Run, shell: Run, path: Path) -> None:
    run("unpack", "<I:id", "secret-file")
    run("unpk")
    run("--version")
    shell("stdtools unpack B /dev/zero | head -n 1")
    with subprocess.Popen([COMMAND, "unpack", "B", "/dev/zero"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read(1)  # it is well under way
        process.terminate()
        process.wait()
    said = [re.sub(HEAD, "", line) for line in path.read_text().splitlines()]
    said = [re.sub(r"seconds=\S+", "seconds=S", line) for line in said]
    said = [re.sub(r":\d+:", ":N:", line) for line in said]
    assert said[:3] == [
        "command=unpack exit=2 seconds=S error=ToolError at=shared/streams.py:N:open_input",
        "command=- exit=2 seconds=S error=NoSuchCommand at=click/core.py:N:resolve_command",
        "command=- exit=0 seconds=S",
    ]
    assert [line.split()[1] for line in said[3:]] == ["exit=141", "exit=143"]


def test_counts_are_in_the_line(run: Run, path: Path, records: Path) -> None:
    run("unpack", "<I:id", "records.bin")
    run("pack", "<I:id", stdin=b'{"id": 7}\n' * 3)
    assert re.findall(r" (\w+=\d+)\n", path.read_text()) == ["records=2", "bytes=12"]


def test_the_journal_is_the_user_s_alone(run: Run, path: Path) -> None:
    os.umask(0o000)
    run("--version")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for directory in (path.parent, path.parent.parent, path.parent.parent.parent):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_off_another_file_and_levels(run: Run, path: Path, tmp_path: Path) -> None:
    run("--version", env={"STDTOOLS_JOURNAL": "off"})
    assert not path.exists()
    assert run("log", "path", env={"STDTOOLS_JOURNAL": "off"}) == (
        1,
        b"",
        "stdtools log path: the journal is switched off by STDTOOLS_JOURNAL\n",
    )
    result = run("log", "view", env={"STDTOOLS_JOURNAL": "off"})
    assert (result.code, result.err) == (2, "stdtools log view: the journal is switched off by STDTOOLS_JOURNAL\n")
    other = {"STDTOOLS_JOURNAL": str(tmp_path / "own.log")}
    assert run("log", "path", env=other).text == f"{tmp_path / 'own.log'}\n"
    assert run("log", "view", env=other).text == (tmp_path / "own.log").read_text().splitlines(keepends=True)[0]
    assert not path.exists()
    run("--version", env={"STDTOOLS_LOG_LEVEL": "error"})
    assert not path.exists()
    run("unpack", env={"STDTOOLS_LOG_LEVEL": "error"})
    run("--version", env={"STDTOOLS_LOG_LEVEL": "nonsense"})
    assert path.read_text().count("\n") == 2


def test_debug_has_what_the_modules_say(run: Run, path: Path) -> None:
    args = ["log", "write", "secret-name.log", "--max-bytes", "10", "--compress", "gz"]
    for env, more in (({"STDTOOLS_LOG_LEVEL": "debug"}, []), ({}, ["--debug"])):
        assert run(*args, *more, stdin=b"secret 1\nsecret 2\n", env=env) == (0, b"", "")
        text = path.read_text()
        assert " DEBUG pid=" in text
        assert "logger=stdtools.log.sink began a new file" in text
        assert "secret" not in text
        path.unlink()


@pytest.mark.parametrize(
    "prepare",
    [
        "rm -rf $HOME",
        "chmod 500 $HOME; chmod 500 .",
        "mkdir -p $STATE/stdtools.log",
        "mkdir -p $STATE; mkfifo $STATE/stdtools.log",
        "mkdir -p $STATE; ln -s /dev/full $STATE/stdtools.log",
        "mkdir -p $STATE; mkdir $STATE/.stdtools.log.lock",
        "mkdir -p $HOME/.local; touch $HOME/.local/state",
        "HOME=relative",
        "HOME=",
        "unset HOME",
        "HOME=/proc/1",
        "export STDTOOLS_JOURNAL=/dev/full",
        "export STDTOOLS_JOURNAL=/nonexistent/x/y",
        "export STDTOOLS_JOURNAL=/dev/null/x",
        "export STDTOOLS_JOURNAL=.",
        "ulimit -f 0",
    ],
)
def test_a_journal_that_cannot_be_written_is_silence(shell: Run, prepare: str, records: Path) -> None:
    line = "STATE=$HOME/.local/state/stdtools/log; " + prepare
    result = shell(f"{line}; stdtools unpack '<I:id' records.bin; echo $?; stdtools unpack '<I:id' none; echo $?")
    assert result == (0, b"1\n2\n0\n2\n", "stdtools unpack: none: No such file or directory\n")


def test_another_user_s_home_gets_no_files_of_root(shell: Run, home: Path) -> None:
    """As with sudo, which keeps HOME on some systems."""
    if os.geteuid() == 0:
        os.chown(home, 12345, 12345)
        assert shell("stdtools --version").code == 0
        assert os.listdir(home) == []


def test_a_stopped_process_that_holds_the_lock_stops_nobody(run: Run, path: Path) -> None:
    run("--version")
    code = (
        "import sys, time; from stdtools.shared.rotation import RotatingFile\n"
        "with RotatingFile(sys.argv[1]).alone(): print(flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    holder.stdout.readline()
    assert run("--version").code == 0
    holder.kill()
    holder.communicate()
    assert path.read_text().count("command=-") == 2


def test_many_runs_at_once_lose_no_line(tmp_path: Path, path: Path) -> None:
    path.parent.mkdir(parents=True, mode=0o700)
    filler = b"2026-01-01T00:00:00.000+00:00 INFO pid=1 command=filler " + b"x" * 100 + b"\n"
    path.write_bytes(filler * ((journal.MAX_BYTES - 1500) // len(filler)))  # so that it rotates under way
    before = path.read_bytes().count(b"\n")

    def runs() -> None:
        for _ in range(12):
            subprocess.run([COMMAND, "--version"], stdout=subprocess.DEVNULL, check=True)

    threads = [threading.Thread(target=runs) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = b"".join(chain(path)).splitlines()
    assert len(lines) == before + 96
    assert len(chain(path)) == 2
    assert all(re.fullmatch(HEAD + r"command=- exit=0 seconds=\S+", line.decode()) for line in lines[before:])


def test_one_record_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STDTOOLS_JOURNAL", str(tmp_path / "j.log"))
    hostile = "a\r\nb\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\x1b[31m\x00\ud800\udcff\u202e"
    journal.write("INFO", hostile)
    journal.write("INFO", "x" * 100_000)
    lines = (tmp_path / "j.log").read_text().splitlines()
    assert len(lines) == 2
    assert lines[0].endswith(screen.safe(hostile))
    assert len(lines[1]) == journal.LONGEST


def test_the_rule_for_its_place_is_that_of_platformdirs(monkeypatch: pytest.MonkeyPatch) -> None:
    import platformdirs

    for value in (None, "", "relative", "/abs", " "):
        if value is None:
            monkeypatch.delenv("XDG_STATE_HOME", raising=False)
        else:
            monkeypatch.setenv("XDG_STATE_HOME", value)
        assert places.log_dir() == platformdirs.user_log_dir("stdtools", appauthor=False)


def test_view_without_a_file_shows_it(run: Run, records: Path) -> None:
    run("unpack", "<I:id", "records.bin")
    run("log", "verify", "none")
    assert run("log", "view", "--grep", "command=unpack").text.count("\n") == 1
    rows = [json.loads(line) for line in run("log", "view", "-n", "4", "--jsonl").text.splitlines()]
    assert [(row["level"], row["command"], row["exit"]) for row in rows] == [
        ("info", "unpack", 0),
        ("error", "log verify", 2),
        ("info", "log view", 0),
    ]
    assert rows[0]["more"] == "records=2"
    assert isinstance(rows[0]["pid"], int)
    assert isinstance(rows[0]["seconds"], float)
