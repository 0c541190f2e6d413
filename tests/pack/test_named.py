"""Named layouts, each on a file that another program made."""

import gzip
import json
import os
import shutil
import sqlite3
import struct
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import dpkt
import pytest

from tests.conftest import Result, Run

pytestmark = [pytest.mark.process, pytest.mark.once]


def made(*command: str, cwd: Path, stdin: bytes = b"") -> bytes:
    """Run another program; that it is missing is an error here, not a skip."""
    assert shutil.which(command[0]), f"{command[0]} is missing; .ci/run says which package has it"
    return subprocess.run(command, cwd=cwd, input=stdin, capture_output=True, check=True).stdout


def one(result: Result) -> dict[str, Any]:
    assert (result.code, result.err) == (0, "")
    rows: list[dict[str, Any]] = json.loads(result.out)
    assert len(rows) == 1
    return rows[0]


def test_elf64_agrees_with_readelf(run: Run, tmp_path: Path) -> None:
    python = os.path.realpath(sys.executable)
    row = one(run("unpack", "--layout", "elf64", python, "--json"))
    facts = dict(
        line.split(":", 1) for line in made("readelf", "-hW", python, cwd=tmp_path).decode().splitlines() if ":" in line
    )
    facts = {key.strip(): value.split() for key, value in facts.items()}
    assert row["ei_magic"] == "\x7fELF"
    assert row["e_entry"] == int(facts["Entry point address"][0], 16)
    assert row["e_shoff"] == int(facts["Start of section headers"][0])
    assert row["e_phnum"] == int(facts["Number of program headers"][0])
    assert row["e_shnum"] == int(facts["Number of section headers"][0])
    assert row["e_ehsize"] == int(facts["Size of this header"][0])


PIXELS = b"P6\n5 3\n255\n" + bytes(range(45))


