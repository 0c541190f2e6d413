"""What edit, done, reopen and rm have in common: how a change of many tasks is shown, asked for and told."""

import os
from collections.abc import Callable
from itertools import islice
from typing import Any, TypeVar

import click

from stdtools.shared import journal, screen
from stdtools.shared.commands import print_text
from stdtools.shared.errors import ToolError
from stdtools.shared.options import is_typed, record_output
from stdtools.shared.records import RecordWriter
from stdtools.shared.streams import STDERR, STDIN, Output, write_all
from stdtools.tasks.changing import Change, Outcome, Unexpected, changes, check_values, left, remove, set_fields
from stdtools.tasks.command_add import note_project
from stdtools.tasks.command_filters import FILTERS, choosing_options, filter_of, ids_argument, order_of
from stdtools.tasks.command_options import typed, with_database
from stdtools.tasks.database import Database, existing
from stdtools.tasks.filters import Filter, choose

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

_SHOWN = 10  # changes that are shown before the question
_WIDEST = 60  # characters of a value in them


def choosing(complete: Callable[..., list[Any]]) -> Callable[[Decorated], Decorated]:
    """Add ids, filters, and what guards a change of many tasks; the callback hands it all to ``carry_out``."""

    def add(command: Decorated) -> Decorated:
        for each in (
            with_database,
            record_output("plain, or a table on a terminal"),
            click.option("-n", "--dry-run", is_flag=True, allow_from_autoenv=False, help="Prints what would change."),
            click.option(
                "--expect",
                metavar="N",
                type=click.IntRange(min=0),
                allow_from_autoenv=False,
                help="Changes nothing, and exits with 1, unless it is N tasks.",
            ),
            click.option("-y", "--yes", is_flag=True, allow_from_autoenv=False, help="Does not ask."),
            choosing_options,
            ids_argument(complete=complete),
        ):
            command = each(command)
        return command

    return add


def filter_to_change(given: dict[str, Any], values: dict[str, Any] | None, only: str | None) -> Filter:
    """Return which tasks are meant: those of the status *only*, or of any where ids are given, else the open ones.

    Raises UsageError where it was not said which, and ToolError for one of *values* that no task can have.
    """
    if not any(given[name] not in ((), None) for name in FILTERS):
        message = "say which tasks: ids, or one of --project, --due, --match and the like"
        raise click.UsageError(message, click.get_current_context())
    check_values(values or {})
    if only is None:
        return filter_of(given, "open")
    if given["status"] not in (only, "all", None):
        message = f"it is for tasks that are {only}; --status {given['status']} leaves none"
        raise click.UsageError(message, click.get_current_context())
    return filter_of(given)._replace(status=only)


def carry_out(given: dict[str, Any], what: str, values: dict[str, Any] | None, only: str | None = None) -> int:
    """Give the tasks that are meant the *values*, or delete them, and return the exit code.

    *what* is that in words, with {} for how many they are; it is for tasks of the status *only*.
    """
    wanted = filter_to_change(given, values, only)
    if not given["dry_run"] and is_typed("format"):
        raise click.UsageError("--format is for --dry-run")
    sure = given["yes"] or given["expect"] is not None or given["dry_run"]
    can_ask = os.isatty(STDIN) and os.isatty(STDERR)
    if not (sure or wanted.ids or can_ask):
        raise ToolError("the tasks are chosen by a filter, and nobody can be asked", hint="pass --yes or --expect N")
    settings = {"order": order_of(given), "limit": given["limit"]}
    with Database(given["db"], writable=False) if given["dry_run"] else existing(given["db"]) as database:
        if given["dry_run"]:
            return _dry_run(database, wanted, values, given, settings)
        shown = None
        if can_ask and not sure:
            shown = choose(database, wanted, into="shown", **settings)
            if shown > 1 or (shown and not wanted.ids):
                _show(database, wanted, values, settings)
                if not _agreed(what.format(_tasks(shown)) + "?"):
                    screen.note("nothing is done")
                    return 1
        settings |= {"expect": given["expect"], "shown": shown}
        try:
            if values is None:
                outcome = remove(database, typed(), wanted, **settings)
            else:
                outcome = set_fields(database, typed(), wanted, values, **settings)
        except Unexpected as error:
            screen.complain(f"it would be {_tasks(error.count)}, not {given['expect']}; nothing is done")
            return 1
    return _tell(outcome, given["expect"])


def _tell(outcome: Outcome, expect: int | None) -> int:
    code = _tell_left(outcome, expect)
    print_text(f"{outcome.found}\n")
    note_project(outcome)
    journal.counts["tasks"] = outcome.found
    return code


def _tell_left(outcome: Outcome, expect: int | None) -> int:
    """Tell which tasks there are not, and return the exit code; where as many as were expected are there, it is 0."""
    for task, why in outcome.left:
        screen.note(f"{task}: {why}")
    if expect is not None:
        return 0
    if not outcome.found and not outcome.left:
        screen.note("there is no such task")
    return 0 if outcome.found and not outcome.left else 1


def _dry_run(
    database: Database, filter: Filter, values: dict[str, Any] | None, given: dict[str, Any], settings: dict[str, Any]
) -> int:
    count, expect = choose(database, filter, **settings), given["expect"]
    with Output() as output:
        writer = RecordWriter(output, Change._fields, given["format"])
        writer.write(changes(database, filter, values, **settings))
        writer.close()
    if expect not in (None, count):
        screen.complain(f"it would be {_tasks(count)}, not {expect}")
        return 1
    return _tell_left(Outcome(count, tuple(left(database, filter))), expect)


def _show(database: Database, filter: Filter, values: dict[str, Any] | None, settings: dict[str, Any]) -> None:
    found = list(islice(changes(database, filter, values, **settings), _SHOWN + 1))
    for task, details, field, before, after in found[:_SHOWN]:
        change = "" if values is None else f"{field} {_short(before)} → {_short(after)}: "
        _write(f"  {task}  {change}{_short(details)}\n")
    if len(found) > _SHOWN:
        _write("  …\n")


def _short(value: Any) -> str:
    text = screen.safe("none" if value is None else str(value))
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def _agreed(question: str) -> bool:
    _write(f"{question} [y/N] ")
    answer = b""
    while not answer.endswith(b"\n") and (block := os.read(STDIN, 1024)):
        answer += block
    if not answer.endswith(b"\n"):
        _write("\n")
    return answer.strip().lower() in (b"y", b"yes")


def _write(text: str) -> None:
    write_all(STDERR, text.encode("utf-8", "replace"))


def _tasks(count: int) -> str:
    return f"{count} task{'' if count == 1 else 's'}"
