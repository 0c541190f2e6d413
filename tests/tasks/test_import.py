"""tasks import as it is typed: what it takes, what it tells of bad rows, conflicts, dry runs, undo."""

import contextlib
import json
import os
import pty
import re
import subprocess
from pathlib import Path

import pytest

import stdtools.tasks
from tests.conftest import Run

pytestmark = [pytest.mark.process, pytest.mark.once]

PLAN = Path(stdtools.tasks.__file__).parent / "examples" / "plan.csv"
NOTHING = "0\t0\t0\t0\t0\n"


@pytest.fixture
def tasks(run: Run) -> Run:
    """Run ``stdtools tasks``."""

    def tasks(*args: str | bytes, **settings: object) -> object:
        return run("tasks", *args, **settings)

    return tasks


def stored(tasks: Run) -> list[dict[str, object]]:
    """Return the tasks that are there, without when they were created."""
    found = [json.loads(line) for line in tasks("export", "--jsonl").text.splitlines()]
    for task in found:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", str(task.pop("created")))
    return found


def details(tasks: Run) -> list[object]:
    return [task["details"] for task in stored(tasks)]


def test_the_sample_is_imported(tasks: Run) -> None:
    assert tasks("import", str(PLAN), "-v") == (
        0,
        b"12\t0\t0\t0\t4\n",
        "stdtools tasks import: new projects: 'garden', 'website', 'move', 'home'\n",
    )
    found = stored(tasks)
    assert found[0] == {
        "id": 1,
        "project": "garden",
        "priority": 2,
        "details": "Order seeds for the raised beds",
        "status": "open",
        "deadline": "2031-03-03",
        "completed": None,
    }
    assert found[4]["details"] == 'Write the page "About us"'
    assert [(task["project"], task["deadline"], task["priority"]) for task in found[9:]] == [
        ("home", None, 5),
        ("home", None, 7),
        (None, "2031-05-01", 5),
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"Details,DUE date,prio,Project Name\na,2031-01-01,2,p\n",
        b" due_on , Task,PRIORITY,project\n2031-01-01,a,2,p\n",
        b"details;deadline;priority;project\na;2031-01-01;2;p\n",
        b"details|deadline|priority|project\na|2031-01-01|2|p\n",
        b"details\tdeadline\tpriority\tproject\na\t2031-01-01\t2\tp\n",
        b"details,deadline,priority,project\r\na,2031-01-01,2,p\r\n",
        b"details,deadline,priority,project\ra,2031-01-01,2,p",
        b'"details","deadline","priority","project"\n"a","2031-01-01","2","p"',
        b"\n\ndetails,deadline,priority,project\n\n\na,2031-01-01, 02 ,p\n,,,\n\n",
        b"\xef\xbb\xbfdetails,deadline,priority,project\na,2031-01-01,2,p\n",
        "details,deadline,priority,project\na,2031-01-01,2,p\n".encode("utf-16"),
        "\ufeffdetails,deadline,priority,project\na,2031-01-01,2,p\n".encode("utf-16-be"),
        "details,deadline,priority,project\na,2031-01-01,2,p\n".encode("utf-32"),
        b'{"details": "a", "deadline": "2031-01-01", "priority": 2, "project": "p"}\n',
        b'{"details": "a", "deadline": "2031-01-01", "priority": "2", "project": "p", "status": null}',
        b'[{"task": "a", "due": "2031-01-01",\n "prio": 2, "project": "p"}]\n',
        b'{\n  "details": "a",\n  "deadline": "2031-01-01",\n  "priority": 2,\n  "project": "p"\n}\n',
        '\ufeff{"details": "a", "deadline": "2031-01-01", "priority": 2, "project": "p"}\n'.encode("utf-16-le"),
    ],
)
def test_many_spellings_are_the_same_task(tasks: Run, data: bytes) -> None:
    assert tasks("import", stdin=data) == (0, b"1\t0\t0\t0\t1\n", "")
    assert stored(tasks) == [
        {
            "id": 1,
            "project": "p",
            "priority": 2,
            "details": "a",
            "status": "open",
            "deadline": "2031-01-01",
            "completed": None,
        }
    ]


def test_the_counts_are_a_record(tasks: Run) -> None:
    assert tasks("import", "--json", stdin="details\na\n").text == (
        '[{"imported": 1, "updated": 0, "skipped": 0, "rejected": 0, "projects": 0}]\n'
    )
    assert (
        tasks("import", "--csv", stdin="details\nb\n").text == "imported,updated,skipped,rejected,projects\n1,0,0,0,0\n"
    )


