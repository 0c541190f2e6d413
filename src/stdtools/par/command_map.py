"""The command line of par, where it has a Python expression instead of a command."""

import os
from typing import Any

import click

from stdtools.par.appending import JsonLines
from stdtools.par.expression import BadExpression, Failure, Mapped, Spec, check
from stdtools.par.failures import WorkerDied
from stdtools.par.mapping import Death, mapped_lines
from stdtools.shared import journal, screen
from stdtools.shared.errors import TROUBLE, ToolError
from stdtools.shared.streams import Input, Output, open_input

SHOWN = 20  # failures that are told one by one


def spec_of(given: dict[str, Any], expression: str = "") -> Spec:
    """Return what is done with each line."""
    spec = Spec(
        expression=expression,
        call=given["call"] or "",
        keeps=given["filter"] or "",
        init=given["init"] or "",
        imports=tuple(name for text in given["import"] for name in text.split(",")),
        json_in=given["json_in"],
        json_out=given["jsonl"],
        on_error=given["on_error"],
        delimiter=b"\0" if given["null"] else b"\n",
    )
    try:
        check(spec)
    except BadExpression as error:
        raise click.BadParameter(str(error), click.get_current_context(), param_hint="--py") from None
    return spec


class LineRun:
    """A run of an expression over lines, from what was typed to the exit code."""

    def __init__(self, given: dict[str, Any], items: list[bytes] | None, jobs: int) -> None:
        self._given = given
        self._items = items
        self._jobs = jobs
        self._spec = spec_of(given, given["py"] or "")
        self._failed = 0
        self._letters = JsonLines(given["dead_letter"]) if given["dead_letter"] is not None else None

    def run(self) -> int:
        """Run it; return the exit code."""
        with Output() as output:
            if self._items is not None:
                return self._run(_input_of(self._items, self._spec.delimiter), output)
            with open_input(self._given["arg_file"] or "-") as source:
                return self._run(source, output)

    def _run(self, source: Input, output: Output) -> int:
        items = 0
        try:
            for found in mapped_lines(source, self._spec, self._jobs, ordered=self._given["order"] == "keep"):
                if isinstance(found, Death):
                    items += 1
                    self._bury(found)
                    continue
                mapped, number = found
                items += mapped.items
                output.write(mapped.output)
                if mapped.failed:
                    self._tell(mapped, number)
                if not source.is_file:
                    output.flush()
        finally:
            journal.counts["records"] = items
        if self._failed > SHOWN:
            screen.complain(f"{self._failed} items failed in all")
        return TROUBLE if self._failed else 0

    def _tell(self, mapped: Mapped, number: int) -> None:
        """Tell of the items that failed; raise the first where that stops."""
        for failure in mapped.failures:
            self._failed += 1
            message = _said(failure, number)
            if self._spec.on_error == "stop":
                raise ToolError(message, hint="--on-error skip would go on")
            if self._failed <= SHOWN:
                screen.complain(message)
        self._failed += mapped.failed - len(mapped.failures)

    def _bury(self, death: Death) -> None:
        """Tell of an item that has killed its worker, and write it to the dead letters."""
        self._failed += 1
        label = os.fsdecode(death.line[:60])
        if self._failed <= SHOWN:
            screen.complain(f"item {death.number} ({label}): {_how(death.error)}")
        if self._letters is None:
            return
        self._letters.append(
            {
                "item": death.number,
                "line": death.line.decode("utf-8", "backslashreplace"),
                "signal": death.error.signal,
                "exit": death.error.exit_code,
                "stderr": death.error.tail.decode("utf-8", "replace"),
            }
        )


def _said(failure: Failure, number: int) -> str:
    return f"item {number + failure.place} ({failure.item}): {failure.message}"


def _how(error: WorkerDied) -> str:
    from stdtools.par.digest import how_ended

    return f"its worker was {how_ended(error.signal, error.exit_code)}, twice"


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