def test_png_by_netpbm(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(made("pnmtopng", cwd=tmp_path, stdin=PIXELS))
    row = one(run("unpack", "--layout", "png", "a.png", "--json"))
    assert (row["type"], row["width"], row["height"], row["bit_depth"], row["color_type"]) == ("IHDR", 5, 3, 4, 3)


def test_bmp_by_netpbm(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.bmp").write_bytes(made("ppmtobmp", cwd=tmp_path, stdin=PIXELS))
    row = one(run("unpack", "--layout", "bmp", "a.bmp", "--json"))
    assert row["file_size"] == (tmp_path / "a.bmp").stat().st_size
    assert (row["width"], row["height"], row["planes"], row["header_size"]) == (5, 3, 1, 40)
    assert row["data_offset"] == 14 + 40 + 4 * 2 ** row["bits_per_pixel"], "behind the colour table"


def test_wav_by_sox(run: Run, tmp_path: Path) -> None:
    made("sox", "-n", "-r", "8000", "-c", "2", "-b", "16", "a.wav", "synth", "0.1", "sine", "440", cwd=tmp_path)
    row = one(run("unpack", "--layout", "wav", "a.wav", "--json"))
    assert (row["wave"], row["channels"], row["sample_rate"], row["bits_per_sample"]) == ("WAVE", 2, 8000, 16)
    assert row["riff_size"] == (tmp_path / "a.wav").stat().st_size - 8


def test_gzip_by_gzip(run: Run, tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"hello")
    os.utime(tmp_path / "text", (1_700_000_000, 1_700_000_000))
    made("gzip", "-9", "text", cwd=tmp_path)
    row = one(run("unpack", "--layout", "gzip", "text.gz", "--json"))
    assert (row["method"], row["mtime"], row["flags"]["name"], row["extra_flags"], row["os"]) == (
        8,
        1_700_000_000,
        1,
        2,
        3,
    )


@pytest.mark.parametrize("comment", ["", "a comment", "x" * 6_000])
def test_zip_end_by_zip(run: Run, shell: Run, tmp_path: Path, comment: str) -> None:
    for name in ("one", "two", "three"):
        (tmp_path / name).write_text(name * 50)
    made("zip", "-q", "a.zip", "one", "two", "three", cwd=tmp_path)
    if comment:
        made("zip", "-q", "-z", "a.zip", cwd=tmp_path, stdin=comment.encode())
    row = one(run("unpack", "--layout", "zip-end", "a.zip", "--json"))
    assert (row["entries"], row["disk_entries"], row["comment"]) == (
        3,
        3,
        zipfile.ZipFile(tmp_path / "a.zip").comment.decode(),
    )
    assert row["comment"].startswith(comment[:100])
    directory = (tmp_path / "a.zip").read_bytes()[row["directory_offset"] :][: row["directory_size"]]
    assert directory.startswith(b"PK\1\2")
    piped = shell("cat a.zip | stdtools unpack --layout zip-end")
    assert "zip-end is searched from the end; give a FILE, not a pipe" in piped.err
    assert "this is not zip-end: 504b0506 is not near its end" in run("unpack", "--layout", "zip-end", "one").err


def test_pcap_by_dpkt(run: Run, tmp_path: Path) -> None:
    with open(tmp_path / "a.pcap", "wb") as file:
        dpkt.pcap.Writer(file, snaplen=9000, linktype=101).writepkt(b"packet", ts=1.5)
    row = one(run("unpack", "--layout", "pcap", "a.pcap", "--json"))
    assert (row["version_major"], row["version_minor"], row["snap_length"], row["link_type"]) == (2, 4, 9000, 101)


def test_utmp_by_utmpdump(run: Run, tmp_path: Path) -> None:
    """utmpdump -r makes the binary file from text; -o reads it again, and so do we."""
    fields = ["7", "04242", "ts/3", "alice   ", "pts/3       ", "host.example        ", "192.0.2.7      "]
    line = " ".join(f"[{field}]" for field in [*fields, "2023-11-14T22:13:20,123456+00:00"]) + "\n"
    (tmp_path / "utmp").write_bytes(made("utmpdump", "-r", cwd=tmp_path, stdin=(line * 2).encode()))
    rows = json.loads(run("unpack", "--layout", "utmp", "utmp", "--json").out)
    assert len(rows) == 2
    row = rows[0]
    assert (row["type"], row["pid"], row["id"], row["user"], row["line"], row["host"]) == (
        7,
        4242,
        "ts/3",
        "alice",
        "pts/3",
        "host.example",
    )
    assert (row["seconds"], row["microseconds"]) == (1_700_000_000, 123456)
    assert struct.pack("<I", row["address"][0]) == bytes([192, 0, 2, 7])


def test_tzif_by_zic(run: Run, tmp_path: Path) -> None:
    zones = [path for path in ("/usr/share/zoneinfo/Europe/Berlin", "/usr/share/zoneinfo/UTC") if os.path.exists(path)]
    assert zones, "tzdata is missing; .ci/run names it"
    for path in zones:
        row = one(run("unpack", "--layout", "tzif", path, "--json"))
        data = Path(path).read_bytes()
        assert (row["magic"], row["version"]) == ("TZif", chr(data[4]).rstrip("\0"))
        block = (
            44
            + row["timecnt"] * 5
            + row["typecnt"] * 6
            + row["charcnt"]
            + row["leapcnt"] * 8
            + row["isstdcnt"]
            + row["isutcnt"]
        )
        assert data[block : block + 4] == b"TZif", "the second header stands where the first one's counts say"


def test_sqlite_by_sqlite(run: Run, tmp_path: Path) -> None:
    made(
        "sqlite3",
        "a.db",
        "pragma page_size=8192; pragma user_version=42; pragma application_id=7; create table t(x);",
        cwd=tmp_path,
    )
    row = one(run("unpack", "--layout", "sqlite", "a.db", "--json"))
    connection = sqlite3.connect(tmp_path / "a.db")
    for column, pragma in [
        ("page_size", "page_size"),
        ("user_version", "user_version"),
        ("application_id", "application_id"),
        ("pages", "page_count"),
    ]:
        assert row[column] == connection.execute(f"pragma {pragma}").fetchone()[0]
    connection.close()


def test_tar_by_tar(run: Run, tmp_path: Path) -> None:
    (tmp_path / "member.txt").write_bytes(b"hello")
    os.utime(tmp_path / "member.txt", (1_700_000_000, 1_700_000_000))
    made("tar", "--format=ustar", "-cf", "a.tar", "member.txt", cwd=tmp_path)
    row = one(run("unpack", "--layout", "tar", "a.tar", "--json"))
    assert (row["name"], int(row["size"], 8), int(row["mtime"], 8), row["magic"], row["type"]) == (
        "member.txt",
        5,
        1_700_000_000,
        "ustar",
        "0",
    )


def test_every_built_in_layout_is_listed_and_has_a_test_here(run: Run) -> None:
    rows = json.loads(run("unpack", "--layouts", "--json").out)
    names = [row["name"] for row in rows]
    assert names == sorted(names)
    tested = {
        name.removeprefix("test_").split("_by_")[0].split("_agrees")[0]
        for name in globals()
        if name.startswith("test_")
    }
    assert {name.replace("-", "_") for name in names} <= tested
    assert all(row["description"] and row["origin"] == "built in" and row["layout"] for row in rows)


def test_the_wrong_file_is_told_apart_by_its_first_bytes(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"x"))
    result = run("unpack", "--layout", "png", "a.gz")
    assert (result.code, result.out) == (2, b"")
    assert (
        result.err
        == "stdtools unpack: a.gz: this is not png: it begins with 1f8b080000000000, not 89504e470d0a1a0a\n".replace(
            "1f8b080000000000", (tmp_path / "a.gz").read_bytes()[:8].hex()
        )
    )
    assert "it begins with nothing" in run("unpack", "--layout", "png").err
    assert one(run("unpack", "--layout", "gzip", "--json", stdin=gzip.compress(b"x")))["method"] == 8, (
        "also from a pipe"
    )


def test_own_layouts_are_toml_files_in_the_config_directory(run: Run, home: Path) -> None:
    own = home / ".config" / "stdtools" / "layouts"
    own.mkdir(parents=True)
    (own / "point.toml").write_text('description = "Two numbers"\nskip = 2\ncount = 1\nlayout = """\n<h:x\n h:y\n"""\n')
    data = b"--" + struct.pack("<hhhh", 1, 2, 3, 4)
    assert run("unpack", "--layout", "point", "--jsonl", stdin=data).text == '{"x": 1, "y": 2}\n'
    assert (
        run("unpack", "--layout", "point", "--count", "2", "--skip", "2", "--csv", stdin=data).text == "x,y\n1,2\n3,4\n"
    )
    assert run("pack", "--layout", "point", "1", "-2").out == struct.pack("<hh", 1, -2)
    rows = {row["name"]: row for row in json.loads(run("unpack", "--layouts", "--json").out)}
    assert rows["point"]["origin"] == str(own / "point.toml")
    (own / "png.toml").write_text("layout = 'B:mine'\n")
    assert run("unpack", "--layout", "png", "--jsonl", stdin=b"\7").text == '{"mine": 7}\n', "the user's own goes first"
    (own / "png.toml").chmod(0o666)
    assert "png.toml: not used, as others can write it; chmod go-w it" in run("unpack", "--layout", "png").err
    assert "no layout is called 'pong'; did you mean png?" in run("unpack", "--layout", "pong").err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("layout = ", "is not TOML"),
        ("layout = 'B'\nlayuot = 'B'", "unknown key 'layuot'; known are layout, description, magic"),
        ("description = 'x'", "has no layout; write layout ="),
        ("layout = 'B'\ncount = 'x'", "count must be of type int"),
        ("layout = 'B'\ncount = 0", "count must be at least 1"),
        ("layout = 'B'\nmagic = 'xy'", "magic must be hex digits; write magic = '7f454c46'"),
        ("layout = 'k'", "bad.toml: layout, character 1: 'k' is not a type code"),
    ],
)
def test_own_layouts_that_are_wrong_say_what(run: Run, home: Path, text: str, message: str) -> None:
    own = home / ".config" / "stdtools" / "layouts"
    own.mkdir(parents=True)
    (own / "bad.toml").write_text(text)
    result = run("unpack", "--layout", "bad", stdin=b"x")
    assert result.code == 2
    assert message in result.err
    assert run("unpack", "--layout", "gzip", "--describe").code == 0, "another layout is not concerned"
    listed = run("unpack", "--layouts")
    assert (listed.code, listed.text.count("built in"), listed.err.count("bad.toml")) == (2, 11, 1)
    (own / "bad.toml").write_bytes(b"\xff")
    assert "bad.toml: is not UTF-8" in run("unpack", "--layout", "bad").err