# The torture list: each input has its own answer.
@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "standard input: is empty; its first line names the columns"),
        (b"\n\n", "standard input: is empty; its first line names the columns"),
        (
            b"details,details\na,b\n",
            "standard input: columns 1 and 2 are both named 'details'; --map 2= ignores the second",
        ),
        (b"details,,due\na,b,\n", "standard input: column 2 of 3 has no name; --map 2= ignores it"),
        (
            b"title,task\na,b\n",
            "standard input: the columns 'title' and 'task' are both details; --map task= ignores one",
        ),
        (
            b"details,dedline\na,\n",
            "standard input: unknown column 'dedline' (did you mean deadline?); --map 'dedline=FIELD' says what it is, "
            "--map 'dedline=' ignores it",
        ),
        (
            b"buy milk,3\nx,4\n",
            "standard input: unknown columns 'buy milk', '3'; if the first line names no columns, "
            "--no-header FIELDS does",
        ),
        (b"due,prio\n,1\n", "standard input: no column has the details; --map COLUMN=details says which it is"),
        (
            b"details\nok\ncaf\xc3\xa9\nb\xe9d\n",
            "standard input: line 4: not UTF-8: byte 0xe9 at 18; --encoding names another encoding",
        ),
        (
            b"details\n\x81\n",
            "standard input: line 2: neither UTF-8 nor cp1252: byte 0x81 at 8; --encoding names another encoding",
        ),
        (
            "details\na\n".encode("utf-16-le"),
            "standard input: looks like UTF-16 without a byte order mark; --encoding utf-16-le reads it",
        ),
        (
            b"\xff\xfed\0e\0t\0a\0i\0l\0s\0\n\0a",
            "standard input: line 2: not UTF-16: byte 0x61 at 18; --encoding names another encoding",
        ),
        (b'[{"details": "a"}', "standard input: record 1: the array is not closed behind it"),
        (
            b'{"x": "a"}\n',
            "standard input: unknown column 'x'; --map 'x=FIELD' says what it is, --map 'x=' ignores it",
        ),
        (
            b'{"detials": "a"}\n',
            "standard input: unknown column 'detials' (did you mean details?); --map 'detials=FIELD' says what it is, "
            "--map 'detials=' ignores it",
        ),
    ],
)
def test_a_file_that_is_no_table_is_told(tasks: Run, data: bytes, told: str) -> None:
    assert tasks("import", stdin=data) == (2, b"", f"stdtools tasks import: {told}\n")
    assert stored(tasks) == []


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"details,due\na\n", "line 2: has one value for 2 columns"),
        (b"details,due\n\na,,\n", "line 3: has 3 values for 2 columns"),
        (b"details\na\0b\n", "line 2: details: has a NUL character"),
        (b"details,due\nok,\n,2031-01-01\n", "line 3: details: is empty"),
        (b"details,due\na,2031-02-30\n", "line 2: due: '2031-02-30' is no date; write YYYY-MM-DD"),
        (b"details,due\na,20310101\n", "line 2: due: '20310101' is no date; write YYYY-MM-DD"),
        (b"details,due\na,tomorrow\n", "line 2: due: 'tomorrow' is no date; write YYYY-MM-DD"),
        (b"details,due\na,0000-01-01\n", "line 2: due: '0000-01-01' is no date; write YYYY-MM-DD"),
        (b"details,prio\na,100\n", "line 2: prio: '100' is no priority; write 0 to 99"),
        (b"details,prio\na,-1\n", "line 2: prio: '-1' is no priority; write 0 to 99"),
        ("details,prio\na,٣\n".encode(), "line 2: prio: '٣' is no priority; write 0 to 99"),
        (b"details,status\na,maybe\n", "line 2: status: 'maybe' is no status; write open or done"),
        (b"details,id\na,0\n", "line 2: id: '0' is no id; write a whole number from 1"),
        (
            b"details,id\na,9223372036854775807\n",
            "line 2: id: '9223372036854775807' is no id; write a whole number from 1",
        ),
        (b"details,project\na,none\n", "line 2: project: 'none' is no name for a project: it stands for none"),
        (
            b"details,created\na,2031-01-01\n",
            "line 2: created: '2031-01-01' is no time with a zone; write 2026-11-22T15:00:00Z",
        ),
        (
            b"details,status,completed\na,open,2031-01-01T00:00:00Z\n",
            "line 2: completed: an open task has not been completed",
        ),
        (
            b'details,due\n"a"b,\n',
            "line 2: details: 'b' follows the quoted text that opens here; in it a quote is written twice",
        ),
        (b'{"details": "a"}\n{"details": }\n', "line 2: is not JSON: expecting value"),
        (b'{"details": "a"}\n[1]\n', "line 2: is no JSON object"),
        (b'{"details": "a"}\n\n{"details": ["b"]}\n', 'line 3: details: is ["b"], no text'),
        (b'{"details": "a"}\n{"details": true}\n', "line 2: details: is true, no text"),
        (b'{"details": "\\ud800"}\n', "line 1: details: has half a surrogate pair, which is no text"),
        (b'{"details": "a\\u0000"}\n', "line 1: details: has a NUL character"),
        (b'{"details": "a"}\n{"x": "b"}\n', "line 2: unknown column 'x'"),
        (b'[{"details": "a"}, {"priority": 1}]\n', "record 2: has no details"),
        (b"[" + b'{"details": "a"}\n,\n' * 2 + b'"x"]\n', "record 3: is no JSON object"),
    ],
)
def test_a_bad_row_is_told_with_its_line(tasks: Run, data: bytes, told: str) -> None:
    result = tasks("import", stdin=data)
    first, last = result.err.splitlines()
    assert (result.code, first) == (2, f"stdtools tasks import: standard input: {told}")
    assert re.fullmatch(
        r"stdtools tasks import: nothing is imported: 1 of \d rows is bad; --max-errors 1 leaves it out", last
    )
    assert result.text == "0\t0\t0\t1\t0\n"
    assert stored(tasks) == []


