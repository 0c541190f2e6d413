"""What `stdtools pack` makes of values, and what it refuses."""

import base64
import json
import os
import stat
import struct
import subprocess
from pathlib import Path

import pytest

from tests.conftest import COMMAND, Run

pytestmark = pytest.mark.process


def test_values_from_arguments(run: Run) -> None:
    assert run("pack", "<I:id H:port 16s:host", "7", "443", "example.org") == (
        0,
        struct.pack("<IH16s", 7, 443, b"example.org"),
        "",
    )
    assert run("pack", "<hbd", "-5", "-0x10", "-inf").out == struct.pack("<hbd", -5, -16, float("-inf"))
    assert run("pack", "<d", "-.5").out == struct.pack("<d", -0.5)
    assert run("pack", "3h:a B:f{x:4,y:4} ?", "[1, 2, 3]", '{"x": 1, "y": 2}', "true").out == struct.pack(
        "<3hB?", 1, 2, 3, 0x12, True
    )
    assert run("pack", "3h", "1", "2", "3").out == struct.pack("<3h", 1, 2, 3)
    assert run("pack", "d", "NaN(0x7ff0000000000001)").out == struct.pack("<Q", 0x7FF0000000000001)
    assert run("pack", "4s", b"\xff\xfe").out == b"\xff\xfe\0\0", "an argument that is not text is its bytes"
    assert run("pack", "H/(B:a z:b)", '[{"a": 1, "b": "x"}]').out == b"\1\0\1x\0"
    assert run("pack", "2x").code == 0


def test_records_in_any_form_that_unpack_writes(run: Run, tmp_path: Path) -> None:
    data = struct.pack("<Ih8s", 7, -2, b'a,"b') + struct.pack("<Ih8s", 8, 3, b"\xff")
    layout = "<I:id h:n 8s:t"
    for form in ("json", "jsonl"):
        text = run("unpack", layout, "--format", form, stdin=data).out
        assert run("pack", layout, stdin=text) == (0, data, "")
        (tmp_path / "records").write_bytes(text)
        assert run("pack", layout, "--from", "records") == (0, data, "")
        assert run("pack", layout, "--from", "-", stdin=text) == (0, data, "")
    text = run("unpack", layout, "--csv", stdin=data).out
    assert run("pack", layout, "--csv", stdin=text) == (0, data, "")


def test_json_input_is_taken_as_programs_write_it(run: Run) -> None:
    """Pretty-printed, on one line, with a BOM, CRLF, blank lines; jq writes -0.0 as -0 and 3.0 as 3."""
    expected = struct.pack("<Id", 1, -0.0) + struct.pack("<Id", 2, 3)
    for text in (
        '{"a": 1, "x": -0.0}\n\n{"a": 2, "x": 3.0}\n',
        '\ufeff{"a": 1, "x": -0}\r\n{"x": 3, "a": 2.0}',
        '[{"a": 1, "x": -0},\n{"a": 2, "x": 3}]\n\n',
        '{\n  "a": 1,\n  "x": -0\n}\n{\n  "a": 2,\n  "x": 3\n}',
        '{"a":1,"x":-0}{"a":2,"x":3}',
    ):
        assert run("pack", "<I:a d:x", stdin=text) == (0, expected, ""), text


