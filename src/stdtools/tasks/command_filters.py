"""What the commands of tasks share of the command line that says which tasks are meant, and in which order."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from stdtools.tasks.command_types import DueType, Ids, Priority, Sort, complete_ids, complete_projects
from stdtools.tasks.filters import Filter, Order
from stdtools.tasks.schema import STATUSES, is_none

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def ids_argument(
    *, required: bool = False, complete: Callable[..., list[Any]] = complete_ids
) -> Callable[[Decorated], Decorated]:
    """Add ID..., with ranges; the callback gets ``ids``, see ``ranges``."""
    return click.argument(
        "ids",
        metavar="ID..." if required else "[ID]...",
        nargs=-1,
        type=Ids(),
        required=required,
        shell_complete=complete,
    )


def filter_options(command: Decorated) -> Decorated:
    """Add the options that say which tasks are meant, in which order and how many of them.

    The callback gets them one by one, in FILTERS; ``filter_of`` and ``order_of`` make sense of them.
    """
    return _with(command, settable=True)


def exporting_options(command: Decorated) -> Decorated:
    """Add the options of ``filter_options`` where the order is by id unless it is said."""
    return _with(command, settable=True, order="id")


def choosing_options(command: Decorated) -> Decorated:
    """Add the options of ``filter_options``, none of which a variable or config.toml sets: for what changes tasks."""
    return _with(command, settable=False)


FILTERS = ("ids", "project", "priority", "status", "due", "match", "where")
ORDERING = ("sort", "reverse", "limit")


def _with(command: Decorated, *, settable: bool, order: str = "urgency") -> Decorated:
    def option(*names: str, **settings: Any) -> Callable[[Decorated], Decorated]:
        return click.option(*names, allow_from_autoenv=settable, **settings)

    options = (
        option(
            "--project",
            metavar="NAME",
            multiple=True,
            shell_complete=complete_projects,
            help="Tasks of this project; 'none': of no project. [repeatable: of any]",
        ),
        option("--priority", metavar="N|N..M", type=Priority(), help="Tasks of these priorities; 0 is the highest."),
        option("--status", type=click.Choice([*STATUSES, "all"]), help="[default: see above]"),
        option(
            "--due",
            metavar="WHEN",
            type=DueType(),
            help="Tasks due today, week, overdue, none, DATE or DATE..DATE, see above.",
        ),
        option(
            "--match",
            metavar="TEXT",
            multiple=True,
            help="Tasks with all these words in details or project, whatever their case.",
        ),
        option("--where", metavar="SQL", help="Tasks for which this SQL expression is true."),
        option(
            "--sort",
            metavar="FIELD",
            multiple=True,
            type=Sort(),
            help=f"The order; -FIELD: descending. [repeatable]  [default: {order}]",
        ),
        option("--reverse", is_flag=True, help="The other way round."),
        option("--limit", metavar="N", type=click.IntRange(min=1), help="The first N of them only."),
    )
    for each in reversed(options):
        command = each(command)
    return command


def filter_of(given: dict[str, Any], status: str | None = None) -> Filter:
    """Return the filter that the parameters *given* are; *status* is the default where no ids are given."""
    ids = ranges(given.get("ids", ()))
    chosen = given["status"] or (None if ids else status)
    return Filter(
        ids=ids,
        projects=tuple("" if is_none(name) else name for name in given["project"]),
        priority=given["priority"],
        status=None if chosen == "all" else chosen,
        due=given["due"],
        match=given["match"],
        where=given["where"],
    )


def ranges(ids: tuple[tuple[tuple[int, int], ...], ...]) -> tuple[tuple[int, int], ...]:
    """Return what the arguments of ``ids_argument`` say, each range once."""
    return tuple(dict.fromkeys(each for argument in ids for each in argument))


def order_of(given: dict[str, Any], default: Order = (("urgency", False),)) -> Order:
    """Return the order that the parameters *given* are; *default* is that where no field to sort by is given."""
    order = tuple(given["sort"]) or default
    return tuple((field, descending != given["reverse"]) for field, descending in order)
