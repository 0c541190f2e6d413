"""The command line of tasks sql."""

import os
from collections.abc import Iterator
from typing import Any, NoReturn

import click

from stdtools.shared import journal, screen
from stdtools.shared.errors import ToolError
from stdtools.shared.options import record_output
from stdtools.shared.parameters import Duration
from stdtools.shared.records import RecordWriter, is_utf8
from stdtools.shared.sqlite import telling
from stdtools.shared.streams import Output, open_input
from stdtools.tasks.command_options import TasksCommand, with_database

TIMEOUT = 124


def _parameters(ctx: click.Context, param: click.Parameter, typed: tuple[str, ...]) -> dict[str, Any]:
    """Return the values of ``name=text`` and ``name:=json``."""
    values: dict[str, Any] = {}
    for each in typed:
        name, found, text = each.partition("=")
        as_json = name.endswith(":")
        name = name.removesuffix(":").removeprefix(":")
        if not found or not name.isidentifier():
            raise click.BadParameter(f"'{each}' is not name=VALUE or name:=JSON", ctx, param)
        if name in values:
            raise click.BadParameter(f"{name} is given twice", ctx, param)
        values[name] = _of_json(text, each, ctx, param) if as_json else text
        if isinstance(values[name], str) and not is_utf8(values[name]):
            raise click.BadParameter(f"'{each}' is not UTF-8", ctx, param)
    return values


def _of_json(text: str, typed: str, ctx: click.Context, param: click.Parameter) -> Any:
    import json

    try:
        value = json.loads(text)
        return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
    except (ValueError, RecursionError):
        raise click.BadParameter(f"'{typed}' has no JSON behind :=", ctx, param) from None


def _explain(given: dict[str, Any]) -> str:
    from stdtools.tasks.explain_queries import explain_sql
    from stdtools.tasks.tables_of_files import encoded_as

    script = explain_sql(given)
    for path in given["files"]:
        if os.path.isfile(path):
            with open_input(path) as source:
                if encoded_as(source, path) != ("utf-8-sig", ("csv", ",")):
                    raise ToolError("--explain covers CSV in UTF-8 with commas only", where=path)
    return script


def give_up(seconds: float) -> NoReturn:
    """End the process: SQLite is in the middle of what cannot be interrupted, nor can a signal."""
    screen.complain(f"QUERY: took longer than {seconds:g} s and did not stop")
    os._exit(TIMEOUT)


@click.command(
    cls=TasksCommand,
    explain=_explain,
    examples=r"""
stdtools tasks sql 'select project, count(*) as n from task group by 1'
stdtools tasks sql 'select * from task where deadline < :day' -p day=2031-05-01
printf 'name,hours\na,1.5\nb,2\n' > t.csv && stdtools tasks sql 'select sum(hours) from t' t.csv
stdtools tasks list --jsonl | stdtools tasks sql 'select count(*) from stdin' -
""",
)
@click.argument("query", metavar="QUERY")
@click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path())
@click.option(
    "-p",
    "--param",
    "parameters",
    metavar="NAME=VALUE",
    multiple=True,
    callback=_parameters,
    help="The value of :NAME, as text; NAME:=JSON is a number, null, or JSON.",
)
@click.option(
    "--timeout",
    metavar="TIME",
    default="10s",
    show_default=True,
    type=Duration(),
    help="What the query may take, such as 90s or 5m; then the exit code is 124.",
)
@record_output()
@with_database
def sql(
    query: str, files: tuple[str, ...], parameters: dict[str, Any], timeout: float, format: str | None, db: str
) -> int:
    """Ask the database, and CSV files, in SQL.

    QUERY is one query of SQLite. It can only read. The tables are task, with id, project, priority, details,
    status, deadline, created and completed, and project, with name, description and deadline.

    Each FILE, in CSV, TSV or JSON, is a table of its name: plan.csv is plan, standard input (-) is stdin. In
    CSV and TSV a column has numbers where all its values are numbers, and what is empty is NULL.
    """
    from stdtools.tasks.asking import TimeIsUp, ask
    from stdtools.tasks.database import Database

    count = 0

    def counted(rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        nonlocal count
        for row in rows:
            count += 1
            yield row

    with Database(db, writable=False) as database, telling(db):
        if files:
            from stdtools.tasks.tables_of_files import add_tables

            add_tables(database.sql, files)
        try:
            columns, rows = ask(database.sql, query, parameters, timeout, when_stuck=lambda: give_up(timeout))
            with Output() as output:
                writer = RecordWriter(output, columns, format)
                writer.write(counted(rows))
                writer.close()
        except TimeIsUp as error:
            screen.complain(f"{error}; --timeout gives it more")
            return TIMEOUT
    journal.counts["rows"] = count
    return 0
