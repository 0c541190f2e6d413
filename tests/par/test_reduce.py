"""par --map and --reduce: values brought together by their keys, the same however they are spread."""

import json
import random
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from tests.conftest import Run

pytestmark = [pytest.mark.process, pytest.mark.once]
SEE_HELP = "; see 'stdtools par --help'\n"
WORDS = "b a\nc a\n\na\n"


@pytest.mark.parametrize(
    ("args", "stdin", "out"),
    [
        (["--map", "line.split()", "--reduce", "count"], WORDS, "a\t3\nb\t1\nc\t1\n"),
        (["--map", "line", "--reduce", "count"], "the\ncat\nthe\n", "cat\t1\nthe\t2\n"),
        (["--map", "('ab', 1) if line == 'x' else ['ab']", "--reduce", "count"], "x\ny\n" * 9, "ab\t18\n"),
        (["--map", "('k', {2, 1})", "--reduce", "a | b"], "x\ny\n", "k\t[1, 2]\n"),
        (["--map", "[(w, 1) for w in line.split()]", "--reduce", "sum"], WORDS, "a\t3\nb\t1\nc\t1\n"),
        (["--map", "((w, n) for w in line.split())", "--reduce", "list"], WORDS, "a\t[1, 2, 4]\nb\t[1]\nc\t[2]\n"),
        (["--map", "(line[:1], len(line)) if line else None", "--reduce", "max"], WORDS, "a\t1\nb\t3\nc\t3\n"),
        (["--map", "(len(line) % 2, line)", "--reduce", "min"], "b\na\ncc\n", "0\tcc\n1\ta\n"),
        (["--map", "('', float(line))", "--reduce", "sum"], "1e100\n1\n-1e100\n", "\t1.0\n"),
        (["--map", "('m', int(line))", "--reduce", "mean"], "1\n2\n", "m\t1.5\n"),
        (["--map", "('t', int(line))", "--reduce", "top:2"], "1\n3\n2\n", "t\t[3, 2]\n"),
        (["--map", "('s', line)", "--reduce", "set"], "b\na\nb\n", 's\t["a", "b"]\n'),
        (["--map", "('p', int(line))", "--reduce", "a * b"], "2\n3\n7\n", "p\t42\n"),
        (["--map", "(json['k'], json['v'])", "--reduce", "sum", "--json-in"], '{"k": "x", "v": 2}\n' * 2, "x\t4\n"),
        (["--map", "((line, 1), 1)", "--reduce", "sum", "--jsonl"], "a\n", '{"key": ["a", 1], "value": 1}\n'),
        (["--map", "(line, 1)", "--reduce", "sum"], "", ""),
        (["--map", "(line, 1)", "--reduce", "sum", "--filter", "line != 'a'"], "a\nb\n", "b\t1\n"),
    ],
)
@pytest.mark.parametrize("jobs", ["1", "3"])
def test_maps_and_reductions(run: Run, args: list[str], stdin: str, out: str, jobs: str) -> None:
    assert run("par", "-j", jobs, *args, stdin=stdin) == (0, out.encode(), "")


def test_the_same_from_a_file_a_pipe_and_by_any_number_of_workers(run: Run, tmp_path: Path) -> None:
    draw = random.Random(5)
    rows = [
        (f"k{draw.randrange(3000)}", draw.choice([draw.random() * 1e9, draw.randrange(10**6)])) for _ in range(60_000)
    ]
    (tmp_path / "f").write_text("".join(f"{key} {value}\n" for key, value in rows))
    sums: defaultdict[str, list[float]] = defaultdict(list)
    for key, value in rows:
        sums[key].append(value)
    args = ["--map", "(lambda key, value: (key, float(value) if '.' in value else int(value)))(*line.split())"]
    for how, naive in (("list", list), ("max", max), ("count", len)):
        expected = "".join(f"{key}\t{json.dumps(naive(sums[key]))}\n" for key in sorted(sums))  # type: ignore[operator]
        outs = {
            run("par", "-j", jobs, *source, "--memory", memory, *args, "--reduce", how, stdin=stdin).out
            for jobs, memory in (("1", "128M"), ("3", "100k"))
            for source, stdin in ((["-a", "f"], b""), ([], (tmp_path / "f").read_bytes()))
        }
        assert outs == {expected.encode()}, how
    floats = {run("par", "-j", jobs, "-a", "f", *args, "--reduce", "sum").out for jobs in ("1", "2", "4")}
    assert len(floats) == 1


