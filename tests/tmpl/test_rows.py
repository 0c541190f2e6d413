"""--each: one rendering for each record, to standard output and into files."""

import csv
import io
import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from stdtools.shared.disk import lock_at_once
from stdtools.shared.streams import open_input
from stdtools.tmpl.files import FileSet
from stdtools.tmpl.language import Syntax
from stdtools.tmpl.record_batches import batches
from stdtools.tmpl.rendering import Policy
from stdtools.tmpl.rows import Batch, RowRenderer
from stdtools.tmpl.values import Source, Values
from tests.conftest import COMMAND, Run
from tests.test_cli import on_terminal

pytestmark = [pytest.mark.process, pytest.mark.once]

ROWS = 'id,name,x\n1,"One, Inc.",\n2,"two\nlines",%s\n3,ü,"a ""b"""\n'
EXPECTED = '1: One, Inc. []\n2: two\nlines [%s]\n3: ü [a "b"]\n'
TEXT = "$id: $name [$x]"


def as_lines(text: str) -> str:
    rows = csv.DictReader(io.StringIO(text, newline=""))
    return "".join(json.dumps({**row, "id": int(row["id"])}) + "\n" for row in rows)


@pytest.mark.parametrize("text", [TEXT, f"${{id:-none}}{TEXT[3:]}"], ids=["in bulk", "one by one"])
def test_csv_tsv_and_json_give_the_same(run: Run, tmp_path: Path, text: str) -> None:
    (tmp_path / "r.csv").write_text(ROWS)
    (tmp_path / "r.jsonl").write_text(as_lines(ROWS))
    (tmp_path / "r.json").write_text(json.dumps([json.loads(line) for line in as_lines(ROWS).splitlines()], indent=1))
    (tmp_path / "line.json").write_text(f"\n[{', '.join(as_lines(ROWS).splitlines())}]\n")
    (tmp_path / "r.tsv").write_text('id\tname\tx\n1\tOne, Inc.\t\n2\ttwo\\nlines\t%s\n3\tü\ta "b"\n')
    for name in ("r.csv", "r.jsonl", "r.json", "line.json", "r.tsv"):
        assert run("tmpl", "-e", text, "--each", name) == (0, EXPECTED.encode(), ""), name
        data = (tmp_path / name).read_bytes()
        assert run("tmpl", "-e", text, "--each", "-", stdin=data) == (0, EXPECTED.encode(), ""), name
        assert run("tmpl", "-e", text, "--each", "-", stdin=b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n")).code == 0


def test_the_usual_pipe_is_lossless_for_every_name(shell: Run, tmp_path: Path) -> None:
    for name in (b"a b", b"\xff\xfe", "ü\n$x".encode()):
        (tmp_path / os.fsdecode(name)).write_bytes(b"123")
    result = shell("stdtools find -t f --jsonl --sort path | stdtools tmpl -e '$path=$size' --each -")
    assert result == (0, b"./a b=3\n./\xc3\xbc\n$x=3\n./\xff\xfe=3\n", "")


def test_a_record_comes_before_all_other_values(run: Run) -> None:
    rows = "a,b\n1,2\n"
    assert run("tmpl", "-e", "$a $c ${d:-$b}", "-D", "a=x", "-D", "c=%s", "--each", "-", stdin=rows).text == "1 %s 2\n"


def test_what_a_command_writes_as_json_is_read_also_when_it_is_one_record(shell: Run, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    assert shell("stdtools find -t f --json | stdtools tmpl -e '$path' --each -") == (0, b"./a\n", "")
    assert shell("echo '[]' | stdtools tmpl -e '$path' --each -") == (0, b"", "")


def test_values_of_json(run: Run) -> None:
    rows = '{"a": 1.0, "b": null, "c": [1, "x"], "d": {"e": true}}\n{"a": 10, "b": "", "c": false, "d": {"e": 1e300}}\n'
    result = run("tmpl", "-e", "$a|$b|$c|${d.e}|${d}", "--each", "-", stdin=rows)
    assert result.text == '1.0|null|[1, "x"]|true|{"e": true}\n10||false|1e+300|{"e": 1e+300}\n'
    assert run("tmpl", "-e", "$c", "--each", "-", stdin=rows).text == '[1, "x"]\nfalse\n'
    assert run("tmpl", "-e", "$a$a", "--each", "-", stdin=rows).text == "1.01.0\n1010\n"


def test_a_record_that_lacks_a_value_is_left_out_and_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "r.jsonl").write_text('{"a": 1}\n{"b": 2}\n{"a": 3}\n')
    (tmp_path / "t").write_text("x\n $a\n")
    result = run("tmpl", "t", "--each", "r.jsonl")
    message = "stdtools tmpl: r.jsonl: record 2: no value for 'a' (t:2:2)\n"
    assert result == (1, b"x\n 1\nx\n 3\n", message)
    assert run("tmpl", "t", "--each", "r.jsonl", "-o", "out") == (1, b"", message)
    assert run("tmpl", "t", "--each", "r.jsonl", "-o", "out$a") == (1, b"", message)
    assert sorted(os.listdir(tmp_path)) == ["r.jsonl", "t"]
    assert run("tmpl", "t", "--each", "r.jsonl", "--keep").text == "x\n 1\nx\n $a\nx\n 3\n"
    assert run("tmpl", "t", "--each", "r.jsonl", "--empty").text == "x\n 1\nx\n \nx\n 3\n"
    (tmp_path / "r.jsonl").write_text('{"b": 2}\n' * 5000)
    assert run("tmpl", "t", "--each", "r.jsonl").err.splitlines()[-1] == "stdtools tmpl: r.jsonl: and 4990 more"


def test_a_column_that_is_not_there_is_told_before_anything_is_written(run: Run) -> None:
    result = run("tmpl", "-e", "$name $nane ${no:-x}", "--each", "-", "--header", "h", stdin="name,x\n" + "a,b\n" * 9)
    assert result == (1, b"", "stdtools tmpl: -e:1:7: no value for 'nane'; did you mean name?\n")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("a,b\n1,2\n3\n", "standard input: record 2: has 1 values for 2 columns"),
        ("a,a\n1,2\n", "standard input: the column 'a' stands twice in the header"),
        ('a,b\n1,"x\n', "standard input:2: not CSV: unexpected end of data"),
        ('a,b\n1,"x"y\n', "standard input:2: not CSV: ',' expected after '\"'"),
        ('{"a": 1}\n[2]\n', "standard input: record 2: is no JSON object"),
        ('[{"a": 1}, 2]\n', "standard input: record 2: is no JSON object"),
        ('{"a": 1}\n{"a": \n', "standard input: record 2: not JSON: expecting value"),
        ('{"a": 1}\n{"a": NaN}\n', 'standard input: record 2: not JSON: NaN; write "NaN"'),
        ('{"a": 1}\n{"a":', "standard input: record 2: not JSON: expecting value"),
        ('{"a": [1\n2]}, {"a": 3}\n', "standard input: record 1: not JSON: expecting ',' delimiter"),
        ('{"a": [[1\n2]]}, {"a": 3}\n', "standard input: record 1: not JSON: expecting ',' delimiter"),
        ('{"a": 1}\n' * 50_000 + "[\n", "standard input: record 50001: not JSON: expecting value"),
        ("a,b\r1,2\r", "standard input:1: not CSV: a carriage return that ends no line"),
        (b"a,b\n1,\xff\n", "standard input:2: not UTF-8: byte 0xff"),
        ('{"a": "\\ud800"}\n', "a value: holds U+D800, half of a pair of surrogates, which is no text"),
    ],
)
def test_records_that_are_none(run: Run, rows: bytes | str, message: str) -> None:
    result = run("tmpl", "-e", "$a", "--each", "-", stdin=rows)
    assert (result.code, result.err) == (2, f"stdtools tmpl: {message}\n")


