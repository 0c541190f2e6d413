"""Every console block of README and docs is run, in order, in one directory a page."""

import re
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import pytest

from tests.commands import LEAVES
from tests.conftest import Run

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_console_block_is_true(page: Path, tmp_path: Path) -> None:
    """The whole output, both streams, is what the page shows; `...` stands for any lines."""
    blocks = BLOCK.findall(page.read_text())
    assert blocks or page.name != "README.md"
    for block in blocks:
        commands = re.split(r"^\$ ", block, flags=re.MULTILINE)
        assert commands[0] == "", f"a block begins with a command: {block}"
        for command in commands[1:]:
            line, _, expected = command.partition("\n")
            done = subprocess.run(
                ["bash", "-c", f"({line}) 2>err; cat err >&1; rm err"], cwd=tmp_path, capture_output=True, text=True
            )
            pattern = re.escape(expected).replace(re.escape("...\n"), "(?:.*\n)*")
            assert re.fullmatch(pattern, done.stdout), f"{line}\n{done.stdout}"


def test_every_command_and_every_option_is_in_the_docs() -> None:
    text = "".join(page.read_text() for page in PAGES)
    for name, command in LEAVES.items():
        assert f"<!-- help: stdtools {name} --help -->" in text
        for param in command.params:
            if param.param_type_name == "option":
                assert all(f"`{option}" in text or f" {option}" in text for option in param.opts), (name, param.opts)


@pytest.mark.process
@pytest.mark.once
def test_every_example_in_the_help_runs(run: Run, shell: Run, tmp_path: Path) -> None:
    """The files that the examples name are made here; nothing else is."""
    (tmp_path / "hosts.bin").write_bytes(bytes(44))
    (tmp_path / "log.bin").write_bytes(bytes(24))
    (tmp_path / "a.bin").write_bytes(bytes(24))
    (tmp_path / "file.bin").write_bytes(b"MAGI\0\1\0\0\0\7x\0")
    (tmp_path / "cache.pickle").write_bytes(b"\x80\x04K\x07.")
    (tmp_path / "words.txt").write_text("receive\n")
    for name in ("old.txt", "new.txt", "before/old.txt", "after/old.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("the same\n")
    (tmp_path / "names.txt").write_text("one@two 1.0\n")
    (tmp_path / "names.csv").write_text("id,name\n1,one\n")
    (tmp_path / "config.bin").write_bytes(bytes(100))
    (tmp_path / "Makefile").write_text("all:\n\t@echo made\n")
    (tmp_path / "app.log").write_text(f"{datetime.now().isoformat()} WARNING took 12345 ms\n")
    assert shutil.which("jq")
    count = 0
    for name in LEAVES:
        for example in run(*name.split(), "--help").text.split("Examples:\n")[1].splitlines():
            if example.strip():
                result = shell(example.strip())
                assert (result.code, result.err) == (0, ""), example
                count += 1
    assert count >= 2 * len(LEAVES)


def test_the_table_of_readme_is_what_was_measured() -> None:
    tables = [
        re.findall(r"^\| .* \| .* \| [-0-9.]+ \| [0-9.]+ \| .* \|$", (ROOT / page).read_text(), re.MULTILINE)
        for page in ("README.md", "bench/RESULTS.md")
    ]
    assert len(tables[0]) > 100
    assert tables[0] == tables[1]
    for row in tables[0]:
        *_, ratio, limit, kept = row.strip("| ").split(" | ")
        if ratio != limit:  # which are rounded
            assert kept == ("yes" if float(ratio) < float(limit) else "**no**"), row
