"""The command as a process: streams, files, reports."""

import gzip
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.fixenc.texts import SENTENCES
from tests.test_cli import on_terminal

pytestmark = [pytest.mark.process, pytest.mark.once]

GERMAN = "Die Straße führt über die Brücke\n"


def test_it_makes_valid_utf8_and_changes_nothing_else(run: Run) -> None:
    old = GERMAN.replace("\n", "\r\n").encode("cp1252")
    assert run("fixenc", stdin=old) == (0, GERMAN.replace("\n", "\r\n").encode(), "")
    for data in (GERMAN.encode(), b"\xef\xbb\xbfa\r\n", b"", b"a\0b\0", b"\xef\xbb\xbf", "e\u0301\u2028".encode()):
        assert run("fixenc", stdin=data) == (0, data, "")


def test_files_are_converted_one_after_another_and_one_that_fails_does_not_stop_the_rest(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "a").write_bytes(GERMAN.encode("cp1252"))
    (tmp_path / "b").write_bytes(b"\x7fELF\0\0")
    (tmp_path / "c").write_bytes(GERMAN.encode())
    result = run("fixenc", "a", "b", "none", "c")
    assert (result.code, result.text) == (2, GERMAN * 2)
    assert result.err == (
        "stdtools fixenc: b: is binary: the first bytes of a format that is no text; "
        "--from ENCODING reads it all the same\n"
        "stdtools fixenc: none: No such file or directory\n"
    )


