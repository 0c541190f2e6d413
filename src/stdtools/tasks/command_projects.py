"""The command lines of tasks projects: list, add, edit and rm."""

from typing import Any

import click

from stdtools.shared import journal, screen
from stdtools.shared.commands import LazyGroup, print_text
from stdtools.shared.options import record_output
from stdtools.shared.records import RecordWriter
from stdtools.tasks.command_list import marked, output_for
from stdtools.tasks.command_options import TasksCommand, typed, with_database
from stdtools.tasks.command_types import Deadline, complete_projects, today
from stdtools.tasks.database import Database, existing
from stdtools.tasks.projects import (
    HasTasks,
    NoProject,
    Progress,
    add_project,
    edit_project,
    remove_project,
)
from stdtools.tasks.projects import (
    projects as all_projects,
)

_BAR = 10  # characters


class ProjectsCommand(TasksCommand):
    """A command of tasks projects."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, group="tasks_projects", **settings)


class ListingGroup(LazyGroup):
    """A group that lists where no command is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``list`` before options that are not of the group."""
        if not args and ctx.resilient_parsing:  # Tab: what may come is one of the commands
            return super().parse_args(ctx, args)
        if not args or (args[0].startswith("-") and args[0] not in ("-h", "--help")):
            args = ["list", *args]
        return super().parse_args(ctx, args)


_HERE = "stdtools.tasks.command_projects:"
projects = ListingGroup(
    name="projects",
    help="List, add, change and delete projects.\n\nWithout a COMMAND: 'list'.",
    table={
        "list": (f"{_HERE}list_projects", "List projects, and how far they are."),
        "add": (f"{_HERE}add", "Add a project."),
        "edit": (f"{_HERE}edit", "Change a project."),
        "rm": (f"{_HERE}rm", "Delete a project."),
    },
)


def _explain_edit(given: dict[str, Any]) -> str:
    from stdtools.tasks.explain_tasks import explain_edit_project

    return explain_edit_project(given, _new_values(given))


_name = click.argument("name", metavar="NAME", shell_complete=complete_projects)


@click.command(
    "list",
    cls=ProjectsCommand,
    explain="stdtools.tasks.explain_tasks:explain_projects",
    examples=r"""
stdtools tasks projects
stdtools tasks projects list --csv
stdtools tasks projects list --jsonl | jq -r 'select(.open > 0) | .name'
""",
)
@record_output()
@with_database
def list_projects(format: str | None, db: str) -> int:
    """List projects, and how far they are.

    Columns: name, description, deadline, open and done: how many of its tasks are. What is due first
    comes first. Exits with 1 when there is none.
    """
    count = 0
    output = output_for(format)
    with Database(db, writable=False) as database, output:
        writer = RecordWriter(output, Progress._fields, format)
        if writer.format == "table":
            writer = RecordWriter(output, (*Progress._fields, "progress"), format)
        day = today().isoformat()
        for project in all_projects(database):
            count += 1
            if writer.format == "table":
                deadline = marked(project.deadline, project.open > 0, day)
                writer.write([(*project._replace(deadline=deadline), _bar(project.done, project.open))])
            else:
                writer.write([project])
        if count or format:
            writer.close()
    journal.counts["projects"] = count
    return 0 if count else 1


def _bar(done: int, rest: int) -> str:
    if not done + rest:
        return ""
    full = done * _BAR // (done + rest)
    return f"{'█' * full}{'░' * (_BAR - full)} {done * 100 // (done + rest):3}%"


@click.command(
    cls=ProjectsCommand,
    explain="stdtools.tasks.explain_tasks:explain_add_project",
    examples=r"""
stdtools tasks projects add house --description 'All about the house'
stdtools tasks projects add journey --deadline +3m
""",
)
@click.argument("name", metavar="NAME")
@click.option("--description", metavar="TEXT", default="", help="What it is about.")
@click.option("--deadline", "--due", "deadline", metavar="DATE", type=Deadline(), help="When it has to be done.")
@with_database
def add(name: str, description: str, deadline: str | None, db: str) -> int:
    """Add a project.

    A DATE is one as 'stdtools tasks add' takes it. Exits with 1 when there is one of this name.
    """
    with Database(db, writable=True) as database:
        if not add_project(database, typed(), name, description, deadline or None):
            screen.note(f"there is a project {name!r} already")
            return 1
    return 0


def _new_values(given: dict[str, Any]) -> dict[str, str | None]:
    values = {"name": given["new_name"], "description": given["description"], "deadline": given["deadline"]}
    values = {field: value for field, value in values.items() if value is not None}
    if not values:
        message = "say what to change: --name, --description or --deadline"
        raise click.UsageError(message, click.get_current_context())
    if "deadline" in values:
        values["deadline"] = values["deadline"] or None
    return values


@click.command(
    cls=ProjectsCommand,
    explain=_explain_edit,
    examples=r"""
stdtools tasks projects edit house --deadline eoy
stdtools tasks projects edit house --name home2 --description 'All about the home'
""",
)
@_name
@click.option("--name", "new_name", metavar="NEW", allow_from_autoenv=False, help="The new name.")
@click.option("--description", metavar="TEXT", allow_from_autoenv=False, help="The new description.")
@click.option(
    "--deadline",
    "--due",
    "deadline",
    metavar="DATE",
    type=Deadline(),
    allow_from_autoenv=False,
    help="The new deadline; 'none' for none.",
)
@with_database
def edit(**given: Any) -> int:
    """Change a project.

    Its tasks stay with it when it gets another name. A DATE is one as 'stdtools tasks add' takes it.
    Exits with 1 when there is no such project.
    """
    values = _new_values(given)
    with existing(given["db"]) as database:
        try:
            edit_project(database, typed(), given["name"], values)
        except NoProject as error:
            return _missing(error)
    return 0


@click.command(
    cls=ProjectsCommand,
    explain="stdtools.tasks.explain_tasks:explain_rm_project",
    examples=r"""
stdtools tasks projects rm journey
stdtools tasks projects rm home2 --with-tasks
""",
)
@_name
@click.option("--with-tasks", is_flag=True, allow_from_autoenv=False, help="Deletes its tasks, too.")
@with_database
def rm(name: str, with_tasks: bool, db: str) -> int:
    """Delete a project.

    One that has tasks stays, unless --with-tasks is given. Prints how many tasks were deleted with it.
    'undo' takes it back. Exits with 1 when there is no such project, or when it has tasks.
    """
    with existing(db) as database:
        try:
            count = remove_project(database, typed(), name, with_tasks=with_tasks)
        except NoProject as error:
            return _missing(error)
        except HasTasks as error:
            tasks = f"{error.count} task{'' if error.count == 1 else 's'}"
            screen.complain(f"{screen.safe(name)}: has {tasks}; --with-tasks deletes them, too")
            return 1
    print_text(f"{count}\n")
    return 0


def _missing(error: NoProject) -> int:
    close = f"; did you mean {error.close!r}?" if error.close else ""
    screen.note(f"there is no project {error.name!r}{close}")
    return 1
