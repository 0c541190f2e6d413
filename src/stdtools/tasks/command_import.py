"""The command line of tasks import."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from stdtools.shared import journal, screen
from stdtools.shared.errors import TROUBLE, ToolError
from stdtools.shared.options import TAB, record_output, refuse_idle
from stdtools.shared.records import RecordWriter
from stdtools.shared.streams import Output
from stdtools.tasks.command_options import TasksCommand, typed, with_database
from stdtools.tasks.schema import TASK

if TYPE_CHECKING:
    from stdtools.tasks.database import Database
    from stdtools.tasks.importing import Tell
    from stdtools.tasks.wishes import Outcome

COUNTS = ("imported", "updated", "skipped", "rejected", "projects")
CONFLICTS = ("error", "update", "skip")
_QUERY_SECONDS = 30


def _field(ctx: click.Context, param: click.Parameter, name: str) -> str:
    from difflib import get_close_matches

    from stdtools.tasks.header import FIELDS, field_named

    field = field_named(name)
    if field is None:
        close = get_close_matches(name.lower(), FIELDS, 1)
        meant = f"; did you mean {FIELDS[close[0]]}?" if close else f"; they are {', '.join(TASK)}"
        raise click.BadParameter(f"{screen.safe(name)!r} is no field of a task{meant}", ctx, param)
    return field


def _named(ctx: click.Context, param: click.Parameter, typed: tuple[str, ...]) -> dict[str, str | None]:
    """Return what the columns are that ``COLUMN=FIELD`` names."""
    named: dict[str, str | None] = {}
    for each in typed:
        column, found, name = each.rpartition("=")
        if not found or not column.strip():
            raise click.BadParameter(f"{screen.safe(each)!r} is not COLUMN=FIELD or COLUMN=", ctx, param)
        named[column.strip()] = _field(ctx, param, name) if name.strip() else None
    return named


def _header(ctx: click.Context, param: click.Parameter, value: str | None) -> list[str] | None:
    if value is None:
        return None
    return [_field(ctx, param, name) if name.strip() else "" for name in value.split(",")]


def _keys(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_field(ctx, param, name) for name in value))


def _offered_keys(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    return [field for field in TASK if field.startswith(incomplete)]


def _project(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    if value is not None:
        from stdtools.tasks.changing import check_project

        check_project(value)
    return value


def _delimiter(ctx: click.Context, param: click.Parameter, value: str) -> str | None:
    if value == "auto":
        return None
    mark = TAB.get(value, value)
    if len(mark) != 1 or mark in '"\r\n\0\\' or (mark != "\t" and not mark.isprintable()):
        raise click.BadParameter(f"{screen.safe(value)!r} is not auto, tab, or one character", ctx, param)
    return mark


def _encoding(ctx: click.Context, param: click.Parameter, value: str) -> str:
    import codecs

    if value != "auto":
        try:
            codecs.getincrementaldecoder(value)
            " ".encode(value)  # LookupError for what makes bytes of bytes, such as base64
        except (LookupError, ValueError):
            raise click.BadParameter(f"{screen.safe(value)!r} is no encoding that Python knows", ctx, param) from None
    return value


@click.command(
    "import",
    cls=TasksCommand,
    explain="stdtools.tasks.explain_import:explain_import",
    examples=r"""
