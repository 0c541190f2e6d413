"""The command line of par, where it runs commands."""

import contextlib
import os
import select
import shlex
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from stdtools.par.delivery import Delivery
from stdtools.par.digest import Digest
from stdtools.par.halting import Halt
from stdtools.par.jobs import Ending, Job, Plan
from stdtools.par.launching import NOT_FOUND, NoCommand
from stdtools.par.progress import progress_if
from stdtools.par.runner import Runner
from stdtools.par.source import Blocks, Items, Source, Task
from stdtools.par.template import Template
from stdtools.shared import journal, screen
from stdtools.shared.errors import TROUBLE, Signalled
from stdtools.shared.streams import STDERR, STDIN, Output, open_input, write_all

if TYPE_CHECKING:
    from stdtools.par.cluster_runner import ClusterRunner
    from stdtools.par.shell import ShellTemplate


class JobRun:
    """A run of commands, from what was typed to the exit code."""

    def __init__(self, given: dict[str, Any], command: list[bytes], items: list[bytes] | None, jobs: int) -> None:
        self._given = given
        self._command = command
        self._listed = items
        self._template: Template | ShellTemplate
        if given["shell"] is not None:
            from stdtools.par import shell

            try:
                self._template = shell.ShellTemplate(os.fsencode(given["shell"]), takes_items=given["block"] is None)
            except ValueError as error:
                raise click.BadParameter(str(error), click.get_current_context(), param_hint="--shell") from None
        else:
            self._template = Template(self._command, takes_items=given["block"] is None)
        if given["block"] is not None and self._template.has_items:
            raise click.UsageError("with --block a job has no item; {#} is its number", click.get_current_context())
        self._jobs = jobs
        self._digest = Digest()
        self._max_args: int | None = 1 if given["shell"] is not None else given["max_args"]  # 0 is auto
        self._ended = 0
        self._halt: Halt | None = given["halt"]
        self._halted = False
        self._code = 0
        self._log: Any = None
        self._unwritten: dict[int, tuple[Job, list[str], Ending]] = {}  # good ends, by place in the delivery
        self._keys: Any = None
        self._known: Counter[str] = Counter()
        self._items: Items | None = None
        self._runner: Runner | ClusterRunner | None = None
        self._progress = progress_if(given["progress"])
        self._on_terminal = (False, False)  # what jobs say on standard output, and on standard error

    def run(self) -> int:
        """Run all; return the exit code."""
        given = self._given
        if given["joblog"] is not None and (given["resume"] or not given["dry_run"]):
            from stdtools.par.joblog import ItemKeys, JobLog

            self._log = JobLog(given["joblog"], writes=not given["dry_run"])
            self._keys = ItemKeys([*([b"--shell"] if given["shell"] is not None else []), *self._template.words])
            if given["resume"]:
                self._known = self._log.done()
        with Output() as output:
            self._on_terminal = (output.is_terminal, os.isatty(STDERR))
            if self._listed is not None:
                return self._run(self._source(None, "", self._listed), output)
            path = "-" if given["arg_file"] is None else given["arg_file"]
            if path == "-" and os.isatty(STDIN):
                screen.note("reading items from the terminal; Ctrl-D ends them")
            with open_input(path) as source:
                return self._run(self._source(source.fd, source.name, []), output)

    def _source(self, fd: int | None, name: str, items: list[bytes]) -> Source:
        given = self._given
        delimiter = b"\0" if given["null"] else b"\n"
        is_done = self._is_done if self._known else None
        if given["block"] is not None:
            assert fd is not None
            return Blocks(fd, name, delimiter, given["block"], is_done=is_done)
        self._items = Items(fd, name, delimiter, given=items, is_done=is_done)
        self._items.size = self._max_args or 1
        self._items.room = room_for_arguments(sum(map(len, self._template.words)) + 9 * len(self._template.words))
        self._items.cost = self._template.cost
        if self._max_args == 0:
            self._items.share = self._jobs
        return self._items

    def _is_done(self, task: Task) -> bool:
        (key,) = self._keys.of(task)
        if self._known[key] <= 0:
            return False
        self._known[key] -= 1
        return True

    def _run(self, source: Source, output: Output) -> int:
        given = self._given
        if given["dry_run"]:
            return self._show(source, output)
        delivery = Delivery(
            self._clearing(output.write) if output.is_terminal else output.write,
            self._clearing(_write_error),
            ordered=given["order"] == "keep",
            by_line=given["order"] == "lines",
            live=not given["retries"],
            written=lambda place: self._log_written(place, output),
        )
        if given["cluster"] is None:
            settings: dict[str, Any] = {"environment": os.environb}
            return self._run_by(Runner, source, delivery, output, settings)
        from stdtools.par.cluster import Cluster
        from stdtools.par.cluster_runner import ClusterRunner

        with Cluster(given["cluster"]) as cluster:
            if given["jobs"] is None:
                self._jobs = cluster.threads
            return self._run_by(ClusterRunner, source, delivery, output, {"cluster": cluster})

    def _run_by(self, runner: Any, source: Source, delivery: Delivery, output: Output, settings: dict[str, Any]) -> int:
        given = self._given
        self._runner = runner(
            Plan(self._jobs, given["timeout"], given["retries"], given["rate"] or 0.0),
            source,
            lambda task, number, slot: self._template.argv(task.items, number, slot),
            delivery,
            output,
            tags=self._tags,
            ended=self._take,
            idle=self._idle,
            **settings,
        )
        assert self._runner is not None
        code = 0
        try:
            try:
                self._runner.run()
            finally:
                if self._progress is not None:
                    self._progress.clear()
        except NoCommand as error:
            name = os.fsdecode(error.name) or "''"
            hint = "; a line for sh goes behind --shell" if " " in name else ""
            screen.complain(f"{name}: {error.what}{hint}")
            code = error.code
        except (KeyboardInterrupt, Signalled):
            self._tell()
            raise
        finally:
            journal.counts["jobs"] = self._ended
        try:
            output.flush()  # before what is told of it
        finally:
            self._tell()
        return code or self._code or (TROUBLE if self._digest.failed else 0)

    def _clearing(self, write: Callable[[bytes], object]) -> Callable[[bytes], object]:
        """Return *write*, which takes away the line of progress first."""
        progress = self._progress
        if progress is None:
            return write

        def write_alone(data: bytes) -> None:
            progress.clear(data)
            write(data)

        return write_alone

    def _idle(self) -> float | None:
        if self._progress is None or self._runner is None:
            return None
        self._progress.ended, self._progress.failed = self._ended, self._digest.failed
        self._progress.total = self._runner.total()
        return self._progress.tick()

    def _tags(self, task: Task) -> tuple[bytes, bytes]:
        """Return what begins each line on standard output, and on standard error."""
        if not self._given["tag"] or task.block is not None:
            return b"", b""
        tag = b" ".join(task.items)
        safe = os.fsencode(screen.safe(os.fsdecode(tag)))
        out, err = ((safe if is_terminal else tag) + b"\t" for is_terminal in self._on_terminal)
        return out, err

    def _show(self, source: Source, output: Output) -> int:
        number = code = 0
        while True:
            while (task := source.take()) is None and source.fd is not None:
                output.flush()
                select.select([source.fd], [], [])
                source.read()
            if task is None:
                return code
            number += 1
            if task.trouble:
                screen.complain(f"job {number + source.skipped}: {task.trouble}")
                code = TROUBLE
                continue
            slot = (number - 1) % self._jobs + 1
            argv = self._template.argv(task.items, number + source.skipped, slot)
            line = shlex.join(map(os.fsdecode, argv))
            output.write(os.fsencode(screen.safe(line) if output.is_terminal else line) + b"\n")

    def _take(self, job: Job, ending: Ending, is_last: bool) -> None:
        """Take note of an attempt that has ended."""
        if self._log is not None and ending is not job.last:  # which was logged when it came
            if ending.is_good:
                self._unwritten[job.place] = (job, self._keys.of(job.task), ending)
            else:
                self._log.write(job, self._keys.of(job.task), ending)
        if self._max_args == 0 and self._items is not None and not ending.error:
            self._items.size = _next_size(self._items.size, len(job.task.items), ending.seconds)
        if not is_last or ending.cut_off:
            return
        assert self._runner is not None
        self._ended += 1
        if not ending.is_good:
            self._digest.add(job, ending)
            if self._given["shell"] is not None and ending.exit == NOT_FOUND and self._ended == 1:
                self._halted = True  # the first to end says that sh does not find a command
                self._code = NOT_FOUND
                self._runner.stop()
            if self._halt is not None and not self._halted and self._halt.is_due(self._digest.failed, self._ended):
                self._halted = True
                self._runner.stop(now=self._halt.now)

    def _log_written(self, place: int, output: Output) -> None:
        """Log the success of a job, now that all it has said is written: what is logged is not done again."""
        if place in self._unwritten:
            output.flush()
            self._log.write(*self._unwritten.pop(place))

    def _tell(self) -> None:
        """Tell what has failed, and how to run it again."""
        if not self._digest.failed:
            return
        first, *lines = self._digest.lines(self._ended)
        if self._halted:
            first += "; no more were started"
        screen.complain(first, *lines, *self._way_back())

    def _way_back(self) -> list[str]:
        given = self._given
        if self._log is not None:
            return [f"  to run the others again: the same with --resume (and --joblog {shlex.quote(given['joblog'])})"]
        items = [os.fsdecode(item) for item in self._digest.items]
        odd = any(not item.isprintable() or len(item) > 200 or item[:3] == ":::" for item in items)
        if given["block"] is not None or odd or not items or len(items) > 10 or sum(map(len, items)) > 500:
            return ["  with --joblog FILE, --resume would run just those again"]
        words = ["--shell", given["shell"]] if given["shell"] is not None else ["--", *map(os.fsdecode, self._command)]
        if words[:1] == ["--"] and not words[1].startswith("-"):
            del words[0]
        size = ["-n", str(self._max_args)] if self._max_args not in (None, 0, 1) else []
        where = ["--cluster", given["cluster"]] if given["cluster"] is not None else []
        return [f"  to run them again: {shlex.join(['stdtools', 'par', *where, *size, *words, ':::', *items])}"]


def _next_size(size: int, used: int, seconds: float) -> int:
    """Return how many items the next jobs get: as many as take a tenth of a second."""
    if used < size // 2:
        return size
    if seconds < 0.05:
        return min(size * 2, 10_000)
    return max(size // 2, 1) if seconds > 0.2 else size


def room_for_arguments(words: int) -> int:
    """Return how many bytes are left beside the environment and the *words* of a command."""
    environment = sum(len(name) + len(value) + 10 for name, value in os.environb.items())
    return max(min(os.sysconf("SC_ARG_MAX"), 2 << 20) - environment - words - 4096, 4096)


def _write_error(data: bytes) -> None:
    with contextlib.suppress(OSError):  # a standard error that fails is past helping
        write_all(STDERR, data)
