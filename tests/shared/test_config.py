"""config.toml gives defaults, from the user's own directory alone."""

import os
import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest

from stdtools.shared import places
from tests.conftest import Run

DATA = b"\7\0\0\0"


@pytest.fixture
def config(home: Path) -> Path:
    path = home / ".config" / "stdtools" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text('[unpack]\nformat = "jsonl"\n')
    return path


@pytest.mark.process
def test_flag_then_environment_then_config_then_default(run: Run, config: Path) -> None:
    assert run("unpack", "<I:a", stdin=DATA).text == '{"a": 7}\n'
    assert run("unpack", "<I:a", stdin=DATA, env={"STDTOOLS_UNPACK_FORMAT": "tsv"}).text == "a\n7\n"
    assert run("unpack", "<I:a", "--format", "plain", stdin=DATA, env={"STDTOOLS_UNPACK_FORMAT": "tsv"}).text == "7\n"
    config.unlink()
    assert run("unpack", "<I:a", stdin=DATA).text == "7\n"


@pytest.mark.process
@pytest.mark.parametrize(
    ("mode", "trusted"), [(0o600, True), (0o644, True), (0o444, True), (0o664, False), (0o646, False), (0o666, False)]
)
def test_a_file_that_others_can_write_is_ignored_with_a_warning(
    run: Run, config: Path, mode: int, trusted: bool
) -> None:
    config.chmod(mode)
    result = run("unpack", "<I:a", stdin=DATA)
    assert (result.code, result.text) == (0, '{"a": 7}\n' if trusted else "7\n")
    assert result.err == ("" if trusted else f"stdtools: {config}: ignored, as others can write it; chmod go-w it\n")


@pytest.mark.process
def test_a_file_of_another_user_is_ignored(run: Run, config: Path) -> None:
    if os.geteuid() != 0:
        pytest.fail("this test gives a file away, which needs root")
    os.chown(config, 12345, -1)
    result = run("unpack", "<I:a", stdin=DATA)
    assert (result.text, result.err.count("\n")) == ("7\n", 1)


@pytest.mark.process
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[unpack", "ignored: "),
        ("unpack = 3\n", ""),
        ("", ""),
        ('[unpack]\nformt = "csv"\n', "config.toml: [unpack] has no option 'formt'; it has skip"),
        ("[nosuch]\nx = 1", ""),
    ],
)
def test_a_broken_file_takes_no_command_down(run: Run, config: Path, text: str, message: str) -> None:
    config.write_text(text)
    result = run("unpack", "<I:a", stdin=DATA)
    assert (result.code, result.text) == (0, "7\n")
    assert message in result.err
    assert bool(message) == bool(result.err)


@pytest.mark.process
def test_a_bad_value_names_the_file(run: Run, config: Path) -> None:
    config.write_text('[unpack]\nformat = "xml"\n')
    result = run("unpack", "<I:a", stdin=DATA)
    assert result.code == 2
    assert "'xml' is not one of" in result.err
    assert "(from config.toml)" in result.err


@pytest.mark.process
def test_keys_are_the_names_of_the_options(run: Run, config: Path) -> None:
    config.write_text('[unpack]\ntext = "latin-1"\nskip = 1\nraw = true\n')
    assert run("unpack", "2s:t", "--jsonl", stdin=b"x\xe9\0") == (0, '{"t": "é\\u0000"}\n'.encode(), "")
    for key in ("explain", "dump", "json"):
        config.write_text(f"[unpack]\n{key} = true\n")
        assert f"has no option '{key}'" in run("unpack", "B", stdin=b"x").err
    config.write_text("[pack]\nat = -5\n")
    assert "(from config.toml)" in run("pack", "B", "1", "--into", "x").err


@pytest.mark.process
@pytest.mark.parametrize(
    "text",
    [
        "[unpack]\nskip = 1.5",
        "[unpack]\nskip = [1]",
        "[unpack.jobs]\na = 1",
        "[unpack]\ntext = 2020-01-01",
        "[version]\nx = 1",
        "[unpack]\nx = " + "[" * 100_000,
        '[unpack]\nlayout = "a\\u0000b"',
    ],
)
def test_values_of_a_wrong_type_are_told_or_ignored(run: Run, config: Path, text: str) -> None:
    config.write_text(text)
    result = run("unpack", "<I:a", stdin=DATA)
    assert "internal error" not in result.err
    assert (result.code, result.text) in ((0, "7\n"), (2, ""))
    assert bool(result.err) == ("version" not in text)


@pytest.mark.process
def test_nothing_is_read_from_the_current_directory(run: Run, tmp_path: Path) -> None:
    for name in ("config.toml", "stdtools.toml", ".stdtools.toml"):
        (tmp_path / name).write_text('[unpack]\nformat = "jsonl"\n')
    assert run("unpack", "<I:a", stdin=DATA).text == "7\n"


@pytest.mark.parametrize("value", [None, "", "/elsewhere", "  ", "relative/dir"])
def test_our_shortcut_gives_what_platformdirs_gives(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    if value is not None:
        monkeypatch.setenv("XDG_CONFIG_HOME", value)
    assert places.config_dir() == platformdirs.user_config_dir("stdtools", appauthor=False)


def test_other_systems_ask_platformdirs() -> None:
    code = (
        "import sys; sys.platform = 'darwin'\nfrom stdtools.shared import places\n"
        "print(places.config_dir(), 'platformdirs' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("stdtools True\n")
