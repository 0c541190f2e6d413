"""Conversion block by block: exact wherever a block ends, and what is lost is counted and placed."""

import codecs
import gc
import random
import unicodedata
import weakref
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stdtools.fixenc.converting import Conversion, Converter, convert_blocks
from stdtools.fixenc.encodings import find, names
from stdtools.fixenc.losses import Loss, Unconvertible
from stdtools.fixenc.places import Place
from stdtools.fixenc.request import Request, Running
from stdtools.shared.errors import ToolError
from stdtools.shared.streams import open_input
from tests.conftest import Run
from tests.fixenc.texts import SENTENCES

pytestmark = pytest.mark.once

POOL = "".join(SENTENCES.values()) + "\r\n\r\n\r😀🎉\0\x85\u2028e\u0301각\u1100\u1161\n"


def run(conversion: Conversion, data: bytes, size: int) -> tuple[bytes, Converter]:
    converter = Converter(conversion)
    blocks = (data[at : at + size] for at in range(0, len(data), size))
    return b"".join(convert_blocks(converter, blocks)), converter


def conversion(source: str, target: str = "utf-8", **settings: str) -> Conversion:
    return Conversion(find(source), find(target), **settings)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6, 7, 65536])
def test_every_encoding_is_read_and_written_exactly_in_blocks_of_any_size(size: int) -> None:
    draw = random.Random(size)
    for name in names():
        start = draw.randrange(len(POOL) - 150)
        encoding = find(name)
        data = encoding.codec.encode(POOL[start : start + 150], "ignore")[0]
        text = encoding.codec.decode(data, "strict")[0]
        out, _ = run(conversion(name), data, size)
        assert out.decode("utf-8-sig") == text, name
        out, _ = run(conversion("utf-8", name), text.encode(), size)
        assert out == encoding.codec.encode(text, "strict")[0], name


TWELVE = "utf-8 utf-16 utf-16-le utf-32-be utf-7 cp1252 koi8-r cp932 euc_jp gb18030 big5hkscs iso2022_jp"


@pytest.mark.soak
def test_a_thousand_texts_in_twelve_encodings_are_exact_or_refused() -> None:
    draw = random.Random(12)
    refused = 0
    for _ in range(1000):
        text = "".join(draw.choices(POOL, k=draw.randrange(120)))
        text += "".join(chr(draw.choice([draw.randrange(0xD800), draw.randrange(0xE000, 0x10FE00)])) for _ in range(3))
        for name in TWELVE.split():
            codec = find(name).codec
            wanted = codec.encode(text, "ignore")[0]
            back = codec.decode(wanted, "strict")[0]
            for size in (1, 2, 3, 4, 5, 6, 7, 65536):
                assert run(conversion(name), wanted, size)[0].decode("utf-8-sig") == back, (name, size, text)
                try:
                    out = run(conversion("utf-8", name), text.encode(), size)[0]
                except Unconvertible:
                    refused += 1
                    assert wanted != codec.encode(text, "replace")[0]
                else:
                    assert codec.decode(out, "strict")[0].removeprefix("\ufeff") == text.removeprefix("\ufeff"), name
    assert refused > 1000


@given(st.binary(max_size=40), st.integers(1, 7))
@example(b"\xed\xa0\x80\xe2\x82", 1)
def test_bad_utf8_is_replaced_as_python_does_it(data: bytes, size: int) -> None:
    for errors in ("replace", "ignore", "backslashreplace", "surrogateescape"):
        out, converter = run(conversion("utf-8", errors=errors), data, size)
        text = data.decode("utf-8", errors)
        assert out == text.encode("utf-8", "surrogateescape")
        if errors == "replace":
            assert converter.losses == text.count("\ufffd") - data.decode("utf-8", "ignore").count("\ufffd")


