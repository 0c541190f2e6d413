"""What `stdtools unpack` writes, byte for byte."""

import contextlib
import json
import os
import signal
import struct
import subprocess
import time
from pathlib import Path

import pytest

from tests.conftest import COMMAND, Run

pytestmark = pytest.mark.process

THREE = b"".join(struct.pack("<IhHd", *row) for row in [(7, -2, 443, 0.5), (8, -32768, 65535, -0.0), (9, 0, 1, 1e300)])
LAYOUT = "<I:id h:a H:b d:x"


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("plain", "7\t-2\t443\t0.5\n8\t-32768\t65535\t-0.0\n9\t0\t1\t1e+300\n"),
        ("tsv", "id\ta\tb\tx\n7\t-2\t443\t0.5\n8\t-32768\t65535\t-0.0\n9\t0\t1\t1e+300\n"),
        ("csv", "id,a,b,x\n7,-2,443,0.5\n8,-32768,65535,-0.0\n9,0,1,1e+300\n"),
        (
            "jsonl",
            '{"id": 7, "a": -2, "b": 443, "x": 0.5}\n{"id": 8, "a": -32768, "b": 65535, "x": -0.0}\n'
            '{"id": 9, "a": 0, "b": 1, "x": 1e+300}\n',
        ),
        (
            "json",
            '[{"id": 7, "a": -2, "b": 443, "x": 0.5},\n {"id": 8, "a": -32768, "b": 65535, "x": -0.0},\n'
            ' {"id": 9, "a": 0, "b": 1, "x": 1e+300}]\n',
        ),
        (
            "table",
            "id        a       b        x\n────────────────────────────\n 7       -2     443      0.5\n"
            " 8   -32768   65535     -0.0\n 9        0       1   1e+300\n",
        ),
    ],
)
def test_formats(run: Run, form: str, expected: str) -> None:
    assert run("unpack", LAYOUT, "--format", form, stdin=THREE) == (0, expected.encode(), "")


def test_short_forms_and_the_pipe_default(run: Run) -> None:
    for form in ("json", "jsonl", "csv"):
        assert run("unpack", LAYOUT, f"--{form}", stdin=THREE) == run("unpack", LAYOUT, "--format", form, stdin=THREE)
    assert run("unpack", LAYOUT, stdin=THREE) == run("unpack", LAYOUT, "--format", "plain", stdin=THREE)
    assert run("unpack", LAYOUT, "--json", "--csv", stdin=THREE) == run("unpack", LAYOUT, "--csv", stdin=THREE)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("plain", ""),
        ("jsonl", ""),
        ("json", "[]\n"),
        ("csv", "id,v\n"),
        ("tsv", "id\tv\n"),
        ("table", "id   v\n──────\n"),
    ],
)
def test_empty_input_is_no_records_and_exit_0(run: Run, form: str, expected: str) -> None:
    assert run("unpack", "<I:id d:v", "--format", form) == (0, expected.encode(), "")


def test_unnamed_fields_count_by_position_and_runs_are_struct(run: Run) -> None:
    data = struct.pack("<IhHd", 1, 2, 3, 4)
    assert run("unpack", "<IhHd", "--jsonl", stdin=data).text == '{"f0": 1, "f1": 2, "f2": 3, "f3": 4.0}\n'
    assert run("unpack", "<I:id hHd", "--jsonl", stdin=data).text == '{"id": 1, "f1": 2, "f2": 3, "f3": 4.0}\n'
    assert (
        run("unpack", "<2H2h:pair d", "--jsonl", stdin=data).text == '{"f0": 1, "f1": 0, "pair": [2, 3], "f3": 4.0}\n'
    )


def test_without_a_prefix_it_is_little_endian_and_standard(run: Run) -> None:
    assert run("unpack", "bI:x", "--jsonl", stdin=b"\1\2\0\0\0").text == '{"f0": 1, "x": 2}\n'
    assert run("unpack", "L", stdin=b"\1\0\0\0").text == "1\n"


