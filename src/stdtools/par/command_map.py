"""The command line of par, where it has a Python expression instead of a command."""

import contextlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from stdtools.par.appending import JsonLines, json_text
from stdtools.par.endings import was_ended
from stdtools.par.expression import BadExpression, Spec, check
from stdtools.par.failures import WorkerDied
from stdtools.par.mapper import Failure
from stdtools.par.mapping import Death, mapped_lines
from stdtools.par.progress import progress_if
from stdtools.shared import journal, screen
from stdtools.shared.errors import TROUBLE, ToolError
from stdtools.shared.streams import Input, Output, open_input

if TYPE_CHECKING:
    from stdtools.par.cluster import Cluster

SHOWN = 20  # failures that are told one by one


class LineRun:
    """A run of an expression over lines, from what was typed to the exit code."""

    expression = "py"  # the option that has it

    def __init__(self, given: dict[str, Any], items: list[bytes] | None, jobs: int) -> None:
        self.given = given
        self.jobs = jobs
        self.spec = self._spec()
        self._items = items
        self._failed = 0
        self._progress = progress_if(given["progress"])
        self._letters = JsonLines(given["dead_letter"]) if given["dead_letter"] is not None else None

    def _spec(self) -> Spec:
        given = self.given
        spec = Spec(
            expression=given[self.expression] or "",
            call=given["call"] or "",
            filter=given["filter"] or "",
            init=given["init"] or "",
            imports=tuple(name.strip() for text in given["import"] for name in text.split(",")),
            json_in=given["json_in"],
            json_out=given["jsonl"],
            many="" if given["map"] is None else "keys" if given["reduce"] == "count" else "pairs",
            on_error=given["on_error"],
            delimiter=b"\0" if given["null"] else b"\n",
        )
        try:
            check(spec)
        except BadExpression as error:
            context = click.get_current_context()
            option = error.field or ("call" if given["call"] is not None else self.expression)
            raise click.BadParameter(str(error), context, param_hint=f"--{option}") from None
        return spec

    def run(self) -> int:
        """Run it; return the exit code."""
        with Output() as output:
            if self._items is not None:
                return self._run(_input_of(self._items, self.spec.delimiter), output)
            path = "-" if self.given["arg_file"] is None else self.given["arg_file"]
            with open_input(path) as source:
                return self._run(source, output)

    def _run(self, source: Input, output: Output) -> int:
        try:
            journal.counts["records"] = self.deliver(source, output)
        finally:
            self.clear_progress()
        if self._failed > SHOWN:
            screen.complain(f"{self._failed} items failed in all")
        return TROUBLE if self._failed else 0

    @contextlib.contextmanager
    def cluster(self) -> "Iterator[Cluster | None]":
        """Connect to the cluster, if one is wanted; its threads are the jobs, unless their number was said."""
        if self.given["cluster"] is None:
            yield None
            return
        from stdtools.par.cluster import Cluster

        with Cluster(self.given["cluster"]) as cluster:
            if self.given["jobs"] is None:
                self.jobs = cluster.threads
            yield cluster

    def show_progress(self, items: int) -> None:
        """Tell that so many *items* are done, if that is wanted, and due."""
        if self._progress is not None:
            self._progress.ended, self._progress.failed = items, self._failed
            self._progress.tick()

    def clear_progress(self) -> None:
        """Take the line of progress away, for something else to be written."""
        if self._progress is not None:
            self._progress.clear()

    def deliver(self, source: Input, output: Output) -> int:
        """Write what becomes of all lines; return how many there were."""
        with self.cluster() as cluster:
            return self._deliver(source, output, cluster)

    def _deliver(self, source: Input, output: Output, cluster: "Cluster | None") -> int:
        items = 0
        ordered = self.given["order"] != "unordered"
        for found in mapped_lines(source, self.spec, self.jobs, ordered=ordered, cluster=cluster):
            if isinstance(found, Death):
                items += 1
                self.bury(found.number, found.line, found.error)
                continue
            items += found.items
            self.clear_progress()
            output.write(found.output)
            output.flush()  # before its place is used again
            if found.failed:
                self.tell(found.failures, found.failed, found.number)
            self.show_progress(items)
        return items

    def tell(self, failures: list[Failure], failed: int, number: int) -> None:
        """Tell of the items that failed, in a block whose first has *number*; raise the first where that stops."""
        self.clear_progress()
        for failure in failures:
            self._failed += 1
            message = f"item {number + failure.place} ({failure.item}): {failure.message}"
            if self.spec.on_error == "stop":
                raise ToolError(message, hint="--on-error skip would go on")
            if self._failed <= SHOWN:
                screen.complain(message)
        self._failed += failed - len(failures)

    def bury(self, number: int, line: bytes, error: WorkerDied) -> None:
        """Tell of an item that has killed its worker, and write it to the dead letters."""
        self._failed += 1
        self.clear_progress()
        if self._failed <= SHOWN:
            ended = was_ended(error.signal, error.exit_code)
            screen.complain(f"item {number} ({os.fsdecode(line[:60])}): its worker {ended}, twice")
        if self._letters is not None:
            self._letters.append(
                {
                    "item": number,
                    "line": json_text(line),
                    "signal": error.signal,
                    "exit": error.exit_code,
                    "stderr": error.tail.decode("utf-8", "replace"),
                }
            )


def _input_of(items: list[bytes], delimiter: bytes) -> Input:
    """Return the items as a stream. Raises ToolError for one that would be two."""
    for item in items:
        if delimiter in item:
            raise ToolError(f"an item behind ':::' has a newline: {os.fsdecode(item)!r}", hint="use -0")
    from stdtools.shared.scratch import scratch_file

    file = scratch_file()
    file.write(b"".join(item + delimiter for item in items))
    file.seek(0)
    return Input(os.dup(file.fileno()), "the items")
