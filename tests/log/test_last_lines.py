"""The last lines of what went by, in whatever blocks."""

from hypothesis import given
from hypothesis import strategies as st

from stdtools.log.last_lines import SHOWN, LastLines


@given(st.lists(st.sampled_from([b"a", b"bb", b"\n", b"c\nd", b"\n\n", b"e\n"]), max_size=30), st.integers(1, 5))
def test_are_those_of_the_whole(blocks: list[bytes], count: int) -> None:
    last = LastLines(count)
    for block in blocks:
        last.add(block)
    text = b"".join(blocks).decode()
    lines = text.removesuffix("\n").split("\n") if text else []
    assert last.lines == [f"  {line}" for line in lines[-count:]]
    if len(lines) > count:
        assert last.head == f"the last {count} of its {len(lines)} lines:"


def test_long_ones_are_shortened() -> None:
    last = LastLines(2)
    for _ in range(10):
        last.add(b"x" * 1000)
    last.add(b"\n\xff\n")
    assert last.lines == ["  " + "x" * SHOWN + "…", "  \udcff"]


def test_lines_of_two_sources_are_not_glued() -> None:
    last = LastLines(9)
    for block, source in ((b"abc", 1), (b"def", 2), (b"ghi\n", 2), (b"j\n", 1)):
        last.add(block, source)
    assert last.lines == ["  abc", "  defghi", "  j"]
    assert last.head == "what it wrote:"
