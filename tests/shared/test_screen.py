"""Text that reaches a terminal cannot steer it."""

import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios

from hypothesis import given
from hypothesis import strategies as st

from stdtools.shared.screen import safe, safe_lines

MARKS = (0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A))
HARMFUL = [chr(c) for c in (*range(32), *range(127, 160), *MARKS)]


def test_controls_are_shown_as_escapes() -> None:
    assert safe("a\x1b[31mb\x9b\u202e\n\t") == "a\\x1b[31mb\\x9b\\u202e\\n\\t"
    assert safe("na\udcffme") == "na\\xffme", "a byte of an undecodable name"
    assert safe("\ud800") == "\\ud800"
    assert safe("schöne Grüße 日本 😀") == "schöne Grüße 日本 😀"
    assert safe_lines("a\tb\x07\nc") == "a\tb\\x07\nc"
    assert safe_lines("a\x9b\n", json=True) == "a\\u009b\n"


@given(st.text(st.characters(exclude_categories=[]) | st.sampled_from(HARMFUL)))
def test_nothing_harmful_is_left(text: str) -> None:
    assert not set(safe(text)) & set(HARMFUL)
    assert not set(safe_lines(text)) & set(HARMFUL) - {"\t", "\n"}
    safe(text).encode()


def test_markup_in_values_is_no_markup() -> None:
    names = ["[id].tsx", "[/]", "[red]x[/red]", ":smile:", "[link=http://x]y[/link]", "a[b"]
    code = (
        "import sys\nfrom stdtools.shared.records import RecordWriter\n"
        "from stdtools.shared.streams import Output\n"
        "with Output() as o:\n    w = RecordWriter(o, ['name'], 'table')\n"
        "    w.write([[n] for n in sys.argv[1:]]); w.close()"
    )
    done = subprocess.run([sys.executable, "-c", code, *names], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[2:] == names


def table_on_a_terminal(columns: int, row: list[object]) -> list[str]:
    """Return the lines of a table with one *row* on a terminal of so many *columns*, without its head."""
    code = (
        "from stdtools.shared.records import RecordWriter\nfrom stdtools.shared.streams import Output\n"
        "with Output() as o:\n    w = RecordWriter(o, ['key', 'type', 'size', 'value'], None)\n"
        f"    w.write([{row!r}]); w.close()"
    )
    terminal, end = pty.openpty()
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with subprocess.Popen([sys.executable, "-c", code], stdout=end, env={**os.environ, "NO_COLOR": "1"}) as process:
        os.close(end)
        text = b""
        with contextlib.suppress(OSError):  # how a terminal says that its other end is closed
            while block := os.read(terminal, 4096):
                text += block
    os.close(terminal)
    assert process.returncode == 0
    return text.decode().split("\r\n")[2:]


def test_only_the_widest_column_of_a_table_is_folded_to_fit_the_terminal() -> None:
    lines = table_on_a_terminal(60, ["greeting", "text", 32, "x" * 200])
    assert lines[0].startswith("greeting   text     32   xxxxxxxx")
    assert {len(line) for line in lines[:-2]} == {60}


def test_wide_columns_share_what_room_there_is() -> None:
    lines = table_on_a_terminal(60, ["greeting", "a" * 50, 32, "b" * 200])
    assert lines[0] == f"greeting   {'a' * 19}     32   {'b' * 20}"
