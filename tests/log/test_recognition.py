"""What a line says of its time and level."""

from datetime import datetime

import pytest

from stdtools.log.recognition import level_of, time_of

NOON = 1795348800.0  # 2026-11-22 12:00:00 UTC


pytestmark = pytest.mark.usefixtures("berlin")


@pytest.mark.parametrize(
    ("line", "moment"),
    [
        (b"2026-11-22T12:00:00Z x", NOON),
        (b"2026-11-22 13:00:00 x", NOON),
        (b"2026-11-22 13:00 x", NOON),
        (b"[2026/11/22 13:00:00] nginx", NOON),
        (b"2026-11-22T13:00:00.250+01:00", NOON + 0.25),
        (b"2026-11-22T13:00:00,250000+0100", NOON + 0.25),
        (b"2026-11-22 06:30:00 -0530 x", NOON),
        (b'{"level": "info", "time": "2026-11-22T12:00:00.5Z"}', NOON + 0.5),
        (b'{"ts":1795348800.125,"msg":"x"}', NOON + 0.125),
        (b"1795348800 squid", NOON),
        (b"[1795348800.5] x", NOON + 0.5),
        (b'::1 - - [22/Nov/2026:13:00:00 +0100] "GET / HTTP/1.1" 200', NOON),
        (b"<13>Nov 22 13:00:00 host su: x", NOON),
        (b"Nov  2 13:00:00 host su: x", NOON - 20 * 86400),
        (b"Dec 24 13:00:00 host su: of last year", NOON - 333 * 86400),
        (b"no time at all", None),
        (b"Nov 22 13:00:00 host app: backup of 2020-01-01 00:00:00 done", NOON),
        (b'::1 - - [22/Nov/2026:12:00:00 +0000] "GET /?from=2020-01-01T00:00:00Z HTTP/1.1"', NOON),
        (b"2026-11-22 12:00:00+00 as PostgreSQL has it", NOON),
        (b"2026-11-22 12:00:00 UTC", NOON),
        (b"2026-11-22 13:00:00 -5000 credits", NOON),
        (b"[Sun Nov 22 13:00:00.500000 2026] [core:error] of Apache", NOON + 0.5),
        (b"9999-12-31T23:59:59-23:00", None),
        (b"Feb 29 12:00:00 host x: of 2024", 1709204400.0),
        (b"2026-13-22 12:00:00", None),
        (b"2026-11-22 25:00:00", None),
        (b"12026-11-22 12:00:00", None),
        (b"179534880012 x", None),
        (b"x" * 400 + b"2026-11-22T12:00:00Z", None),
    ],
)
def test_times(line: bytes, moment: float | None) -> None:
    assert time_of(line, now=NOON + 3600) == moment


def test_times_are_those_of_datetime() -> None:
    for text in ("2026-03-29T01:59:59", "2026-03-29T03:00:00", "2026-10-25T04:00:00", "2000-02-29T00:00:00"):
        assert time_of(text.encode()) == datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(
    ("line", "level"),
    [
        (b"12:00 ERROR no", "error"),
        (b"[warn] x", "warning"),
        (b"<err> x", "error"),
        (b'{"level":"warning"}', "warning"),
        (b"level=crit x", "critical"),
        (b"FATAL: x", "critical"),
        (b"Info: no error", "info"),
        (b"/var/log/error.log opened", None),
        (b"error.log opened", None),
        (b"errors: 0", None),
        (b"nothing", None),
        (b"2026-11-22 trace=abc123 level=error msg=boom", "error"),
        (b'{"time":1,"trace":"abc","level":"error"}', "error"),
        (b"debug=false severity: WARN", "warning"),
        (b'{"err":null,"level":"info"}', "info"),
        (b"error=none", None),
        (b"[core:error] x", "error"),
    ],
)
def test_levels(line: bytes, level: str | None) -> None:
    assert level_of(line) == level
