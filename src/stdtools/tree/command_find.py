"""The command line of find."""

import os
from itertools import chain, islice
from typing import Any

import click

from stdtools.shared import journal, screen
from stdtools.shared.commands import ToolCommand
from stdtools.shared.errors import TROUBLE, ToolError
from stdtools.shared.options import record_output, refuse_idle
from stdtools.shared.records import RecordWriter
from stdtools.shared.streams import Output
from stdtools.tree import forms
from stdtools.tree.command_criteria import query_of, read
from stdtools.tree.command_filters import (
    filters,
    give_way,
    hasten,
    is_given,
    jobs_of,
    jobs_option,
    roots_of,
    walking_of,
)
from stdtools.tree.facts import COLUMNS, DEFAULT_COLUMNS
from stdtools.tree.finding import Counting, Direct, Enough, Nothing, share_nothing, walk, walk_depth_first
from stdtools.tree.forms import Lines
from stdtools.tree.query import Query, Walking
from stdtools.tree.sharing import Sharing
from stdtools.tree.troubles import Troubles
from stdtools.tree.walker import Walker


class _Find(ToolCommand):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Tell those who type GNU find's words what they are here."""
        from stdtools.tree.gnu import translated

        take_values = {name for param in self.params if not getattr(param, "is_flag", True) for name in param.opts}
        is_value = False
        for index, word in enumerate(args):
            if word == "--":
                break
            hint = None if is_value else translated(word, "".join(args[index + 1 : index + 2]))
            if hint:
                raise click.UsageError(f"{word} is a word of GNU find; {hint}", ctx)
            is_value = not is_value and word in take_values
        return super().parse_args(ctx, args)


def _tell(path: bytes, what: str) -> None:
    screen.complain(os.fsdecode(path or b"''") + f": {what}")


def _explain(given: dict[str, Any]) -> str:
    from stdtools.tree.explain import explain_find

    _check(given)
    walking_of(given, Troubles(_tell))
    query_of(given)
    return explain_find(given)


@click.command(
    cls=_Find,
    explain=_explain,
    examples=r"""
stdtools find -n '*.log' --newer 2h
stdtools find -e log -0 | xargs -0 wc -l
stdtools find --gitignore -E .git --where 'size > 1*MB or age < 1*day'
stdtools find . -t f --sort size --reverse --long | head
""",
)
@filters
@click.option("--depth-first", is_flag=True, help="A directory comes after what lies in it.")
@click.option("--max-results", type=click.IntRange(min=1), metavar="N", help="Stops after N.")
@click.option(
    "-q",
    "--quiet",
    is_flag=True,
    allow_from_autoenv=False,
    help="Prints nothing and stops at the first: exit code 0 when there is one, else 1.",
)
@click.option("-0", "--null", is_flag=True, help="Ends each path with NUL instead of a newline.")
@record_output("a path on a line")
@click.option("--columns", metavar="NAMES", help=f"Columns of the records: {', '.join(COLUMNS)}.")
@click.option("--template", metavar="TEXT", help=r"A line for each, such as '$path\t$size'; the columns' names.")
@click.option("--long", is_flag=True, help="Mode, links, owner, group, size and time before each path.")
@click.option(
    "--sort",
    type=click.Choice(["name", "path", "size", "mtime", "ext"]),
    help="Sorts; keeps all, on disk when they are many.",
)
@click.option("--reverse", is_flag=True, help="Sorts downwards.")
@jobs_option
@click.option(
    "--delete", allow_from_autoenv=False, is_flag=True, help="Deletes what is found, contents before their directories."
)
@click.option("--dry-run", allow_from_autoenv=False, is_flag=True, help="With --delete: prints what would be deleted.")
@click.option("--why", metavar="PATH", allow_from_autoenv=False, help="Says which rule lists or hides PATH.")
def find(**given: Any) -> int:
    """Find files by name, type, size, age and more.

    Walks from each ROOT, or from the current directory, and prints the path of everything that passes all
    tests: hidden and ignored files too, in the order in which directories have them.

    An unreadable directory is printed, its error told, and the walk goes on: exit code 2 at the end. Exit
    code 1 when nothing is found.

    There is no --exec: stdtools find -e log -0 | stdtools par -0 gzip {}
    """
    _check(given)
    if given["delete"]:
        given["follow"] = False  # a default: where it was typed, it was refused
    troubles = Troubles(_tell)
    walking, query, roots = walking_of(given, troubles), query_of(given), roots_of(given)
    with Output() as output:
        if given["why"] is not None:
            return _say_why(given["why"], Walker(walking, query, Nothing(), troubles), roots, output)
        if given["delete"]:
            count = _delete(walking, query, roots, troubles, Lines(output, _end(given)), dry_run=given["dry_run"])
            journal.counts["records"] = count
            return TROUBLE if troubles.count else 0
        form = _form(given, output)
        sink = _sink(given, form, troubles)
        walker = Walker(walking, query, sink, troubles)
        cache = hasten(given, roots, walker)
        _find(given, walker, sink, form, roots, output, cache)
        if cache is not None:
            cache.save()
        if sink.sorter is not None:
            rows = (row for _, _, row in islice(sink.sorter.rows(), given["max_results"]))
            while piece := list(islice(rows, 500)):
                form.write(piece)
        form.close()
    journal.counts["records"] = sink.count
    if troubles.count and not (given["quiet"] and sink.count):
        return TROUBLE
    return 0 if sink.count else 1