def test_orders_first_and_on_a_field(run: Run) -> None:
    data = b"\0\1\0\1\0\1"
    assert run("unpack", "HHH", stdin=data).text == "256\t256\t256\n"
    assert run("unpack", ">HHH", stdin=data).text == "1\t1\t1\n"
    assert run("unpack", "!HHH", stdin=data).text == "1\t1\t1\n"
    assert run("unpack", ">H <H H", stdin=data).text == "1\t256\t1\n", "on a field it holds for that field"
    assert run("unpack", "H >H H", stdin=data).text == "256\t1\t256\n"
    assert run("unpack", "B/(>H):g", "--jsonl", stdin=b"\2\0\1\0\2").text == '{"g": [{"f0": 1}, {"f0": 2}]}\n'
    assert run("unpack", ">B/(H):g <H:n", "--jsonl", stdin=b"\1\0\1\1\0").text == '{"g": [{"f0": 1}], "n": 1}\n'


def test_odd_integers_and_their_clash_with_counts(run: Run) -> None:
    assert run(
        "unpack", "u3:a i3:b >u5:c i7:d", "--jsonl", stdin=b"\xff\xff\xff" * 2 + b"\0\0\0\1\0" + b"\xfe" + b"\xff" * 6
    ).text == ('{"a": 16777215, "b": -1, "c": 256, "d": -2}\n')
    assert run("unpack", "<i3h", stdin=struct.pack("<i3h", -1, 1, 2, 3)).text == "-1\t1\t2\t3\n", "struct's meaning"
    assert run("unpack", "2u3:x", "--jsonl", stdin=b"\1\0\0\2\0\0").text == '{"x": [1, 2]}\n'


def test_groups_and_text_of_any_length_nest(run: Run) -> None:
    body = b"MAGI\0\2" + b"\0\1" + b"\0\0\0\7name\0" + b"\1\0\2hi" + b"\2\0\0"
    result = run("unpack", ">4s:magic H:n H/(I:id z:name):items *(B:kind H/s:body):rest", "--json", stdin=body)
    assert json.loads(result.out) == [
        {
            "magic": "MAGI",
            "n": 2,
            "items": [{"id": 7, "name": "name"}],
            "rest": [{"kind": 1, "body": "hi"}, {"kind": 2, "body": ""}],
        }
    ]


def test_bit_fields_count_from_the_most_significant_bit(run: Run) -> None:
    assert (
        run("unpack", "B:flags{a:1,b:3,c:4}", "--jsonl", stdin=b"\x95").text == '{"flags": {"a": 1, "b": 1, "c": 5}}\n'
    )
    assert run("unpack", "<H:w{hi:4,lo:12}", "--jsonl", stdin=b"\x34\x12").text == '{"w": {"hi": 1, "lo": 564}}\n'
    assert run("unpack", ">H:w{hi:4,lo:12}", "--jsonl", stdin=b"\x12\x34").text == '{"w": {"hi": 1, "lo": 564}}\n'
    assert (
        run("unpack", "2B{a:4,b:4}", "--jsonl", stdin=b"\x12\x34").text
        == '{"f0": {"a": 1, "b": 2}, "f1": {"a": 3, "b": 4}}\n'
    )


def test_text_is_trimmed_utf8_other_bytes_are_base64(run: Run) -> None:
    data = b"h\xc3\xa9\0\0" + b"\xff\xfe\0\0\0"
    assert (
        run("unpack", "5s:t", "--jsonl", stdin=data).text
        == '{"t": "hé"}\n{"t": {"$base64": true, "encoded": "//4="}}\n'
    )
    assert run("unpack", "5s:t", "--jsonl", "--raw", stdin=data[:5]).text == '{"t": "h\xe9\\u0000\\u0000"}\n'
    assert run("unpack", "5s:t", "--jsonl", "--text", "latin-1", stdin=data[5:]).text == '{"t": "ÿþ"}\n'
    assert run("unpack", "c:c", "--jsonl", stdin=b"x\0").text == '{"c": "x"}\n{"c": ""}\n'


