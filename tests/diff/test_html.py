"""A page that holds both texts, asks for nothing, and is led by nothing in them."""

import base64
import hashlib
import re
from collections.abc import Sequence
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stdtools.diff import html
from stdtools.diff.comparison import Change, Comparison, split_lines
from stdtools.shared.screen import safe_lines
from tests.diff.small_texts import TEXTS, replaced, table, written, written_of

NAMES = (b"old.txt", b"new.txt")
VOID = {"meta", "col"}
MARK = "\\ No newline at end of file"


class Page(HTMLParser):
    """The page, read by a parser that is not ours."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.marks: list[tuple[str, str]] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(page.decode())
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in VOID:
            return
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
        elif tag in ("del", "ins"):
            self.marks.append((tag, ""))
        self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in set(self.open):
            self.texts[tag][-1] += data
        if "td" in self.open or "th" in self.open:
            self.rows[-1][-1] += data
        if self.open and self.open[-1] in ("del", "ins"):
            self.marks[-1] = (self.open[-1], self.marks[-1][1] + data)

    def side(self, first: int) -> list[tuple[int, str, str]]:
        """Number, sign and text of the lines of one side."""
        rows = (row[first : first + 3] for row in self.rows if row[0] != "Old line")
        return [(int(number), sign, text) for number, sign, text in rows if number]


def page(a: bytes, b: bytes, names: tuple[bytes, bytes] = NAMES, **settings: object) -> bytes:
    return written(html.write, a, b, names, **settings)


def shown(text: bytes) -> list[str]:
    """The lines as a page shows them."""
    return [
        safe_lines(line.removesuffix(b"\n").decode("utf-8", "surrogateescape")) + MARK * (not line.endswith(b"\n"))
        for line in split_lines(text)
    ]


@given(TEXTS, TEXTS)
def test_both_texts_are_in_the_page(a: bytes, b: bytes) -> None:
    for output in (page(a, b), written_of(html.write, replaced(a, b), NAMES)) if a != b else ():
        read = Page(output)
        for first, text in ((0, a), (3, b)):
            lines = read.side(first)
            assert [number for number, _, _ in lines] == list(range(1, len(split_lines(text)) + 1))
            assert [line for _, _, line in lines] == shown(text)


@given(TEXTS, TEXTS, st.integers(0, 2))
def test_with_context_only_what_is_near_is_in_the_page(a: bytes, b: bytes, context: int) -> None:
    read = Page(page(a, b, context=context))
    assert "details" not in read.texts
    for first, text, sign in ((0, a, "−"), (3, b, "+")):
        lines = read.side(first)
        everything = shown(text)
        assert all(everything[number - 1] == line for number, _, line in lines)
        assert [number for number, _, _ in lines] == sorted({number for number, _, _ in lines})
        assert {mark for _, mark, _ in lines} <= {"", sign}


def test_signs_and_marks_say_what_the_colours_say() -> None:
    read = Page(page(b"a\nthe quick fox\nz\n", b"a\nthe slow fox\nnew\nz\n"))
    assert read.side(0) == [(1, "", "a"), (2, "−", "the quick fox"), (3, "", "z")]
    assert read.side(3) == [(1, "", "a"), (2, "+", "the slow fox"), (3, "+", "new"), (4, "", "z")]
    assert read.marks == [("del", "quick"), ("ins", "slow")]


def test_unchanged_lines_are_folded() -> None:
    a = b"".join(b"line %d\n" % number for number in range(1, 101))
    b = a.replace(b"line 50\n", b"line fifty\n").replace(b"line 61\n", b"line 61!\n")
    read = Page(page(a, b))
    assert read.texts["summary"] == [
        "46 unchanged lines, 1 to 46",
        "4 unchanged lines, 54 to 57",
        "36 unchanged lines, 65 to 100",
    ]
    assert len(read.side(0)) == 100
    read = Page(page(a, b, context=1))
    assert [text for text in read.texts["p"] if "unchanged" in text] == [
        "48 unchanged lines, 1 to 48, not in this page",
        "8 unchanged lines, 52 to 59, not in this page",
        "38 unchanged lines, 63 to 100, not in this page",
    ]
    assert [number for number, _, _ in read.side(0)] == [49, 50, 51, 60, 61, 62]


def test_a_page_does_not_grow_with_what_is_unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "MOST_FOLDED", 450)
    read = Page(page_of_changes(b"line\n" * 3_000, [1_000, 1_100, 1_500, 1_600, 2_999]))
    assert read.texts["summary"] == ["93 unchanged lines, 1,005 to 1,097", "93 unchanged lines, 1,505 to 1,597"]
    assert [text for text in read.texts["p"] if "unchanged" in text] == [
        "997 unchanged lines, 1 to 997, not in this page",
        "393 unchanged lines, 1,105 to 1,497, not in this page",
        "1,392 unchanged lines, 1,605 to 2,996, not in this page",
    ]


def page_of_changes(a: bytes, numbers: Sequence[int]) -> bytes:
    """The page about a text of lines of five bytes of which those with *numbers* are others."""
    b = bytearray(a)
    for number in numbers:
        b[5 * number : 5 * number + 4] = b"LINE"
    changes = [Change(n, n + 1, n, n + 1, 5 * n, 5 * n + 5, 5 * n, 5 * n + 5) for n in numbers]
    return written_of(html.write, Comparison(a, bytes(b), changes), NAMES)


def test_equal_texts_say_so() -> None:
    read = Page(page(b"same\n", b"same\n"))
    assert "There is no difference." in read.texts["main"][0]
    assert read.rows == []


def test_each_change_can_be_reached() -> None:
    a = b"".join(b"line %d\n" % number for number in range(1, 101))
    read = Page(page(a, a.replace(b"0\n", b"0!\n")))
    changes = [attributes for tag, attributes in read.tags if tag == "tbody" and "id" in attributes]
    assert [change["id"] for change in changes] == [f"c{number}" for number in range(1, 11)]
    assert changes[1] == {"id": "c2", "tabindex": "-1", "aria-label": "Change 2 of 10"}
    assert ("nav", {"aria-label": "Changes", "hidden": None}) in read.tags, "without JavaScript it would do nothing"


@pytest.mark.parametrize("names", [(b"<script>alert(1)</script>", b"\"'>&\xff\n\x1b"), NAMES])
def test_the_page_asks_for_nothing_and_nothing_in_it_runs(names: tuple[bytes, bytes]) -> None:
    hostile = b"</td></table><script>alert(1)</script><img src=x onerror=alert(1)>&lt;\x00\x1b[31m\xe2\x80\xae<!--\n"
    output = page(hostile, hostile.replace(b"alert", b"confirm"), names)
    read = Page(output)
    names_of_tags = {tag for tag, _ in read.tags}
    assert names_of_tags.isdisjoint({"img", "link", "iframe", "object", "form", "a", "base"})
    assert [tag for tag, _ in read.tags].count("script") == 1
    assert not any(
        name.startswith("on") or name in ("src", "href", "style") for _, found in read.tags for name in found
    )
    assert not re.search(rb"url\(|@import|https?:", output)
    policy = next(found["content"] for tag, found in read.tags if found.get("http-equiv") == "Content-Security-Policy")
    assert policy == (
        f"default-src 'none'; style-src '{digest(read.texts['style'][0])}'; "
        f"script-src '{digest(read.texts['script'][0])}'; base-uri 'none'; form-action 'none'"
    )
    assert output.index(b"Content-Security-Policy") < output.index(b"<title>")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", output.decode())


def digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_names_are_shown_as_they_are() -> None:
    read = Page(page(b"a\n", b"b\n", (b"<b>&amp;", b"n\xffame\n")))
    assert read.texts["title"] == ["<b>&amp; → n\\xffame\\n"]
    assert "−<b>&amp;" in read.texts["p"]
    assert "+n\\xffame\\n" in read.texts["p"]


def test_sums() -> None:
    read = Page(page(b"a\nb\nc\nd\n", b"a\nx\ny\nc\n"))
    assert " ".join(read.texts["p"][0].split()) == "2 changes · −2 lines · +2 lines"


def test_a_comparison_that_may_not_be_the_least_says_so() -> None:
    comparison = replaced(b"a\n", b"b\n")
    assert "footer" not in Page(written_of(html.write, comparison, NAMES)).texts
    assert "footer" in Page(written_of(html.write, comparison._replace(minimal=False), NAMES)).texts


def test_rows_that_gained_a_column() -> None:
    a, b = table(5_000)
    output = written_of(html.write, replaced(a, b), NAMES)
    assert output.count(b"<ins>EUR,</ins>") == 5_000
    assert output.count(b"<del>") == 0


def test_the_page_is_written_in_pieces() -> None:
    class Pieces:
        sizes: list[int]

        def __init__(self) -> None:
            self.sizes = []

        def write(self, data: bytes) -> None:
            self.sizes.append(len(data))

    pieces = Pieces()
    html.write(replaced(*table(5_000)), NAMES, pieces)
    assert max(pieces.sizes) < 2 * html.BLOCK
