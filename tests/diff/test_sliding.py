"""Hunks are cut where a person would: every example shows B with its inserted lines marked, then the same backwards."""

import pytest

from stdtools.diff import compare
from tests.diff.texts import size


def halves(marked: str) -> tuple[bytes, bytes]:
    lines = [line + "\n" for line in marked.split("\n")]
    return "".join(line[1:] for line in lines if line[0] != "+").encode(), "".join(line[1:] for line in lines).encode()


def shown(a: bytes, b: bytes) -> str:
    result, line = [], 0
    b_lines = b.decode().split("\n")
    for change in compare(a, b).changes:
        assert change.a1 == change.a2
        result += ["|" + text for text in b_lines[line : change.b1]]
        result += ["+" + text for text in b_lines[change.b1 : change.b2]]
        line = change.b2
    return "\n".join(result + ["|" + text for text in b_lines[line:-1]])


EXAMPLES = {
    "a function begins with its head": """\
|def one():
|    first()
|    return 1
|
+def two():
+    second()
+    return 1
+
|def three():
|    third()
|    return 1""",
    "a function in braces ends with its brace": """\
|int one(void)
|{
|    return 1;
|}
|
+int two(void)
+{
+    return 2;
+}
+
|int three(void)
|{
|    return 3;
|}""",
    "a block is taken with its condition": """\
|for x in y:
|    if a:
|        do(a)
+    if b:
+        do(b)
|    if c:
|        do(c)""",
    "a comment goes with what it is about": """\
|/* one */
|one();
|
+/* one */
+two();
+
|/* one */
|three();""",
    "an item of a list": """\
|first:
|  - a
|  - b
+second:
+  - a
+  - b
|third:
|  - c""",
    "of equal lines the last ones": """\
|x
|x
+x
|y""",
}


@pytest.mark.parametrize("marked", EXAMPLES.values(), ids=EXAMPLES)
def test_where_an_insertion_is_cut(marked: str) -> None:
    a, b = halves(marked)
    assert shown(a, b) == marked


@pytest.mark.parametrize("marked", EXAMPLES.values(), ids=EXAMPLES)
def test_a_deletion_is_cut_where_the_insertion_is(marked: str) -> None:
    a, b = halves(marked)
    forth, back = compare(a, b).changes, compare(b, a).changes
    assert [(c.a1, c.a2, c.b1, c.b2) for c in forth] == [(c.b1, c.b2, c.a1, c.a2) for c in back]


def test_hunks_that_can_be_moved_until_they_touch_become_one() -> None:
    comparison = compare(b"a\nx\nc\n", b"a\nb\nx\nb\nx\nc\nd\n")
    assert [change[:4] for change in comparison.changes] == [(1, 1, 1, 4), (3, 3, 6, 7)]
    comparison = compare(b"1\n2\n2\n3\n4\n", b"1\nnew\n2\n3\n4\n")
    assert [change[:4] for change in comparison.changes] == [(1, 2, 1, 2)]
    assert size(comparison) == 2


def test_a_hunk_is_not_moved_over_a_last_line_without_newline() -> None:
    comparison = compare(b"x\nx", b"x\nx\nx")
    assert [change[:4] for change in comparison.changes] in ([(0, 0, 0, 1)], [(1, 1, 1, 2)])


def test_lines_of_megabytes_are_not_looked_at_for_their_indentation() -> None:
    line = b" " * 3_000_000 + b"\n"
    comparison = compare(line * 3, line * 4)
    assert size(comparison) == 1
