"""Several encodings in one file, text that was misread, and how it came to be."""

import random

import pytest
from ftfy import TextFixerConfig, fix_encoding

from stdtools.fixenc.chains import DEEPEST, command, origins
from stdtools.fixenc.encodings import find
from stdtools.fixenc.mixing import decode_mixed
from stdtools.fixenc.mojibake import mend
from tests.fixenc.texts import SENTENCES

pytestmark = pytest.mark.once

CHAINS = ("sloppy-windows-1252", "latin-1", "sloppy-windows-1251", "cp437", "cp850", "mac-roman", "sloppy-windows-1250")


def words(language: str) -> list[str]:
    return [word for word in SENTENCES[language].split() if not word.isascii()]


@pytest.mark.parametrize(
    ("language", "encodings"),
    [
        ("de", ("utf-8", "cp1252", "utf-16-le")),
        ("fr", ("utf-8", "cp1252", "utf-16-be")),
        ("ru", ("utf-8", "cp1251", "utf-16-le")),
        ("ja", ("utf-8", "cp932", "utf-16-le")),
        ("pl", ("utf-8", "cp1250")),
    ],
)
def test_a_log_in_three_encodings_comes_out_right(language: str, encodings: tuple[str, ...]) -> None:
    draw = random.Random(language)
    data, text, here = b"", "", encodings[0]
    size = 10_000 if language == "de" else 500
    parts = SENTENCES[language].split(" ")
    for number in range(size):
        if not draw.randrange(3):
            here = draw.choice(encodings)
        line = f"2026-11-26 12:00:{number % 60:02} {' '.join(draw.sample(parts, min(len(parts), 6)))}\n"
        line = line.encode(encodings[1], "ignore").decode(encodings[1])
        data += line.encode(here)
        text += line
    pieces = decode_mixed(data)
    assert "".join(piece.text for piece in pieces) == text
    at = 0
    for piece in pieces:
        assert piece.offset == at
        assert (
            piece.line == text[: sum(len(p.text) for p in pieces[: pieces.index(piece)])].count("\n") + 1 or size > 500
        )
        at += piece.size
    assert at == len(data)


def test_any_bytes_are_pieces_that_cover_them() -> None:
    draw = random.Random(3)
    for _ in range(300):
        data = bytes(draw.choice(b"ab \n\0\xc3\xa9\xe9\xff\xfe\x81\x20\xd8") for _ in range(draw.randrange(60)))
        pieces = decode_mixed(data)
        assert sum(piece.size for piece in pieces) == len(data)
        assert [piece.offset for piece in pieces] == [sum(p.size for p in pieces[:n]) for n in range(len(pieces))]
        for piece in pieces:
            part = data[piece.offset : piece.offset + piece.size]
            assert find(piece.encoding).codec.decode(part, "strict")[0].removeprefix("\ufeff") == piece.text


def test_valid_utf8_stays_as_it_is() -> None:
    data = "\n".join(SENTENCES.values()).encode()
    assert "".join(piece.text for piece in decode_mixed(data)).encode() == data


def misread(text: str, name: str) -> str | None:
    try:
        return find(name).codec.decode(text.encode(), "strict")[0]
    except UnicodeDecodeError:
        return None


@pytest.mark.parametrize("chain", CHAINS)
def test_misread_text_is_repaired_at_least_where_ftfy_does(chain: str) -> None:
    config = TextFixerConfig(unescape_html=False)
    ours = theirs = total = 0
    for language, sentence in SENTENCES.items():
        for text in (sentence, sentence[:40], *words(language)[:3]):
            spoilt = misread(text, chain)
            if spoilt is None:
                continue
            total += 1
            mended, _ = mend(spoilt)
            ours += mended == text
            theirs += fix_encoding(spoilt, config) == text
            assert mend(mended)[0] == mended
    assert ours >= theirs
    assert ours > 0.93 * total


def test_good_text_stays_as_it_is() -> None:
    draw = random.Random(2)
    for language, sentence in SENTENCES.items():
        parts = sentence.split(" ")
        lines = [" ".join(draw.sample(parts, min(len(parts), draw.randrange(1, 9)))) for _ in range(250)]
        text = "\n".join([sentence, sentence.upper(), *parts, *lines])
        assert mend(text) == (text, []), language


@pytest.mark.parametrize(
    "text",
    ["PÃO", "VIÃ", "√π", "ŵ", "Різдво", "ÇA", "(ノಠ益ಠ)ノ彡┻━┻", "½ × ¾", "naïve café", "\x1b[31m", "Ⅷ", "", "Ω≈ç√"],
)
def test_false_friends_stay(text: str) -> None:
    assert mend(text) == (text, [])


def test_text_misread_three_times_is_repaired() -> None:
    text = spoilt = "déjà vu, schöne Grüße"
    for _ in range(DEEPEST):
        spoilt = misread(spoilt, "sloppy-windows-1252") or ""
    mended, repairs = mend(spoilt)
    assert mended == text
    assert repairs[0].how == ", then ".join(["utf-8 was read as cp1252"] * 3)


def test_two_chains_in_a_line_are_told_apart() -> None:
    assert mend("K√∂nig und schÃ¶n")[0] == "König und schön"


def test_a_short_line_follows_the_clear_ones() -> None:
    short = "Ã…l"
    clear = "\n".join(misread(SENTENCES["sv"][at : at + 40], "sloppy-windows-1252") or "" for at in (0, 20, 40))
    assert mend(f"{clear}\n{short}")[0].endswith("\nÅl")


@pytest.mark.parametrize(("text", "taken"), [("K√∂nig", "mac-roman"), ("schÃ¶n", "cp1252"), ("РџСЂРёРІРµС‚", "cp1251")])
def test_why_names_the_chain_and_a_command_that_undoes_it(text: str, taken: str) -> None:
    best = origins(text)[0]
    assert best.story == f"utf-8 was read as {taken}"
    assert command(best).startswith("stdtools fixenc --from utf-8 --to ")
    assert origins("König") == []
