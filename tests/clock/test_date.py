"""date, beside GNU date."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Run

pytestmark = pytest.mark.process
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe")


def test_seconds_are_written_as_gnu_date_writes_them(shell: Run, tmp_path: Path) -> None:
    chance = random.Random(1)
    numbers = [chance.randrange(-(10**9), 4 * 10**9) for _ in range(300)]
    (tmp_path / "numbers").write_text("".join(f"@{number}\n" for number in numbers))
    pairs = {
        "iso": "--iso-8601=seconds", "rfc2822": "--rfc-email", "date": "+%F", "week": "+%G-W%V-%u", "epoch": "+%s",
        "%Y%m%d %H:%M:%S %:z %j %a %b %% %3N|%N": "+%Y%m%d %H:%M:%S %:z %j %a %b %% %3N|%N",
    }  # fmt: skip
    for zone in ZONES:
        for ours, theirs in pairs.items():
            mine = shell(f"stdtools date - --tz {zone} --to '{ours}' < numbers")
            assert (mine.code, mine.err) == (0, "")
            assert mine.out == shell(f"TZ={zone} LC_ALL=C date -f numbers '{theirs}'").out, (zone, ours)


@pytest.mark.parametrize("zone", ZONES)
def test_many_seconds_at_once_are_as_one_by_one(shell: Run, tmp_path: Path, zone: str) -> None:
    chance = random.Random(2)
    lines = [f"{chance.randrange(10**8, 26 * 10**8)}\n" for _ in range(20_000)]
    (tmp_path / "numbers").write_text("".join(lines))
    (tmp_path / "at").write_text("".join(f"@{line}" for line in lines))
    theirs = shell(f"TZ={zone} date -f at --iso-8601=seconds").out
    assert shell(f"stdtools date - --tz {zone} < numbers").out == theirs
    assert shell(f"TZ={zone} stdtools date - < numbers").out == theirs, "as local time"
    assert shell(f"cat numbers | stdtools date - --tz {zone}").out == theirs
    if zone not in ("UTC", "Europe/Berlin"):
        return
    assert shell(f"for i in $(seq 25); do cat numbers; done > many; stdtools date - --tz {zone} < many").out == (
        theirs * 25
    ), "by two processes"


def test_a_large_file_with_numbers_that_are_none_is_written_without_them(shell: Run, tmp_path: Path) -> None:
    """From a file, by two processes up to the first of them, as from a pipe."""
    (tmp_path / "f").write_text("1795363200\n" * 450_000 + "9" * 30 + "\n1795363200\n\n1795363201")
    for way in ("stdtools date - --tz UTC < f", "cat f | stdtools date - --tz UTC"):
        result = shell(f"{way} | uniq -c")
        assert result.code == 2
        assert result.text.split() == ["450001", "2026-11-22T16:00:00+00:00", "1", "2026-11-22T16:00:01+00:00"]
        assert [line[:46] for line in result.err.splitlines()] == [
            "stdtools date: standard input: line 450001: '9",
            "stdtools date: standard input: line 450003: ''",
        ]


def test_many_seconds_soon_behind_1970_are_of_1969_in_the_west(shell: Run) -> None:
    result = shell("seq -f %09.0f 100 700 | stdtools date - --tz America/New_York | sed -n '1p;$p'")
    assert result == (0, b"1969-12-31T19:01:40-05:00\n1969-12-31T19:11:40-05:00\n", "")


@pytest.mark.parametrize(
    ("when", "means"),
    [
        ("@0", "1970-01-01T00:00:00+00:00"),
        ("@-1.5", "1969-12-31T23:59:58.5+00:00"),
        ("1795363200", "2026-11-22T16:00:00+00:00"),
        ("1795363200123", "2026-11-22T16:00:00.123+00:00"),
        ("1795363200123456", "2026-11-22T16:00:00.123456+00:00"),
        ("1795363200123456789", "2026-11-22T16:00:00.123456789+00:00"),
        ("20261122", "2026-11-22T00:00:00+00:00"),
        ("20261122150000", "2026-11-22T15:00:00+00:00"),
        ("2026-11-22 15:00", "2026-11-22T15:00:00+00:00"),
        ("2026-11-22T15:00:00.5+01:00", "2026-11-22T14:00:00.5+00:00"),
        ("2026-11-22T15:00:00,123456789Z", "2026-11-22T15:00:00.123456789+00:00"),
        ("2026-11-22 15:00 UTC", "2026-11-22T15:00:00+00:00"),
        ("2026-11-22 15:00 +0200", "2026-11-22T13:00:00+00:00"),
        ("2026-W47-7", "2026-11-22T00:00:00+00:00"),
        ("Sun, 22 Nov 2026 15:00:00 +0100", "2026-11-22T14:00:00+00:00"),
        ("22 Nov 2026 15:00:00 EST", "2026-11-22T20:00:00+00:00"),
        ("Sun Nov 22 15:00:00 UTC 2026", "2026-11-22T15:00:00+00:00"),
        ("Sun Nov 22 15:00:00 2026", "2026-11-22T15:00:00+00:00"),
        ("2026-11-22 +3d2h", "2026-11-25T02:00:00+00:00"),
        ("2026-11-22 -1mo", "2026-10-22T00:00:00+00:00"),
        ("26 Nov 2026", "2026-11-26T00:00:00+00:00"),
        ("November 26, 2026 3pm", "2026-11-26T15:00:00+00:00"),
        ("2026-11-22T15:00 + 90min", "2026-11-22T16:30:00+00:00"),
    ],
)
def test_forms_of_a_moment(run: Run, when: str, means: str) -> None:
    assert run("date", when, "--tz", "UTC") == (0, f"{means}\n".encode(), "")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("now", "now"), ("today", "0:00"), ("tomorrow 9:30", "tomorrow 9:30"), ("15:00", "15:00"), ("3pm", "15:00"),
        ("tomorrow at 9pm", "tomorrow 21:00"), ("yesterday noon", "yesterday 12:00"), ("+3d", "now + 3 days"),
        ("2h ago", "now - 2 hours"), ("in 90min", "now + 90 minutes"), ("-1w", "now - 1 week"), ("12:15am", "0:15"),
        ("-2h", "now - 2 hours"), ("-P1DT2H", "now - 1 day - 2 hours"), ("1000 days ago", "now - 1000 days"),
    ],
)  # fmt: skip
def test_words_are_those_of_gnu_date(shell: Run, ours: str, theirs: str) -> None:
    for _ in range(10):  # a minute may pass between the two
        mine = shell(f"TZ=Asia/Kathmandu stdtools date --to '%F %H:%M' '{ours}'")
        if mine.out == shell(f"TZ=Asia/Kathmandu date -d '{theirs}' '+%F %H:%M'").out:
            break
    else:
        pytest.fail(f"{ours}: {mine}")


@pytest.mark.parametrize(
    ("when", "why"),
    [
        ("soon", "'soon' is not a time; write 2026-11-22T15:00"),
        ("2h", "'2h' is a step; write +2h, -2h or '2h ago'"),
        ("12345", "'12345' could be many things; write @12345 for seconds since 1970"),
        ("2026-13-01", "month must be in 1..12"),
        ("2026-02-30", "is not a date as ISO 8601 has it: day is out of range"),
        ("25:00", "is no time of day"),
        ("1/2/2026", "could be several dates; say how it is written: --from-format %d/%m/%Y\n"),
        ("2026.2.1", "could be several dates; say how it is written: --from-format %Y.%m.%d\n"),
        ("a week ago", "'a week' is no step in time"),
        ("1m", "'1m' could be minutes or months; write 1min or 1mo"),
        ("2026-11-22 15:00 CET", "the zone CET has no one meaning; write its offset"),
        ("31 Feb 2026", "is not a time"),
        ("Mon, 22 Nov 2026 15:00:00 +0000", "2026-11-22 is a Sunday"),
        ("22 Nov 2026 15:00:00 CET", "the zone CET has no one meaning; write its offset"),
        ("2026-11-22T15:00:00.1234567891", "finer than a nanosecond"),
        ("@" + "9" * 30, "not within the years 1 to 9999"),
        ("9999-12-31 +1y", "not within the years 1 to 9999"),
        ("", "is not a time"),
        ("\x1b[31m", "is not a time"),
        ("-3v", "'v' is no unit"),
    ],
)
def test_what_is_no_moment_is_told_and_the_others_are_written(run: Run, when: str, why: str) -> None:
    code, out, err = run("date", when, "@0", "--tz", "UTC")
    assert (code, out) == (2, b"1970-01-01T00:00:00+00:00\n")
    assert why in err
    assert "\x1b" not in err


def test_lines_that_are_none_are_told_with_their_numbers(run: Run) -> None:
    result = run("date", "-", "--tz", "UTC", "--to", "date", stdin=b"@0\n\xff\n1795363200\n\n@1")
    assert (result.code, result.out) == (2, b"1970-01-01\n2026-11-22\n1970-01-01\n")
    assert [line.split(":")[2] for line in result.err.splitlines()] == [" line 2", " line 4"]


def test_a_time_that_comes_twice_or_never_names_both_readings(run: Run) -> None:
    berlin = ("--tz", "Europe/Berlin")
    code, out, err = run("date", "2026-10-25T02:30", *berlin)
    assert (code, out) == (2, b"")
    assert "comes twice in Europe/Berlin; --fold 0 takes it for 2026-10-25T02:30:00+02:00, --fold 1 for" in err
    assert "2026-10-25T02:30:00+01:00" in err
    assert run("date", "2026-10-25T02:30", *berlin, "--fold", "1").text == "2026-10-25T02:30:00+01:00\n"
    _, _, err = run("date", "2026-03-29T02:30", *berlin)
    assert "does not exist in Europe/Berlin; --fold 0 takes it for 2026-03-29T03:30:00+02:00, --fold 1 for" in err
    assert run("date", "2026-03-28T02:30", "--add", "1d", *berlin).code == 2
    assert run("date", "2026-03-28T02:30", "--add", "24h", *berlin).text == "2026-03-29T03:30:00+02:00\n"
    local = {"TZ": "Europe/Berlin"}
    assert "comes twice in local time" in run("date", "2026-10-25T02:30", env=local).err
    assert run("date", "@1792891800", env=local).text == "2026-10-25T02:30:00+01:00\n", "the second one"


def test_steps_of_a_clock_are_whole_where_it_is_changed(run: Run) -> None:
    def berlin(*words: str, env: dict[str, str] | None = None) -> str:
        return run("date", *words, "--tz", "Europe/Berlin", env=env).text.strip()

    for more in ([], ["--fold", "0"], ["--fold", "1"]):
        assert berlin("2026-10-25T01:15Z", "--floor", "1h", *more) == "2026-10-25T02:00:00+01:00", more
    assert berlin("2026-10-25T01:15Z", "--floor", "1h", env={"STDTOOLS_DATE_FOLD": "0"}).startswith("2026-10-25T02:00")
    for when, step, high in (
        ("2026-10-25T01:30", "6h", "2026-10-25T06:00:00+01:00"),
        ("2026-03-29T01:30", "6h", "2026-03-29T06:00:00+02:00"),
        ("2026-03-29T03:30", "2h", "2026-03-29T04:00:00+02:00"),
        ("2026-10-25T00:10Z", "1h", "2026-10-25T02:00:00+01:00"),
        ("2026-10-25T00:10Z", "2h", "2026-10-25T02:00:00+01:00"),
        ("2026-10-25T00:40Z", "30min", "2026-10-25T02:00:00+01:00"),
    ):
        assert berlin(when, "--ceil", step) == high, (when, step)
    day = run("date", "2018-11-04T05:00", "--tz", "America/Sao_Paulo", "--ceil", "1d")
    assert day.text == "2018-11-05T00:00:00-02:00\n", "behind one that began at 1:00"


def test_the_years_end_and_what_was_written_before_stays(run: Run) -> None:
    ends = run("date", "--range", "9999-12-30", "9999-12-31", "1d", "--to", "date")
    assert ends == (0, b"9999-12-30\n9999-12-31\n", "")
    assert run("date", "--range", "0001-01-02", "0001-01-01", "-1d", "--to", "date").out == b"0001-01-02\n0001-01-01\n"
    for zone, day in (("Europe/Berlin", "9999-12-31"), ("America/New_York", "0001-01-01")):
        assert run("date", day, env={"TZ": zone}) == run("date", day, "--tz", zone)
        assert run("date", day, "--to", "date", env={"TZ": zone}) == (0, f"{day}\n".encode(), "")
    beyond = (2, b"", "stdtools date: not within the years 1 to 9999\n")
    assert run("date", "0001-01-01", "--tz", "Europe/Berlin") == beyond
    assert run("date", "0001-01-01", env={"TZ": "Europe/Berlin"}) == beyond
    stops = run("date", "--range", "2026-03-28T02:30", "2026-03-30T02:30", "1d", "--tz", "Europe/Berlin")
    assert (stops.code, stops.out) == (2, b"2026-03-28T02:30:00+01:00\n")
    assert "2026-03-29T02:30:00 does not exist" in stops.err


def test_defaults_that_do_not_matter_are_left_alone(run: Run) -> None:
    env = {"STDTOOLS_DATE_FORMAT": "json", "STDTOOLS_DATE_INPUT": "csv", "STDTOOLS_DATE_TO": "date"}
    assert run("date", "@0", "--tz", "UTC", env=env) == (0, b"1970-01-01\n", "")
    assert run("date", "--diff", "@0", "@1", env=env).code == 0


def test_round_diff_range_and_calendar(run: Run) -> None:
    utc = ("--tz", "UTC")
    assert run("date", "2026-11-26T13:08", "--round", "15min", *utc).text == "2026-11-26T13:15:00+00:00\n"
    assert run("date", "2026-11-26T13:08", "--floor", "1w", "--to", "date", *utc).text == "2026-11-23\n"
    assert run("date", "2026-11-26T13:08", "--ceil", "3mo", "--to", "date", *utc).text == "2027-01-01\n"
    assert "divides a day or a year" in run("date", "now", "--round", "7min").err
    assert run("date", "--diff", "2026-01-31", "2026-11-26T12:00:00.5", *utc).text == (
        "25876800.5\tP9M26DT12H0.5S\t9 months, 26 days, 12 hours and 0.5 seconds\n"
    )
    assert run("date", "--diff", "2026-01-02", "2026-01-01", "--jsonl", *utc).text == (
        '{"seconds": "-86400", "duration": "-P1D", "words": "minus 1 day"}\n'
    )
    assert run("date", "--range", "2026-01-31", "2026-04-30", "1mo", "--to", "date", *utc).text.split() == [
        "2026-01-31",
        "2026-02-28",
        "2026-03-31",
        "2026-04-30",
    ]
    assert run("date", "--range", "2026-01-02", "2026-01-01", "-12h", "--to", "%dT%H", *utc).text.split() == [
        "02T00",
        "01T12",
        "01T00",
    ]
    assert "the step is nothing" in run("date", "--range", "today", "tomorrow", "0d").err
    month = run("date", "--calendar", "2026-02-01").text
    assert month.startswith("   February 2026\nMo Tu We Th Fr Sa Su\n                   1\n")
    marked = run("date", "--calendar", "2026-11-26", "--color", "always").text
    assert marked.count("\x1b[7m26\x1b[0m") == 1
    rest = run("date", "--calendar", "nonsense", "-", "2026-02-01", stdin="2026-02-02\nx\n")
    assert (rest.code, rest.text, rest.err.count("is not a time")) == (2, month * 2, 2)


def test_a_column_is_converted_and_all_else_stays(run: Run) -> None:
    table = 'when,what\n1795363200,"a, ""b"""\n,c\nsoon,d\n'
    code, out, err = run("date", "--column", "when", "--tz", "UTC", stdin=table)
    assert (code, out) == (2, b'when,what\n2026-11-22T16:00:00+00:00,"a, ""b"""\n,c\nsoon,d\n')
    assert "record 3: 'soon' is not a time" in err
    lines = '{"t": 1795363200, "n": 12345678901234567890, "s": "\\ud83d"}\n{"t": null}\n'
    made = run("date", "--column", "t", "--to", "date", "--tz", "UTC", stdin=lines)
    assert made == (0, b'{"t": "2026-11-22", "n": 12345678901234567890, "s": "\\ud83d"}\n{"t": null}\n', "")
    assert run("date", "--column", "t", stdin="a\tt\nx\t@0\n", env={"TZ": "UTC"}).text == (
        "a\tt\nx\t1970-01-01T00:00:00+00:00\n"
    )
    assert "no column 'x'; it has when, what" in run("date", "--column", "x", stdin=table).err
    for empty in ("when,what\n", "when\twhat\n"):
        assert run("date", "--column", "when", stdin=empty) == (0, empty.encode(), "")
        missing = "stdtools date: standard input: no column 'x'; it has when, what\n"
        assert run("date", "--column", "x", stdin=empty) == (2, b"", missing)
    assert run("date", "--column", "t", stdin="[1]").code == 2
    array = '[{"t": "@0"}, {"t": 1795363200}]'
    made = run("date", "--column", "t", "--to", "date", "--tz", "UTC", stdin=array)
    assert made == (0, b'[{"t": "1970-01-01"},\n {"t": "2026-11-22"}]\n', "")
    assert run("date", "--column", "t", stdin=" [] ") == (0, b"[]\n", "")
    for bad, why in (('{"u": 1}', "no column 't'; it has u"), ("nonsense", "not JSON: expecting value")):
        code, out, err = run("date", "--column", "t", "--to", "date", "--tz", "UTC", stdin=f'[{{"t": "@0"}}, {bad}]')
        assert (code, out) == (2, b'[{"t": "1970-01-01"}]\n')
        assert why in err