@given(st.text(max_size=60), st.integers(1, 7), st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
@example("\u1100\u1161\u11a8", 1, "NFC")
@example("\uff76\uff9e", 1, "NFKC")
def test_normal_forms_do_not_hang_on_blocks(text: str, size: int, form: str) -> None:
    out, _ = run(conversion("utf-8", normalize=form), text.encode(), size)
    assert out.decode() == unicodedata.normalize(form, text)


@given(st.text("a\r\n", max_size=20), st.integers(1, 3))
def test_newlines_do_not_hang_on_blocks(text: str, size: int) -> None:
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    assert run(conversion("utf-8", newlines="lf"), text.encode(), size)[0].decode() == plain
    assert run(conversion("utf-8", newlines="crlf"), text.encode(), size)[0].decode() == plain.replace("\n", "\r\n")


@pytest.mark.parametrize("target", ["utf-8", "ascii", "utf-16-le", "cp1252"])
def test_places_that_are_found_later_are_those_that_are_counted_on_the_way(target: str, tmp_path: Path) -> None:
    draw = random.Random(4)
    for source in ("utf-8", "cp1251", "utf-16-le"):
        for times in (1, 1, 1, 2000):
            data = bytes(draw.choice(b"ab\n\xc3\xa9\xe2\x82\xac\xff\xe9\r\0") for _ in range(50)) * times
            path = tmp_path / "file"
            path.write_bytes(data)
            with open_input(str(path)) as file:
                later = Running(Request(source, target, "backslashreplace"), file, sure=False)
                out = b"".join(later)
            counted, converter = run(conversion(source, target, errors="backslashreplace"), data, 7)
            assert (out, later.converter.first) == (counted, converter.first)


def test_a_loss_has_line_and_column_in_characters() -> None:
    with pytest.raises(Unconvertible) as raised:
        run(conversion("utf-8"), "grün\nblau é ".encode() + b"\xff", 4)
    assert raised.value.loss == Loss(b"\xff", Place(2, 8))
    with pytest.raises(Unconvertible) as raised:
        run(conversion("utf-16-le", "ascii"), "a\nab€".encode("utf-16-le"), 3)
    assert raised.value.loss == Loss("€", Place(2, 3))


@pytest.mark.parametrize(
    ("data", "source", "target", "bom", "out"),
    [
        (b"\xef\xbb\xbfa", "utf-8", "utf-8", "keep", b"\xef\xbb\xbfa"),
        (b"\xef\xbb\xbfa", "utf-8", "utf-8", "strip", b"a"),
        (b"a", "utf-8", "utf-8", "add", b"\xef\xbb\xbfa"),
        (b"\xef\xbb\xbfa", "utf-8", "utf-8", "add", b"\xef\xbb\xbfa"),
        (b"\xff\xfea\0", "utf-16", "utf-8", "keep", b"a"),
        (b"\xff\xfea\0", "utf-16-le", "utf-8", "keep", b"a"),
        (b"\xff\xfea\0", "utf-16-le", "utf-16-be", "keep", b"\xfe\xff\0a"),
        (b"\xef\xbb\xbfa", "utf-8", "utf-16-le", "keep", b"\xff\xfea\0"),
        (b"\xef\xbb\xbfa", "utf-8", "cp1252", "keep", b"a"),
        (b"a", "utf-8", "utf-8-sig", "keep", b"\xef\xbb\xbfa"),
        (b"a\xef\xbb\xbfb", "utf-8", "utf-8", "strip", b"a\xef\xbb\xbfb"),
        (b"", "utf-8", "utf-8", "add", b"\xef\xbb\xbf"),
        (b"\xef\xbb", "utf-8", "utf-8", "keep", None),
        (b"a", "utf-8-sig", "utf-8", "keep", b"a"),
        (b"\xef\xbb\xbfa", "utf-8-sig", "utf-8", "keep", b"\xef\xbb\xbfa"),
        (b"\xef\xbb\xbfa", "utf-8-sig", "utf-8", "strip", b"a"),
    ],
)
def test_byte_order_marks(data: bytes, source: str, target: str, bom: str, out: bytes | None) -> None:
    for size in (1, 2, 9):
        if out is None:
            with pytest.raises(Unconvertible):
                run(conversion(source, target, bom=bom), data, size)
        else:
            assert run(conversion(source, target, bom=bom), data, size)[0] == out


def test_utf_16_and_32_need_a_mark_where_the_order_of_bytes_is_not_said() -> None:
    for name in ("utf-16", "utf-32"):
        for size in (1, 3, 9):
            with pytest.raises(ToolError) as raised:
                run(conversion(name, errors="replace"), b"a\0\0\0b\0\0\0", size)
            assert str(raised.value) == f"has no byte order mark; --from {name}-le or --from {name}-be"


def test_surrogateescape_has_bytes_for_bytes_alone() -> None:
    for source, target, data, char in (
        ("utf-8", "latin-1", "ab€".encode(), "€"),
        ("wtf-8", "utf-8", b"ab\xed\xa0\xbd!", "\ud83d"),
    ):
        with pytest.raises(Unconvertible) as raised:
            run(conversion(source, target, errors="surrogateescape"), data, 9)
        assert (raised.value.loss, raised.value.written) == (Loss(char, Place(1, 3)), b"ab")


def test_what_is_dropped_does_not_hang_on_blocks() -> None:
    text = "a\u200c\u200b\u200db é\u200c\u202e\u200d\u200be\u200b\u0301\r\u200b\n"
    for size in (1, 2, 3, 99):
        wanted = conversion(
            "utf-8", drop="(?<=[\x20-\x7e])[\u202e\u200b-\u200d]+|[\u202e\u200b]", normalize="NFC", newlines="lf"
        )
        assert run(wanted, text.encode(), size)[0].decode() == "ab é\u200c\u200dé\n"


def test_a_converter_that_nobody_needs_is_gone() -> None:
    """Codecs keep the error handlers that they are given for good."""
    gone = [weakref.ref(run(conversion("utf-8", "latin-1", errors="replace"), "é€".encode(), 9)[1]) for _ in range(3)]
    gc.collect()
    assert [each() for each in gone] == [None] * 3


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_variants_of_utf8(size: int) -> None:
    cesu = b"a\xed\xa0\xbd\xed\xb8\x80b"
    assert run(conversion("cesu-8"), cesu, size)[0] == "a😀b".encode()
    assert run(conversion("utf-8", "cesu-8"), "a😀b".encode(), size)[0] == cesu
    assert run(conversion("java-utf-8"), b"a\xc0\x80" + cesu, size)[0] == "a\0a😀b".encode()
    assert run(conversion("utf-8", "java-utf-8"), "\0😀".encode(), size)[0] == b"\xc0\x80\xed\xa0\xbd\xed\xb8\x80"
    assert run(conversion("wtf-8", "wtf-8"), b"\xed\xa0\xbd!", size)[0] == b"\xed\xa0\xbd!"
    with pytest.raises(Unconvertible):
        run(conversion("wtf-8"), b"\xed\xa0\xbd!", size)
    with pytest.raises(Unconvertible, match="C0 is not cesu-8"):
        run(conversion("cesu-8"), b"\xc0\x80", size)
    with pytest.raises(Unconvertible):
        run(conversion("java-utf-8"), b"\xc0\xaf", size)  # overlong: an attack, in each of them


def test_holes_of_code_pages_are_filled_in_the_sloppy_ones() -> None:
    assert run(conversion("sloppy-windows-1252"), b"\x81\x8d\x80", 1)[0] == "\x81\x8d€".encode()
    with pytest.raises(Unconvertible):
        run(conversion("cp1252"), b"\x81", 1)
    for number in (874, *range(1250, 1259)):
        codec = find(f"sloppy-windows-{number}").codec
        every = bytes(range(256))
        assert codec.encode(codec.decode(every, "strict")[0], "strict")[0] == every


@pytest.mark.parametrize(
    "name", ["rot13", "zip", "hex", "base64", "bz2", "uu", "idna", "punycode", "unicode_escape", "x\0y"]
)
def test_what_is_no_encoding_of_text_is_refused(name: str) -> None:
    with pytest.raises(ToolError):
        find(name)


def test_bad_bytes_go_through_only_where_they_have_a_place() -> None:
    for target in ("utf-16-le", "utf-7", "iso2022_jp", "cp037"):
        with pytest.raises(ToolError, match="no place"):
            Converter(conversion("utf-8", target, errors="surrogateescape"))


def test_all_names_have_incremental_coders_and_decode_what_they_encode() -> None:
    assert {"utf-8", "cp1252", "shift_jis", "cesu-8", "sloppy-windows-1252"} <= set(names())
    assert len(names()) > 100
    for name in names():
        assert find(name).codec.incrementaldecoder is not None
        assert codecs.lookup("utf-8") == find("UTF_8").codec


@pytest.mark.process
@pytest.mark.once
def test_a_large_file_is_converted_and_checked_by_two_processes_alike(shell: Run, tmp_path: Path) -> None:
    line = "Größe der Straße, “quoted” – naïve façade…\n"
    (tmp_path / "w").write_bytes(line.encode("cp1252") * 450_000)
    (tmp_path / "u").write_bytes(line.encode() * 450_000)
    assert (tmp_path / "w").stat().st_size > 16 << 20
    for words in ("w --from cp1252", "u --to utf-16-le", "w --from cp1252 --to cp1254", "w", "u"):
        name, _, more = words.partition(" ")
        assert shell(f"cmp <(stdtools fixenc {more} {name}) <(stdtools fixenc {more} < {name})") == (0, b"", "")
    assert shell("stdtools fixenc --check u") == (0, b"", "")
    for place in (5_000_000, 19_000_000):
        for name, byte in (("w", 0x81), ("u", 0xFF)):
            data = bytearray((tmp_path / name).read_bytes())
            data[place] = byte
            (tmp_path / f"{name}.bad").write_bytes(data)
        for words in ("w.bad --from cp1252", "u.bad --from utf-8 --to utf-16-le"):
            name, _, more = words.partition(" ")
            ours = shell(f"stdtools fixenc {more} {name} | md5sum")
            theirs = shell(f"stdtools fixenc {more} < {name} | md5sum")
            assert ours.code == theirs.code == 2
            assert (ours.out, ours.err.replace(name, "standard input")) == (theirs.out, theirs.err)
            assert " is not " in ours.err
        ours, theirs = shell("stdtools fixenc --check u.bad"), shell("stdtools fixenc --check - < u.bad")
        assert (ours.code, ours.text.replace("u.bad", "standard input")) == (1, theirs.text)
    assert shell("stdtools fixenc --from cp1252 w | head -c 9 | wc -c") == (141, b"9\n", "")
    assert shell("stdtools fixenc --from cp1252 w > /dev/full").code == 2