def test_a_number_that_no_float_holds_is_told(run: Run) -> None:
    result = run("tmpl", "-e", "$a $b", "--each", "-", stdin='{"a": "inf", "b": 1}\n{"a": 1e999, "b": 1.5}\n')
    assert result.text == "inf 1\n"
    assert result.err == (
        "stdtools tmpl: standard input: record 2: the value of 'a' is too large for a 64-bit float (-e:1:1)\n"
    )


def test_header_footer_and_separator(run: Run) -> None:
    args = ["--each", "-", "--header", "[", "--footer", "]", "--separator", ",\\n"]
    text = '{"id": $id}'
    for count in (0, 1, 5000):
        rows = "id\n" + "".join(f"{n}\n" for n in range(count))
        result = run("tmpl", "-e", text, *args, stdin=rows)
        assert json.loads(result.text) == [{"id": n} for n in range(count)]
        assert result.text.endswith("]\n")
    assert run("tmpl", "-e", "$a", "--each", "-", "--header", "x\\ty", stdin="a\n1\n").text == "x\ty\n1\n"


def test_what_comes_slowly_is_written_as_it_comes() -> None:
    for head, line in ((b"a,b\n", b'1,"x"\n'), (b"", b'{"a": 1, "b": "x"}\n'), (b"a\tb\n", b"1\tx\n")):
        process = subprocess.Popen(
            [COMMAND, "tmpl", "-e", "$a$b", "--each", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(head)
        for _ in range(3):
            process.stdin.write(line)
            assert process.stdout.read(3) == b"1x\n"
        process.stdin.close()
        assert process.wait() == 0
        process.stdout.close()


def test_bulk_and_one_by_one_agree_on_random_rows(tmp_path: Path) -> None:
    draw = random.Random(5)
    words: list[Any] = ["", "a", "%s", "%", '"', ",", "ü", "\n", "${a}", "two words", "inf"]
    values = Values([Source("", {"other": "o%o"})])
    for _ in range(60):
        columns = ["a", "b", "c d"]
        rows = [[draw.choice(words) for _ in columns] for _ in range(draw.randrange(30))]
        pieces = ["$a", "${b}", '${["c d"]}', "$other", "$$", "%", "%s", "é", "\n"]
        text = "".join(draw.choices(pieces, k=draw.randrange(1, 6)))
        renderer = RowRenderer(Syntax(), text, values)
        slow = RowRenderer(Syntax(), f"{text}${{none:-}}", values)
        expected = slow.texts(Batch(1, rows, columns))
        assert renderer.texts(Batch(1, rows, columns)) == expected
        out = io.StringIO()
        csv.writer(out, quoting=csv.QUOTE_ALL).writerows([columns, *rows])
        path = tmp_path / "r.csv"
        path.write_text(out.getvalue(), newline="")
        with open_input(str(path)) as source:
            read = [text for batch in batches(source) for text in renderer.texts(batch)]
        assert read == expected
        kinds: list[Any] = [1, 1.5, True, None, [1, "x"], *words]
        records = [{name: draw.choice(kinds) for name in columns} for _ in range(20)]
        assert renderer.texts(Batch(1, records)) == slow.texts(Batch(1, records))
        path = tmp_path / "r.jsonl"
        path.write_text("".join(json.dumps(record) + "\n" for record in records))
        with open_input(str(path)) as source:
            assert [t for batch in batches(source) for t in renderer.texts(batch)] == slow.texts(Batch(1, records))


def test_a_cell_with_quotes_and_newlines_at_every_place_of_a_block(tmp_path: Path) -> None:
    """A quote in a cell without quotes, which is allowed, misleads whoever counts quotes."""
    for lone in ("", '5" pipe'):
        rows = [[str(n), lone, "two\nlines" if n % 3 else 'a "b"'] for n in range(40_000)]
        lines = ["n,lone,cell\n", *(f'{n},{lone},"{cell.replace(chr(34), chr(34) * 2)}"\n' for n, lone, cell in rows)]
        (tmp_path / "r.csv").write_text("".join(lines))
        with open_input(str(tmp_path / "r.csv")) as source:
            assert [row for batch in batches(source) for row in batch.rows] == rows


@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl"])
def test_several_processes_write_what_one_writes(run: Run, tmp_path: Path, form: str) -> None:
    draw = random.Random(6)
    words = ["one", "two\nlines", 'a "b", c', "ü" * 50, "", "%", "\t\\", "\ufeff"]
    rows = [[str(n), draw.choice(words) * draw.randrange(3), draw.choice(words)] for n in range(70_000)]
    path = tmp_path / f"r.{form}"
    if form == "csv":
        with open(path, "w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([["id", "a", "b"], *rows])
    elif form == "tsv":
        escapes = str.maketrans({"\t": "\\t", "\n": "\\n", "\\": "\\\\"})
        lines = ["\t".join(cell.translate(escapes) for cell in row) for row in [["id", "a", "b"], *rows]]
        path.write_text("\n".join(lines) + "\n", newline="")
    else:
        path.write_text("".join(json.dumps(dict(zip(["id", "a", "b"], row, strict=True))) + "\n" for row in rows))
    assert path.stat().st_size > 1 << 21
    args = ["tmpl", "-e", "$id: $a|$b", "--each", str(path), "--header", "H", "--footer", "F"]
    expected = "H\n" + "".join(f"{n}: {a}|{b}\n" for n, a, b in rows) + "F\n"
    for jobs in ("1", "2", "5"):
        assert run(*args, "-j", jobs) == (0, expected.encode(), ""), jobs
    assert run(*args, "-j", "2", "-o", "out") == (0, b"", "")
    assert (tmp_path / "out").read_bytes() == expected.encode()
    with open(path, "a") as file:
        file.write('{"id": 1}\n' if form == "jsonl" else "1\n")
    result = run(*args, "-j", "2")
    assert result.code == (1 if form == "jsonl" else 2)
    assert f"r.{form}, from byte " in result.err
    assert result.err.count("\n") == (2 if form == "jsonl" else 1)
    missing = run("tmpl", "-e", "$none", "--each", str(path), "-j", "2")
    assert missing.code == (2 if form != "jsonl" else 1) or "no value for 'none'" in missing.err


def test_a_quote_that_misleads_is_told_and_never_makes_other_rows(run: Run, tmp_path: Path) -> None:
    lines = ["a,b\n", '5" pipe,x\n', *['1,"two\nlines"\n'] * 400_000]
    (tmp_path / "r.csv").write_text("".join(lines))
    alone = run("tmpl", "-e", "$a|$b", "--each", "r.csv")
    assert alone == (0, ('5" pipe|x\n' + "1|two\nlines\n" * 400_000).encode(), "")
    shared = run("tmpl", "-e", "$a|$b", "--each", "r.csv", "-j", "2")
    assert shared == alone or (shared.code == 2 and "without --jobs it is read row by row" in shared.err)


def test_policies_of_rows() -> None:
    only = Policy("error", "keep", lambda place: place.name == "a")
    renderer = RowRenderer(Syntax(), "$a $b $$", Values([]), only)
    assert renderer.texts(Batch(1, [{"a": 1, "b": 2}])) == ["1 $b $$"]


def test_files_are_named_by_their_records(run: Run, tmp_path: Path) -> None:
    args = ["tmpl", "-e", "$id is $name", "--each", "-", "-o", "out/$kind/$id.txt"]
    rows = "id,name,kind\n1,one,a\n2,two,b\n3,three,a\n"
    assert run(*args, "-n", stdin=rows) == (0, b"out/a/1.txt\nout/b/2.txt\nout/a/3.txt\n", "")
    assert not (tmp_path / "out").exists()
    assert run(*args, "-v", stdin=rows) == (0, b"", "stdtools tmpl: 3 files written, 0 as they were\n")
    assert (tmp_path / "out/a/3.txt").read_text() == "3 is three\n"
    assert sorted(os.listdir(tmp_path / "out")) == ["a", "b"]
    os.chmod(tmp_path / "out/b/2.txt", 0o600)
    changed = rows.replace("two", "zwei")
    inode = (tmp_path / "out/a/1.txt").stat().st_ino
    assert run(*args, "-n", stdin=changed) == (0, b"out/b/2.txt\n", "")
    assert run(*args, stdin=changed) == (0, b"", "")
    assert (tmp_path / "out/b/2.txt").read_text() == "2 is zwei\n"
    assert (tmp_path / "out/b/2.txt").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "out/a/1.txt").stat().st_ino == inode


def test_what_is_for_one_output_is_refused_where_each_record_has_a_file(run: Run, tmp_path: Path) -> None:
    args = ["tmpl", "-e", "$n", "--each", "-", "-o"]
    for option in ("--header", "--footer", "--separator", "--jobs"):
        message = f"{option} needs one output, not one for each record; see 'stdtools tmpl --help'"
        assert run(*args, "out/$n", option, "2", stdin="n\n1\n") == (2, b"", f"stdtools tmpl: {message}\n")
    assert os.listdir(tmp_path) == []
    assert run(*args, "out/$n", stdin="n\n1\n", env={"STDTOOLS_TMPL_JOBS": "2"}) == (0, b"", "")
    assert run(*args, "out/all", "--header", "H", "-j", "2", stdin="n\n1\n") == (0, b"", "")
    assert (tmp_path / "out/all").read_text() == "H\n1\n"


@pytest.mark.parametrize(
    "name",
    ["../x", "a/../../x", "..", ".", "", "/", "a/", "x/.", "/etc/passwd", ".stdtools-tmpl-0.tmp/0", "a\0b", "x" * 300],
)
def test_no_path_leaves_the_directory(run: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / "keep").mkdir()
    rows = json.dumps({"name": "fine"}) + "\n" + json.dumps({"name": name}) + "\n"
    result = run("tmpl", "-e", "$name", "--each", "-", "-o", "keep/$name", stdin=rows)
    assert (result.code, result.out) == (2, b"")
    assert result.err.count("\n") == 1
    assert os.listdir(tmp_path / "keep") == []
    assert os.listdir(tmp_path) == ["keep"]


def test_no_link_leads_out_of_the_directory(run: Run, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/file").write_text("as it was")
    (tmp_path / "in").mkdir()
    (tmp_path / "in/dir").symlink_to("../outside")
    (tmp_path / "in/link").symlink_to("../outside/file")
    for name in ("dir/file", "dir/new", "link"):
        result = run("tmpl", "-e", "new", "--each", "-", "-o", "in/$name", stdin=f"name\n{name}\n")
        assert result == (2, b"", f"stdtools tmpl: record 1: 'in/{name}' is by a link outside of in/\n")
    assert (tmp_path / "outside/file").read_text() == "as it was"
    assert os.listdir(tmp_path / "outside") == ["file"]


def test_no_two_records_are_one_file(run: Run, tmp_path: Path) -> None:
    for names in (["a", "b", "a"], ["d/x", "b", "d//x"], ["d/x", "b", "d/./x"]):
        rows = "name\n" + "\n".join(names) + "\n"
        result = run("tmpl", "-e", "x", "--each", "-", "-o", "out/$name", stdin=rows)
        assert result == (2, b"", f"stdtools tmpl: record 3: its file 'out/{names[2]}' is that of record 1 too\n")
        assert os.listdir(tmp_path) == []


def test_all_files_or_none(run: Run, tmp_path: Path) -> None:
    """A directory in the place of the last file, a file in the place of a directory: all is as it was."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out/1").write_text("old")
    for name in ("1/x", "2/y"):
        result = run("tmpl", "-e", "new", "--each", "-", "-o", "out/$name", stdin=f"name\n1\n2\n{name}\n")
        assert (result.code, result.out) == (2, b"")
        assert result.err.count("\n") == 1
        assert (tmp_path / "out/1").read_text() == "old"
        assert os.listdir(tmp_path / "out") == ["1"]
    os.link(tmp_path / "out/1", tmp_path / "out/linked")
    assert run("tmpl", "-e", "new", "--each", "-", "-o", "out/$name", stdin="name\n0\n1\n").code == 2
    assert sorted(os.listdir(tmp_path / "out")) == ["1", "linked"]


def test_killed_at_any_moment_each_file_is_old_or_new_and_the_next_run_tidies_up(run: Run, tmp_path: Path) -> None:
    rows = "name\n" + "".join(f"{n}\n" for n in range(300))
    (tmp_path / "r.csv").write_text(rows)
    args = ["tmpl", "--each", "r.csv", "-o", "out/$name", "-e"]
    assert run(*args, "old $name").code == 0
    for number, delay in [(signal.SIGKILL, 0.1 + step / 25) for step in range(12)] + [(signal.SIGTERM, 0.2)]:
        if number == signal.SIGTERM:
            assert run(*args, "old $name").code == 0  # which removes what the last kill has left
        process = subprocess.Popen([COMMAND, *args, "new $name"], cwd=tmp_path, stderr=subprocess.PIPE)
        time.sleep(delay)
        process.send_signal(number)
        process.communicate()
        names = [name for name in os.listdir(tmp_path / "out") if not name.startswith(".")]
        assert len(names) == 300
        for name in names:
            assert (tmp_path / "out" / name).read_text() in (f"old {name}\n", f"new {name}\n")
        if number == signal.SIGTERM:
            assert not [name for name in os.listdir(tmp_path / "out") if name.startswith(".")]
    assert run(*args, "newest $name").code == 0
    assert sorted(os.listdir(tmp_path / "out"), key=int) == [str(n) for n in range(300)]


def test_what_a_killed_run_has_left_goes_also_when_no_file_changes(run: Run, tmp_path: Path) -> None:
    args = ["tmpl", "-e", "$n", "--each", "-", "-o", "out/$n"]
    assert run(*args, stdin="n\n1\n").code == 0
    for slot in (0, 2):
        (tmp_path / f"out/.stdtools-tmpl-{slot}.tmp").mkdir()
        (tmp_path / f"out/.stdtools-tmpl-{slot}.tmp/0").write_text("new")
    assert run(*args, "-n", stdin="n\n1\n").code == 0
    assert len(os.listdir(tmp_path / "out")) == 3
    assert run(*args, stdin="n\n1\n").code == 0
    assert os.listdir(tmp_path / "out") == ["1"]


def test_a_sweeper_that_is_faster_takes_nothing_from_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new directory is swept before it is locked: twice it has gone, once there is already that of another run."""
    stages = [tmp_path / f".stdtools-tmpl-{slot}.tmp" for slot in range(4)]
    make_directory = os.mkdir

    def make_and_lose(path: str, mode: int) -> None:
        make_directory(path, mode)
        if path in [str(stage) for stage in stages[:3]]:
            os.rmdir(path)
        if path == str(stages[2]):
            other.append(os.open(tmp_path, os.O_RDONLY))  # so that the inode is another one
            make_directory(path, mode)
            other.append(os.open(path, os.O_RDONLY))
            assert lock_at_once(other[-1])

    other: list[int] = []
    with FileSet(f"{tmp_path}/", dry=False) as files:
        monkeypatch.setattr(os, "mkdir", make_and_lose)
        files.add(f"{tmp_path}/a", b"1", 1)
        monkeypatch.undo()
        assert [stage.exists() for stage in stages] == [False, False, True, True]
        files.commit()
    assert sorted(os.listdir(tmp_path)) == [stages[2].name, "a"]
    for fd in other:
        os.close(fd)


def test_each_file_is_checked_when_its_format_is_known(run: Run, tmp_path: Path) -> None:
    args = ["tmpl", "-e", '{"a": $a}', "--each", "-", "-o", "$n.json", "--escape", "auto"]
    result = run(*args, stdin="n,a\nx,1\ny,\n")
    assert result == (2, b"", "stdtools tmpl: -e: record 2: the output is not JSON: expecting value in line 1\n")
    assert os.listdir(tmp_path) == []
    assert run(*args, stdin="n,a\nx,1\ny,2\n").code == 0


def test_one_file_for_all_records(run: Run, tmp_path: Path) -> None:
    args = ["tmpl", "-e", "$a", "--each", "-", "-o", "all.txt", "--header", "h"]
    assert run(*args, "-n", stdin="a\n1\n2\n") == (0, b"all.txt\n", "")
    assert run(*args, stdin="a\n1\n2\n") == (0, b"", "")
    assert (tmp_path / "all.txt").read_text() == "h\n1\n2\n"
    assert run(*args, "-n", stdin="a\n1\n2\n") == (0, b"", "")


def test_a_terminal_is_safe_from_names_and_values(tmp_path: Path) -> None:
    (tmp_path / "r.jsonl").write_text(json.dumps({"a": "\x1b[31m"}) + "\n")
    assert on_terminal(["tmpl", "-e", "$a", "--each", "r.jsonl"], tmp_path) == "\\x1b[31m\n"
    assert on_terminal(["tmpl", "-e", "$a", "--each", "r.jsonl", "-o", "$a", "-n"], tmp_path) == "\\x1b[31m\n"
