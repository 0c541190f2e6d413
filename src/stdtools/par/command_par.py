"""The command line of par."""

import os
from typing import Any

import click

from stdtools.par.halting import parse_halt, parse_jobs, parse_rate
from stdtools.shared.commands import ToolCommand
from stdtools.shared.options import is_typed, refuse_idle
from stdtools.shared.parameters import Duration, Size
from stdtools.shared.processors import processors


class _Parsed(click.ParamType[Any]):
    """What *parse* makes of the text."""

    def __init__(self, name: str, parse: Any) -> None:
        self.name = name
        self._parse = parse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return it; its ValueError is the user's."""
        try:
            return self._parse(str(value))  # config.toml has numbers, too
        except ValueError as error:
            self.fail(str(error), param, ctx)


def _max_args(text: str) -> int:
    if text == "auto":
        return 0
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:9]) == int(text):
        raise ValueError(f"{text!r} is not a number of items; write 1, 100 or auto")
    return int(text)


def _explain(given: dict[str, Any]) -> str:
    from stdtools.par.explain import explain_par

    _check(given, *_split(given["command"]))
    return explain_par(given)


@click.command(
    cls=ToolCommand,
    context_settings={"allow_interspersed_args": False},
    explain=_explain,
    examples=r"""
stdtools find -e log -0 | stdtools par -0 gzip -9k {}
seq 100000 | stdtools par --block 100k wc -l
stdtools par --py 'line.split(",")[1].upper()' < names.csv
stdtools par -a app.log --map 'line.split()' --reduce count
""",
)
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="[COMMAND [ARG]...] [::: ITEM...]")
@click.option("-a", "--arg-file", metavar="FILE", help="Reads items from FILE instead of standard input.")
@click.option("-0", "--null", is_flag=True, help="Items end with NUL instead of a newline.")
@click.option("-j", "--jobs", metavar="N|N%|+N|-N", help="Jobs at a time  [default: as many as processors]")
@click.option(
    "-n", "--max-args", type=_Parsed("n", _max_args), metavar="N|auto", help="Items in a job, at most  [default: 1]"
)
@click.option("--block", type=Size(), metavar="SIZE", help="Feeds each job a block of lines on its standard input.")
@click.option("--shell", metavar="TEXT", help="Runs TEXT by sh; what stands for a placeholder is never read as shell.")
@click.option(
    "-k", "--keep-order", "order", flag_value="keep", default="keep", help="Writes in order of the items  [default]"
)
@click.option("--unordered", "order", flag_value="unordered", help="Writes the output of each job when it ends.")
@click.option("--line-buffer", "order", flag_value="lines", help="Writes each line when it is whole.")
@click.option("--tag", is_flag=True, help="Puts the item and a tab before each line.")
@click.option("--timeout", type=Duration(), metavar="TIME", help="Ends a job after so long: 90s, 15m.")
@click.option(
    "--retries", type=click.IntRange(0, 1000), default=0, metavar="N", help="Tries a job that fails N times more."
)
@click.option(
    "--halt", type=_Parsed("rule", parse_halt), metavar="RULE", help="Stops: soon,fail=1, now,fail=3 or now,fail=10%."
)
@click.option(
    "--rate", type=_Parsed("rate", parse_rate), metavar="N/s", help="Starts no more jobs than this: 10/s, 30/m."
)
@click.option("--joblog", metavar="FILE", help="Appends a JSON line about each attempt.")
@click.option("--resume", is_flag=True, help="Skips the items that succeeded according to --joblog.")
@click.option("--dry-run", is_flag=True, help="Prints the commands.")
@click.option("--py", metavar="EXPR", help="Prints what this Python expression over 'line' makes of each line.")
@click.option("--call", metavar="MODULE:FUNCTION", help="The same with a function of a line.")
@click.option("--filter", metavar="EXPR", help="With --py: leaves out the lines for which this is false.")
@click.option("--init", metavar="CODE", help="With --py: runs this once in each worker.")
@click.option("--import", multiple=True, metavar="MODULE", help="With --py: modules for it, besides re and math.")
@click.option("--json-in", is_flag=True, help="With --py: each line is JSON, and 'json' what it says.")
@click.option("--jsonl", is_flag=True, help="With --py: prints results as JSON lines.")
@click.option(
    "--on-error",
    type=click.Choice(["stop", "skip", "keep"]),
    default="stop",
    show_default=True,
    help="With --py: what becomes of a line that raises.",
)
@click.option("--map", metavar="EXPR", help="Makes pairs (key, value) of each line: one, or a list of them.")
@click.option(
    "--reduce",
    metavar="HOW",
    help="With --map: sum, min, max, count, list, set, mean or top:N of the values of a key, or an expression over "
    "two of them, a and b.",
)
@click.option(
    "--memory", type=Size(), default="128M", show_default=True, metavar="SIZE", help="With --map: more goes to disk."
)
@click.option(
    "--dead-letter", metavar="FILE", help="With --py: appends the lines that kill their worker, as JSON lines."
)
@click.option("--cluster", metavar="ADDRESS", help="Works on a Dask cluster: tcp://host:8786, or local:N.")
@click.option("--progress/--no-progress", default=None, help="Shows how far it is  [default: on a terminal]")
def par(**given: Any) -> int:
    """Run jobs side by side: a command for each item.

    Items are lines of standard input, of a file, or follow ':::'. In the words of COMMAND {} is the item, {.} without
    extension, {/} its last part, {//} its directory, {/.} the last part without extension, {#} the job's number, {%}
    its slot. Without any the item is the last word. No shell reads it. Options end where COMMAND begins.

    What jobs write is never mixed, and comes in the order of the items. A job's standard input is empty.

    With --py there is no command: a Python expression is worked out for each line, by several processes. Names are
    line, its number n, re, math and what --import adds. None is left out; what is no text is printed as JSON. With
    --map and --reduce values are brought together by their keys. What goes with --py goes with --call and --map, too.

    Exit code 2 when a job or a line failed, 127 when there is no such command.
    """
    command, items = _split(given["command"])
    _check(given, command, items)
    jobs = _number_of_jobs(given["jobs"])
    if given["map"] is not None:
        from stdtools.par.command_reduce import ReduceRun

        return ReduceRun(given, items, jobs).run()
    if given["py"] is not None or given["call"] is not None:
        from stdtools.par.command_map import LineRun

        return LineRun(given, items, jobs).run()
    from stdtools.par.command_jobs import JobRun

    return JobRun(given, command, items, jobs).run()