def test_a_quote_that_does_not_close_is_told_where_it_opens_and_cannot_be_left_out(tasks: Run) -> None:
    data = 'details,project\n"fine\nstill fine",p\n\na,"opens\nb,c\nd,e\n,\nf\n'
    assert tasks("import", "--max-errors", "9", stdin=data) == (
        2,
        b"0\t0\t0\t2\t0\n",
        "stdtools tasks import: standard input: line 5: project: the quote that opens here does not close "
        "before the end\n"
        "stdtools tasks import: standard input: line 9: has one value for 2 columns\n"
        "stdtools tasks import: nothing is imported: 2 of 5 rows are bad; "
        "behind a quote that does not close nobody knows what is a row\n",
    )


def test_a_quote_within_the_second_line_of_a_row_is_told_with_that_line(tasks: Run) -> None:
    err = tasks("import", stdin='project,details\n"two\nlines","x" y\n').err
    assert err.startswith(
        "stdtools tasks import: standard input: line 3: details: ' ' follows the quoted text that opens"
    )


def test_an_open_quote_in_a_large_file_fails_early(tasks: Run, tmp_path: Path) -> None:
    lines = [f"task number {n},2031-01-01\n" for n in range(900_000)]
    lines[7] = '"opens,2031-01-01\n'
    (tmp_path / "large.csv").write_text("details,due\n" + "".join(lines))
    first, last = tasks("import", "large.csv").err.splitlines()
    assert (
        first
        == "stdtools tasks import: large.csv: line 9: details: the quote that opens here does not close within 16 MiB"
    )
    assert last.startswith("stdtools tasks import: nothing is imported: 1 of 900000 rows is bad; behind a quote")


@pytest.mark.parametrize("quoted", [False, True])
def test_a_field_of_ten_megabytes_works(tasks: Run, quoted: bool) -> None:
    text = "x" * 10_000_000 + ('\n,""' * 10 if quoted else "")
    cell = f'"{text}"' if quoted else text
    assert tasks("import", stdin=f"details,due\na,\n{cell},2031-01-01\nb,\n").text == "3\t0\t0\t0\t0\n"
    assert details(tasks) == ["a", text.replace('""', '"'), "b"]


def test_a_header_alone_is_no_rows(tasks: Run) -> None:
    assert tasks("import", stdin=b"details,due") == (0, NOTHING.encode(), "")
    assert tasks("import", stdin=b"details,due") == (0, NOTHING.encode(), "")


def test_line_ends_and_quotes_within_values_are_kept(tasks: Run) -> None:
    values = ["a\nb", "a\r\nb", "a\rb", 'say "x"', '"', "", " x ", ",", ";", "\\n", "a\tb", "'; drop table task; --"]
    cells = "".join('"' + value.replace('"', '""') + '",p\n' for value in values if value)
    assert tasks("import", stdin="details,project\r\n" + cells).code == 0
    assert details(tasks) == [value for value in values if value]


def test_tsv_is_read_as_stdtools_writes_it(tasks: Run, tmp_path: Path) -> None:
    data = 'details\tproject\n"a"\tp\nx\\ty\\nz\\\\n\tp\n'
    assert tasks("import", stdin=data).code == 0
    assert details(tasks) == ['"a"', "x\ty\nz\\n"]
    assert tasks("import", "--delimiter", "tab", stdin='details\tdue\n"a\tb"\t\nC:\\new\t\n').code == 0
    assert details(tasks)[2:] == ["a\tb", "C:\\new"]
    (tmp_path / "tabs.csv").write_text('details\tdue\n"c d"\t2031-01-01\nC:\\tmp\t\n')
    assert tasks("import", "tabs.csv").code == 0
    assert details(tasks)[4:] == ["c d", "C:\\tmp"], "what is called CSV has quotes and no escapes"


def test_the_encoding_is_guessed_and_the_guess_is_told_or_it_is_named(tasks: Run) -> None:
    data = "details\ncafé €\n".encode("cp1252")
    assert tasks("import", stdin=data) == (
        0,
        b"1\t0\t0\t0\t0\n",
        "stdtools tasks import: standard input: is no UTF-8, byte 0xe9 at 11; read as cp1252, "
        "--encoding names another\n",
    )
    assert tasks("import", "--encoding", "cp437", "--again", stdin=data).err == ""
    assert tasks("import", "--encoding", "utf-16-le", stdin="details\nü\n".encode("utf-16-le")).err == ""
    assert details(tasks) == ["café €", "cafΘ Ç", "ü"]
    late = b"details\n" + b"plain ASCII for long\n" * 50_000 + b"caf\xe9\n"
    assert "byte 0xe9 at 1050011; read as cp1252" in tasks("import", stdin=late).err
    assert details(tasks)[-1] == "café"
    assert tasks("import", "--encoding", "nonsense", stdin=data) == (
        2,
        b"",
        "stdtools tasks import: invalid value for '--encoding': 'nonsense' is no encoding that Python knows; "
        "see 'stdtools tasks import --help'\n",
    )
    told = tasks("import", "--again", "--encoding", "utf-16", stdin=data).err  # by Python 3.13 in other words
    assert told.startswith("stdtools tasks import: standard input: line 1: not UTF-16: ")
    assert told.endswith("; --encoding names another encoding\n")
    for name in ("base64", "rot13", "undefined"):
        assert tasks("import", "--encoding", name, stdin=data).code == 2, name


