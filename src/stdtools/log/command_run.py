"""The command line of log run."""

import signal
from typing import Any

import click

from stdtools.log.child import Child, CommandNotRun, LastLines
from stdtools.log.command_write import (
    WritingCommand,
    finish,
    join_timestamp,
    open_sink,
    requests_by_signal,
    writing_options,
)
from stdtools.log.pump import Source, Tee, pump
from stdtools.shared import screen
from stdtools.shared.errors import Signalled
from stdtools.shared.streams import STDERR, STDOUT

LAST = 20  # lines that are shown of a command that failed


def _explain(**given: Any) -> str:
    from stdtools.log.explain import explain_run

    return explain_run(given)


class RunCommand(WritingCommand):
    """A command whose options end where COMMAND begins, also without ``--``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``--`` before the second word that is neither an option nor an option's value."""
        takes_value = {name for option in self.params for name in option.opts if not getattr(option, "is_flag", True)}
        args = join_timestamp(args)
        words = 0
        before = ""
        for index, word in enumerate(args):
            if word == "--":
                break
            if not word.startswith("-") and before not in takes_value:
                words += 1
                if words == 2:
                    args = [*args[:index], "--", *args[index:]]
                    break
            before = word
        return super().parse_args(ctx, args)


@click.command(
    cls=RunCommand,
    group="log",
    explain=_explain,
    examples=r"""
stdtools log run build.log -- make -k
stdtools log run nightly.log --timestamp --tag -- sh -c 'echo begin; date >&2'
""",
)
@click.argument("file", metavar="FILE")
@click.argument("command", nargs=-1, required=True, metavar="-- COMMAND [ARG]...")
@writing_options
@click.option("--tag", is_flag=True, help="Put 'out: ' or 'err: ' before each line: which stream it came from.")
def run(file: str, command: tuple[str, ...], tag: bool, **given: Any) -> int:
    """Run a command and log both its streams.

    Standard output and standard error of COMMAND go into FILE line by line, as 'log write' would put
    them there; --tee passes them on, too. Exits with COMMAND's own code, with 128 + N when signal N
    ended it, 127 when it is not found and 126 when it cannot be run. When it fails, its last 20 lines
    and what it used are shown.

    Ctrl-C is for COMMAND; TERM, HUP, USR1 and USR2 are passed on to it. What processes that it leaves
    behind write is not waited for.
    """
    with requests_by_signal(rotating=False) as requests:
        sink = open_sink(file, requests, given)
        tees = [Tee(STDOUT), Tee(STDERR)] if given["tee"] else []
        try:
            child = Child(command, interruptible=requests.interruptible)
        except CommandNotRun as error:
            sink.close()
            screen.complain(str(error))
            return error.code
        signal.signal(signal.SIGCHLD, lambda number, frame: None)  # noqa: ARG005 - waking up is enough

        def pass_on(number: int, frame: object) -> None:
            if child.was_sent(number):
                requests.stop = number
            child.send(number)

        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
            signal.signal(number, pass_on)
        names = ("out: ", "err: ") if tag else ("", "")
        sources = [
            Source(fd, name, tag.encode(), tees[index] if tees else None)
            for index, (fd, name, tag) in enumerate(
                zip(child.outputs, ("standard output", "standard error"), names, strict=True)
            )
        ]
        last = LastLines(LAST)
        try:
            pump(sources, sink, requests, has_ended=child.has_ended, see=last.add)
            while not child.has_ended() and not requests.stop:
                requests.pause(3600)
        finally:
            if not child.has_ended():
                child.send(signal.SIGTERM)
        code = finish(sink, tees, requests)
        if requests.stop:
            raise Signalled(requests.stop)
    if child.code:
        screen.complain(f"{command[0]} {child.obituary}; {last.head}", *last.lines)
    return child.code or code