def test_formats_that_are_read(run: Run) -> None:
    utc = ("--tz", "UTC")
    assert run("date", "22/11/26 15", "--from-format", "%d/%m/%y %H", *utc).text == "2026-11-22T15:00:00+00:00\n"
    assert run("date", "-5", "--from-format", "ms", *utc).text == "1969-12-31T23:59:59.995+00:00\n"
    assert run("date", "5", "--from-format", "epoch", "--to", "ns", *utc).text == "5000000000\n"
    year = run("date", "now", "--to", "%Y", *utc).text.strip()
    assert run("date", "03-01", "--from-format", "%d-%m", "--to", "date", *utc).text == f"{year}-01-03\n"
    assert run("date", "x", "--from-format", "%d").err.count("is not of the form '%d'") == 1
    month = run("date", "now", "--to", "%Y-%m", *utc).text.strip()
    assert run("date", "15", "--from-format", "%d", "--to", "date", *utc).text == f"{month}-15\n"
    assert run("date", "2026-05", "--from-format", "%Y-%m", "--to", "date", *utc).text == "2026-05-01\n"
    assert run("date", "x", "--from-format", "%Q") == (2, b"", "stdtools date: strptime has no %Q\n")
    assert "is no format" in run("date", "x", "--from-format", "day").err
    assert run("date", "5", "--from-format", "iso").code == 2