def test_floats_json_cannot_hold_are_strings(run: Run) -> None:
    data = struct.pack("<4d", float("nan"), float("inf"), float("-inf"), 1) + b"\x01\0\0\0\0\0\xf0\x7f"
    expected = ['"NaN"', '"Infinity"', '"-Infinity"', "1.0", '"NaN(0x7ff0000000000001)"']
    assert run("unpack", "d:v", "--jsonl", stdin=data).text == "".join(f'{{"v": {v}}}\n' for v in expected)
    assert run("unpack", "d", stdin=data).text == "".join(v.strip('"') + "\n" for v in expected)
    lists = run("unpack", "5d:v", "--jsonl", stdin=data).text
    assert lists == '{"v": [' + ", ".join(expected) + "]}\n"


def test_truth_values(run: Run) -> None:
    assert run("unpack", "?:t", "--jsonl", stdin=b"\0\1\2").text == '{"t": false}\n{"t": true}\n{"t": 2}\n'
    assert run("unpack", "?", stdin=b"\0\1\2").text == "false\ntrue\n2\n"


def test_complex_numbers_are_pairs_on_every_python(run: Run) -> None:
    assert run("unpack", "F:z", "--jsonl", stdin=struct.pack("<2f", 1, -2)).text == '{"z": [1.0, -2.0]}\n'


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_cut_off_record_is_named_after_all_whole_ones(run: Run, tmp_path: Path, jobs: str) -> None:
    (tmp_path / "cut.bin").write_bytes(THREE + THREE[:7])
    result = run("unpack", LAYOUT, "cut.bin", "--csv", "-j", jobs)
    assert result.code == 2
    assert result.out == run("unpack", LAYOUT, "--csv", stdin=THREE).out
    assert result.err == (
        "stdtools unpack: cut.bin: record 4 (byte 48): field b at byte 54 wants 2 bytes, 1 is there; "
        "--tail drop or --tail partial accept this\n"
    )
    assert "(byte 0): padding at byte 0 wants 4 bytes, 1 is there" in run("unpack", "<4x", stdin="a").err
    note = "stdtools unpack: cut.bin: record 4 (byte 48): cut off after 7 bytes, "
    dropped = run("unpack", LAYOUT, "cut.bin", "--csv", "-j", jobs, "--tail", "drop")
    assert dropped == (0, result.out, note + "dropped\n")
    partial = run("unpack", LAYOUT, "cut.bin", "--csv", "-j", jobs, "--tail", "partial")
    assert partial == (0, result.out + b"7,-2,,\n", note + "decoded as far as it goes\n")
    assert run("unpack", LAYOUT, "cut.bin", "--csv", "-q", "--tail", "drop").err == ""