def test_columns_are_mapped_by_name_or_number(tasks: Run) -> None:
    data = "What,When,,What\na,2031-01-01,x,y\n"
    assert tasks("import", "--map", "1=details", "--map", "When=due", "--map", "3=", "--map", "4=", stdin=data) == (
        0,
        b"1\t0\t0\t0\t0\n",
        "",
    )
    assert [(task["details"], task["deadline"]) for task in stored(tasks)] == [("a", "2031-01-01")]
    assert tasks("import", "--again", "--map", "Who=details", stdin=data).err == (
        "stdtools tasks import: standard input: there is no column 'Who' for --map; "
        "its columns are What, When, 3, What\n"
    )
    assert tasks("import", "--map", "x=nonsense", stdin=data).err == (
        "stdtools tasks import: invalid value for '--map': 'nonsense' is no field of a task; they are id, project, "
        "priority, details, status, deadline, created, completed; see 'stdtools tasks import --help'\n"
    )
    assert "did you mean deadline?" in tasks("import", "--map", "x=dedline", stdin=data).err
    assert tasks("import", "--map", "details", stdin=data).code == 2
    assert tasks("import", "--map", "02=", stdin="details,due\na,2031-01-01\n").err == (
        "stdtools tasks import: standard input: there is no column '02' for --map; its columns are details, due\n"
    )
    assert tasks("import", "--map", "k=details", "--map", "v=", stdin='{"k": "b", "v": [1]}').code == 0
    assert details(tasks) == ["a", "b"]


def test_a_file_without_a_header(tasks: Run) -> None:
    assert tasks("import", "--no-header", "due,,task", stdin="2031-01-01,x,a\n,y,b\n").text == "2\t0\t0\t0\t0\n"
    assert [(task["details"], task["deadline"]) for task in stored(tasks)] == [("a", "2031-01-01"), ("b", None)]
    assert tasks("import", "--no-header", "due,task,due", stdin="a,b,c\n").err == (
        "stdtools tasks import: standard input: the columns 'deadline' and 'deadline' are both deadline; "
        "--map deadline= ignores one\n"
    )
    assert tasks("import", "--no-header", "task", "--map", "x=", stdin="a\n").err == (
        "stdtools tasks import: --map has no meaning with --no-header; see 'stdtools tasks import --help'\n"
    )
    assert tasks("import", "--no-header", "task", stdin='{"task": "a"}\n').err == (
        "stdtools tasks import: standard input: JSON names its fields; leave out --no-header\n"
    )


def test_a_project_for_all(tasks: Run) -> None:
    assert tasks("import", "--project", "it's", stdin="details\na\nb\n").text == "2\t0\t0\t0\t1\n"
    assert [task["project"] for task in stored(tasks)] == ["it's", "it's"]
    assert tasks("import", "--project", "p", stdin="details,project\na,q\n").err == (
        "stdtools tasks import: standard input: has a column 'project' beside --project; --map project= ignores it\n"
    )
    assert tasks("import", "--project", "none", stdin="details\na\n").code == 2
    assert tasks("import", "--project", "p", "--map", "project=", stdin="details,project\nc,q\n").code == 0
    assert stored(tasks)[2]["project"] == "p"


def test_delimiters(tasks: Run) -> None:
    assert tasks("import", "--delimiter", ":", stdin="details:due\na,b:2031-01-01\n").code == 0
    assert details(tasks) == ["a,b"]
    for mark in ("", "ab", '"', "\n", "\\"):
        assert tasks("import", "--delimiter", mark, stdin="details\na\n").code == 2


def test_done_tasks_have_a_time(tasks: Run) -> None:
    data = "details,status,completed,created\na,DONE,,\n"
    data += "b,done,2020-05-01T12:00:00+02:00,2020-01-01T00:00:00Z\nc,,2020-05-01T10:00:00Z,\n"
    assert tasks("import", stdin=data).code == 0
    found = [json.loads(line) for line in tasks("export", "--jsonl").text.splitlines()]
    assert [task["status"] for task in found] == ["done"] * 3
    assert found[0]["completed"] == found[0]["created"]
    assert (found[1]["completed"], found[1]["created"]) == ("2020-05-01T10:00:00Z", "2020-01-01T00:00:00Z")
    assert found[2]["completed"] == "2020-05-01T10:00:00Z"


