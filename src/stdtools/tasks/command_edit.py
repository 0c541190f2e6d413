"""The command lines of tasks edit, done, reopen and rm."""

from typing import Any

import click

from stdtools.tasks.command_bulk import carry_out, choosing, filter_to_change
from stdtools.tasks.command_filters import order_of
from stdtools.tasks.command_options import TasksCommand
from stdtools.tasks.command_types import Deadline, complete_any_ids, complete_done_ids, complete_ids, complete_projects
from stdtools.tasks.database import utc_now
from stdtools.tasks.schema import LOWEST, is_none

FIELDS = ("project", "priority", "deadline", "details")


def _new_values(given: dict[str, Any]) -> dict[str, Any]:
    """Return the new values of the fields that were *given* one; '' is none. Raises UsageError for no value at all."""
    values = {field: given[f"to_{field}"] for field in FIELDS if given[f"to_{field}"] is not None}
    if not values:
        message = "say what to change: --to-project, --to-priority, --to-deadline or --to-details"
        raise click.UsageError(message, click.get_current_context())
    if "project" in values and is_none(values["project"]):
        values["project"] = None
    if "deadline" in values:
        values["deadline"] = values["deadline"] or None
    return values


def _explained(given: dict[str, Any], values: dict[str, Any] | None, only: str | None = None) -> str:
    from stdtools.tasks.explain_tasks import explain_change

    return explain_change(given, filter_to_change(given, values, only), order_of(given), values)


def _explain_edit(given: dict[str, Any]) -> str:
    return _explained(given, _new_values(given))


def _explain_done(given: dict[str, Any]) -> str:
    return _explained(given, {"status": "done", "completed": utc_now()}, "open")


def _explain_reopen(given: dict[str, Any]) -> str:
    return _explained(given, {"status": "open", "completed": None}, "done")


def _explain_rm(given: dict[str, Any]) -> str:
    return _explained(given, None)


@click.command(
    cls=TasksCommand,
    explain=_explain_edit,
    examples=r"""
stdtools tasks edit 1 --to-priority 0 --to-deadline tomorrow
stdtools tasks edit --project work --to-deadline +1w --dry-run
stdtools tasks edit --match report --to-project writing --expect 1
stdtools tasks edit 1 --to-deadline none
""",
)
@choosing(complete_any_ids)
@click.option(
    "--to-project", metavar="NAME", shell_complete=complete_projects, help="The new project, made if it is missing."
)
@click.option("--to-priority", metavar="N", type=click.IntRange(0, LOWEST), help="The new priority.")
@click.option("--to-deadline", "--to-due", "to_deadline", metavar="DATE", type=Deadline(), help="The new deadline.")
@click.option("--to-details", metavar="TEXT", help="The new details.")
def edit(**given: Any) -> int:
    """Change tasks.

    Those of the ids, or those that meet all filters; the open ones, unless --status says otherwise or
    ids are given. Prints how many they are. The filters are those of 'list', a DATE is what 'add'
    takes; 'none' is no deadline, and no project.

    A change of more than one task, or of tasks that a filter chose, is shown and asked for on a
    terminal. Elsewhere, tasks that a filter chose are changed with --yes or --expect N only.
    'undo' takes it back. Exits with 1 when there is no such task.
    """
    return carry_out(given, "Change {}", _new_values(given))


@click.command(
    cls=TasksCommand,
    explain=_explain_done,
    examples=r"""
stdtools tasks done 1
stdtools tasks done --project writing --yes
stdtools tasks add Sweep the floor | xargs stdtools tasks done
""",
)
@choosing(complete_ids)
def done(**given: Any) -> int:
    """Mark tasks as done.

    Those of the ids, or the open ones that meet all filters. Prints how many they are. Of those who
    mark one task as done at the same time, one does; the others exit with 1, as for a task that is
    done already or is not there.

    The filters are those of 'list'. A change of more than one task, or of tasks that a filter chose,
    is shown and asked for on a terminal. Elsewhere, tasks that a filter chose are changed with --yes
    or --expect N only. 'undo' takes it back.
    """
    return carry_out(given, "Mark {} as done", {"status": "done", "completed": utc_now()}, "open")


@click.command(
    cls=TasksCommand,
    explain=_explain_reopen,
    examples=r"""
stdtools tasks reopen 1
stdtools tasks reopen --match report --yes
""",
)
@choosing(complete_done_ids)
def reopen(**given: Any) -> int:
    """Mark tasks as open again.

    Those of the ids, or those that are done and meet all filters. Prints how many they are. The filters
    are those of 'list'. A change of more than one task, or of tasks that a filter chose, is shown and
    asked for on a terminal. Elsewhere, tasks that a filter chose are changed with --yes or --expect N
    only. 'undo' takes it back. Exits with 1 when there is no such task.
    """
    return carry_out(given, "Open {} again", {"status": "open", "completed": None}, "done")


@click.command(
    cls=TasksCommand,
    explain=_explain_rm,
    examples=r"""
stdtools tasks add Call the plumber | xargs stdtools tasks rm
stdtools tasks rm --project writing --status all --dry-run
stdtools tasks rm --where "priority > 90" --expect 0 || echo 'no such task'
""",
)
@choosing(complete_any_ids)
def rm(**given: Any) -> int:
    """Delete tasks.

    Those of the ids, or those that meet all filters; the open ones, unless --status says otherwise or
    ids are given. Prints how many they are. The filters are those of 'list'.

    A change of more than one task, or of tasks that a filter chose, is shown and asked for on a
    terminal. Elsewhere, tasks that a filter chose are deleted with --yes or --expect N only. 'undo'
    takes it back. Exits with 1 when there is no such task.
    """
    return carry_out(given, "Delete {}", None)
