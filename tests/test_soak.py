"""Faults in numbers: minutes of kills, random layouts and large files. ``make soak`` runs them."""

import os
import random
import resource
import signal
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import COMMAND
from tests.pack.strategies import blobs

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
