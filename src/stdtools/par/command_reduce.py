"""The command line of par, where it maps and reduces."""

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from stdtools.par.command_map import LineRun
from stdtools.par.expression import BadExpression
from stdtools.par.mapper import with_json_keys
from stdtools.par.ordering import distinct
from stdtools.par.reducing import Trouble, reduced_lines
from stdtools.par.reduction import reducer_of
from stdtools.par.tallies import shown
from stdtools.shared.errors import ToolError
from stdtools.shared.records import RecordWriter
from stdtools.shared.streams import Input, Output

if TYPE_CHECKING:
    from stdtools.par.cluster import Cluster

_LONG = 1 << 10  # bits of an int


class ReduceRun(LineRun):
    """A run of a map and a reduction over lines, from what was typed to the exit code."""

    expression = "map"

    def __init__(self, given: dict[str, Any], items: list[bytes] | None, jobs: int) -> None:
        super().__init__(given, items, jobs)
        sys.path.append("")  # for --import alone: no file there stands in for a module of ours that is not installed
        try:
            reducer_of(given["reduce"], self.spec.imports)
        except (BadExpression, ToolError) as error:
            raise click.BadParameter(str(error), click.get_current_context(), param_hint="--reduce") from None
        except (Exception, SystemExit) as error:  # whatever a module of the user does when it is imported
            raise ToolError(f"{type(error).__name__}: {error}") from error
        finally:
            sys.path.remove("")

    def _deliver(self, source: Input, output: Output, cluster: "Cluster | None") -> int:
        given = self.given
        writer = RecordWriter(output, ["key", "value"], "jsonl" if given["jsonl"] else None)
        count = 0
        for found in reduced_lines(
            source, self.spec, given["reduce"], self.jobs, given["memory"], cluster, self.show_progress
        ):
            self.clear_progress()
            if not isinstance(found, Trouble):
                try:
                    writer.write([[_shown(value) for value in found]])
                except (TypeError, ValueError) as error:
                    raise ToolError(str(error), where=f"key {shown(found[0])}") from None
                count += 1
            elif found.death is not None:
                self.bury(found.number, found.line, found.death)
            else:
                self.tell(found.failures, found.failed, found.number)
        writer.close()
        return count


def _shown(value: Any) -> Any:
    """Return *value* as records know it. Raises ValueError, or TypeError, for what they cannot hold."""
    if isinstance(value, tuple | list):
        return [_shown(each) for each in value]
    if isinstance(value, set | frozenset):
        return [_shown(each) for each in distinct(list(value))]
    if isinstance(value, dict):
        return with_json_keys(value, _shown)
    if isinstance(value, bytes):
        return os.fsdecode(value)
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-8", "surrogatepass").decode("utf-8", "backslashreplace") if _is_odd(value) else value
    if isinstance(value, int) and value.bit_length() > _LONG:
        str(value)  # Python may refuse to write so many digits
    return value if isinstance(value, int | float | str | None) else repr(value)


def _is_odd(text: str) -> bool:
    """Say whether *text* has what no encoding can write."""
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return True
    return False