def test_an_error_names_the_item(run: Run, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("1\n2\nx\n4\n")
    message = "item 3 (x): ValueError: invalid literal for int() with base 10: 'x'"
    result = run("par", "-a", "f", "--map", "('k', int(line))", "--reduce", "sum")
    assert result == (2, b"", f"stdtools par: {message}; --on-error skip would go on\n")
    result = run("par", "-a", "f", "--map", "('k', int(line))", "--reduce", "sum", "--on-error", "skip")
    assert result == (2, b"k\t7\n", f"stdtools par: {message}\n")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--map", "line"], "--map and --reduce need each other" + SEE_HELP),
        (["--reduce", "sum", "x"], "--reduce needs --map" + SEE_HELP),
        (["--map", "line", "--reduce", "top:0"], "invalid value for --reduce: top:0 does not say how many; top:10 keeps the ten greatest" + SEE_HELP),  # noqa: E501
        (["--map", "line", "--reduce", "a +"], "invalid value for --reduce: invalid syntax at its end; it is one of"),
        (["--map", "5", "--reduce", "sum"], "item 1 (x): TypeError: 5 is not a pair of a key and a value, nor a list of them; --on-error skip would go on\n"),  # noqa: E501
        (["--map", "[5]", "--reduce", "sum"], "item 1 (x): 5 is not a pair of a key and a value\n"),
        (["--map", "('k', line)", "--reduce", "sum"], "item 1 (x): key 'k': 'x' is not a number\n"),
        (["--map", "('k', 10 ** 5000)", "--reduce", "sum"], "key 'k': Exceeds the limit (4300 digits) for integer string"),  # noqa: E501
        (["--map", "('k', {1: 2, '1': 3})", "--reduce", "list"], "key 'k': keys of a dict are different here and the same in JSON\n"),  # noqa: E501
        (["--map", "('k', {frozenset('a')})", "--reduce", "list"], "key 'k': frozenset has no place in the order\n"),
        (["--map", "[('a', 1), 'zz']", "--reduce", "list"], "item 1 (x): 'zz' is not a pair of a key and a value\n"),
        (["--map", "[('a', 1, 2), ('d',)]", "--reduce", "count"], "item 1 (x): ('a', 1, 2) is not a pair of a key and a value\n"),  # noqa: E501
        (["--import", "nosuch", "--map", "(line, 1)", "--reduce", "a + b"], "ModuleNotFoundError: No module named 'nosuch'\n"),  # noqa: E501
        (["--map", "line", "--reduce", " "], "invalid value for --reduce: it is empty; it is one of"),
    ],
)  # fmt: skip
def test_what_is_refused(run: Run, args: list[str], message: str) -> None:
    result = run("par", *args, stdin="x\n")
    assert (result.code, result.out) == (2, b"")
    assert result.err.startswith(f"stdtools par: {message}")


@pytest.mark.parametrize("depth", [1500, 2500, 20_000])
def test_an_expression_too_deep_for_python_is_no_bug_of_ours(run: Run, depth: int) -> None:
    result = run("par", "--map", "None", "--reduce", "a + b" + " + 1" * depth, ":::", "a")
    assert result.code in (0, 2)
    assert "internal error" not in result.err


