"""The command lines of tasks undo, redo and log."""

import click

from stdtools.shared import journal, screen
from stdtools.shared.options import record_output
from stdtools.shared.records import RecordWriter
from stdtools.shared.streams import Output
from stdtools.tasks import steps
from stdtools.tasks.command_options import TasksCommand, with_database
from stdtools.tasks.database import Database, existing

COLUMNS = ("step", *steps.Step._fields[1:])


_count = click.argument("count", metavar="[N]", type=click.IntRange(min=1), default=1)


@click.command(
    cls=TasksCommand,
    explain="stdtools.tasks.explain_tasks:explain_undo",
    examples=r"""
stdtools tasks add 'A mistake' && stdtools tasks undo
stdtools tasks add 'A mistake' --project oops && stdtools tasks undo --jsonl
""",
)
@_count
@record_output()
@with_database
def undo(count: int, format: str | None, db: str) -> int:
    """Undo the last commands that changed something.

    The last N of them or all that there are, and each as a whole, however many tasks it changed. Prints them as
    'log' does. When a task is not any more what the command made of it, nothing is done, and the exit
    code is 2. Exits with 1 when there is nothing to undo.
    """
    return _turn(db, format, count, undone=True)


@click.command(
    cls=TasksCommand,
    explain="stdtools.tasks.explain_tasks:explain_redo",
    examples=r"""
stdtools tasks undo && stdtools tasks redo
stdtools tasks undo 2 && stdtools tasks redo 2 --csv
""",
)
@_count
@record_output()
@with_database
def redo(count: int, format: str | None, db: str) -> int:
    """Do again what was undone.

    The N commands that were undone last, or all that there are. Prints them as 'log' does. Whatever else is done
    after an undo ends what can be done again. Exits with 1 when there is nothing to do again.
    """
    return _turn(db, format, count, undone=False)


def _turn(db: str, format: str | None, count: int, *, undone: bool) -> int:
    with existing(db) as database:
        turned = steps.undo(database, count) if undone else steps.redo(database, count)
    state = "undone" if undone else "done"
    verb = "undo" if undone else "do again"
    if not turned:
        screen.note(f"there is nothing to {verb}")
    elif len(turned) < count:
        screen.note(f"there was no more to {verb} than {len(turned)}")
    with Output() as output:
        writer = RecordWriter(output, COLUMNS, format)
        if turned or format:
            writer.write(step._replace(state=state) for step in turned)
            writer.close()
    journal.counts["steps"] = len(turned)
    return 0 if turned else 1


@click.command(
    cls=TasksCommand,
    explain="stdtools.tasks.explain_tasks:explain_log",
    examples=r"""
stdtools tasks log
stdtools tasks log --limit 3 --jsonl | jq -r .command
""",
)
@click.option("--limit", metavar="N", type=click.IntRange(min=1), help="The last N of them only.")
@record_output()
@with_database
def log(limit: int | None, format: str | None, db: str) -> int:
    """List the commands that changed something.

    The last one first. Columns: step, at, command, state (done, undone, or dropped: undone, and then
    something else was done), and rows: how many tasks and projects it changed. Exits with 1 when there
    is none.
    """
    count = 0
    with Database(db, writable=False) as database, Output() as output:
        writer = RecordWriter(output, COLUMNS, format)
        for step in steps.steps(database, -1 if limit is None else limit):
            count += 1
            writer.write([step])
        if count or format:
            writer.close()
    journal.counts["steps"] = count
    return 0 if count else 1
