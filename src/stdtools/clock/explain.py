"""The scripts that --explain prints: the same with datetime and zoneinfo."""

import re
from datetime import datetime, timezone
from typing import Any

from stdtools.clock.steps import Step
from stdtools.clock.zones import zone_of
from stdtools.shared.errors import ToolError
from stdtools.shared.explaining import refuse_others

_COVERED = {"when", "to", "tz", "step", "form", "from_format"}
_TO = {
    "iso": "isoformat()", "date": "date()", "time": "strftime('%H:%M:%S')", "week": "strftime('%G-W%V-%u')",
    "rfc2822": "strftime('%a, %d %b %Y %H:%M:%S %z')",
}  # fmt: skip
_NOT_OF_PYTHON = re.compile("%(s|:z|[369]?N)")
_SECONDS = re.compile(r"@\d+|\d{9,11}", re.ASCII)
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)?)?", re.ASCII)


def explain_date(given: dict[str, Any]) -> str:
    """Return a script that does what ``date`` would do with the parameters *given*."""
    refuse_others(given, _COVERED)
    words = list(given["when"] or ("now",))
    script = [
        "import sys",
        "from datetime import datetime, timedelta, timezone",
        "from zoneinfo import ZoneInfo",
        "",
        f"zone = {_zone(given['tz'])}  # None is local time",
        "",
        "def read(text):",
        *_read(given["from_format"], words),
        "    return when.astimezone(zone) if when.tzinfo else when.replace(tzinfo=zone).astimezone(zone)",
        "",
        f"for text in {'sys.stdin.read().splitlines()' if words == ['-'] else repr(words)}:",
        "    when = read(text)",
        *(line for step in given["step"] for line in _shift(step)),
        f"    print({_write(given['to'])})",
        "",
    ]
    return "\n".join(script)


def _zone(name: str) -> str:
    try:
        zone = zone_of(name)
    except ValueError as error:
        raise ToolError(str(error)) from None
    if name.lower() == "local":
        return "None"
    if isinstance(zone, timezone):
        return f"timezone(timedelta(seconds={int(zone.utcoffset(None).total_seconds())}))"
    return f"ZoneInfo({name!r})"


def _read(form: str, words: list[str]) -> list[str]:
    """Return the lines that read a text, by *form* or as *words* are written."""
    if "-" in words and len(words) > 1:
        raise ToolError("--explain covers - alone")
    if form:
        names = set(re.findall("%([a-zA-Z])", form))
        if not (names & set("Yy") and names & set("mbBj") and names & set("dj")):
            raise ToolError("--explain covers --from-format with year, month and day, as %d/%m/%Y")
        return [f"    when = datetime.strptime(text, {form!r})"]
    if words != ["-"]:
        for word in words:
            if word != "now" and not _SECONDS.fullmatch(word) and not _is_iso(word):
                raise ToolError(f"--explain covers now, seconds since 1970 and ISO 8601, and not {word!r}")
    return [
        "    if text == 'now':",
        "        when = datetime.now(timezone.utc).replace(microsecond=0)",
        "    elif text.lstrip('@').isdigit():",
        "        when = datetime.fromtimestamp(int(text.lstrip('@')), timezone.utc)",
        "    else:",
        "        when = datetime.fromisoformat(text)",
    ]


def _is_iso(word: str) -> bool:
    try:
        return bool(_ISO.fullmatch(word) and datetime.fromisoformat(word))
    except ValueError:
        return False


def _shift(step: Step) -> list[str]:
    """Return the lines that move a moment by *step*: days by the clock on the wall, then time that passes."""
    if step.months or step.nanos % 1000:
        raise ToolError("--explain covers --add of days, hours and less")
    lines = []
    if step.days:
        wall = f"when.replace(tzinfo=None) + timedelta(days={step.days})"
        lines.append(f"    when = ({wall}).replace(tzinfo=zone).astimezone(zone)")
    if step.nanos:
        moved = f"when.astimezone(timezone.utc) + timedelta(microseconds={step.nanos // 1000})"
        lines.append(f"    when = ({moved}).astimezone(zone)")
    return lines


def _write(form: str) -> str:
    if form == "epoch":
        return "int(when.timestamp())"
    if form in _TO:
        return f"when.{_TO[form]}"
    if "%" in form and not _NOT_OF_PYTHON.search(form):
        return f"when.strftime({form!r})"
    raise ToolError(f"--explain does not cover --to {form}")