def test_free_text_is_read_by_dateutil(run: Run) -> None:
    due = "to be paid by the 3rd of March 2027, 10am"
    assert run("date", "--fuzzy", due, "--tz", "UTC").text == "2027-03-03T10:00:00+00:00\n"
    assert "is not a time" in run("date", due).err
    assert "has no date in it" in run("date", "--fuzzy", "nothing at all").err
    assert run("date", "--fuzzy", "3 March 2027 10:00 XYZT").code == 2


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (["--tz", "Berlin"], "there is no time zone 'Berlin'; did you mean Europe/Berlin"),
        (["--tz", "../../etc/passwd"], "there is no time zone"),
        (["--tz", "+25:00"], "is no offset"),
        (["--to", "foo"], "'foo' is no format; write iso, date"),
        (["--to", "%Q"], "%Q in '%Q' is no directive"),
        (["+%F"], "'+%F' is GNU date's; here it is --to '%F'"),
        (["-d", "tomorrow"], "-d is GNU date's; here it is WHEN itself"),
        (["--date=tomorrow"], "--date is GNU date's; here it is WHEN itself"),
        (["-Iseconds"], "-I is GNU date's; here it is --to date, or iso with the time"),
        (["-r", "f"], "-r is GNU date's; here it is stdtools path mtime FILE"),
        (["--", "-1w", "--tz", "UTC"], "'--tz' behind -- is no option; options come before it"),
        (["--foo"], "no such option '--foo'"),
        (["--add", "1m"], "'1m' could be minutes or months"),
        (["--json", "now"], "--json needs --diff"),
        (["--diff", "now", "now", "now"], "'now' is one too many"),
        (["--calendar", "--column", "x"], "--column and --calendar exclude each other"),
        (["--round", "1h", "--ceil", "1h"], "exclude each other"),
        (["--diff", "now", "now", "--add", "1d"], "--add has no meaning with --diff"),
        (["--diff", "now", "now", "--to", "date"], "--to has no meaning with --diff"),
        (["--calendar", "--to", "date"], "--to has no meaning with --calendar"),
        (["now", "--input", "csv"], "--input needs --column"),
    ],
)
def test_wrong_words_are_told(run: Run, args: list[str], why: str) -> None:
    code, out, err = run("date", *args)
    assert (code, out) == (2, b"")
    assert why in err


