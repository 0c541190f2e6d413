"""Text that reaches a terminal cannot steer it."""

import subprocess
import sys

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
