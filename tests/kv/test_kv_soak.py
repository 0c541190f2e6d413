"""What takes minutes: two thousand kills of a writer, thousands of commands at once, a large import."""

import random
import subprocess
from pathlib import Path

import pytest

from tests.conftest import COMMAND, Run
from tests.kv.faults import kill_writers

pytestmark = pytest.mark.soak


def test_2000_kills_lose_no_acknowledged_write(tmp_path: Path) -> None:
    kill_writers(tmp_path, random.Random(), kills=2000)


def test_eight_times_500_commands_count_and_store_what_they_should(run: Run, tmp_path: Path) -> None:
    incr, store = f"{COMMAND} kv --store ./n.db incr n", f'{COMMAND} kv --store ./n.db set "$0 $i" v'
    for command, keys in ((f"{incr} > /dev/null", 1), (store, 4001)):
        line = f"for i in $(seq 500); do {command} || exit 1; done"
        writers = [subprocess.Popen(["bash", "-c", line, str(n)], cwd=tmp_path) for n in range(8)]
        assert [writer.wait() for writer in writers] == [0] * 8
        assert len(run("kv", "--store", "./n.db", "keys").text.splitlines()) == keys
    assert run("kv", "--store", "./n.db", "get", "n").text == "4000\n"
    assert run("kv", "--store", "./n.db", "check").code == 0


def test_a_killed_import_of_a_million_pairs_leaves_what_was_there(run: Run, tmp_path: Path) -> None:
    run("kv", "--store", "./a.db", "set", "k", "v")
    with open(tmp_path / "pairs", "w", encoding="ascii") as file:
        file.writelines(f'{{"key": "{n * 7919 % 1_000_000:06d}", "value": "{n}"}}\n' for n in range(1_000_000))
    draw = random.Random()
    for _ in range(10):
        process = subprocess.Popen([COMMAND, "kv", "--store", "./a.db", "import", "pairs"], cwd=tmp_path)
        try:
            process.wait(draw.uniform(0.2, 5))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            assert run("kv", "--store", "./a.db", "keys").text == "k\n"
            assert run("kv", "--store", "./a.db", "check").code == 0
    assert run("kv", "--store", "./b.db", "import", "pairs").text == "1000000\n"
    assert run("kv", "--store", "./b.db", "get", "000007").text == str(pow(7919, -1, 1_000_000) * 7 % 1_000_000)