@pytest.mark.parametrize(
    ("layout", "text", "message"),
    [
        ("H:port", '{"port": 70000}', "record 1: field port: 70000 does not fit H (0 to 65535)"),
        ("H:port", '{"port": 1}\n{"port": -1}', "record 2: field port: -1 does not fit H (0 to 65535)"),
        ("u3:a", '{"a": 16777216}', "record 1: field a: 16777216 does not fit u3 (0 to 16777215)"),
        ("H:a", '{"a": 1.5}', "record 1: field a: 1.5 is not a whole number"),
        ("H:a", '{"a": true}', "record 1: field a: true is not a whole number"),
        ("H:a", '{"a": null}', "record 1: field a: null is not a whole number"),
        ("H:a", '{"a": "7"}', "record 1: field a: '7' is not a whole number"),
        ("?:a", '{"a": "false"}', "record 1: field a: 'false' is not true or false"),
        ("f:a", '{"a": 1e39}', "record 1: field a: 1e+39 is too large for f"),
        ("e:a", '{"a": 65520}', "record 1: field a: 65520 is too large for e"),
        ("d:a", '{"a": 1e999}', "record 1: 1e999 is too large for a 64-bit float"),
        ("d:a", '{"a": {"$float": "1e400"}}', "record 1: field a: {'$float': '1e400'} is not a value for one field"),
        ("B:a", '{"a": ' + "[" * 985 + "]" * 985 + "}", "record 1: "),
        ("d:a", '{"a": "nought"}', "record 1: field a: 'nought' is not a number"),
        ("d:a", '{"a": "NaN(0x01)"}', "record 1: field a: 'NaN(0x01)' is not a number"),
        ("3s:a", '{"a": "abcd"}', "record 1: field a: 'abcd' has 4 bytes, which do not fit 3s"),
        ("c:a", '{"a": "ab"}', "record 1: field a: 'ab' has 2 bytes, which do not fit c"),
        ("3p:a", '{"a": "abc!"}', "record 1: field a: 'abc!' has 4 bytes, which do not fit 3p"),
        ("3s:a", '{"a": 5}', "record 1: field a: 5 is not text"),
        (
            "3s:a",
            '{"a": {"$base64": true, "encoded": "!"}}',
            "record 1: field a: {'$base64': True, 'encoded': '!'} is not a value for one field",
        ),
        ("3s:a", '{"a": "\\ud800"}', "record 1: field a: '\\ud800' cannot be written in utf-8"),
        ("z:a", '{"a": "a\\u0000b"}', "record 1: field a: 'a\\x00b' holds a NUL, which ends a z field"),
        (
            "B/s:a",
            json.dumps({"a": "x" * 256}),
            "record 1: field a: '" + "x" * 36 + "... has 256 bytes; B/s counts to 255",
        ),
        ("H:a B:b", '{"a": 1}', "record 1: field b: missing"),
        ("H:a", '{"a": 1, "extra": 2}', "record 1: field extra: not in the layout; it has a"),
        ("H:port", '{"prot": 2}', "record 1: field prot: not in the layout; did you mean port?"),
        ("H:port", '{"port": 1, "prot": 2}', "record 1: field prot: not in the layout; did you mean port?"),
        ("2H:a", '{"a": [1]}', "record 1: field a: 1 values; 2 belong there"),
        ("2H:a", '{"a": [1, "x"]}', "record 1: field a[1]: 'x' is not a whole number"),
        ("B:f{a:1,b:7}", '{"f": {"a": 2, "b": 0}}', "record 1: field f.a: 2 does not fit 1 bits (0 to 1)"),
        ("B:f{a:1,b:7}", '{"f": {"a": 1}}', "record 1: field f.b: missing"),
        (
            "B/(H:id z:n):g",
            '{"g": [{"id": 1, "n": "a"}, {"id": -1, "n": ""}]}',
            "record 1: field g[1].id: -1 does not fit H (0 to 65535)",
        ),
        ("2(H:id):g", '{"g": [{"id": 1}]}', "record 1: field g: 1 items; 2 belong there"),
        ("H:a", "7", "record 1: 7 is not an object"),
        ("H:a", '{"a": 1}\n{"a": ', "record 2: not JSON: expecting value"),
        ("H:a", '{"a": 1}\nfoo', "record 2: not JSON: expecting value"),
        ("H:a", '[{"a": 1} {"a": 1}]', "record 1: a comma or ] belongs behind it"),
        ("H:a", '[{"a": 1},', "record 2: not JSON: expecting value"),
        ("H:a", '[{"a": 1}', "record 1: the array is not closed behind it"),
        ("H:a", '[{"a": 1},]', "record 2: not JSON: expecting value"),
        ("d:a", '{"a": NaN}', 'record 1: not JSON: NaN; write "NaN"'),
        ("H:a", '[{"a": 1}] 7', "record 2: something follows the array"),
        ("H:a", "[" * 100_000, "record 1: nested too deep"),
        ("H:a", '{"a": ' + "1" * 5000 + "}", "record 1: a whole number of more than 4300 digits"),
        ("H:a", b'{"a": "\xff"}', "record 1: not UTF-8: byte 0xff"),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_written(
    run: Run, tmp_path: Path, layout: str, text: str | bytes, message: str
) -> None:
    (tmp_path / "old").write_bytes(b"old content")
    for args in ([], ["-o", "old"], ["--into", "old"]):
        result = run("pack", layout, *args, stdin=text)
        assert (result.code, result.out) == (2, b"")
        assert result.err.startswith(f"stdtools pack: standard input: {message}"), result.err
        assert result.err.count("\n") == 1
        assert (tmp_path / "old").read_bytes() == b"old content"
        assert os.listdir(tmp_path) == ["old"]


def test_nothing_is_written_even_when_the_last_of_many_is_wrong(shell: Run) -> None:
    """More than is kept in memory, so that the temporary file is used."""
    result = shell("""(yes '{"a": "x"}' | head -n 40000; echo '{"a": 1}') | stdtools pack 300s:a""")
    assert (result.code, result.out) == (2, b"")
    assert "record 40001: field a: 1 is not text" in result.err
    result = shell("""head -n 40000 < <(yes '{"a": "x"}') | stdtools pack 300s:a""")
    assert (result.code, result.err) == (0, "")
    assert result.out == (b"x" + bytes(299)) * 40_000


def test_stream_writes_what_comes_before_the_wrong_one(run: Run) -> None:
    result = run("pack", "H:a", "--stream", stdin='{"a": 1}\n{"a": 2}\n{"a": -3}\n{"a": 4}')
    assert (result.code, result.out) == (2, b"\1\0\2\0")
    assert "record 3: field a: -3 does not fit" in result.err


def test_stream_does_not_wait_for_the_next_record() -> None:
    process = subprocess.Popen([COMMAND, "pack", "H:a", "--stream"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    for number in (1, 2):
        process.stdin.write(f'{{"a": {number}}}\n'.encode())
        process.stdin.flush()
        assert os.read(process.stdout.fileno(), 10) == struct.pack("<H", number)
    process.stdin.close()
    assert process.wait() == 0
    process.stdout.close()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["<I:a H:b", "7"], "the layout has 2 values, not 1: a b"),
        (["<I:a", "7", "8"], "the layout has 1 value, not 2: a"),
        (["<I:a", "seven"], "field a: 'seven' is not a whole number"),
        (["2H:a", "[1"], "field a: '[1' is not JSON, which 2 × unsigned 16-bit integer, little-endian is written in"),
        (
            ["<I:a", "7", "--from", "x"],
            "values come from arguments or from records, not both; see 'stdtools pack --help'",
        ),
        (["<I:a", "7", "--at", "3"], "--at needs --into FILE; see 'stdtools pack --help'"),
        (
            ["<I:a", "7", "--into", "x", "-o", "y"],
            "--into goes with neither --output nor --stream; see 'stdtools pack --help'",
        ),
        (["<I:a", "7", "--into", "none"], "none: No such file or directory"),
        (["4s:a", "x", "--text", "hex"], "text encoding: 'hex' turns bytes into bytes; it is no text encoding"),
        (["4s:a", "x", "--text", "klingon"], "text encoding: 'klingon' is not an encoding that Python knows"),
        (["4s:a", "é", "--text", "ascii"], "field a: 'é' cannot be written in ascii"),
    ],
)
def test_wrong_command_lines(run: Run, args: list[str], message: str) -> None:
    assert run("pack", *args) == (2, b"", f"stdtools pack: {message}\n")


def test_csv_cells_are_read_as_their_fields_say(run: Run) -> None:
    text = '\ufeffid,v,t,ok,l\r\n0x10,1e3,"a ""q"", b",true,"[1, 2]"\r\n\r\n-0,NaN,,2,"[3, 4]"\r\n'
    expected = struct.pack("<id8s?2H", 16, 1000, b'a "q", b', True, 1, 2) + struct.pack(
        "<id8sB2H", 0, float("nan"), b"", 2, 3, 4
    )
    assert run("pack", "<i:id d:v 8s:t ?:ok 2H:l", "--csv", stdin=text) == (0, expected, "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1\n", "record 1: has 1 values for 2 columns"),
        ("a,b\n1,2\n1,2,3\n", "record 2: has 3 values for 2 columns"),
        ("a,b\nx,2\n", "record 1: field a: 'x' is not a whole number"),
        ("a,c\n1,2\n", "record 1: field c: not in the layout; it has a, b"),
        ("a\n1\n", "record 1: field b: missing"),
        ("a,a\n1,2\n", "the column 'a' stands twice in the header"),
        ('a,b\n1,"2\n', "not CSV: unexpected end of data"),
        (b"a,b\n1,\xff\n", "line 2: not UTF-8: byte 0xff"),
    ],
)
def test_csv_that_is_wrong(run: Run, text: str | bytes, message: str) -> None:
    result = run("pack", "B:a B:b", "--csv", stdin=text)
    assert (result.code, result.out) == (2, b"")
    assert result.err == f"stdtools pack: standard input: {message}\n"


