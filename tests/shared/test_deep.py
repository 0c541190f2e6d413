"""Paths longer than the kernel takes at once."""

import os
from pathlib import Path

import pytest

from stdtools.shared import deep
from stdtools.shared.disk import make_directory


def test_slashes_at_a_step_lead_to_no_other_place(tmp_path: Path) -> None:
    fd = os.open(tmp_path, os.O_RDONLY)
    for _ in range(17):
        os.mkdir("d" * 255, dir_fd=fd)
        inner = os.open("d" * 255, os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = inner
    os.close(fd)
    plain = os.fsencode(tmp_path) + (b"/" + b"d" * 255) * 17
    for slashes in (b"/", b"//", b"/" * 1100):
        path = plain
        for number in range(17):
            head = len(os.fsencode(tmp_path)) + number * (255 + len(slashes))
            path = path[:head] + slashes + path[head + 1 :]
        assert deep.exists(path)
        assert deep.stat(path).st_ino == deep.stat(plain).st_ino


def test_a_directory_below_the_current_one_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_directory("a/b")
    assert (tmp_path / "a" / "b").is_dir()