def test_a_cut_off_group_is_named_with_its_path(run: Run) -> None:
    result = run(
        "unpack", "<H/(I:id B/s:name):items B:end", "--jsonl", stdin=b"\2\0" + b"\1\0\0\0\2ab" + b"\2\0\0\0\5ab"
    )
    assert result.err == (
        "stdtools unpack: standard input: record 1 (byte 0): field items[1].name at byte 14 wants 5 bytes, "
        "2 are there; --tail drop or --tail partial accept this\n"
    )
    partial = run(
        "unpack",
        "<H/(I:id B/s:name):items B:end",
        "--jsonl",
        "--tail",
        "partial",
        "-q",
        stdin=b"\2\0" + b"\1\0\0\0\2ab" + b"\2\0\0\0\5ab",
    )
    assert partial.text == '{"items": [{"id": 1, "name": "ab"}], "end": null}\n'


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_several_processes_end_together_at_a_signal(tmp_path: Path, number: int) -> None:
    """At any moment, also between the forks: no hang, no traceback, nobody left."""
    with open(tmp_path / "big.bin", "wb") as file:
        file.truncate(1 << 30)
    for step in range(12):
        process = subprocess.Popen(
            [COMMAND, "unpack", LAYOUT, str(tmp_path / "big.bin"), "-j", "3"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        while not has_open(process.pid, "big.bin"):  # Python itself has started
            time.sleep(0.002)
        time.sleep(0.005 * step)
        if number == signal.SIGINT:
            os.killpg(process.pid, number)  # as a terminal does
        else:
            process.send_signal(number)
        _, err = process.communicate(timeout=20)
        assert (process.returncode, err) == (-number, b"")
        with pytest.raises(ProcessLookupError):
            wait_for_group(process.pid)


def has_open(process: int, name: str) -> bool:
    place = f"/proc/{process}/fd"
    with contextlib.suppress(FileNotFoundError):  # of one that it closes meanwhile
        return any(os.readlink(f"{place}/{fd}").endswith(name) for fd in os.listdir(place))
    return False


def wait_for_group(group: int) -> None:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        os.killpg(group, 0)
        time.sleep(0.05)


def test_lengths_that_lie_allocate_nothing(shell: Run) -> None:
    for layout, wants in (("<Q/s:a", 2**63 - 1), ("<Q/(I:b):a", 4), ("1000000000s:a", 10**9)):
        result = shell(
            f"ulimit -v 400000; printf '\\377\\377\\377\\377\\377\\377\\377\\177ab' | stdtools unpack '{layout}'"
        )
        assert result.code == 2
        assert f"wants {wants} bytes" in result.err
    assert "has the length -1" in shell("printf '\\377' | stdtools unpack 'b/s:a'").err


def test_skip_and_count(run: Run, tmp_path: Path) -> None:
    (tmp_path / "f.bin").write_bytes(bytes(range(16)))
    data = bytes(range(16))
    for skip, first in (("2", 2), ("0x0a", 10), ("0", 0)):
        for result in (
            run("unpack", "B", "f.bin", "--skip", skip, "--count", "1"),
            run("unpack", "B", "--skip", skip, "--count", "1", stdin=data),
        ):
            assert result.text == f"{first}\n"
    assert run("unpack", "B", "f.bin", "--skip", "-2").text == "14\n15\n"
    assert run("unpack", "B", "f.bin", "--count", "0").text == ""
    assert run("unpack", "B", "f.bin", "--skip", "16").text == ""
    assert (
        run("unpack", "B", "f.bin", "--skip", "17").err == "stdtools unpack: f.bin: has 16 bytes; byte 17 is outside\n"
    )
    assert (
        run("unpack", "B", "--skip", "17", stdin=data).err
        == "stdtools unpack: standard input: ends at byte 16, before byte 17\n"
    )
    assert (
        run("unpack", "B", "--skip", "-1", stdin=data).err
        == "stdtools unpack: standard input: cannot count back from the end of a pipe\n"
    )
    assert "is not a size" in run("unpack", "B", "--skip", "many", stdin=data).err
    cut = run("unpack", "<I", "f.bin", "--skip", "6")
    assert "record 3 (byte 14)" in cut.err


def test_count_leaves_the_rest_of_a_shared_input_unread(shell: Run) -> None:
    result = shell("printf abcdef > f; (stdtools unpack B --count 2; cat) < f")
    assert result.text == "97\n98\ncdef"


def test_records_come_out_as_they_arrive(tmp_path: Path) -> None:
    """A slow producer's record is seen before its next one is written."""
    for layout in ("<H:a", "B/s:a"):
        process = subprocess.Popen([COMMAND, "unpack", layout, "--csv"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(3):
            process.stdin.write(b"\1a")
            process.stdin.flush()
            seen = b""
            while not seen.endswith(b"24833\n" if layout == "<H:a" else b"a\n"):
                block = os.read(process.stdout.fileno(), 4096)
                assert block
                seen += block
        process.stdin.close()
        assert process.wait() == 0
        process.stdout.close()


def test_several_processes_give_the_same_output(run: Run, tmp_path: Path) -> None:
    with open(tmp_path / "big.bin", "wb") as file:
        for i in range(150_000):
            file.write(struct.pack("<IhHd", i, -1, 2, i / 3 if i % 1000 else float("nan")))
    for form in ("csv", "json", "plain"):
        one = run("unpack", LAYOUT, "big.bin", "--format", form)
        assert run("unpack", LAYOUT, "big.bin", "--format", form, "-j", "2") == one
        assert run(
            "unpack", LAYOUT, "big.bin", "--format", form, "-j", "3", "--skip", "16", "--count", "100001"
        ) == run("unpack", LAYOUT, "big.bin", "--format", form, "--skip", "16", "--count", "100001")
    assert run("unpack", LAYOUT, "-j", "2", stdin=THREE) == run("unpack", LAYOUT, stdin=THREE), "a pipe is read by one"


def test_a_killed_worker_is_an_error_and_no_hang(tmp_path: Path) -> None:
    with open(tmp_path / "big.bin", "wb") as file:
        file.truncate(400 << 20)
    process = subprocess.Popen(
        [COMMAND, "unpack", LAYOUT, str(tmp_path / "big.bin"), "-j", "2"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while len(found := children.read_text().split()) < 2:
        time.sleep(0.01)
    os.kill(int(found[0]), 9)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert err.decode().endswith("a worker process ended with -9\n")


def test_workers_end_with_their_parent(tmp_path: Path) -> None:
    with open(tmp_path / "big.bin", "wb") as file:
        file.truncate(4 << 30)
    process = subprocess.Popen(
        [COMMAND, "unpack", LAYOUT, str(tmp_path / "big.bin"), "-j", "2"], stdout=subprocess.DEVNULL
    )
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while len(found := children.read_text().split()) < 2:
        time.sleep(0.01)
    process.kill()
    process.wait()
    deadline = time.monotonic() + 5
    while any(alive(pid) for pid in found):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def alive(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_memory_stays_small_on_large_input(tmp_path: Path) -> None:
    """Under an address space that a few blocks of this file would fill."""
    with open(tmp_path / "big.bin", "wb") as file:
        file.truncate(200 << 20)
    for layout in ("4000s:a", "z:a 4095x"):
        line = f"ulimit -v 150000; exec {COMMAND} unpack '{layout}' big.bin --csv | tail -c 3"
        done = subprocess.run(["bash", "-o", "pipefail", "-c", line], cwd=tmp_path, capture_output=True)
        assert (done.returncode, done.stderr, done.stdout) == (0 if layout[0] == "z" else 2, done.stderr, b'""\n'), (
            done.stderr
        )


@pytest.mark.parametrize(
    ("layout", "message", "caret"),
    [
        ("q?k", "character 3: 'k' is not a type code; here can stand b B h H", 2),
        ("<I:id 5:a", "character 8: a name stands behind a type code; one of b B", 7),
        ("I:a I:a", "character 5: a second field is called 'a'", 4),
        ("<n", "character 2: n has no standard size; write @n for this machine's own", 1),
        ("u4", "character 1: u is followed by 3, 5, 6 or 7 (bytes); use B, H, I or Q for 1, 2, 4 or 8", 0),
        ("H/x", "character 3: after / stands s (text) or a group (…)", 2),
        ("d/s", "character 2: d cannot hold a length; it takes an integer code before /", 1),
        ("(I)", "character 1: a group needs to know how often; write 3(…), H/(…) or *(…)", 0),
        ("H/(I", "character 3: this group is not closed; a ) is missing", 2),
        ("I)", "character 2: ')' closes nothing", 1),
        ("*(B) I", "character 6: nothing can follow a group that takes the rest of the input", 5),
        ("2(*(B))", "character 4: only the last field of the whole layout can take the rest of the input", 3),
        ("*(0s)", "character 2: a group must take at least one byte", 1),
        ("B{a:7}", "character 2: the bit fields have 7 bits, B has 8; name them all", 1),
        ("h{a:16}", "character 2: h has no bit fields; use B, H, I, Q or u3 to u7", 1),
        ("B{a:1 b:7}", "character 7: } or , belongs here", 6),
        ("4x:pad", "character 1: padding has no value to name; use s to keep its bytes", 0),
        ("I:", "character 3: a name belongs here; it begins with a letter or _; letters, digits, _ and - follow", 2),
        ("z @I", "character 3: @ aligns to an offset that varies here; use = for native order without alignment", 2),
        ("@2(I)", "character 3: @ aligns to an offset that varies here; use = for native order without alignment", 2),
        ("@B H/s:b z I", "character 12: @ aligns to an offset that varies here", 11),
        ("3", "character 2: a type code belongs behind 3; one of b B", 1),
        ("3<I", "character 2: a byte order stands before the count, not behind it", 1),
        ("1000000B", "character 1: more than 100000 fields; name a counted field to get a list", 0),
        ("9999999999s", "character 11: 9999999999 bytes are too many, 1 GiB is the most", 10),
    ],
)
def test_bad_layouts_point_at_the_character(run: Run, layout: str, message: str, caret: int) -> None:
    result = run("unpack", layout)
    assert (result.code, result.out) == (2, b"")
    first, second, third = result.err.splitlines()
    assert first.startswith(f"stdtools unpack: layout, {message}")
    assert (second, third) == (f"  {layout}", "  " + " " * caret + "^")


def test_a_layout_of_no_bytes_reads_nothing(run: Run) -> None:
    for layout in ("", "0s", "0I", "0(B:x):g", "0z:a"):
        assert run("unpack", layout, stdin=b"abc") == (
            2,
            b"",
            "stdtools unpack: the layout describes no bytes\n",
        )


def test_describe_lists_every_field_and_reads_nothing(run: Run) -> None:
    result = run("unpack", "@bI:a B:flags{x:1,y:7} <B/(I:id z:nm):g", "--describe", "--format", "tsv")
    assert result.text == (
        "field\toffset\tsize\talign\tcode\ttype\n"
        "f0\t0\t1\t1\tb\tsigned 8-bit integer\n"
        "(padding)\t1\t3\t1\tx\tpadding: I is aligned to 4 bytes by @\n"
        "a\t4\t4\t4\tI\tunsigned 32-bit integer, little-endian\n"
        "flags\t8\t1\t1\tB\tbits of an unsigned 8-bit integer\n"
        "flags.x\t8\t1\t1\tB\tbit 7 of 8\n"
        "flags.y\t8\t1\t1\tB\tbits 6 to 0 of 8\n"
        "g\t9\t\t1\tB/()\tgroup after its count (unsigned 8-bit integer)\n"
        "g[].id\t0\t4\t1\tI\tunsigned 32-bit integer, little-endian\n"
        "g[].nm\t4\t\t1\tz\ttext up to a NUL\n"
    )
    offsets = json.loads(run("unpack", "@bqb", "--describe", "--json").out)
    assert [row["offset"] for row in offsets] == [0, 1, 8, 16]


def test_dump_gives_every_byte_an_owner(run: Run) -> None:
    data = b"\7\0\0\0" + b"hello world, this" + b"\1\2"
    expected = (
        "00000000  07 00 00 00                                      id   7\n"
        '00000004  68 65 6c 6c 6f 20 77 6f 72 6c 64 2c 20 74 68 69  txt  "hello world, this"\n'
        "00000014  73\n"
        "00000015  01 02                                            (padding)\n"
    )
    assert run("unpack", "<I:id 17s:txt 2x", "--dump", stdin=data) == (0, expected.encode(), "")
    cut = run("unpack", "<I:id 17s:txt 2x", "--dump", stdin=data[:9])
    assert cut.code == 2
    assert cut.text == expected.splitlines(keepends=True)[0] + (
        "00000004  68 65 6c 6c 6f                                   txt (cut off)\n"
    )
    colored = run("unpack", "<I:id 17s:txt 2x", "--dump", "--color", "always", stdin=data).text
    assert colored.splitlines()[0] == "\x1b[36m00000000  07 00 00 00                                      id   7\x1b[0m"
    groups = run("unpack", "B/(B:a z:b):g", "--dump", stdin=b"\1\2hi\0").text
    assert [line[59:] for line in groups.splitlines()] == ["g (count)  1", "g[0].a  2", 'g[0].b  "hi"']


def test_verbose_counts_records(run: Run) -> None:
    assert run("unpack", LAYOUT, "-v", stdin=THREE).err == "stdtools unpack: 3 records\n"


def test_files_that_cannot_be_read(run: Run, tmp_path: Path) -> None:
    (tmp_path / "dir").mkdir()
    assert run("unpack", "<I", "none").err == "stdtools unpack: none: No such file or directory\n"
    assert run("unpack", "<I", "dir").err == "stdtools unpack: dir: Is a directory\n"
    assert "one FILE at a time; 'b' is a second one; see" in run("unpack", "<I", "a", "b").err
    assert "'f' is a second one; --layout takes the place of LAYOUT" in run("unpack", "--layout", "gzip", "<I", "f").err
    (tmp_path / "-").write_bytes(b"abcd")
    assert run("unpack", "4s", "./-").text == "abcd\n"
    assert run("unpack", "4s", "-", stdin=b"wxyz").text == "wxyz\n"


def test_random_bytes_never_make_a_traceback(run: Run) -> None:
    data = os.urandom(100_000)
    for layout in ("<IhHd", "z", "B/s", "<H/(I:id z:n):g B:e", "*(B/s:x):r", "5p 3s ? c e", "4s:magic B:f{a:3,b:5}"):
        result = run("unpack", layout, "--jsonl", "--tail", "drop", stdin=data)
        assert result.code == 0, result.err
        assert all(json.loads(line) for line in result.out.splitlines())


def test_a_table_shows_slow_records_as_they_come() -> None:
    process = subprocess.Popen(
        [COMMAND, "unpack", "B:n", "--format", "table"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"A")
    process.stdin.flush()
    seen = b""
    while b"65\n" not in seen:
        seen += os.read(process.stdout.fileno(), 4096)
    process.stdin.close()
    assert process.wait() == 0
    process.stdout.close()


def test_files_that_do_not_know_their_size_can_be_skipped_into(run: Run) -> None:
    assert run("unpack", "4s:word", "--skip", "6", "--count", "1", "/proc/version").text == "vers\n"


def test_text_that_no_output_can_hold_comes_as_bytes(run: Run) -> None:
    for data in (b"+2AA-", b"+3IA-"):
        result = run("unpack", "5s:t", "--text", "utf-7", "--jsonl", stdin=data)
        assert result.code == 0
        assert run("pack", "5s:t", "--text", "utf-7", stdin=result.out).out == data


def test_a_layout_of_many_fields_parses_in_linear_time() -> None:
    from stdtools.pack import Layout

    assert Layout("@" + "i b " * 20_000).size == 20_000 * 8 - 3


def test_all_white_space_of_struct_is_skipped(run: Run) -> None:
    assert run("unpack", "<B\r\n\v\f\tB", stdin=b"\1\2").text == "1\t2\n"


def test_dump_takes_no_format(run: Run) -> None:
    assert "--dump has a form of its own" in run("unpack", "B", "--dump", "--json", stdin=b"a").err
    assert run("unpack", "B", "--dump", stdin=b"a", env={"STDTOOLS_UNPACK_FORMAT": "json"}).code == 0


def test_one_process_is_told_with_v(run: Run) -> None:
    assert "one process: -j needs a regular file" in run("unpack", "B", "-j", "2", "-v", stdin=b"a").err


def test_trouble_of_a_worker_is_told_as_one_line(run: Run, tmp_path: Path, shell: Run) -> None:
    with open(tmp_path / "big.bin", "wb") as file:
        file.truncate(64 << 20)
    with open("/dev/full", "wb") as full:
        result = run("unpack", LAYOUT, "big.bin", "-j", "2", stdout=full)
    assert (result.code, result.err) == (2, "stdtools unpack: standard output: No space left on device\n")
    gone = shell(f"stdtools unpack '{LAYOUT}' big.bin -j 2 | head -1; echo ${{PIPESTATUS[0]}}")
    assert (gone.text.splitlines()[-1], gone.err) == ("141", "")
    with open(tmp_path / "big.bin", "rb+") as file:
        process = subprocess.Popen(
            [COMMAND, "unpack", LAYOUT, "big.bin", "-j", "2"],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdout is not None
        process.stdout.read(100)
        file.truncate(1 << 20)
        _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (2, b"stdtools unpack: big.bin: became shorter while it was read\n")


def test_file_and_layout_the_wrong_way_round(run: Run, tmp_path: Path) -> None:
    (tmp_path / "hosts.bin").write_bytes(b"aaaa")
    assert "a file is called so, but LAYOUT comes first" in run("unpack", "hosts.bin", "<I").err