def test_into_patches_in_place_and_leaves_every_other_byte_alone(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "f.bin"
    content = os.urandom(20_000)
    for at, values in ((0, 1), (4094, 1), (19_998, 1), (100, 4000)):
        path.write_bytes(content)
        inode = path.stat().st_ino
        rows = "".join(f'{{"a": {i % 65536}}}\n' for i in range(values))
        assert run("pack", "H:a", "--into", "f.bin", "--at", str(at), stdin=rows) == (0, b"", "")
        patch = struct.pack(f"<{values}H", *range(values))
        assert path.read_bytes() == content[:at] + patch + content[at + len(patch) :]
        assert (path.stat().st_ino == inode) == (values == 1), "within a page it is the same file"
    path.write_bytes(content)
    result = run("pack", "<I", "7", "--into", "f.bin", "--at", "19997")
    assert result == (2, b"", "stdtools pack: f.bin: has 20000 bytes; the patch at 19997 would reach beyond its end\n")
    assert path.read_bytes() == content
    assert run("pack", "<I", "7", "--into", "f.bin", "--at", "-1").code == 2
    assert run("pack", "<I", "7", "--into", "f.bin", "--at", "0x10").code == 0
    assert path.read_bytes()[16:20] == b"\7\0\0\0"


def test_output_file_is_replaced_as_a_whole(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "real.bin"
    target.write_bytes(b"old")
    target.chmod(0o640)
    (tmp_path / "link").symlink_to("real.bin")
    assert run("pack", "<I", "7", "-o", "link") == (0, b"", "")
    assert target.read_bytes() == b"\7\0\0\0"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert (tmp_path / "link").is_symlink()
    assert sorted(os.listdir(tmp_path)) == ["link", "real.bin"]
    assert run("pack", "<I", "7", "-o", "no/such/dir").err == "stdtools pack: no/such/dir: No such file or directory\n"
    os.link(target, tmp_path / "second")
    assert "has 2 names (hard links)" in run("pack", "<I", "8", "-o", "real.bin").err
    assert run("pack", "<I", "8", "-o", "-").out == b"\x08\0\0\0"


def test_a_terminal_gets_no_binary(tmp_path: Path) -> None:
    from tests.test_cli import on_terminal

    seen = on_terminal(["pack", "<I", "7"], tmp_path)
    assert seen == "stdtools pack: standard output is a terminal; redirect it, or use -o FILE\n"


def test_bytes_that_are_not_text_come_tagged(run: Run) -> None:
    tagged = {"$base64": True, "encoded": base64.b64encode(b"\xff\0\x01").decode()}
    assert run("pack", "4s:a", stdin=json.dumps({"a": tagged})).out == b"\xff\0\x01\0"
    assert run("pack", "H/s:a", json.dumps(tagged)).out == b"\3\0\xff\0\x01"
    assert run("pack", "d:a", stdin='{"a": {"$float": "NaN"}}').out == struct.pack("<d", float("nan"))


def test_negative_numbers_are_values_and_never_options_or_their_values(run: Run, tmp_path: Path) -> None:
    assert run("pack", "B", "1", "-o", "-1.bin").code == 0
    assert (tmp_path / "-1.bin").read_bytes() == b"\1"
    assert "'-5' is negative" in run("pack", "B", "1", "--into", "x", "--at", "-5").err
    assert "no such option '-n'" in run("pack", "B", "-nano").err
    assert run("pack", "d", "-nan").out == struct.pack("<d", float("nan"))
    assert run("pack", "d", "-Infinity").out == struct.pack("<d", float("-inf"))


def test_numbers_in_text_are_whole_or_refused(run: Run) -> None:
    for text, code in (
        ("3.0", 0),
        ("1e2", 0),
        ("0x1f", 0),
        ("007", 0),
        ("1.5", 2),
        ("1_0", 2),
        (" 7 ", 0),
        ("٣", 2),
        ("", 2),
    ):
        assert run("pack", "B:a", "--csv", stdin=f'a\n"{text}"\n').code == code, text
    assert run("pack", "B:f{a:1,b:7}", stdin='{"f": {"a": 1.0, "b": 2}}').out == b"\x82"


def test_a_nan_goes_into_another_width_as_a_plain_nan(run: Run) -> None:
    assert "is not a number" in run("pack", "d:x", stdin='{"x": "NaN(0x7fa00001)"}').err, "it is no NaN of 64 bits"
    from stdtools.pack import Layout, encode, read_records

    rows = list(read_records(Layout("f:x"), b"\1\0\xa0\x7f"))
    assert b"".join(encode(Layout("d:x"), rows)) == struct.pack("<d", float("nan"))


def test_memory_and_time_do_not_grow_with_the_width_of_a_record(shell: Run) -> None:
    for layout, record in (("50000B", "{}"), ("5000000s:x", '{"x": "y"}')):
        line = f"ulimit -v 400000; yes '{record}' | head -20 | stdtools pack '{layout}' | wc -c"
        result = shell(line)
        if record == "{}":
            assert "field f0: missing" in result.err
        else:
            assert result.text == "100000000\n", result.err


def test_a_slow_producer_of_one_long_value_costs_no_more_than_its_length(shell: Run) -> None:
    """Parsing anew after every small piece would be quadratic: minutes instead of a second."""
    line = (
        "python3 -c \"import json; print(json.dumps({'x': [{'a': i % 256} for i in range(300000)]}))\" "
        "| dd bs=4k 2>/dev/null | stdtools pack 'I/(B:a):x' | wc -c"
    )
    assert shell(line).text == "300004\n"


def test_tsv_with_its_escapes(run: Run) -> None:
    data = b"a\tb\\n\n\0\0" + b"\1"
    text = run("unpack", "8s:t B:n", "--format", "tsv", stdin=data).out
    assert text == b"t\tn\na\\tb\\\\n\\n\t1\n"
    assert run("pack", "8s:t B:n", "--tsv", stdin=text).out == data
    assert run("pack", "8s:t B:n", "--tsv", stdin=text.replace(b"\n", b"\r\n")).out == data
    assert run("pack", "8s:t B:n", "--csv", "--tsv", stdin=text).out == data, "the last one counts"
    for name, value in (("STDTOOLS_PACK_INPUT", "csv"), ("STDTOOLS_PACK_INPUT", "tsv")):
        assert run("pack", "B", "5", env={name: value}) == (0, b"\5", ""), "values that are typed are no records"
        assert run("pack", "8s:t B:n", "--tsv", stdin=text, env={name: value}).out == data
    assert "--stream is for standard output" in run("pack", "B", "--stream", "-o", "x").err


def test_a_record_in_many_small_pieces(shell: Run) -> None:
    line = "(printf '{\"a\":'; for i in $(seq 40); do printf ' '; sleep .005; done; printf '1'; sleep .05; echo '}')"
    assert shell(f"ulimit -v 400000; {line} | stdtools pack B:a").out == b"\1"


def test_a_patch_goes_to_the_file_that_is_there_when_it_is_written(shell: Run) -> None:
    """The file is changed while the records are still read."""
    feed = "(sleep .5; echo '{\"a\": 65}')"
    change = "sleep .2; printf ABCDEFGHIJ > t2; mv t2 t; wait $!; cat t"
    assert shell(f"printf 0123456789 > t; {feed} | stdtools pack B:a --into t --at 1 & {change}").text == "AACDEFGHIJ"
    feed += " | stdtools pack B:a --into t --at 9"
    result = shell(f"printf 0123456789 > t; {feed} & sleep .2; : > t; wait $!; cat t")
    assert result.text == ""
    assert "became shorter meanwhile" in result.err or "would reach beyond its end" in result.err, "on a busy machine"


def test_values_too_long_to_show_are_still_refused_in_a_line(run: Run) -> None:
    result = run("pack", "B:a", "0x" + "f" * 5000)
    assert (result.code, result.err) == (2, "stdtools pack: field a: this int does not fit B (0 to 255)\n")


def test_empty_and_odd_file_names(run: Run) -> None:
    assert run("pack", "B:a", "--from", "", stdin='{"a": 1}').err == "stdtools pack: '': No such file or directory\n"
    assert run("pack", "B", "1", "-o", "").err.startswith("stdtools pack: '': ")
    assert run("pack", "B", "1", "--into", "").err == "stdtools pack: '': No such file or directory\n"
    assert run("pack", "B", "1", "-o", "new/").err == "stdtools pack: new/: Is a directory\n"
    assert "is not a regular file; write to standard output" in run("pack", "B", "1", "-o", "/dev/stdout").err


def test_too_large_is_never_infinity(run: Run) -> None:
    for code in "efd":
        assert "is too large for" in run("pack", code, "1e999").err
        assert run("pack", code, "inf").code == 0


def test_explained_values_of_every_kind(run: Run, tmp_path: Path) -> None:
    from tests.pack.test_explain import execute

    for value in ("NaN", "inf", "-Infinity"):
        script = run("pack", "d", value, "--explain").text
        assert execute(script, tmp_path) == run("pack", "d", value).out


def test_numbers_are_written_as_everywhere(run: Run) -> None:
    for layout, text in (("<d", "1_0"), ("<d", "\u0663"), ("?", "\u0663")):
        assert run("pack", layout, text).code == 2