printf 'details,due\nBuy milk,2031-05-01\n' > plan.csv && stdtools tasks import plan.csv
echo '{"task": "Call Bob", "prio": 1}' | stdtools tasks import --project home
stdtools tasks export | stdtools tasks import --on-conflict update
stdtools tasks --db :memory: import plan.csv --query 'select count(*) from task'
""",
)
@click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path())
@click.option(
    "--map",
    "named",
    metavar="COLUMN=FIELD",
    multiple=True,
    callback=_named,
    help="What the column, or key, named COLUMN is; COLUMN= ignores it. COLUMN may be its number.  [repeatable]",
)
@click.option(
    "--no-header",
    "header",
    metavar="FIELDS",
    callback=_header,
    help="There is no header; the columns are FIELDS: 'details,,deadline' ignores the second.",
)
@click.option("--project", metavar="NAME", callback=_project, help="The project of all rows.")
@click.option(
    "--delimiter",
    metavar="auto|CHAR|tab",
    default="auto",
    show_default=True,
    callback=_delimiter,
    help="What stands between the cells of CSV.",
)
@click.option(
    "--encoding", metavar="auto|NAME", default="auto", show_default=True, callback=_encoding, help="Of the text."
)
@click.option("--rejects", metavar="FILE", type=click.Path(), help="Writes all bad rows to FILE, as CSV.")
@click.option(
    "--max-errors",
    metavar="N",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Leaves out up to N bad rows.",
)
@click.option(
    "--on-conflict",
    "conflict",
    type=click.Choice(CONFLICTS),
    default="error",
    show_default=True,
    help="What becomes of a row that is a task already.",
)
@click.option(
    "--key",
    "keys",
    metavar="FIELD",
    multiple=True,
    callback=_keys,
    shell_complete=_offered_keys,
    help="Rows and tasks are the same where FIELD is.  [repeatable]  [default: id]",
)
@click.option("-n", "--dry-run", is_flag=True, help="Only says what would happen.")
@click.option("--again", is_flag=True, help="Imports a file once more.")
@click.option("--progress/--no-progress", default=None, help="Tells how far it is  [default: on a terminal]")
@click.option("--query", metavar="SQL", help="Prints the rows of a query afterwards, instead of the counts.")
@record_output()
@with_database
def import_tasks(
    files: tuple[str, ...], query: str | None, format: str | None, db: str, progress: bool | None, **given: Any
) -> int:
    """Add the tasks of CSV, TSV or JSON lines.

    All of them, as one step, or none where a row is bad; bad rows are told with their line. Without FILE,
    and for -, standard input. Prints how many were imported, updated, skipped and rejected, and how many
    projects are new.

    A header names the columns: id, project, priority (0 to 99, 5 if empty), details, status (open or
    done), deadline (YYYY-MM-DD), created and completed (2026-11-22T15:00:00Z), in any order and case. Only
    the details are needed. TSV is read as stdtools writes it, without quotes; --delimiter tab reads
    CSV with tabs.

    Exits with 1 when a file has been imported before, with 2 when a row is bad, left out or not.
    """
    from stdtools.tasks.importing import import_files, opened
    from stdtools.tasks.wishes import Wishes

    if given["header"] is not None:
        refuse_idle(("named",), (), "--no-header", {})
    if given["dry_run"]:
        refuse_idle(("query",), (), "--dry-run", {})
        query = None  # a default of the user's
    keys = given.pop("keys") or (("id",) if given["conflict"] != "error" else ())
    with opened(db, dry_run=given["dry_run"]) as database:
        if query is not None:
            from stdtools.tasks.asking import check

            check(database.sql, query)
        with _told(progress) as tell:
            outcome = import_files(database, files or ("-",), Wishes(**given, keys=keys), typed(), tell=tell)
        _tell(outcome, dry_run=given["dry_run"])
        if outcome.rejects.fatal:
            *others, last = outcome.rejects.fatal
            for error in others:
                screen.complain(str(error))
            raise last
        counts = outcome.counts
        journal.counts["rows"] = counts.imported + counts.updated
        if query is None or outcome.refused:
            _print_counts(outcome, format)
        elif code := _print_query(database, query, format):
            return code
    return TROUBLE if outcome.rejects.rows else int(bool(outcome.done_before))


@contextlib.contextmanager
def _told(wanted: bool | None) -> Iterator["Tell | None"]:
    """Have it told how far an import is, on a line that is gone at the end; None where nobody is to be told."""
    if not screen.wants_progress(wanted):
        yield None
        return
    from stdtools.shared.progress_line import ProgressLine

    line = ProgressLine()

    def tell(share: float, rows: int) -> None:
        if line.is_due():
            line.draw(f"{rows:,} rows", share)

    try:
        yield tell
    finally:
        line.clear()


def _tell(outcome: "Outcome", *, dry_run: bool) -> None:
    """Say what is to be said of the rows and files."""
    for note in outcome.notes:
        screen.note(note)
    for done in outcome.done_before:
        screen.note(f"{done.name}: was imported {done.at}; --again imports it once more")
    rejects = outcome.rejects
    for reject in rejects.first:
        screen.complain(str(reject))
    if rejects.rows > rejects.told:
        screen.complain(f"and {rejects.rows - rejects.told} more bad rows; --rejects FILE gets them all")
    if outcome.refused and rejects.rows and not rejects.fatal:
        bad = f"{rejects.rows} of {outcome.rows} rows {'is' if rejects.rows == 1 else 'are'} bad"
        hint = f"--max-errors {rejects.rows} leaves {'it' if rejects.rows == 1 else 'them'} out"
        if rejects.is_open:
            hint = "behind a quote that does not close nobody knows what is a row"
        screen.complain(f"nothing is imported: {bad}; {hint}")
    if outcome.counts.new_projects:
        more = outcome.counts.projects - len(outcome.counts.new_projects)
        names = ", ".join(map(repr, outcome.counts.new_projects)) + (f" and {more} more" if more else "")
        screen.note(f"new projects: {names}", verbosity=1)
    if dry_run and not outcome.refused:
        screen.note("nothing is changed: --dry-run")


def _print_counts(outcome: "Outcome", format: str | None) -> None:
    counts = outcome.counts
    row = (counts.imported, counts.updated, counts.skipped, outcome.rejects.rows, counts.projects)
    with Output() as output:
        writer = RecordWriter(output, COUNTS, format)
        writer.write([row])
        writer.close()


def _print_query(database: "Database", query: str, format: str | None) -> int:
    """Print the rows of *query*, and return the exit code: 0, or that of a query that took too long."""
    from stdtools.tasks.asking import TimeIsUp, ask
    from stdtools.tasks.command_sql import TIMEOUT, give_up

    try:
        columns, rows = ask(database.sql, query, {}, _QUERY_SECONDS, when_stuck=lambda: give_up(_QUERY_SECONDS))
        with Output() as output:
            writer = RecordWriter(output, columns, format)
            writer.write(rows)
            writer.close()
    except ToolError as error:
        screen.complain("the import is done all the same")
        if not isinstance(error, TimeIsUp):
            raise
        screen.complain(str(error))
        return TIMEOUT
    return 0