def test_a_worker_that_dies_loses_nothing(run: Run, tmp_path: Path) -> None:
    """Each worker dies once, of a mark that is there only once; the item is not to blame."""
    lines = [f"w{number % 50}" for number in range(30_000)]
    (tmp_path / "f").write_text("\n".join(lines))
    init = (
        "import os, signal\n"
        "def f(line):\n"
        "  try:\n"
        "    os.mkdir('died-' + line)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "  except FileExistsError:\n"
        "    return line, 1\n"
    )
    result = run("par", "-j2", "-a", "f", "--init", init, "--map", "f(line)", "--reduce", "sum")
    assert (result.code, result.err) == (0, "")
    assert dict(line.split("\t") for line in result.text.splitlines()) == {
        key: str(count) for key, count in Counter(lines).items()
    }


def test_a_line_that_raises_leaves_nothing(run: Run) -> None:
    init = "def g(line):\n  for w in line.split():\n    1 / int(w != '0')\n    yield w, 1"
    for how in ("g(line)", "((w, 1 / int(w != '0')) for w in line.split())"):
        args = ["--init", init, "--map", how, "--reduce", "count", "--on-error", "skip"]
        assert run("par", *args, stdin="d e 0\na\n").out == b"a\t1\n"


@pytest.mark.parametrize("from_file", [False, True])
def test_the_item_that_the_reducer_refuses_is_named(run: Run, tmp_path: Path, from_file: bool) -> None:
    lines = ["7"] * 50_000
    lines[43_210] = "seven"
    (tmp_path / "f").write_text("\n".join(lines))
    args = ["-j", "3", "--map", "('k', int(line) if line == '7' else line)", "--reduce", "sum"]
    result = run("par", *args, *(["-a", "f"] if from_file else []), stdin=b"" if from_file else "\n".join(lines))
    assert result == (2, b"", "stdtools par: item 43211 (seven): key 'k': 'seven' is not a number\n")


def test_a_reducer_that_is_not_known(run: Run) -> None:
    known = "sum, min, max, count, list, set, mean, top:N"
    result = run("par", "--map", "(line, 1)", "--reduce", "avg", stdin="a\n")
    message = f"invalid value for --reduce: 'avg' is not known; it is one of {known}, or an expression over a and b"
    assert result == (2, b"", f"stdtools par: {message}{SEE_HELP}")


def test_a_reduction_sees_the_modules_of_import(run: Run, tmp_path: Path) -> None:
    args = ["--import", "operator", "--map", "('k', int(line))", "--reduce", "operator.or_(a, b)"]
    assert run("par", *args, stdin="1\n6\n").out == b"k\t7\n"
    (tmp_path / "mine.py").write_text("def either(a, b): return a | b\n")
    args = ["--import", "mine", "--map", "('k', int(line))", "--reduce", "mine.either(a, b)"]
    assert run("par", *args, stdin="1\n6\n").out == b"k\t7\n"
    (tmp_path / "mine.py").write_text("raise SystemExit(4)")
    assert run("par", *args, stdin="1\n6\n") == (2, b"", "stdtools par: SystemExit: 4\n")


def test_an_empty_line_that_the_reducer_refuses_is_named(run: Run) -> None:
    args = ["--map", "(line, 1 if line else 'x')", "--reduce", "sum"]
    assert run("par", *args, stdin="a\n\n") == (2, b"", "stdtools par: item 2 (): key '': 'x' is not a number\n")


@pytest.mark.parametrize("pair", ["('k', int(line))", "('k', n)"])
def test_a_list_is_in_order_when_a_worker_dies(run: Run, tmp_path: Path, pair: str) -> None:
    (tmp_path / "f").write_text("".join(f"{number}\n" for number in range(1, 200_001)))
    poison = f"os._exit(3) if line == '100000' else {pair}"
    args = ["-j", "2", "-a", "f", "--import", "os", "--map", poison, "--reduce", "list", "--jsonl"]
    result = run("par", *args)
    assert result.code == 2
    assert json.loads(result.out)["value"] == [number for number in range(1, 200_001) if number != 100_000]


def test_pairs_may_be_lists(run: Run) -> None:
    args = ["--json-in", "--map", "json", "--reduce"]
    for how in ("sum", "count"):
        assert run("par", *args, how, stdin='[["a", 1], ["b", 1]]\n').out == b"a\t1\nb\t1\n"
