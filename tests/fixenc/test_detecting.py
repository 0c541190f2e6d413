"""Detection: rules first, then the letters of the languages."""

import bz2
import os
import random
from pathlib import Path

import pytest

from stdtools.fixenc.candidates import encodings
from stdtools.fixenc.detecting import Detection, detect
from stdtools.fixenc.encodings import same_text
from stdtools.fixenc.letters import load
from stdtools.fixenc.particulars import alternatives, newlines
from stdtools.fixenc.sampling import MOST, Sample, sample_of, take_sample
from stdtools.shared.streams import open_input
from tests.fixenc.texts import LABELLED, SENTENCES, encoded

pytestmark = pytest.mark.once


@pytest.mark.parametrize(("language", "encoding"), LABELLED)
def test_a_sentence_is_recognised(language: str, encoding: str) -> None:
    data = encoded(language, encoding)
    found = detect(data)
    assert found.is_text
    assert same_text(data, found.encoding, encoding), found


def test_parts_of_sentences_are_recognised_nearly_always() -> None:
    draw = random.Random(1)
    right = total = 0
    for language, encoding in LABELLED:
        for _ in range(4):
            text = SENTENCES[language]
            start = draw.randrange(len(text) - 30)
            data = text[start : start + 30].encode(encoding, "ignore")
            total += 1
            right += (found := detect(data)).is_text and same_text(data, found.encoding, encoding)
    assert right / total > 0.9


@pytest.mark.parametrize(
    "text",
    [
        "café",
        "König café naïve",
        "© 2024 Müller GmbH",
        "it’s done",
        "the price is 5 € or £4",
        "Muñoz",
        "5 µm",
        "sale, or André",
        "see § 4 of the license… and ½ of the rest",
        "Citroën the",
        "return € for",
        "under Zoë this section must be",
        "® (if any) on and you may offer",
        "copy naïve of the Program, Bogotá",
        "•item one\n•item two\n",
    ],
)
def test_english_with_few_characters_of_others_is_western(text: str) -> None:
    data = text.encode("cp1252")
    assert same_text(data, detect(data).encoding, "cp1252"), detect(data)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Łódź", "cp1250"),
        ("Dvořák", "cp1250"),
        ("Привет", "koi8-r"),
        ("Привет", "cp1251"),
        ("日本語", "cp932"),
        ("중국어", "cp949"),
        ("İstanbul", "cp1254"),
        ("total: 5, имя файла", "cp1251"),
    ],
)
def test_a_word_of_another_language_is_still_taken_for_one(text: str, encoding: str) -> None:
    data = text.encode(encoding)
    assert same_text(data, detect(data).encoding, encoding), detect(data)


@pytest.mark.parametrize("language", SENTENCES)
def test_valid_utf8_always_wins(language: str) -> None:
    for char in SENTENCES[language]:
        if char > "\x7f":
            assert detect(f"hello {char}!".encode()).encoding == "utf-8"
    assert detect("Pokémon".encode()).encoding == "utf-8"
    assert detect("héllo world!".encode()).encoding == "utf-8"


@pytest.mark.parametrize(
    ("data", "encoding", "bom"),
    [
        (b"", "empty", False),
        (b"\xef\xbb\xbf", "utf-8", True),
        (b"\xff\xfe", "utf-16-le", True),
        (b"\xff\xfe\0\0", "utf-32-le", True),
        (b"\xff\xfe\0\0a\0", "utf-16-le", True),
        (b"\xff\xfea\0\0\0", "utf-16-le", True),
        (b"\0\0\xfe\xff\0\0\0a", "utf-32-be", True),
        (b"\xfe\xff\0a", "utf-16-be", True),
        (b"\x84\x31\x95\x33a", "gb18030", True),
        (b"+/v8-a", "utf-7", True),
        (b"plain\n", "ascii", False),
        (b"one\0two\0three\0", "ascii", False),
        (b"a\0b\0c\0d\0e\0", "utf-16-le", False),
        (b"A=1\0LANG=de\0P=/usr/bin\0", "ascii", False),
        ("Gr\u00fc\u00dfe\n".encode("utf-16-be"), "utf-16-be", False),
        ("Привет, мир\n".encode("utf-16-le"), "utf-16-le", False),
        ("hello\n".encode("utf-32-le"), "utf-32-le", False),
        ("hello\n".encode("utf-32-be"), "utf-32-be", False),
        (b"Bush hid the facts", "ascii", False),
        (b"a\xed\xa0\xbd\xed\xb8\x80b", "cesu-8", False),
        (b"a\xed\xa0\xbdb", "wtf-8", False),
        (b"a\xc0\x80b", "java-utf-8", False),
        ("Hello, world. This is text, and it is long enough.\n".encode("cp037"), "cp037", False),
        (b"\x89PNG\r\n\x1a\n\0\0", "binary", False),
        (b"ab\0\0\0\1\2\3\xff", "binary", False),
        (b"GIF89a\1\0\1\0\x80\0\0", "binary", False),
        (b"ID3\4\0\0\0\0\0\x23", "binary", False),
        (bz2.compress(b""), "binary", False),
        (bz2.compress(b"text"), "binary", False),
        (b"ID3 tags are explained here.\n", "ascii", False),
        (b"GIF89a is a format, and RIFF is one, too.\n", "ascii", False),
        (b"BZh is how bzip2 begins.\n", "ascii", False),
    ],
)
def test_rules(data: bytes, encoding: str, bom: bool) -> None:
    found = detect(data)
    assert (found.encoding, found.bom) == (encoding, bom)


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        (b"<?xml version='1.0' encoding='ISO-8859-2'?><a>", "iso8859-2"),
        (b'<html><meta charset="windows-1250">', "cp1250"),
        (b'<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-2">', "iso8859-2"),
        (b"#!/usr/bin/python\n# -*- coding: iso-8859-2 -*-\n", "iso8859-2"),
        (b'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=ISO-8859-2\\n"\n', "iso8859-2"),
        (b'@charset "iso-8859-2";', "iso8859-2"),
        (b"# vim: fileencoding=iso-8859-2\n", "iso8859-2"),
    ],
)
def test_what_a_file_declares_is_believed_where_it_is_credible(head: bytes, encoding: str) -> None:
    assert detect(head + "młoda żółta łódź".encode(encoding)).encoding == encoding
    assert detect(head + "młoda żółta łódź".encode()).encoding == "utf-8"
    russian = head + SENTENCES["ru"].encode("cp1251")
    assert detect(russian).encoding == "cp1251"
    assert "which it is not" in detect(russian).evidence