_ONE_LIST = "there is one list of items: write the combinations behind one ':::'"
_OF_FILE = "-a FILE reads items from a file"
_OF_PARALLEL = {b":::": _ONE_LIST, b":::+": _ONE_LIST, b"::::": _OF_FILE, b"::::+": _OF_FILE}


def _split(words: tuple[str, ...]) -> tuple[list[bytes], list[bytes] | None]:
    """Return the command, and the items behind ``:::`` if that is there."""
    command = [os.fsencode(word) for word in words]
    items = None
    if b":::" in command:
        at = command.index(b":::")
        command, items = command[:at], command[at + 1 :]
    for word in (*command, *(items or ())):
        if word in _OF_PARALLEL:
            what = f"{os.fsdecode(word)!r} is a word of GNU parallel; here {_OF_PARALLEL[word]}"
            raise click.UsageError(what, click.get_current_context())
    return command, items


def _number_of_jobs(text: str | None) -> int:
    available = processors()
    if text is None:
        return available
    try:
        return parse_jobs(text, available)
    except ValueError as error:
        raise click.BadParameter(str(error), click.get_current_context(), param_hint="--jobs") from None


_EVERYWHERE = {"cluster", "command", "arg_file", "null", "jobs", "order", "progress"}
_OF_JOBS = {"tag", "timeout", "retries", "halt", "rate", "joblog", "resume", "dry_run"}
_OF_LINES = {"filter", "init", "import", "json_in", "jsonl", "on_error", "dead_letter"}
# What may be said beside each way; the rest would be without effect.
_BESIDE = {
    "map": _EVERYWHERE - {"order"} | _OF_LINES | {"map", "reduce", "memory"},
    "py": _EVERYWHERE | _OF_LINES | {"py"},
    "call": _EVERYWHERE | _OF_LINES | {"call"},
    "block": _EVERYWHERE | _OF_JOBS - {"tag"} | {"block", "shell"},
    "shell": _EVERYWHERE | _OF_JOBS | {"shell"},
    "": _EVERYWHERE | _OF_JOBS | {"max_args"},
}
_NEEDED = {**dict.fromkeys(_OF_LINES, "--py"), "reduce": "--map", "memory": "--map"}


def _check(given: dict[str, Any], command: list[bytes], items: list[bytes] | None) -> None:
    """Refuse what contradicts itself; of defaults, what does not fit is set aside."""
    way = next(way for way in _BESIDE if not way or given[way] is not None)
    refuse_idle(given, _BESIDE[way], f"--{way}", _NEEDED if way in ("block", "shell", "") else {})
    context = click.get_current_context()
    if way == "map" and given["reduce"] is None:
        raise click.UsageError("--map and --reduce need each other", context)
    if way == "map" and given["on_error"] == "keep":
        if is_typed("on_error"):
            raise click.UsageError("--on-error keep has no meaning with --map: a line is no pair", context)
        given["on_error"] = "stop"
    if way in ("map", "py", "call"):
        if command:
            raise click.UsageError(
                f"--{way} takes the place of a command; {os.fsdecode(command[0])!r} would be one", context
            )
        if given["order"] == "lines" and is_typed("order"):
            raise click.UsageError(f"--line-buffer has no meaning with --{way}", context)
    elif given["shell"] is None and not command:
        raise click.UsageError("missing a COMMAND, --shell TEXT or --py EXPR", context)
    elif given["shell"] is not None and command:
        raise click.UsageError(f"--shell is the command; {os.fsdecode(command[0])!r} would be another", context)
    if items is not None and is_typed("arg_file"):
        raise click.UsageError("items come from --arg-file or behind ':::', not from both", context)
    if given["filter"] == "":
        raise click.BadParameter("it is empty", context, param_hint="--filter")
    if given["block"] == 0:
        raise click.UsageError("--block needs at least one byte", context)
    if given["block"] is not None and items is not None:
        raise click.UsageError("--block reads a stream; there are no items behind ':::'", context)
    if given["order"] == "lines" and given["retries"]:
        if is_typed("order") and is_typed("retries"):
            what = "--line-buffer writes what an attempt says at once; with --retries it may fail"
            raise click.UsageError(what, context)
        given.update({"retries": 0} if is_typed("order") else {"order": "keep"})
    for option in ("joblog", "dead_letter"):
        if given[option] == "-":
            raise click.UsageError(f"--{option.replace('_', '-')} needs a file; standard output is the jobs'", context)
    if is_typed("resume") and given["joblog"] is None:
        raise click.UsageError("--resume needs --joblog", context)