def test_all_bad_rows_are_found_and_kept(tasks: Run, tmp_path: Path) -> None:
    rows = "".join(f"task {n},2031-02-{n % 40:02},{n % 300}\n" for n in range(1000))
    (tmp_path / "a.csv").write_text("details,due,prio\n" + rows)
    result = tasks("import", "a.csv", "--rejects", "bad.csv")
    lines = (tmp_path / "bad.csv").read_text().splitlines()
    bad = [n for n in range(1000) if not 1 <= n % 40 <= 28 or n % 300 > 99]
    assert lines[0] == "file,line,column,reason,raw"
    assert lines[1] == "a.csv,2,due,'2031-02-00' is no date; write YYYY-MM-DD,\"task 0,2031-02-00,0\""
    assert sorted({int(line.split(",")[1]) for line in lines[1:]}) == [n + 2 for n in bad]
    assert result.code == 2
    assert result.text == f"0\t0\t0\t{len(bad)}\t0\n"
    told = result.err.splitlines()
    assert len(told) == 12
    assert told[-2] == f"stdtools tasks import: and {len(bad) - 10} more bad rows; --rejects FILE gets them all"
    assert told[-1] == (
        f"stdtools tasks import: nothing is imported: {len(bad)} of 1000 rows are bad; "
        f"--max-errors {len(bad)} leaves them out"
    )
    assert stored(tasks) == []
    assert tasks("import", "a.csv", "--max-errors", str(len(bad) - 1)).text == f"0\t0\t0\t{len(bad)}\t0\n"
    result = tasks("import", "a.csv", "--max-errors", str(len(bad)), "--rejects", "bad.csv")
    assert (result.code, result.text) == (2, f"{1000 - len(bad)}\t0\t0\t{len(bad)}\t0\n")
    assert details(tasks) == [f"task {n}" for n in range(1000) if n not in bad]
    assert (tmp_path / "bad.csv").read_text().splitlines() == lines


