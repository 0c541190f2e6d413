"""Faults in numbers: minutes of kills, random layouts and large files. ``make soak`` runs them."""

import os
import random
import re
import resource
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import COMMAND
from tests.log.chain import chain, numbered, numbers
from tests.pack.strategies import blobs
from tests.shared.test_rotation import kill_writers
from tests.test_cli import calls_with_handlers, signalled_at

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1800)]


def test_300_random_kills_of_a_writer_never_tear_a_file(tmp_path: Path) -> None:
    draw = random.Random(1)
    target = tmp_path / "target"
    contents = [text.ljust(40 << 20, b"\0") for text in (b"one", b"two")]
    target.write_bytes(contents[0])
    changed, before = 0, contents[0]
    for turn in range(300):
        text = ("one", "two")[turn % 2]
        process = subprocess.Popen([COMMAND, "pack", f"{40 << 20}s", text, "-o", "target"], cwd=tmp_path)
        time.sleep(draw.uniform(0.03, 0.4))
        process.kill()
        process.wait()
        now = target.read_bytes()
        assert now in contents
        changed += now != before
        before = now
        assert sum(name.endswith(".tmp") for name in os.listdir(tmp_path)) <= 1
    assert 5 < changed < 295, "some of the runs must have been quick enough, and some not"


def limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (512 << 20, 512 << 20))


LETTERS = "<>=!@0123456789 bBhHiIlLqQefdFD?cspxznNPu:a{},/(*)"