@pytest.mark.parametrize(
    "args",
    [
        ["date", "@1795363200", "2026-11-22T15:00", "--tz", "Europe/Berlin"],
        ["date", "-", "--tz", "UTC", "--to", "rfc2822", "--add", "3d2h"],
        ["date", "22/11/26", "--from-format", "%d/%m/%y", "--to", "week", "--tz", "UTC"],
        ["date", "@0", "--tz", "+05:30", "--to", "rfc2822"],
        ["date", "2026-03-28T12:00", "--tz", "Europe/Berlin", "--add", "24h"],
        ["date", "2026-03-28 12:00", "--tz", "z", "--add", "1d", "--to", "%Y%m%d"],
    ],
)
def test_the_script_of_explain_does_the_same(run: Run, args: list[str]) -> None:
    script = run(*args, "--explain").text
    assert len(script.splitlines()) <= 20
    lines = b"1795363200\n@5\n"
    done = subprocess.run([sys.executable, "-c", script], input=lines, capture_output=True, check=True)
    assert done.stdout == run(*args, stdin=lines).out


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (["--calendar"], "--explain does not cover --calendar"),
        (["--diff", "now", "now"], "--explain does not cover --diff"),
        (["tomorrow"], "--explain covers now, seconds since 1970 and ISO 8601, and not 'tomorrow'"),
        (["1795363200000"], "--explain covers now, seconds since 1970 and ISO 8601, and not '1795363200000'"),
        (["20261122"], "--explain covers now, seconds since 1970 and ISO 8601, and not '20261122'"),
        (["-", "@0"], "--explain covers - alone"),
        (["03-01", "--from-format", "%d-%m"], "--explain covers --from-format with year, month and day, as %d/%m/%Y"),
        (["--to", "%s"], "--explain does not cover --to %s"),
        (["--tz", "+25:00"], "'+25:00' is no offset from UTC"),
    ],
)
def test_what_no_short_script_does_is_refused_by_explain(run: Run, args: list[str], why: str) -> None:
    assert run("date", *args, "--explain") == (2, b"", f"stdtools date: {why}\n")