def test_rejects_of_a_good_file_are_a_header(tasks: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("old")
    assert tasks("import", "--rejects", "bad.csv", stdin="details\na\n").code == 0
    assert (tmp_path / "bad.csv").read_text() == "file,line,column,reason,raw\n"
    assert tasks("import", "--rejects", "no/where.csv", stdin="details\nb\n") == (
        2,
        b"",
        "stdtools tasks import: no/where.csv: No such file or directory\n",
    )
    assert details(tasks) == ["a"]


def test_rejects_replace_nothing_that_is_read(tasks: Run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("details\na\n")
    assert tasks("--db", "./a.db", "import", "a.csv", "--rejects", "./a.csv").err == (
        "stdtools tasks import: --rejects ./a.csv: is what is read here; name another file\n"
    )
    assert tasks("--db", "./a.db", "import", "a.csv", "--rejects", "a.db").code == 2
    assert tasks("import", "a.csv", "--rejects", "-").err == (
        "stdtools tasks import: --rejects -: standard output is for the counts; name a file\n"
    )
    assert not (tmp_path / "-").exists()
    assert (tmp_path / "a.csv").read_text() == "details\na\n"


def test_rejects_are_imported_once_they_are_repaired(tasks: Run, tmp_path: Path) -> None:
    assert tasks("import", "--max-errors", "1", "--rejects", "bad.csv", stdin="details,due\na,\nb,soon\n").code == 2
    raw = (tmp_path / "bad.csv").read_text().splitlines()[1].rsplit('"', 2)[1]
    assert raw == "b,soon"
    assert tasks("import", "--no-header", "details,due", stdin=raw.replace("soon", "2031-01-01")).code == 0
    assert details(tasks) == ["a", "b"]


def test_several_files_are_one_step_or_none(tasks: Run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("details\na\n")
    (tmp_path / "b.jsonl").write_text('{"details": "b"}\n')
    (tmp_path / "bad.csv").write_text("details,due\nc,never\n")
    result = tasks("import", "a.csv", "missing.csv", "bad.csv", "b.jsonl")
    assert result == (
        2,
        b"",
        "stdtools tasks import: bad.csv: line 2: due: 'never' is no date; write YYYY-MM-DD\n"
        "stdtools tasks import: missing.csv: No such file or directory\n",
    )
    assert stored(tasks) == []
    assert tasks("import", "a.csv", "b.jsonl", "-", stdin="details\nd\n").text == "3\t0\t0\t0\t0\n"
    assert details(tasks) == ["a", "b", "d"]
    assert tasks("undo").code == 0
    assert stored(tasks) == []


def test_the_same_file_twice_is_noticed(tasks: Run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("details\na\n")
    (tmp_path / "b.csv").write_text("details\nb\n")
    (tmp_path / "copy.csv").write_text("details\na\n")
    assert tasks("import", "a.csv").code == 0
    for args, stdin in ((["copy.csv"], ""), ([], "details\na\n")):
        result = tasks("import", *args, stdin=stdin)
        assert (result.code, result.text) == (1, NOTHING)
        name = args[0] if args else "standard input"
        pattern = (
            rf"stdtools tasks import: {name}: was imported [-0-9]{{10}}T[:0-9]{{8}}Z; --again imports it once more\n"
        )
        assert re.fullmatch(pattern, result.err)
    result = tasks("import", "a.csv", "b.csv", "b.csv")
    assert (result.code, result.text) == (1, "1\t0\t0\t0\t0\n")
    assert result.err.splitlines()[1] == (
        "stdtools tasks import: b.csv: was imported by this command; --again imports it once more"
    )
    assert details(tasks) == ["a", "b"]
    assert tasks("import", "a.csv", "--again").code == 0
    assert details(tasks) == ["a", "b", "a"]
    (tmp_path / "c.csv").write_text("details\nc\n")
    for stdin, count in (("details\na\n", "1\t0\t0\t0\t0\n"), ("details\nc\n", NOTHING)):  # a pipe that is known
        result = tasks("import", "c.csv", "-", stdin=stdin)
        assert (result.code, result.text) == (1, count)
        assert result.err.splitlines()[-1].startswith("stdtools tasks import: standard input: was imported ")
    assert details(tasks) == ["a", "b", "a", "c"]


def test_a_file_whose_import_was_undone_is_new(tasks: Run) -> None:
    assert tasks("import", stdin="details\na\n").code == 0
    assert tasks("undo").code == 0
    assert tasks("import", stdin="details\na\n").code == 0
    assert details(tasks) == ["a"]


def test_a_dry_run_changes_nothing(tasks: Run, tmp_path: Path) -> None:
    database = tmp_path / "new.db"
    result = tasks("--db", str(database), "import", str(PLAN), "-n")
    assert result == (0, b"12\t0\t0\t0\t4\n", "stdtools tasks import: nothing is changed: --dry-run\n")
    assert not database.exists()
    tasks("import", stdin="id,details\n1,a\n")
    result = tasks("import", "-n", "--on-conflict", "update", stdin="id,details\n1,b\n2,c\n")
    assert result.text == "1\t1\t0\t0\t0\n"
    assert details(tasks) == ["a"]
    (tmp_path / "old.csv").write_text("old")
    for name in ("old.csv", "bad.csv"):
        assert tasks("import", "-n", "--rejects", name, stdin="details,due\nx,soon\n").text == "0\t0\t0\t1\t0\n"
    assert [path.name for path in tmp_path.iterdir()] == ["old.csv"]
    assert (tmp_path / "old.csv").read_text() == "old"
    assert tasks("import", "-n", "--query", "select 1", stdin="details\nx\n").err == (
        "stdtools tasks import: --query has no meaning with --dry-run; see 'stdtools tasks import --help'\n"
    )
    usual = {"STDTOOLS_TASKS_IMPORT_QUERY": "select 'none'"}
    assert tasks("import", "-n", stdin="details\nx\n", env=usual).text == "1\t0\t0\t0\t0\n"
    assert len(tasks("log").text.splitlines()) == 1


def test_ids_that_are_there_are_rejects(tasks: Run) -> None:
    assert tasks("import", stdin="id,details\n3,a\n5,b\n").code == 0
    assert tasks("import", stdin="id,details\n4,c\n5,d\n4,e\n,f\n") == (
        2,
        b"0\t0\t0\t2\t0\n",
        "stdtools tasks import: standard input: line 3: task 5 is there already\n"
        "stdtools tasks import: standard input: line 4: task 4 is there already\n"
        "stdtools tasks import: nothing is imported: 2 of 4 rows are bad; --max-errors 2 leaves them out\n",
    )
    assert tasks("import", "--max-errors", "2", stdin="id,details\n4,c\n5,d\n4,e\n,f\n").code == 2
    assert [(task["id"], task["details"]) for task in stored(tasks)] == [(3, "a"), (4, "c"), (5, "b"), (6, "f")]
    assert tasks("undo").code == 0
    assert [task["id"] for task in stored(tasks)] == [3, 5]
    assert tasks("redo").code == 0
    assert [task["id"] for task in stored(tasks)] == [3, 4, 5, 6]


@pytest.mark.parametrize("name", ["base64", "hex", "zlib", "bz2", "rot13", "undefined", "nope", ""])
def test_what_is_no_encoding_of_text_is_refused(tasks: Run, name: str) -> None:
    assert tasks("import", "--encoding", name, stdin="details\na\n") == (
        2,
        b"",
        f"stdtools tasks import: invalid value for '--encoding': {name!r} is no encoding that Python knows; "
        "see 'stdtools tasks import --help'\n",
    )


@pytest.mark.parametrize(("name", "text"), [("utf-7", "+2AA-"), ("unicode_escape", "\\ud800")])
def test_half_a_surrogate_pair_is_no_text_in_any_encoding(tasks: Run, name: str, text: str) -> None:
    assert tasks("import", "--encoding", name, stdin=f"details\na\n{text}\n") == (
        2,
        b"",
        "stdtools tasks import: standard input: line 3: has half a surrogate pair, which is no text; "
        "--encoding names another encoding\n",
    )


def test_a_number_without_end_is_a_bad_row(tasks: Run) -> None:
    told = tasks("import", stdin='{"details": "a", "priority": ' + "9" * 5000 + "}\n").err.splitlines()[0]
    assert told == "stdtools tasks import: standard input: line 1: has a whole number of more than 4300 digits"


def test_a_task_that_is_in_the_file_twice_is_told_as_that(tasks: Run) -> None:
    """No task of this id is in the database, and none will be."""
    told = tasks("import", stdin="id,details\n1,a\n1,b\n").err.splitlines()[0]
    assert told == "stdtools tasks import: standard input: line 3: task 1 is there already, in a row above"
    told = tasks("import", "--key", "details", stdin="details\na\na\n").err.splitlines()[0]
    assert told == "stdtools tasks import: standard input: line 3: is the same task as a row above"


def test_conflicts_by_id(tasks: Run) -> None:
    tasks("import", stdin="id,details,prio,project\n1,a,1,p\n2,b,2,p\n")
    data = "id,details,prio\n1,A,1\n2,b,2\n3,c,\n,d,\n"
    assert tasks("import", "--on-conflict", "skip", stdin=data).text == "2\t0\t2\t0\t0\n"
    assert details(tasks) == ["a", "b", "c", "d"]
    assert tasks("undo").code == 0
    assert tasks("import", "--on-conflict", "update", "--again", stdin=data).text == "2\t1\t1\t0\t0\n"
    assert [(task["details"], task["project"]) for task in stored(tasks)] == [
        ("A", "p"),
        ("b", "p"),
        ("c", None),
        ("d", None),
    ]
    assert tasks("undo").code == 0
    assert details(tasks) == ["a", "b"]


def test_conflicts_by_other_fields(tasks: Run) -> None:
    tasks("import", stdin="details,project,due\na,p,2031-01-01\nb,p,\nb,q,\n")
    data = "details,project,due\na,p,2031-02-02\nb,q,2031-03-03\nb,r,\na,p,2031-04-04\n"
    keys = ("--key", "details", "--key", "project")
    assert tasks("import", *keys, stdin=data).err.splitlines()[:2] == [
        "stdtools tasks import: standard input: line 2: is task 1 already",
        "stdtools tasks import: standard input: line 3: is task 3 already",
    ]
    assert tasks("import", *keys, "--on-conflict", "update", stdin=data).text == "1\t3\t0\t0\t1\n"
    assert [(task["details"], task["project"], task["deadline"]) for task in stored(tasks)] == [
        ("a", "p", "2031-04-04"),
        ("b", "p", None),
        ("b", "q", "2031-03-03"),
        ("b", "r", None),
    ]
    assert tasks("import", "--key", "details", "--on-conflict", "update", stdin="details,prio\nb,1\n").err.splitlines()[
        0
    ] == ("stdtools tasks import: standard input: line 2: may be any of the tasks 2, 3…; more of --key would tell")
    assert tasks("import", "--key", "details", "--on-conflict", "skip", stdin="details,prio\nb,1\nc,1\nc,2\n").text == (
        "1\t0\t2\t0\t0\n"
    )
    assert tasks("undo", "2").code == 0
    assert [task["deadline"] for task in stored(tasks)] == ["2031-01-01", None, None]


def test_an_update_may_leave_out_the_details(tasks: Run) -> None:
    tasks("import", stdin="id,details,prio\n1,a,1\n2,b,2\n")
    assert tasks("import", "--on-conflict", "update", stdin="id,status,due\n1,done,\n2,,2031-01-01\n3,done,\n").err == (
        "stdtools tasks import: standard input: line 4: has no details\n"
        "stdtools tasks import: nothing is imported: 1 of 3 rows is bad; --max-errors 1 leaves it out\n"
    )
    assert (
        tasks("import", "--on-conflict", "update", stdin='{"id": 1, "status": "done"}\n{"id": 2, "priority": 7}').code
        == 0
    )
    found = stored(tasks)
    assert [(task["status"], task["priority"]) for task in found] == [("done", 1), ("open", 7)]
    assert found[0]["completed"]
    assert tasks("import", "--on-conflict", "update", stdin='{"id": 1, "status": "open"}').text == "0\t1\t0\t0\t0\n"
    assert stored(tasks)[0]["completed"] is None


def test_a_conflict_needs_a_key_that_the_rows_have(tasks: Run) -> None:
    for args, data in (
        (["--on-conflict", "update"], "details\na\n"),
        (["--key", "project", "--on-conflict", "skip"], "details\na\n"),
    ):
        result = tasks("import", *args, stdin=data)
        assert result.code == 2
        assert re.fullmatch(
            r"stdtools tasks import: standard input: no column has the (id|project); --map COLUMN=\1 says which it is, "
            r"--key what else tells tasks apart\n",
            result.err,
        )
    assert tasks("import", "--key", "due", stdin='{"details": "a"}\n').err.splitlines()[0] == (
        "stdtools tasks import: standard input: line 1: has no deadline, which tells what task it is"
    )


def test_projects_are_made_for_rows_that_are_taken_only(tasks: Run) -> None:
    data = "details,project,due\na,good,\nb,bad,soon\nc,good,\n"
    assert tasks("import", "--max-errors", "1", stdin=data).text == "2\t0\t0\t1\t1\n"
    assert tasks("export", "--projects").text == "name,description,deadline\ngood,,\n"
    assert tasks("undo").code == 0
    assert tasks("export", "--projects").text == "name,description,deadline\n"


def test_undo_refuses_when_an_imported_task_was_changed(tasks: Run) -> None:
    tasks("import", "--db", "./x.db", stdin="details\na\nb\n")
    assert tasks("--db", "./x.db", "done", "2").code == 0
    assert tasks("--db", "./x.db", "undo", "2").code == 0
    assert tasks("--db", "./x.db", "export", "--jsonl").text == ""


@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl", "json"])
def test_what_export_writes_is_what_import_reads(tasks: Run, form: str) -> None:
    tasks("import", str(PLAN))
    tasks("import", stdin='details,status,id\nsome\\t "text",done,77\n')
    exported = tasks("export", "--format", form).out
    assert tasks("--db", "./copy.db", "import", stdin=exported).code == 0
    assert tasks("--db", "./copy.db", "export", "--format", form).out == exported
    assert tasks("import", "--on-conflict", "update", stdin=exported).text == "0\t0\t13\t0\t0\n"


def test_a_database_in_memory_is_asked_and_forgotten(tasks: Run, home: Path) -> None:
    query = "select project, count(*) as n from task where project is not null group by 1"
    assert tasks("--db", ":memory:", "import", str(PLAN), "--query", query) == (
        0,
        b"garden\t3\nhome\t2\nmove\t3\nwebsite\t3\n",
        "",
    )
    assert tasks("--db", ":memory:", "import", str(PLAN), "--query", query, "--csv").text.startswith(
        "project,n\ngarden,3\n"
    )
    assert tasks("--db", ":memory:", "import", str(PLAN), "--query", "delete from task").code == 2
    assert not (home / ".local/share/stdtools/tasks.db").exists()


def test_a_query_that_fails_is_told_before_anything_is_imported_or_after_all_is(
    tasks: Run, tmp_path: Path, python: str
) -> None:
    result = tasks("import", "--query", "select nope from task", stdin="details\na\n")
    assert (result.code, result.out) == (2, b"")
    assert result.err == ("stdtools tasks import: QUERY: no such column: nope\n  select nope from task\n         ^\n")
    assert stored(tasks) == []
    assert tasks("import", "--query", "select abs(-9223372036854775807 - id) from task", stdin="details\na\n") == (
        2,
        b"",
        "stdtools tasks import: the import is done all the same\nstdtools tasks import: QUERY: integer overflow\n",
    )
    code = "import sys, stdtools.tasks.command_import as command; command._QUERY_SECONDS = 0.1\n"
    code += "from stdtools.cli import run; run(sys.argv[1:])"
    endless = "with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) from n"
    command = [python, "-c", code, "tasks", "import", "--query", endless]
    done = subprocess.run(command, input=b"details\nb\n", capture_output=True, cwd=tmp_path, timeout=60)
    assert (done.returncode, done.stdout, done.stderr.decode()) == (
        124,
        b"",
        "stdtools tasks import: the import is done all the same\n"
        "stdtools tasks import: QUERY: took longer than 0.1 s\n",
    )
    assert details(tasks) == ["a", "b"]


def test_records_of_another_command_are_tasks(shell: Run, tasks: Run, tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("")
    keys = json.loads(shell("stdtools find one.txt --jsonl").text).keys() - {"path"}
    maps = " ".join(f"--map {key}=" for key in sorted(keys))
    line = f"stdtools find one.txt --jsonl | stdtools tasks import --map path=details {maps}"
    assert shell(line) == (0, b"1\t0\t0\t0\t0\n", "")
    assert details(tasks) == ["one.txt"]


def test_errors_are_safe_on_a_terminal(tasks: Run) -> None:
    assert "\x1b" not in tasks("import", stdin="details,\x1b[31m\na,b\n").err
    assert "\x1b" not in tasks("import", stdin="details,due\na,\x1b[31m\n").err
    assert "\x1b" not in tasks("import", "--map", "\x1b[31m=x", stdin="details,due\na,\x1b[31m\n").err


def test_no_copy_of_a_new_database_is_left_in_two_pieces(tasks: Run, tmp_path: Path) -> None:
    assert tasks("--db", "./new.db", "import", str(PLAN)).code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.db"]
    assert tasks(
        "--db", "./new.db", "sql", "select name from sqlite_master where type in ('index', 'trigger') order by 1"
    ).text


def test_how_far_an_import_is_is_told_on_a_terminal(tmp_path: Path, python: str) -> None:
    (tmp_path / "a.csv").write_text("details\n" + "some text\n" * 50_000)
    (tmp_path / "b.jsonl").write_text('{"details": "some text"}\n' * 10_000)
    code = "import sys, stdtools.shared.progress_line as line; line.FIRST = line.EVERY = 0\n"
    code += "from stdtools.cli import run; run(sys.argv[1:])"
    command = [python, "-c", code, "tasks", "--db", ":memory:", "import", "a.csv", "-", "b.jsonl"]
    for options, is_told in (([], True), (["-q"], False), (["--no-progress"], False)):
        ours, theirs = pty.openpty()
        with subprocess.Popen(
            [*command, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=theirs, cwd=tmp_path
        ) as process:
            os.close(theirs)
            out, _ = process.communicate(b"details\n" + b"from a pipe\n" * 20_000)
        seen = ""
        with contextlib.suppress(OSError):  # the end of a terminal
            while block := os.read(ours, 1 << 16):
                seen += block.decode("utf-8", "replace")
        os.close(ours)
        assert out == b"80000\t0\t0\t0\t0\n"
        told = [int(number.replace(",", "")) for number in re.findall(r"([\d,]+) rows, ", seen)]
        assert told == sorted(told)
        assert bool(told) == is_told
        assert seen.endswith("\r\x1b[K") or not is_told