_TESTS = {option.name for option in filters(click.Command("")).params} - {"cache", "cache_verify"}
_SEEN = _TESTS | {"cache", "cache_verify", "jobs", "depth_first", "max_results"}
_FORMS = {"template", "long", "columns", "format", "null"}
# What may be said beside each; the rest would be without effect.
_BESIDE = {
    "why": _TESTS | {"why"},
    "delete": _TESTS - {"follow"} | {"delete", "dry_run", "null", "depth_first"},
    "quiet": _SEEN | {"quiet"},
    "": _SEEN | _FORMS | {"sort", "reverse"},
}

_EXCLUDING = [
    ("template", "long"),
    ("template", "columns"),
    ("template", "format"),
    ("long", "columns"),
    ("long", "format"),
    ("null", "format"),
    ("null", "columns"),
]


def _check(given: dict[str, Any]) -> None:
    """Refuse what contradicts itself."""
    way = next(way for way in _BESIDE if not way or is_given(given[way]))
    refuse_idle(given, _BESIDE[way], f"--{way}", {"dry_run": "--delete"})
    if way:  # it has no form
        return
    give_way(given, _EXCLUDING)
    for one, other in _EXCLUDING:
        if is_given(given[one]) and is_given(given[other]):
            message = f"--{one} and --{other} exclude each other"
            if one == "null":
                message = "-0 is for paths, --long and --template"
            raise click.UsageError(message, click.get_current_context())
    if not given["sort"]:
        refuse_idle(["reverse"], (), "", {"reverse": "--sort"})


def _end(given: dict[str, Any]) -> bytes:
    return b"\0" if given["null"] else b"\n"


def _form(given: dict[str, Any], output: Output) -> forms.Form:
    """Return how finds are written."""
    if given["quiet"]:
        return forms.Silence()
    if given["template"] is not None:
        return read("--template", forms.Templated, output, given["template"], _end(given))
    if given["long"]:
        return forms.Long(output, _end(given))
    if given["format"] or given["columns"] is not None:
        columns = DEFAULT_COLUMNS if given["columns"] is None else given["columns"].split(",")
        read("--columns", forms.check_columns, columns)
        return forms.Records(RecordWriter(output, columns, given["format"]), columns)
    return Lines(output, _end(given))


def _sink(given: dict[str, Any], form: forms.Form, troubles: Troubles) -> Counting:
    """Return where finds go."""
    if given["sort"] and not given["quiet"]:
        from stdtools.tree.sorting import Sorted

        return Sorted(form, given["sort"], troubles, reverse=given["reverse"])
    return Direct(form, troubles, 1 if given["quiet"] else given["max_results"])


def _find(
    given: dict[str, Any],
    walker: Walker,
    sink: Counting,
    form: forms.Form,
    roots: list[bytes],
    output: Output,
    cache: Any,
) -> None:
    """Walk, alone or by several processes."""
    sharing = _sharing(given, sink, form, walker.troubles, output)
    if sharing is not None:
        sharing.cache = cache
    try:
        if given["depth_first"]:
            walk_depth_first(walker, roots)
        else:
            walk(walker, roots, sharing or share_nothing)
    except Enough:
        pass


def _sharing(
    given: dict[str, Any], sink: Counting, form: forms.Form, troubles: Troubles, output: Output
) -> Sharing | None:
    """Return what shares a long walk; None where finds come in some order or stop at some number."""
    alone = given["jobs"] == 1 or given["depth_first"] or given["quiet"]
    if alone or (not given["sort"] and (given["max_results"] or not form.begin())):
        return None
    return Sharing(jobs_of(given), sink, troubles, output)


def _delete(
    walking: Walking, query: Query, roots: list[bytes], troubles: Troubles, lines: Lines, *, dry_run: bool
) -> int:
    """Delete what is wanted, or with *dry_run* write it; return how much it is."""
    if query.is_empty:
        for root in roots:
            if os.path.basename(root.rstrip(b"/")) in (b"", b".", b".."):
                raise click.UsageError(
                    f"--delete without a test would empty {os.fsdecode(root)}; name the directory, or say -n '*'",
                    click.get_current_context(),
                )
    count = 0

    def deleted(path: bytes) -> None:
        nonlocal count
        count += 1
        if dry_run or screen.preferences.verbosity > 0:
            lines.write([path])

    from stdtools.tree.deleting import Deleter, learn_rules

    walker = Walker(walking, query, Nothing(), troubles)
    if walking.ignoring is not None:
        from stdtools.tree.sums import outermost

        if len(outermost(roots)) < len(roots):  # what the first deletes may be the rules of the second
            raise click.UsageError(
                "--delete with --gitignore takes no ROOT inside another one", click.get_current_context()
            )
        learn_rules(walking.ignoring, walking, roots)
    deleter = Deleter(walker, deleted, dry_run=dry_run)
    for root in roots:
        deleter.delete_from(root)
    return count


def _say_why(path: str, walker: Walker, roots: list[bytes], output: Output) -> int:
    """Say what the walk meets on its way to *path*: exit code 0 when it lists it from any root, else 1."""
    from stdtools.tree import why

    if not path:
        raise click.BadParameter("a path is empty", click.get_current_context(), param_hint="--why")
    ways = [list(why.reasons(walker, root, names)) for root, names in why.ways_to(os.fsencode(path), roots)]
    if not ways:
        raise ToolError(f"lies below none of {', '.join(map(os.fsdecode, roots))}", where=path)
    listing = next((way for way in ways if not way or not way[-1].hides), None)
    for reason in chain.from_iterable(ways) if listing is None else listing:
        text = f"{os.fsdecode(reason.path)}: {reason.says}"
        output.write(os.fsencode(screen.safe(text) if output.is_terminal else text) + b"\n")
    output.write(b"hidden\n" if listing is None else b"listed\n")
    return 1 if listing is None else 0
