"""The command line of tasks add."""

import click

from stdtools.shared import screen
from stdtools.shared.commands import print_text
from stdtools.tasks.changing import Outcome
from stdtools.tasks.changing import add as add_task
from stdtools.tasks.command_options import TasksCommand, typed, with_database
from stdtools.tasks.command_types import Deadline, complete_projects
from stdtools.tasks.database import Database
from stdtools.tasks.schema import LOWEST, USUAL


def note_project(outcome: Outcome) -> None:
    """Tell that a project was made, and aloud if it looks like a slip of the pen."""
    if outcome.close_project is not None:
        names = f"{outcome.new_project!r} is a new project beside {outcome.close_project!r}"
        screen.note(f"{names}; 'stdtools tasks undo' if that was not meant")
    elif outcome.new_project is not None:
        screen.note(f"made the project {outcome.new_project!r}", verbosity=1)


@click.command(
    cls=TasksCommand,
    explain="stdtools.tasks.explain_tasks:explain_add",
    examples=r"""
stdtools tasks add Water the plants --due +3d
stdtools tasks add 'Write the report' --project work --priority 1 --due friday
stdtools tasks add Buy milk --project home | xargs stdtools tasks show
""",
)
@click.argument("details", metavar="DETAILS...", nargs=-1, required=True)
@click.option(
    "--project",
    metavar="NAME",
    shell_complete=complete_projects,
    help="The project of the task, made if it is a new one.",
)
@click.option(
    "--priority",
    metavar="N",
    type=click.IntRange(0, LOWEST),
    default=USUAL,
    help=f"0 is the most urgent, {LOWEST} the least.  [default: {USUAL}]",
)
@click.option("--deadline", "--due", "deadline", metavar="DATE", type=Deadline(), help="When it has to be done.")
@with_database
def add(details: tuple[str, ...], project: str | None, priority: int, deadline: str | None, db: str) -> int:
    """Add a task.

    Prints its id. The words of DETAILS are joined by blanks.

    A DATE is 2026-11-22, today, tomorrow, yesterday, friday (the first one after today), 'next friday'
    (in the week after this one), +3d, +2w, +1mo, +1y, eow, eom, eoy (the end of this week, month or
    year), or none.

    A project of a new name is made; if the name looks like that of another project, a note says so.
    """
    with Database(db, writable=True) as database:
        task, outcome = add_task(
            database,
            typed(),
            " ".join(details),
            project=project or None,
            priority=priority,
            deadline=deadline or None,
        )
    print_text(f"{task}\n")
    note_project(outcome)
    return 0