def test_ascii_before_the_first_other_byte_hides_nothing(run: Run, tmp_path: Path) -> None:
    """Wherever that is, of a file and of a pipe."""
    for size in (0, 1000, 65_536, 200_000, 700_000):
        ascii_part = b"plain ascii text\n" * (size // 17)
        data = ascii_part + GERMAN.encode("cp1252")
        (tmp_path / "file").write_bytes(data + ascii_part)
        assert run("fixenc", "file").out == ascii_part + GERMAN.encode() + ascii_part
        assert run("fixenc", stdin=data).out == ascii_part + GERMAN.encode()
        assert run("fixenc", stdin=ascii_part + GERMAN.encode()).out == ascii_part + GERMAN.encode()


def test_what_is_decided_on_a_pipe_holds(run: Run) -> None:
    data = GERMAN.encode() * 5000 + b"\xe9\n"
    result = run("fixenc", stdin=data)
    assert result.code == 2
    assert result.out == GERMAN.encode() * 5000
    assert ":5001:1: byte E9 is not utf-8; " in result.err


def test_losses_are_counted_and_placed(run: Run) -> None:
    result = run("fixenc", "--to", "ascii", "--errors", "namereplace", stdin="a€\nbé\n".encode())
    assert result == (
        0,
        b"a\\N{EURO SIGN}\nb\\N{LATIN SMALL LETTER E WITH ACUTE}\n",
        "stdtools fixenc: standard input: 2 lost: 1:2 U+20AC is not in ascii, 2:2 U+00E9 is not in ascii\n",
    )
    result = run("fixenc", "--from", "ascii", "--errors", "ignore", stdin=b"a\xff" * 9)
    assert (result.code, result.out) == (0, b"a" * 9)
    assert "9 lost: 1:2 byte FF is not ascii" in result.err
    assert result.err.endswith(", ...\n")


@pytest.mark.parametrize("target", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cesu-8", "gb18030"])
def test_a_surrogate_without_its_other_half_is_replaced(run: Run, target: str) -> None:
    result = run("fixenc", "--errors", "replace", "--to", target, stdin=b"caf\xc3\xa9 \xed\xa0\x80x\n")
    told = f"stdtools fixenc: standard input: 1 lost: 1:6 U+D800 is not in {target}\n"
    plain = "utf-8" if target == "cesu-8" else target
    assert result == (0, "café \ufffdx\n".encode(plain), told)


def test_iconv_says_the_same(run: Run, tmp_path: Path) -> None:
    text = "".join(SENTENCES.values())
    for name in ("utf-16le", "utf-8", "utf-32be", "latin1", "cp1251", "koi8-r", "euc-jp", "gb18030", "big5"):
        part = (SENTENCES["zh_TW"] if name == "big5" else text).encode(name, "ignore")
        done = subprocess.run(["iconv", "-f", name, "-t", "utf-8"], input=part, capture_output=True, check=True)
        assert run("fixenc", "--from", name, stdin=part).out == done.stdout
        assert run("fixenc", "--to", name, stdin=done.stdout).out == part


def test_in_place_keeps_mode_backup_and_what_needs_no_change(run: Run, tmp_path: Path) -> None:
    path, good = tmp_path / "old", tmp_path / "good"
    path.write_bytes(GERMAN.encode("cp1252"))
    good.write_text(GERMAN)
    path.chmod(0o640)
    before = good.stat()
    assert run("fixenc", "-i", "--backup", "~", "old", "good") == (0, b"", "")
    assert path.read_text() == GERMAN
    assert path.stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "old~").read_bytes() == GERMAN.encode("cp1252")
    assert (good.stat().st_ino, good.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert sorted(os.listdir(tmp_path)) == ["good", "old", "old~"]


def test_in_place_leaves_what_it_cannot_do_as_it_is(run: Run, tmp_path: Path) -> None:
    cases = {
        "bad": (GERMAN.encode() * 9000 + b"\xe9", 2),
        "unsure": (b"\xe9\xa4", 2),
        "binary": (b"\x89PNG\r\n\x1a\n\0", 0),
        "mixed": (GERMAN.encode() + GERMAN.encode("cp1252"), 2),
    }
    for name, (data, code) in cases.items():
        (tmp_path / name).write_bytes(data)
        result = run("fixenc", "-i", name)
        assert result.code == code, name
        assert result.err.startswith(f"stdtools fixenc: {name}"), name
        assert (tmp_path / name).read_bytes() == data
    assert sorted(os.listdir(tmp_path)) == sorted(cases)


def test_binary_files_are_never_touched(run: Run, tmp_path: Path) -> None:
    """Programs, archives, and what a compressor makes of each."""
    names = []
    for number, name in enumerate(sorted(os.listdir("/usr/bin"))):
        data = Path("/usr/bin", name).read_bytes()[:20_000] if Path("/usr/bin", name).is_file() else b""
        if data.startswith(b"\x7fELF") and len(names) < 200:
            names += [f"{number}.bin", f"{number}.gz"]
            (tmp_path / names[-2]).write_bytes(data)
            (tmp_path / names[-1]).write_bytes(gzip.compress(data[:5000])[10:])
    before = {name: (tmp_path / name).read_bytes() for name in names}
    result = run("fixenc", "-i", "--backup", ".orig", "--files0-from", "-", stdin="\0".join(names).encode() + b"\0")
    assert len(names) >= 200
    assert result.code == 0
    assert {name: (tmp_path / name).read_bytes() for name in names} == before
    assert len(os.listdir(tmp_path)) == len(names)


def test_a_diff_steers_no_terminal(run: Run, tmp_path: Path) -> None:
    (tmp_path / "n\x1b[7m\n").write_bytes(b"caf\xe9\x1b[1m\n")
    assert run("fixenc", "-n", "n\x1b[7m\n").text.startswith("--- n\\x1b[7m\\n\n+++ n\\x1b[7m\\n\n@@")
    assert "\x1b" not in on_terminal(["fixenc", "-n", "n\x1b[7m\n"], tmp_path)


def test_a_dry_run_shows_a_diff_and_writes_nothing(run: Run, tmp_path: Path) -> None:
    lines = [f"line {n}\n" for n in range(20)]
    lines[9] = GERMAN
    (tmp_path / "old").write_bytes("".join(lines).encode("cp1252"))
    result = run("fixenc", "-n", "old")
    assert result.code == 0
    assert result.text == (
        "--- old\n+++ old\n@@ -7,7 +7,7 @@\n line 6\n line 7\n line 8\n"
        "-Die Stra\\xdfe f\\xfchrt \\xfcber die Br\\xfccke\n"
        f"+{GERMAN} line 10\n line 11\n line 12\n"
    )
    assert (tmp_path / "old").read_bytes() == "".join(lines).encode("cp1252")


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_names_from_find_and_several_processes(shell: Run, tmp_path: Path, jobs: str) -> None:
    for number in range(20):
        (tmp_path / f"a\n{number}.txt").write_bytes(GERMAN.encode("cp1252"))
    (tmp_path / os.fsdecode(b"b\xff.txt")).write_bytes(GERMAN.encode("cp1252"))
    result = shell(f"stdtools find . -n '*.txt' -0 | stdtools fixenc --files0-from - -i -j {jobs} -v")
    assert (result.code, result.out) == (0, b"")
    assert result.err == "stdtools fixenc: 21 of 21 files changed\n"
    assert {path.read_text() for path in tmp_path.iterdir()} == {GERMAN}


def test_names_must_end_with_nul(run: Run) -> None:
    result = run("fixenc", "--files0-from", "-", stdin=b"a\nb\n")
    assert result == (
        2, b"", "stdtools fixenc: standard input: has no NUL in it; names must end with one: find -0, find -print0\n",
    )  # fmt: skip
    assert run("fixenc", "--files0-from", "-", stdin=b"a\0\0b\0").err.endswith("standard input: name 2 is empty\n")


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_detect_yields_records(run: Run, tmp_path: Path, jobs: str) -> None:
    (tmp_path / "a").write_bytes(GERMAN.encode("koi8-r", "ignore") + SENTENCES["ru"].encode("koi8-r"))
    (tmp_path / "b").write_bytes(b"\xff\xfea\0\r\0\n\0")
    assert "valid UTF-8, 1 character beyond ASCII" in run("fixenc", "--detect", stdin="é\n").text
    result = run("fixenc", "--detect", "a", "b", "none", "--jsonl", "-j", jobs)
    assert result.code == 2
    rows = [json.loads(line) for line in result.out.splitlines()]
    assert [(row["file"], row["encoding"], row["bom"], row["newlines"]) for row in rows] == [
        ("a", "koi8-r", False, "lf"),
        ("b", "utf-16-le", True, "crlf"),
    ]
    assert set(rows[0]) == {"file", "encoding", "confidence", "bom", "newlines", "evidence", "alternatives"}


@pytest.mark.parametrize(
    ("data", "encoding", "ends"),
    [
        ("header\n" + '{"name":"café déjà vu", ' + '"key":"value", ' * 30_000 + "}\n", "utf-8", "lf"),
        ("header\n" + '{"name":"café déjà vu", ' + '"key":"value", ' * 30_000 + "}\n", "cp1252", "lf"),
        ('"key":"value", ' * 30_000 + "café déjà vu\n", "cp1252", "lf"),
        ("x" * 200_000 + "\n" + "日本語テキスト\n" * 30_000, "iso2022_jp", "lf"),
        ('{"a":"' + "x" * 200_000 + "é" * 100_000 + '"}', "utf-8", "none"),
        ('{"a":"' + "x" * 200_000 + "é" * 100_000 + '"}\n', "utf-8", "lf"),
        ("a" + "été xxxxxxxxxx\r\n" * 30_000, "cp1252", "crlf"),
        ("\ufeff" + "xxxxxx\r\n" * 30_000, "utf-16-le", "crlf"),
    ],
)
def test_detect_sees_what_is_not_ascii_in_long_lines_and_no_half_line_end(
    run: Run, tmp_path: Path, data: str, encoding: str, ends: str
) -> None:
    (tmp_path / "a").write_bytes(data.encode(encoding))
    row = json.loads(run("fixenc", "--detect", "--jsonl", "a").out)
    assert (row["encoding"], row["newlines"]) == (encoding, ends)
    assert " 0 characters" not in row["evidence"]


def test_check_tells_places_and_ends_with_1(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes("é\u202e\n".encode() + b"ab\xe9\r\n" + "e\u0301\u200b".encode())
    result = run("fixenc", "--check", "--policy", "utf-8,no-bom,lf,nfc,no-bidi,no-invisible", "a")
    assert result == (
        1,
        "a:1:2: U+202E RIGHT-TO-LEFT OVERRIDE\n"
        "a:2:3: byte 0xE9 is not UTF-8 (é in cp1252?)\n"
        "a:2:4: CR LF ends the line\n"
        "a:3:1: U+0065 LATIN SMALL LETTER E is not in NFC\n"
        "a:3:3: U+200B ZERO WIDTH SPACE\n".encode(),
        "",
    )
    assert run("fixenc", "--check", "--from", "latin-1", "a") == (0, b"", "")
    assert run("fixenc", "--check", stdin=GERMAN) == (0, b"", "")
    assert run("fixenc", "--check", "--policy", "tabs", "a").code == 2


def test_check_agrees_with_isutf8(run: Run, tmp_path: Path) -> None:
    import random

    draw = random.Random(9)
    for number in range(30):
        data = bytes(
            draw.choice(b"ab\n\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xed\xff") for _ in range(draw.randrange(40))
        )
        data *= draw.choice((1, 1, 3000))
        path = tmp_path / f"{number}"
        path.write_bytes(data)
        theirs = subprocess.run(["isutf8", path], capture_output=True, check=False).returncode
        for source in (run("fixenc", "--check", str(path)), run("fixenc", "--check", stdin=data)):
            assert source.code == theirs, data[:50]


def test_fix_mends_what_it_can(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbf" + "e\u0301\u202e\u200b\r\n".encode())
    (tmp_path / "b").write_bytes(GERMAN.encode("cp1252"))
    policy = "utf-8,no-bom,lf,nfc,no-bidi,no-invisible"
    assert run("fixenc", "--check", "--fix", "--policy", policy, "a", "b").code == 0
    assert (tmp_path / "a").read_text() == "é\n"
    assert (tmp_path / "b").read_text() == GERMAN


def test_fix_needs_one_run_where_what_it_drops_stands_before_a_joiner(run: Run, tmp_path: Path) -> None:
    for policy, text, mended in (
        ("no-invisible", "a\u200c\u200d\u200b\u200db é\u200b\u200d", "ab é\u200d"),
        ("no-invisible,no-bidi", "a\u202e\u200d\u202eb", "ab"),
        ("no-bidi", "a\u202e\u200d", "a\u200d"),
    ):
        (tmp_path / "a").write_text(text)
        assert run("fixenc", "--check", "--fix", "--policy", policy, "a").code == 0
        assert (tmp_path / "a").read_text() == mended


@pytest.mark.parametrize(
    ("name", "policy", "old", "new"),
    [
        ("utf-16", "lf", b"\xfe\xff\0a\0\r\0\n", b"\xfe\xff\0a\0\n"),
        ("utf-16", "lf", b"\xff\xfea\0\r\0\n\0", b"\xff\xfea\0\n\0"),
        ("utf-32", "lf", b"\0\0\xfe\xff\0\0\0\r", b"\0\0\xfe\xff\0\0\0\n"),
        ("utf-8-sig", "no-bom", b"\xef\xbb\xbfa\n", b"a\n"),
        ("utf-8-sig", "lf", b"\xef\xbb\xbfa\r\n", b"\xef\xbb\xbfa\n"),
    ],
)
def test_fix_keeps_the_order_of_bytes_and_the_mark(
    run: Run, tmp_path: Path, name: str, policy: str, old: bytes, new: bytes
) -> None:
    (tmp_path / "a").write_bytes(old)
    result = run("fixenc", "--check", "--fix", "--from", name, "--policy", policy, "a")
    assert (result, (tmp_path / "a").read_bytes()) == ((0, b"", "stdtools fixenc: a: mended\n"), new)


def test_fix_keeps_the_encoding_that_the_policy_wants(run: Run, tmp_path: Path) -> None:
    for name, data, mended in (
        ("cp1252", b"Caf\xe9\r\n", b"Caf\xe9\n"),
        ("utf-16-le", "\ufeffa\u200b\u202eé\r\n".encode("utf-16-le"), "\ufeffaé\n".encode("utf-16-le")),
    ):
        (tmp_path / "a").write_bytes(data)
        policy = ("--check", "--from", name, "--policy", "utf-8,lf,no-bidi,no-invisible", "a")
        assert run("fixenc", *policy, "--fix") == (0, b"", "stdtools fixenc: a: mended\n")
        assert (tmp_path / "a").read_bytes() == mended
    (tmp_path / "a").write_bytes("hé\n".encode() * 50_000 + b"bad \xe9\n" + "hé\n".encode() * 200_000)
    assert run("fixenc", "--check", "--fix", "a").err == (
        "stdtools fixenc: a:50001:5: byte E9 is not utf-8; "
        "--from another encoding, --mixed for several, or --errors replace\n"
    )


def test_a_byte_order_mark_is_no_column(run: Run, tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"\xef\xbb\xbfCaf\xe9\n")
    for policy in ("utf-8", "utf-8,lf"):
        told = b"b:1:4: byte 0xE9 is not UTF-8 (\xc3\xa9 in cp1252?)\n"
        assert run("fixenc", "--check", "--policy", policy, "b") == (1, told, "")
        piped = run("fixenc", "--check", "--policy", policy, stdin=(tmp_path / "b").read_bytes())
        assert piped == (1, told.replace(b"b:", b"standard input:", 1), "")


def test_a_surrogate_is_not_taken_for_the_bad_byte_behind_it(run: Run) -> None:
    told = "standard input:1:2: byte 0xFF is not WTF-8 (ÿ in cp1252?)\n"
    assert run("fixenc", "--check", "--from", "wtf-8", stdin=b"\xed\xb3\xbf\xff\n") == (1, told.encode(), "")


@pytest.mark.parametrize("mode", [["--check"], ["--check", "-j", "2"], ["--chars", "--from", "latin-1"]])
def test_a_full_disk_is_told_once(run: Run, tmp_path: Path, mode: list[str]) -> None:
    for name in "abc":
        (tmp_path / name).write_bytes(b"x\xff\n" * 4000)
    with open("/dev/full", "wb") as full:
        result = run("fixenc", *mode, "a", "b", "c", stdout=full)
    assert result == (2, b"", "stdtools fixenc: standard output: No space left on device\n")


def test_trouble_of_a_codec_is_told_with_its_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "u").write_bytes(b"a\0b\0")
    told = "stdtools fixenc: u: has no byte order mark; --from utf-16-le or --from utf-16-be\n"
    for mode in ((), ("--check",), ("--check", "--fix"), ("--chars",), ("--mojibake",), ("-i",), ("-n",)):
        assert run("fixenc", "--from", "utf-16", *mode, "u") == (2, b"", told)
    assert run("fixenc", "--to", "latin-1", "--mojibake", stdin="a€") == (
        2,
        b"a",
        "stdtools fixenc: standard input:1:2: U+20AC is not in iso8859-1; "
        "--errors replace, backslashreplace or xmlcharrefreplace go on\n",
    )


def test_binary_files_are_refused_by_mixed_too(run: Run, tmp_path: Path) -> None:
    draw = random.Random(9)
    for number in range(20):
        data = draw.randbytes(draw.choice([2000, 300_000]))
        (tmp_path / f"{number}").write_bytes(data)
        assert run("fixenc", "--mixed", "-i", f"{number}").err == f"stdtools fixenc: {number}: is binary; left alone\n"
        assert (tmp_path / f"{number}").read_bytes() == data


def test_mixed_mojibake_and_the_map(run: Run, tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(GERMAN.encode("cp1252") + GERMAN.encode() + GERMAN.encode("utf-16-le"))
    result = run("fixenc", "--mixed", "--map", "map", "-i", "m")
    assert (result.code, (tmp_path / "m").read_text()) == (0, GERMAN * 3)
    rows = [json.loads(line) for line in (tmp_path / "map").read_text().splitlines()]
    assert [row["encoding"] for row in rows] == ["cp1252", "utf-8", "utf-16-le"]
    spoilt = GERMAN.encode().decode("cp1252", "ignore")
    result = run("fixenc", "--mojibake", "--to", "utf-16-le", "-q", stdin=spoilt)
    assert result == (0, GERMAN.encode("utf-16-le"), "")
    assert run("fixenc", "--mojibake", stdin=GERMAN) == (0, GERMAN.encode(), "")
    assert run("fixenc", "--mixed", "--map", "map", stdin="é\n").code == 0
    assert json.loads((tmp_path / "map").read_text())["file"] == "-"
    told = "stdtools fixenc: standard input: line 1: 'KÃ¶nig' was 'König': utf-8 was read as cp1252\n"
    assert run("fixenc", "--mojibake", "-n", stdin="KÃ¶nig\n").err == told


def test_mojibake_is_as_careful_and_tells_as_much_as_a_conversion(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xe9\n")
    doubt = "stdtools fixenc: a: may be cp1252, but it says too little to be sure (0.73); --from cp1252 if it is\n"
    taken = "stdtools fixenc: a: taken for cp1252, which is not sure (0.73); --from says what it is\n"
    for mode in ((), ("--mojibake",)):
        assert run("fixenc", *mode, "-i", "a") == (2, b"", doubt)
        assert run("fixenc", *mode, "a") == (0, "é\n".encode(), taken)
    assert (tmp_path / "a").read_bytes() == b"\xe9\n"
    spoilt = "KÃ¶nig ".encode() + b"\xff\n"
    for errors, out in (("replace", "König \ufffd\n".encode()), ("surrogateescape", "König ".encode() + b"\xff\n")):
        result = run("fixenc", "--mojibake", "--from", "utf-8", "--errors", errors, stdin=spoilt)
        assert (result.code, result.out) == (0, out)
        assert result.err.splitlines()[0] == "stdtools fixenc: standard input: 1 lost: 1:8 byte FF is not utf-8"
        assert len(result.err.splitlines()) == 2


def test_why_list_and_chars(run: Run) -> None:
    result = run("fixenc", "--why", "schÃ¶n", "--csv")
    assert result.text.splitlines()[1].startswith("schön,utf-8 was read as cp1252,")
    assert run("fixenc", "--why", "schön").code == 1
    listed = {line.split("\t")[0]: line.split("\t") for line in run("fixenc", "--list").text.splitlines()}
    assert listed["iso8859-1"][2:] == ["one byte", "sloppy-windows-1252"]
    assert "latin1" in listed["iso8859-1"][1]
    rows = [json.loads(line) for line in run("fixenc", "--chars", "--jsonl", stdin="a\u202e").out.splitlines()]
    assert rows[1]["odd"] == "turns the direction of text, invisible" or rows[1]["odd"] == "turns the direction of text"


def test_chars_shows_the_bytes_of_an_encoding_that_is_found_late(run: Run) -> None:
    rows = run("fixenc", "--chars", stdin=b"abcd\n" * 14_000 + b"caf\xe9\n").text.splitlines()
    assert rows[-2] == "14001\t4\té\tU+00E9\tLATIN SMALL LETTER E WITH ACUTE\tLl\tE9\t"


@pytest.mark.parametrize(
    ("name", "data", "shown"),
    [
        ("utf-16", b"\xff\xfea\0b\0", ["61 00", "62 00"]),
        ("utf-16", b"\xfe\xff\0a\0b", ["00 61", "00 62"]),
        ("utf-8-sig", b"\xef\xbb\xbfab", ["61", "62"]),
    ],
)
def test_chars_shows_the_mark_with_no_character(run: Run, name: str, data: bytes, shown: list[str]) -> None:
    rows = run("fixenc", "--chars", "--from", name, stdin=data).text.splitlines()
    assert [row.split("\t")[6] for row in rows] == shown


def test_a_bug_in_a_worker_is_told_as_one(python: str, tmp_path: Path) -> None:
    script = "from stdtools.fixenc.crew import in_order\n"
    script += "print(list(in_order(lambda number: 1 // number, [2, 1, 0, 5], 2)))"
    done = subprocess.run([python, "-c", script], capture_output=True, cwd=tmp_path, check=False, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert "ZeroDivisionError: integer division or modulo by zero\nTraceback " in done.stderr
    assert "in <lambda>" in done.stderr


def test_memory_stays_small(tmp_path: Path, shell: Run) -> None:
    line = "for i in $(seq 60); do cat part; done | (ulimit -v 300000; stdtools fixenc --from cp1252 | wc -c)"
    (tmp_path / "part").write_bytes(GERMAN.encode("cp1252") * 30_000)
    assert int(shell(line).text) == 60 * 30_000 * len(GERMAN.encode())


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--detect", "--check"], "--detect and --check are two things to do"),
        (["--policy", "lf"], "--policy needs --check"),
        (["--detect", "--to", "latin-1"], "--to has no meaning with --detect"),
        (["--backup", "x"], "--backup needs -i"),
        (["--backup", "x", "--explain"], "--backup needs -i"),
        (["-j", "2"], "-j needs -i, -n, --detect or --check"),
        (["--mixed", "-j", "2"], "-j needs -i, -n, --detect or --check"),
        (["--why", "a", "--from", "cp1252"], "--from has no meaning with --why"),
        (["--from", "cesu-8", "--explain"], "--explain does not cover --from cesu-8; Python has no such codec"),
        (
            ["--to", "sloppy-cp1252", "--explain"],
            "--explain does not cover --to sloppy-cp1252; Python has no such codec",
        ),
        (["--from", "rot13"], "'rot13' is a codec of Python, but not an encoding of text files"),
        (["--to", "utf8x"], "'utf8x' is not an encoding; did you mean "),
        (["-i"], "-i needs files; standard input has no place to go back to"),
        (["--mixed", "--map", "-"], "--map needs a file; standard output is for the text"),
        (["--check", "--policy", "no-bom", "--from", "utf-16"], "--policy no-bom has no meaning with utf-16, which "),
        (["--explain", "--check", "--from", "utf-16-le"], "--explain does not cover --from utf-16-le with --check"),
        (["--explain", "--chars", "--from", "utf-16"], "--explain does not cover --from utf-16 with --chars"),
        (
            ["--explain", "--from", "utf-16", "--to", "utf-16-be"],
            "--explain does not cover --from utf-16 with --to utf-16-be",
        ),
    ],
)
def test_what_makes_no_sense_is_said(run: Run, args: list[str], message: str) -> None:
    result = run("fixenc", *args)
    assert (result.code, result.out) == (2, b"")
    assert result.err.startswith(f"stdtools fixenc: {message}")


@pytest.mark.parametrize(
    "args",
    [
        ["--from", "cp1252", "old"],
        ["--from", "cp1252", "--to", "utf-16-le", "old"],
        ["--from", "cp1252", "--newlines", "crlf", "--normalize", "NFD", "old"],
        ["good", "good"],
        ["--from", "locale", "good"],
        ["--to", "latin-1", "mark"],
        ["--to", "utf-16", "mark", "good"],
        ["--to", "utf-16-be", "mark"],
        ["--to", "utf-8-sig", "mark", "good"],
        ["--from", "utf-8-sig", "mark", "good"],
        ["--from", "utf-16-le", "wide"],
        ["--from", "utf-16", "wide"],
        ["--from", "utf-16-le", "--newlines", "crlf", "wide"],
        ["--to", "ascii", "--errors", "xmlcharrefreplace", "good"],
    ],
)
def test_explain_prints_a_script_that_does_the_same(run: Run, tmp_path: Path, args: list[str]) -> None:
    (tmp_path / "old").write_bytes(GERMAN.encode("cp1252") * 5000)
    (tmp_path / "good").write_text(GERMAN)
    (tmp_path / "mark").write_text(f"\ufeff{GERMAN}")
    (tmp_path / "wide").write_text(f"\ufeff{GERMAN}", "utf-16-le")
    script = run("fixenc", *args, "--explain").text
    assert len(script.splitlines()) <= 20
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, cwd=tmp_path, check=True)
    assert done.stdout == run("fixenc", *args).out


def test_explain_of_check_and_chars_tells_the_places_of_the_command(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad").write_bytes(b"\xef\xbb\xbfa\xff\nb\xff")
    (tmp_path / "mark").write_text("\ufeffaé\n\tb")
    for args, ours, theirs in (
        (["--check", "bad"], ": byte 0x", " "),
        (["--chars", "mark"], "\t", None),  # what is odd about a character
    ):
        script = run("fixenc", *args, "--explain").text
        assert ("auto" in script) is ("--chars" in args)
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, cwd=tmp_path, check=False, text=True)
        told = [line.rpartition(theirs)[0] if theirs else line for line in done.stdout.splitlines()]
        assert told == [line.rpartition(ours)[0] for line in run("fixenc", *args).text.splitlines()]


def test_explain_of_the_other_modes_runs(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad").write_bytes(b"a\nb\xe9c\xff")
    for args, code, lines in ((["--check", "bad"], 1, 2), (["--why", "K√∂nig"], 0, None), (["--list"], 0, None)):
        script = run("fixenc", *args, "--explain").text
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, cwd=tmp_path, check=False)
        assert done.returncode == code, done.stderr
        assert lines is None or len(done.stdout.splitlines()) == lines
    assert (
        b"K\xc3\xb6nig"
        in subprocess.run(
            [sys.executable, "-c", run("fixenc", "--why", "K√∂nig", "--explain").text], capture_output=True, check=True
        ).stdout
    )
    assert run("fixenc", "--mixed", "--explain").code == 2
    assert "# auto looks at the bytes; this reads UTF-8\n" in run("fixenc", "bad", "--explain").text


def test_a_default_of_backup_waits_for_what_uses_it(run: Run, tmp_path: Path) -> None:
    env = {"STDTOOLS_FIXENC_BACKUP": ".bak"}
    assert run("fixenc", "--to", "utf-8", stdin="a\n", env=env) == (0, b"a\n", "")
    for mode in ((), ("--check",)):
        assert run("fixenc", *mode, "--explain", "a", env=env) == run("fixenc", *mode, "--explain", "a")
    assert "--backup needs -i" in run("fixenc", "--backup", ".bak", stdin="a\n").err