def test_utf8_beside_other_bytes_is_mixed() -> None:
    data = "Schöne Grüße\n".encode() + "Größe für Übungen\n".encode("cp1252")
    assert detect(data).encoding == "mixed"


def test_alternatives_make_the_same_text() -> None:
    for language, encoding in LABELLED:
        sample = sample_of(encoded(language, encoding))
        found = detect(sample)
        for name in alternatives(sample, found):
            assert same_text(sample.head, found.encoding, name)


@pytest.mark.parametrize(
    ("text", "kind"), [("a\nb", "lf"), ("a\r\nb\r\n", "crlf"), ("a\rb", "cr"), ("a\r\nb\n", "mixed"), ("a", "none")]
)
def test_newlines(text: str, kind: str) -> None:
    for encoding in ("utf-8", "utf-16-le", "cp1252"):
        sample = sample_of(f"{text}äöü".encode(encoding) * 9 if kind == "none" else (text + "äöü").encode(encoding))
        assert newlines(sample, detect(sample)) == kind


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("the house of the sea", "cp037"), ("İğne ipliğe ve suya", "cp1026"), ("το σπίτι μας", "cp875")],
)
def test_newlines_of_ebcdic(text: str, encoding: str) -> None:
    sample = sample_of(f"{text}\n".encode(encoding) * 8)
    assert newlines(sample, Detection(encoding, 0.9, "")) == "lf"


def test_no_more_than_256_kib_of_a_file_are_read(tmp_path: Path) -> None:
    path = tmp_path / "big"
    line = "Große Straße\n".encode()
    path.write_bytes(line * (2_000_000 // len(line)))
    with open_input(str(path)) as source:
        sample = take_sample(source)
        assert len(sample.data) <= MOST + 2
        assert source.position == 0
    assert detect(sample).encoding == "utf-8"
    with path.open("ab") as file:
        file.write("Große Straße\n".encode("cp1252") * 9)
    with open_input(str(path)) as source:
        assert detect(take_sample(source)).encoding == "mixed"


def detected(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    with open_input(str(path)) as source:
        return detect(take_sample(source)).encoding


@pytest.mark.parametrize(
    ("language", "encodings"),
    [
        ("zh", "gb18030 utf-8"),
        ("zh_TW", "big5hkscs"),
        ("ja", "cp932 euc_jp iso2022_jp"),
        ("ko", "cp949 johab"),
    ],
)
def test_no_part_of_a_long_file_cuts_a_character(language: str, encodings: str, tmp_path: Path) -> None:
    """Where there are lines, where there are blanks alone, and where there are neither."""
    for name in encodings.split():
        for head, end in (("", "\n"), ("x", "\n"), ("", " "), ("x", " "), ("", ""), ("x", "")):
            line = f"{SENTENCES[language].replace(' ', '')}{end}".encode(name)
            data = head.encode() + line * (300_000 // len(line))
            assert same_text(data, detected(tmp_path / "file", data), name), (name, head, end)


def test_a_pipe_that_is_cut_within_a_character_of_a_shift_sequence() -> None:
    data = SENTENCES["ja"].encode("iso2022_jp") * 9
    for size in (300, 301):
        assert detect(Sample(data[:size])).encoding == "iso2022_jp"


def test_ascii_before_the_first_other_byte_of_a_long_line_tells_nothing() -> None:
    for size in (1000, 5000, 10_000):
        data = b"abc " * (size // 4)
        assert detect(data + "café, naïve\n".encode("cp1252")).encoding == "cp1252"
        assert detect(data + "é caf".encode() * 3 + b"\xe9 cr\xe8me\n").encoding == "mixed"


def test_a_few_characters_far_from_each_other_are_as_sure_as_near_ones() -> None:
    line = "The price of the café in Zürich is naïve\n" + "and here is plain text\n" * 200
    assert detect((line * 30).encode("cp1252"))[:2] == ("cp1252", 1.0)


def test_two_hundred_binary_files_are_binary_or_cannot_be_told_from_text() -> None:
    draw = random.Random(7)
    for size in (64, 300, 5000):
        for _ in range(60):
            assert detect(draw.randbytes(size)).encoding == "binary"
    for name in filter(lambda name: os.path.isfile(f"/usr/bin/{name}"), sorted(os.listdir("/usr/bin"))[:60]):
        with open(f"/usr/bin/{name}", "rb") as file:
            data = file.read(100_000)
        if data.startswith(b"\x7fELF"):
            assert detect(data).encoding == "binary"
            assert detect(data[1000:50_000]).encoding == "binary"


def test_the_table_has_every_language_and_real_logarithms() -> None:
    languages = load()
    assert len(languages) > 40
    assert len(encodings()) > 50
    german = languages["de"]
    assert german.pair("c", "h") > german.pair("c", "ü")
    assert german.pair("K", "ö") > german.pair("K", "√")