@settings(max_examples=2000, deadline=None, database=None)
@given(st.text(LETTERS, min_size=1, max_size=24), blobs, st.sampled_from(["json", "csv", "plain", "table"]))
def test_2000_random_layouts_in_little_memory_end_with_0_or_2(layout: str, data: bytes, form: str) -> None:
    for command in (["unpack", layout, "--format", form], ["pack", layout, "--stream"]):
        done = subprocess.run([COMMAND, *command], input=data, capture_output=True, timeout=60, preexec_fn=limit_memory)
        assert done.returncode in (0, 2), (layout, done.stderr)
        assert b"internal error" not in done.stderr
        assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_100_signals_to_several_processes_leave_nobody(tmp_path: Path, number: int) -> None:
    with open(tmp_path / "big.bin", "wb") as file:
        file.truncate(1 << 30)
    draw = random.Random(number)
    for _ in range(100):
        process = subprocess.Popen(
            [COMMAND, "unpack", "<I:id h:a H:b d:x", str(tmp_path / "big.bin"), "-j", "3"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        time.sleep(draw.uniform(0.05, 0.4))
        process.send_signal(number)
        _, err = process.communicate(timeout=20)
        assert (process.returncode, err) == (-number, b"")
        deadline = time.monotonic() + 10
        with pytest.raises(ProcessLookupError):
            while time.monotonic() < deadline:
                os.killpg(process.pid, 0)
                time.sleep(0.05)


def test_eight_patchers_at_once_lose_no_patch(tmp_path: Path) -> None:
    """Each patch lies within a page, so it is one write and no writer undoes another's."""
    (tmp_path / "file").write_bytes(bytes(8 * 100))
    line = f"for i in $(seq 0 99); do {COMMAND} pack B $(($0 + 1)) --into file --at $(($0 * 100 + i)) || exit 1; done"
    patchers = [subprocess.Popen(["bash", "-c", line, str(n)], cwd=tmp_path) for n in range(8)]
    assert [patcher.wait() for patcher in patchers] == [0] * 8
    assert (tmp_path / "file").read_bytes() == b"".join(bytes([n + 1]) * 100 for n in range(8))


def test_a_gigabyte_there_and_back_in_little_memory(tmp_path: Path) -> None:
    with open(tmp_path / "big.bin", "wb") as file:
        block = random.Random(7).randbytes(1 << 20)
        for _ in range(1024):
            file.write(block)
    layout = "<4096s:a"
    there, back = f"unpack '{layout}' big.bin --jsonl", f"pack '{layout}' --stream"
    line = f"ulimit -v 300000; {COMMAND} {there} | {COMMAND} {back} | cmp - big.bin"
    subprocess.run(["bash", "-o", "pipefail", "-c", line], cwd=tmp_path, check=True)


@pytest.mark.parametrize("turn", range(3))
def test_eight_writers_and_a_hundred_kills_lose_no_acknowledged_line(tmp_path: Path, turn: int) -> None:
    seed = random.randrange(1 << 30)
    draw = random.Random(seed)
    assert kill_writers(tmp_path, draw, writers=8, kills=100, count=20_000) > 50, seed


@pytest.mark.parametrize("more", [[], ["--compress", "gz"]])
@pytest.mark.parametrize("turn", range(3))
def test_eight_pipes_into_one_log_with_kills_of_one_of_them(tmp_path: Path, turn: int, more: list[str]) -> None:
    """A killed log write takes at most what it had read; the others lose nothing."""
    draw = random.Random(turn)
    command = [COMMAND, "log", "write", "a.log", "--max-bytes", "64k", "--backups", "900", *more]

    def feed(writer: int, stop: threading.Event) -> None:
        process = subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.PIPE)
        assert process.stdin is not None
        for number in range(5000):
            process.stdin.write(b"writer %d line %06d\n" % (writer, number))
            if number % 50 == 0:
                process.stdin.flush()
                time.sleep(0.002)
        process.stdin.close()
        assert process.wait() == 0

    def be_killed(stop: threading.Event) -> None:
        while not stop.is_set():
            line = f"i=0; while :; do i=$((i + 1)); printf 'killed %06d %d\\n' $i $$; done | {' '.join(command)}"
            shell = subprocess.Popen(["bash", "-c", line], cwd=tmp_path, start_new_session=True)
            time.sleep(draw.uniform(0.2, 0.6))
            os.killpg(shell.pid, signal.SIGKILL)
            shell.wait()

    stop = threading.Event()
    killer = threading.Thread(target=be_killed, args=[stop])
    feeders = [threading.Thread(target=feed, args=[writer, stop]) for writer in range(7)]
    for thread in (killer, *feeders):
        thread.start()
    for thread in feeders:
        thread.join()
    stop.set()
    killer.join()
    subprocess.run(command, cwd=tmp_path, stdin=subprocess.DEVNULL, check=True)
    text = b"".join(chain(tmp_path / "a.log"))
    lines = text.splitlines()
    assert all(re.fullmatch(rb"writer \d line \d{6}|killed \d{6} \d+", line) for line in lines)
    for writer in range(7):
        assert numbers(lines, writer) == list(range(5000))
    assert subprocess.run([COMMAND, "log", "verify", "a.log"], cwd=tmp_path, stdout=subprocess.DEVNULL).returncode == 0


def test_killed_at_every_system_call_of_a_rotation(tmp_path: Path) -> None:
    """strace kills a writer at its n-th call; what was there before and what comes after is whole."""
    before, ours, after = numbered(1, 20), numbered(2, 20), numbered(3, 20)
    options = ["log", "write", "a.log", "--max-bytes", "200", "--backups", "20"]
    os.environ["STDTOOLS_JOURNAL"] = "off"
    killed = 0
    for call in ("write", "pwrite64", "rename", "openat", "fchmod", "flock", "unlink", "ftruncate", "utime,utimensat"):
        for number in range(1, 60):
            place = tmp_path / f"{call}-{number}"
            place.mkdir()
            subprocess.run([COMMAND, *options], input=before, cwd=place, check=True)
            with open(place / "a.log", "ab") as file:
                file.write(b"open")
            inject = ["strace", "-f", "-o", "/dev/null", "-e", f"inject={call}:signal=KILL:when={number}"]
            done = subprocess.run([*inject, COMMAND, *options], input=ours, cwd=place, stderr=subprocess.PIPE)
            assert b"strace: " not in done.stderr
            subprocess.run([COMMAND, *options], input=after, cwd=place, check=True)
            text = b"".join(chain(place / "a.log"))
            assert text.startswith(before + b"open\n")
            assert text.endswith(after)
            written = text[len(before) + 5 : len(text) - len(after)]
            assert ours.startswith(written)
            assert not written or written.endswith(b"\n")
            verified = subprocess.run([COMMAND, "log", "verify", "a.log"], cwd=place, stdout=subprocess.PIPE)
            assert verified.returncode == 0, verified.stdout
            if done.returncode == 0:
                assert written == ours
                break
            killed += 1
    assert killed > 60


def test_200_kills_of_copies_and_moves_lose_nothing_and_name_no_half_file(tmp_path: Path) -> None:
    draw = random.Random(5)
    held = {f"{number}": draw.randbytes(draw.choice([0, 100, 5000, 400_000])) for number in range(150)}
    places = [tmp_path / "one", tmp_path / "two"]
    for place in places:
        place.mkdir()
    for name, data in held.items():
        (places[0] / name).write_bytes(data)
    for turn in range(200):
        move = ["--move", "--links", "skip"] if turn % 2 else draw.choice([[], ["-u"], ["--verify"]])
        process = subprocess.Popen([COMMAND, "copy", *move, f"{places[0]}/.", str(places[1])])
        time.sleep(draw.uniform(0.03, 0.15))
        process.kill()
        process.wait()
        for name, data in held.items():
            found = [place / name for place in places if (place / name).exists()]
            assert found, (turn, name)
            assert all(path.read_bytes() == data for path in found), (turn, name)
        places.reverse()
    subprocess.run([COMMAND, "copy", "--move", f"{places[0]}/.", str(places[1])], check=True)
    assert sorted(os.listdir(places[1])) == sorted(held)


@pytest.mark.parametrize(
    ("line", "step"),
    [(["count", "none"], 1), (["count", "/dev/null"], 1), (["tasks", "--db", "new.db", "import", "small.csv"], 3)],
)
def test_a_signal_at_any_system_call_is_silent(tmp_path: Path, line: list[str], step: int) -> None:
    (tmp_path / "small.csv").write_text("details\na\n")
    died = 0
    for number, call in (calls := calls_with_handlers(tmp_path, *line)[::step]):
        for file in tmp_path.glob("new.db*"):
            file.unlink()
        code, err = signalled_at(tmp_path, call, number, *line)
        assert err in (b"", b"stdtools count: none: No such file or directory\n")
        died += code == -signal.SIGTERM
    assert died > 0.9 * len(calls), "where Python seeks and asks for memory differs a little between runs"
