"""The scripts that --explain prints: the same with datetime and zoneinfo."""

from typing import Any

from stdtools.clock.steps import Step
from stdtools.shared.errors import ToolError

_COVERED = {"when", "to", "tz", "step", "diff", "form", "from_format"}
_TO = {
    "iso": "isoformat()", "date": "date()", "time": "strftime('%H:%M:%S')", "week": "strftime('%G-W%V-%u')",
    "rfc2822": "strftime('%a, %d %b %Y %H:%M:%S %z')",
}  # fmt: skip


def explain_date(given: dict[str, Any]) -> str:
    """Return a script that does what ``date`` would do with the parameters *given*."""
    for name, value in given.items():
        if value and name not in _COVERED:
            option = {"span": "range", "round_to": "round", "floor_to": "floor", "ceil_to": "ceil"}.get(name, name)
            raise ToolError(f"--explain does not cover --{option}")
    if given["from_format"] and "%" not in given["from_format"]:
        raise ToolError("--explain covers --from-format as %d/%m/%Y")
    zone = "None" if given["tz"] == "local" else f"ZoneInfo({given['tz']!r})"
    script = [
        "import sys",
        "from datetime import datetime, timedelta",
        "from zoneinfo import ZoneInfo",
        "",
        f"zone = {zone}  # None is local time",
        "",
        "def read(text):",
        "    if text == 'now':",
        "        return datetime.now().astimezone(zone).replace(microsecond=0)",
        "    if text.lstrip('@').isdigit():",
        "        return datetime.fromtimestamp(int(text.lstrip('@'))).astimezone(zone)",
        f"    when = {_read(given['from_format'])}",
        "    return when.astimezone(zone) if when.tzinfo else when.replace(tzinfo=zone).astimezone(zone)",
        "",
    ]
    if given["diff"]:
        first, last = given["diff"]
        script += [f"print(int((read({last!r}) - read({first!r})).total_seconds()))", ""]
        return "\n".join(script)
    words = "sys.stdin.read().splitlines()" if given["when"] == ("-",) else repr(list(given["when"] or ("now",)))
    shift = "".join(_shift(step) for step in given["step"])
    script += [f"for text in {words}:", f"    when = read(text){shift}", f"    print({_write(given['to'])})", ""]
    return "\n".join(script)


def _read(form: str) -> str:
    return f"datetime.strptime(text, {form!r})" if form else "datetime.fromisoformat(text)"


def _shift(step: Step) -> str:
    if step.months or step.nanos % 1000:
        raise ToolError("--explain covers --add of days, hours and less")
    return f" + timedelta(days={step.days}, microseconds={step.nanos // 1000})"


def _write(form: str) -> str:
    if form == "epoch":
        return "int(when.timestamp())"
    if form in _TO:
        return f"when.{_TO[form]}"
    if "%" in form:
        return f"when.strftime({form!r})"
    raise ToolError(f"--explain does not cover --to {form}")
