"""Blocks, skips and peeks on files and pipes."""

import os
from pathlib import Path

import pytest

from stdtools.shared.errors import ReaderGone, ToolError
from stdtools.shared.streams import Input, Output, open_input


def piped(data: bytes) -> Input:
    reader, writer = os.pipe()
    os.write(writer, data)
    os.close(writer)
    return Input(reader, "pipe")


def test_reading_peeking_and_positions_agree_on_files_and_pipes(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(bytes(range(100)))
    with open_input(str(tmp_path / "f")) as file:
        for source in (file, piped(bytes(range(100)))):
            assert source.peek(3) == b"\0\1\2"
            assert source.position == 0
            source.skip(2)
            assert source.position == 2
            assert source.peek(2) == b"\2\3"
            assert source.read(1) + source.read(1) == b"\2\3"
            assert source.position == 4
            assert b"".join(iter(lambda source=source: source.read(7), b"")) == bytes(range(4, 100))
            assert source.peek(1) == b""
            assert source.read(1) == b""
    os.close(source.fd)


def test_a_directory_and_a_missing_file_are_tool_errors(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="none: No such file"), open_input(str(tmp_path / "none")):
        pass
    with open_input(str(tmp_path)) as source, pytest.raises(ToolError, match="Is a directory"):
        source.read(1)


def test_output_goes_out_in_blocks_and_at_the_end() -> None:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    with Output(writer) as output:
        output.write(b"x" * 1000)
        with pytest.raises(BlockingIOError):
            os.read(reader, 1)
        output.write(b"y" * 64_536)
        assert len(os.read(reader, 100_000)) == 65_536
        output.write(b"z")
    assert os.read(reader, 10) == b"z"
    os.close(reader)
    with pytest.raises(ReaderGone), Output(writer) as output:
        output.write(b"nobody")
    os.close(writer)


def test_what_came_before_trouble_is_written_and_an_interrupt_writes_nothing() -> None:
    for error, expected in ((ToolError("trouble"), b"before"), (KeyboardInterrupt(), b"")):
        reader, writer = os.pipe()
        with pytest.raises(type(error)), Output(writer) as output:
            output.write(b"before")
            raise error
        os.close(writer)
        assert os.read(reader, 10) == expected
        os.close(reader)
