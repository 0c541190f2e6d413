"""par --py: an expression over lines, by several processes."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from stdtools.par.blocks import Block, halves
from tests.conftest import COMMAND, Run
from tests.par.test_jobs_hostile import mark, marked, until

pytestmark = pytest.mark.process
__all__ = ["mark"]
SEE_HELP = "; see 'stdtools par --help'\n"


@pytest.mark.parametrize(
    ("args", "stdin", "out"),
    [
        (["line.upper()"], "a\nb", "A\nB\n"),
        (["line.split(',')[1].upper()"], "1,x,\n2,y,\n", "X\nY\n"),
        (["n, line"], "a\nb\n", '[1, "a"]\n[2, "b"]\n'),
        (["len(line)"], "a\n\nccc\n", "1\n0\n3\n"),
        (["line if n % 2 else None"], "a\nb\nc\n", "a\nc\n"),
        (["None"], "a\n", ""),
        (["line"], "", ""),
        (["line"], "\n", "\n"),
        (["re.sub('[aeiou]', '', line)"], "banana\n", "bnn\n"),
        (["math.sqrt(float(line))"], "4\n2.25\n", "2.0\n1.5\n"),
        (["line == 'a'"], "a\nb\n", "true\nfalse\n"),
        (["{line: {2, 1}}"], "é\n", '{"é": [1, 2]}\n'),
        (["line.encode()"], "é\n", "é\n"),
        (["line", "--jsonl"], 'a"\n', '"a\\""\n'),
        (["json['a']['b']", "--json-in"], '{"a": {"b": 3}}\n{"a": {"b": "x"}}\n', "3\nx\n"),
        (["line", "--filter", "line > 'b'"], "a\nb\nc\n", "c\n"),
        (["n", "--filter", "line > 'b'"], "a\nb\nc\nd\n", "3\n4\n"),
        (["base64.b64encode(line.encode())", "--import", "base64"], "a\n", "YQ==\n"),
        (["path.basename(line)", "--import", "os.path"], "a/b\n", "b\n"),
        (["os.sep + sys.prefix[:0]", "--import", "os, sys"], "a\n", "/\n"),
        (["double(line)", "--init", "def double(text): return text * k\nk = 2"], "ab\n", "abab\n"),
        (["print(line)"], "a\nb\n", "a\nb\n"),
        (["float('nan')"], "a\n", '{"$float": "NaN"}\n'),
        (["line\n  + 'x'"], "a\n", "ax\n"),
        (["line", "-0"], "a\nb\0c\0", "a\nb\0c\0"),
    ],
)
@pytest.mark.parametrize("jobs", ["1", "3"])
def test_expressions(run: Run, args: list[str], stdin: str, out: str, jobs: str) -> None:
    assert run("par", "-j", jobs, "--py", *args, stdin=stdin) == (0, out.encode(), "")


def test_a_function_and_items_behind_colons(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("class A:\n    def f(line): return line * 2\ndef g(line): return line[0]\n")
    assert run("par", "--call", "mine:g", ":::", "ab", "cd") == (0, b"a\nc\n", "")
    assert run("par", "--call", "mine:A.f", ":::", "ab") == (0, b"abab\n", "")
    (tmp_path / "json.py").write_text("raise SystemExit('not the json of the library')")
    assert run("par", "--py", "json", "--json-in", ":::", "[1]") == (0, b"[1]\n", "")


def test_a_line_that_was_to_be_read_as_json_is_told_how(run: Run) -> None:
    assert "name 'json' is not defined; --json-in has it; " in run("par", "--py", "json[0]", ":::", "[1]").err


def test_bytes_go_through_untouched(run: Run) -> None:
    data = bytes(code for code in range(256) if code != 10) + b"\r\n\xff\n\xc3\n"
    assert run("par", "--py", "line", stdin=data) == (0, data, "")


def test_order_and_numbers_of_many_lines(run: Run, tmp_path: Path) -> None:
    lines = "".join(f"{number} {'x' * (number % 100)}\n" for number in range(1, 50_001))
    (tmp_path / "f").write_text(lines)
    for args, stdin in ((["-a", "f"], ""), ([], lines)):
        assert run("par", "-j3", *args, "--py", "line", stdin=stdin).text == lines
        assert (
            run("par", "-j3", *args, "--py", "str(n) == line.split()[0] or line", stdin=stdin).text == "true\n" * 50_000
        )
        found = run("par", "-j3", "--unordered", *args, "--py", "line", stdin=stdin).text
        assert Counter(found.splitlines()) == Counter(lines.splitlines())


def test_a_few_lines_that_take_long_are_shared(run: Run) -> None:
    result = run("par", "-j4", "--import", "os,time", "--py", "time.sleep(0.05) or os.getpid()", stdin="x\n" * 40)
    assert len(set(result.text.split())) == 4


def test_the_first_line_comes_out_before_the_second_goes_in() -> None:
    command = [COMMAND, "par", "-j2", "--py", "line * 2"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for line in (b"a\n", b"b\n"):
            process.stdin.write(line)
            process.stdin.flush()
            assert process.stdout.readline() == line[:1] * 2 + b"\n"
        process.stdin.close()
    assert process.returncode == 0


def test_an_error_names_item_and_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("1\n2\nx\n4\n")
    message = "item 3 (x): ValueError: invalid literal for int() with base 10: 'x'"
    result = run("par", "-a", "f", "--py", "int(line)")
    assert result == (2, b"1\n2\n", f"stdtools par: {message}; --on-error skip would go on\n")
    result = run("par", "-a", "f", "--py", "(line,\n  int(line)\n)[1]", "--on-error", "skip")
    assert result == (2, b"1\n2\n4\n", f"stdtools par: {message}; line 2 of the expression: int(line)\n")
    result = run("par", "-j2", "-a", "f", "--py", "int(line)", "--on-error", "keep", stdin="")
    assert result == (2, b"1\n2\nx\n4\n", f"stdtools par: {message}\n")


def test_only_lines_of_the_expression_are_to_blame(run: Run) -> None:
    told = "ZeroDivisionError: division by zero"
    for args in (["--filter", "int(line) / 0", "--py"], ["--init", "def f(): 1 / 0", "--filter", "f()", "--py"]):
        result = run("par", *args, "(\nline\n)", ":::", "1")
        assert result == (2, b"", f"stdtools par: item 1 (1): {told}; --on-error skip would go on\n")
    result = run("par", "--json-in", "--py", "(\njson\n)", ":::", "{")
    assert "line 1 column 2 (char 1); --on-error" in result.err
    result = run("par", "--map", "(\n\n\n5\n)", "--reduce", "sum", ":::", "1")
    told = "TypeError: 5 is not a pair of a key and a value, nor a list of them"
    assert result == (2, b"", f"stdtools par: item 1 (1): {told}; --on-error skip would go on\n")
    result = run("par", "--map", "[\n(line,\n1 / 0)\nfor _ in [1]]", "--reduce", "sum", ":::", "1")
    assert "ZeroDivisionError: division by zero; line 3 of the expression: 1 / 0); --on-error" in result.err


@pytest.mark.parametrize(
    "result",
    [
        '"\\ud800"',
        '{1, "a"}',
        "10**5000",
        "(1 / 0 for _ in [1])",
        "Bad()",
        "sys.exit('bye')",
        "[l.append(l) for l in [[]]] and x",
    ],
)
def test_a_result_that_is_no_text_is_its_item_s_failure(run: Run, result: str) -> None:
    init = "import sys\nclass Bad:\n  def __str__(self): raise ValueError('no')\nx = []\nx.append(x)"
    args = [
        "--init",
        init,
        "--on-error",
        "skip",
        "--filter",
        "line != '3'",
        "--py",
        f"{result} if line == '500' else line",
    ]
    found = run("par", "-j2", *args, stdin="".join(f"{number}\n" for number in range(1, 1001)))
    assert (found.code, found.text.split()) == (2, [str(number) for number in range(1, 1001) if number not in (3, 500)])
    assert found.err.startswith("stdtools par: item 500 (500): ")
    assert found.err.count("\n") == 1


def test_a_very_long_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"x" * 60_000_000 + b"\nshort\n")
    assert run("par", "-a", "f", "--py", "len(line)").text == "60000000\n5\n"


def test_what_the_workers_opened_is_closed(run: Run, tmp_path: Path) -> None:
    assert (
        run("par", "-j2", "--init", "f = open('kept', 'a')", "--py", "f.write(line) and None", ":::", "a", "b").code
        == 0
    )
    assert sorted((tmp_path / "kept").read_text()) == ["a", "b"]


CHILD = "subprocess.run(['cat'], stdout=-1).stdout.decode()"  # reads all there is, as ssh does


def test_what_an_expression_starts_takes_no_lines() -> None:
    command = [COMMAND, "par", "-j1", "--import", "subprocess", "--py", f"line + {CHILD}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        for line in (b"1\n", b"2\n", b"3\n", b"4\n"):
            process.stdin.write(line)
            process.stdin.flush()
            time.sleep(0.1)  # a child is started while there will be more
        assert process.communicate()[0] == b"1\n2\n3\n4\n"
    assert process.returncode == 0


@pytest.mark.parametrize(
    "args", [["--py", f"line, {CHILD}", "--jsonl"], ["--map", f"(line, {CHILD})", "--reduce", "min", "--jsonl"]]
)
def test_what_an_expression_starts_does_not_read_our_file(run: Run, tmp_path: Path, args: list[str]) -> None:
    (tmp_path / "f").write_text("1\n2\n")
    with open(tmp_path / "f", "rb") as file:
        result = run("par", "-j1", "--import", "subprocess", *args, stdin_file=file)
    found = list(map(json.loads, result.out.splitlines()))
    assert [list(each.values()) if isinstance(each, dict) else each for each in found] == [["1", ""], ["2", ""]]


def test_a_child_of_an_expression_says_nothing(run: Run) -> None:
    init = (
        "import os, time\ndef f(line):\n  if os.fork() == 0:\n    time.sleep(0.01)\n    return 'CHILD'\n  return line"
    )
    result = run("par", "-j2", "--init", init, "--py", "f(line)", stdin="".join(f"{n}\n" for n in range(50)))
    assert result.text.split() == [str(number) for number in range(50)]


@pytest.mark.parametrize("args", [["--py"], ["--map", "(time.sleep(0.00002) or 'k', 1)", "--reduce", "count"]])
def test_a_file_that_becomes_shorter_is_an_error(run: Run, tmp_path: Path, args: list[str]) -> None:
    (tmp_path / "f").write_text("a line\n" * 100_000)
    cut = "open('cut', 'x').close() or os.truncate('f', 1000) if not os.path.exists('cut') else None"
    setup = ["-j", "1", "-a", "f", "--import", "os,time", "--init", cut]
    if args == ["--py"]:
        args = ["--py", "time.sleep(0.00002) or line"]
    result = run("par", *setup, *args)
    assert (result.code, result.err) == (2, "stdtools par: the file became shorter while it was read\n")


def test_a_file_on_standard_input_is_read_to_its_end(run: Run, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("a\nb\n")
    with open(tmp_path / "f", "rb") as file:
        command = [sys.executable, "-m", "stdtools", "par", "--py", "line"]
        subprocess.run(command, stdin=file, check=True, stdout=subprocess.DEVNULL)
        assert os.lseek(file.fileno(), 0, os.SEEK_CUR) == 4


@pytest.mark.parametrize(
    ("args", "out", "message"),
    [
        (["--py", "{1, 'a'}", "--on-error", "keep", "--jsonl"], b'"a"\n', "TypeError: "),
        (["--py", "exit_()", "--init", "def exit_(): raise GeneratorExit('x')"], b"", "GeneratorExit: x; "),
        (["--py", "{1: 'a', '1': 'b'}"], b"", "ValueError: keys of a dict are different here"),
        (["--py", "{None: 1, True: 2, 1.5: 3}"], b'{"null": 1, "true": 2, "1.5": 3}\n', ""),
        (["--py", "setattr(sys, 'stdout', sys.stderr) or 1", "--import", "sys"], b"1\n", ""),
        (["--py", "sys.stdout.close() or 1", "--import", "sys"], b"1\n", ""),
    ],
)
def test_odd_ways_of_an_expression(run: Run, args: list[str], out: bytes, message: str) -> None:
    result = run("par", *args, stdin="a\n")
    assert (result.code, result.out) == (2 if message else 0, out)
    assert result.err.startswith(f"stdtools par: item 1 (a): {message}" if message else "")


def test_what_is_printed_keeps_its_bytes(run: Run) -> None:
    assert run("par", "--py", "print(line) or 1", stdin=b"a\xff\n").out == b"a\xff\n1\n"


def test_many_errors_are_counted(run: Run) -> None:
    result = run("par", "--py", "1 / 0", "--on-error", "skip", stdin="x\n" * 1000)
    assert (result.code, result.out) == (2, b"")
    assert result.err.count("ZeroDivisionError: division by zero") == 20
    assert result.err.endswith("stdtools par: 1000 items failed in all\n")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--py", "line +"], "invalid value for --py: invalid syntax at its end"),
        (["--py", "x = 1"], "invalid value for --py: invalid syntax at line 1, column 3"),
        (["--py", "line", "gzip"], "--py takes the place of a command; 'gzip' would be one"),
        (["--py", ""], "invalid value for --py: it is empty"),
        (["--py", "yield line"], "invalid value for --py: yield and await are for functions; give them one by --init"),
        (["--py", "line", "--filter", "a b"], "invalid value for --filter: invalid syntax at line 1, column 3"),
        (["--py", "line", "--init", "a b"], "invalid value for --init: invalid syntax at line 1, column 3"),
        (["--call", "os"], "invalid value for --call: 'os' is not MODULE:FUNCTION"),
        (["--py", "line", "--tag"], "--tag has no meaning with --py"),
        (["--filter", "line", "x"], "--filter needs --py"),
        (["--py", "line", "--filter", ""], "invalid value for --filter: it is empty"),
        (["--py", "line", "--filter", " "], "invalid value for --filter: it is empty"),
        (
            ["--py", "line", "--init", "1" + "+1" * 9999],
            "invalid value for --init: maximum recursion depth exceeded during compilation",
        ),
        (["--py", "line", "--call", "a:b"], "--call has no meaning with --py"),
        (["--py", "line", "--line-buffer"], "--line-buffer has no meaning with --py"),
    ],
)
def test_what_is_refused(run: Run, args: list[str], message: str) -> None:
    assert run("par", *args) == (2, b"", f"stdtools par: {message}{SEE_HELP}")


def test_what_workers_cannot_start_with_is_told_once(run: Run) -> None:
    result = run("par", "-j3", "--import", "nosuch", "--py", "line", stdin="a\n")
    assert result == (2, b"", "stdtools par: ModuleNotFoundError: No module named 'nosuch'\n")
    result = run("par", "--init", "1 / 0", "--py", "line", stdin="a\n")
    assert result == (2, b"", "stdtools par: ZeroDivisionError: division by zero\n")
    result = run("par", "--call", "math:nosuch", stdin="a\n")
    assert result.err == "stdtools par: AttributeError: module 'math' has no attribute 'nosuch'\n"


POISON = "import os, signal\ndef f(line):\n  if line == '77':\n    os.write(2, b'bad one')\n    os.kill(os.getpid(), signal.SIGSEGV)\n  return line"  # noqa: E501


def test_the_item_that_kills_its_worker_is_found(run: Run, tmp_path: Path) -> None:
    lines = [str(number) for number in range(1, 201)]
    args = ["par", "-j2", "--init", POISON, "--dead-letter", "dead", "--py", "f(line)"]
    result = run(*args, stdin="\n".join(lines) + "\n")
    assert result.code == 2
    assert result.text.split() == [line for line in lines if line != "77"]
    assert result.err.endswith("stdtools par: item 77 (77): its worker was killed by SIGSEGV, twice\n")
    assert json.loads((tmp_path / "dead").read_text()) == {
        "item": 77, "line": "77", "signal": signal.SIGSEGV, "exit": None, "stderr": "bad one"
    }  # fmt: skip


def test_a_dead_letter_can_be_read_back(run: Run, tmp_path: Path) -> None:
    args = ["par", "-j1", "--import", "os", "--dead-letter", "dead", "--py", "os._exit(3)"]
    assert run(*args, stdin=b"\\xff\n\xff\n").code == 2
    lines = [json.loads(line)["line"] for line in (tmp_path / "dead").read_text().splitlines()]
    assert lines == ["\\xff", {"$base64": True, "encoded": "/w=="}]


@pytest.mark.parametrize(
    ("block", "parts"),
    [
        (Block(1, b"a\nb\nc\n", region=7), [Block(1, b"a\nb\n", region=7), Block(3, b"c\n")]),
        (Block(1, offset=2, size=4, region=7), [Block(1, offset=2, size=2, region=7), Block(2, offset=4, size=2)]),
        (Block(1, b"a\n", region=7), [Block(1, b"a\n", region=7)]),
    ],
)
def test_the_region_of_a_block_stays_with_one_of_its_parts(tmp_path: Path, block: Block, parts: list[Block]) -> None:
    (tmp_path / "f").write_bytes(b"x\na\nb\n")
    with open(tmp_path / "f", "rb") as file:
        assert halves(file.fileno(), b"\n")(block) == parts


def test_workers_end_with_ctrl_c_and_with_par(tmp_path: Path, mark: str) -> None:
    for number, code in ((signal.SIGINT, -2), (signal.SIGTERM, -15), (signal.SIGKILL, -9)):
        process = subprocess.Popen(
            [COMMAND, "par", "-j3", "--import", "time", "--py", "open(line, 'w') and time.sleep(100)"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path,
        )  # fmt: skip
        assert process.stdin is not None
        process.stdin.write(b"a\nb\nc\n")
        process.stdin.flush()
        until((tmp_path / "a").exists)
        process.send_signal(number)
        _, err = process.communicate()
        assert (process.returncode, err) == (code, b"")
        until(lambda: not marked(mark), 10)


@pytest.mark.soak
def test_random_kills_of_workers_lose_nothing(tmp_path: Path, mark: str) -> None:
    draw = random.Random(3)
    lines = [str(number) for number in range(20_000)]
    (tmp_path / "f").write_text("\n".join(lines) + "\n")
    kills = 0
    while kills < 100:
        command = [COMMAND, "par", "-j3", "-a", "f", "--import", "time", "--py", "time.sleep(0.0002) or line"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=tmp_path) as process:
            for _ in range(10):
                time.sleep(draw.random() / 5)
                workers = [pid for pid in marked(mark) if pid != process.pid]
                if workers and process.poll() is None:
                    os.kill(draw.choice(workers), signal.SIGKILL)
                    kills += 1
            assert process.stdout is not None
            assert process.stdout.read().decode().split() == lines, kills
        assert process.returncode == 0


@pytest.mark.soak
def test_random_interrupts_and_kills_of_par_leave_no_worker(tmp_path: Path, mark: str) -> None:
    draw = random.Random(4)
    (tmp_path / "f").write_text("".join(f"{number}\n" for number in range(100_000)))
    ways = (["--py", "time.sleep(0.001) or line"], ["--map", "time.sleep(0.0001) or (line, 1)", "--reduce", "sum"])
    for number in range(60):
        command = [COMMAND, "par", "-j3", "-a", "f", "--import", "time", *ways[number % 2]]
        ending = signal.SIGINT if number < 30 else signal.SIGKILL
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path) as process:
            time.sleep(draw.random())
            process.send_signal(ending)
            out, err = process.communicate()
        assert (process.returncode, err) == (-ending, b"")
        lines = out.decode().split()
        assert lines == [str(line) for line in range(len(lines))] or ending == signal.SIGKILL
        until(lambda: not marked(mark), 10)
