"""The command line of log run."""

import os
import signal
from typing import Any

import click

from stdtools.log.child import Child, CommandNotRun
from stdtools.log.command_write import (
    WritingCommand,
    finish,
    open_sink,
    requests_by_signal,
    writing_options,
)
from stdtools.log.last_lines import LastLines
from stdtools.log.pump import Requests, Source, Tee, pump
from stdtools.log.stamp import is_format
from stdtools.shared import screen
from stdtools.shared.errors import Signalled
from stdtools.shared.streams import STDERR, STDOUT

LAST = 20  # lines that are shown of a command that failed
TAGS, NO_TAGS = (b"out: ", b"err: "), (b"", b"")
PASSED_ON = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)


class RunCommand(WritingCommand):
    """A command whose options end where COMMAND begins, also without ``--``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``--`` before the second word that is neither an option nor an option's value."""
        takes_value = {name for option in self.params for name in option.opts if not getattr(option, "is_flag", True)}
        words = 0
        before = ""
        for index, word in enumerate(args):
            if word == "--":
                if not words:
                    raise click.MissingParameter(ctx=ctx, param=self.params[0])
                break
            is_value = is_format(word) if before == "--timestamp" else before in takes_value
            if not is_value and not word.startswith("-"):
                words += 1
                if words == 2:
                    args = [*args[:index], "--", *args[index:]]
                    break
            before = "" if is_value else word
        return super().parse_args(ctx, args)


@click.command(
    cls=RunCommand,
    group="log",
    explain="stdtools.log.explain:explain_run",
    examples=r"""
stdtools log run build.log -- make -k
stdtools log run nightly.log --timestamp --tag -- sh -c 'echo begin; date >&2'
""",
)
@click.argument("file", metavar="FILE")
@click.argument("command", nargs=-1, required=True, metavar="-- COMMAND [ARG]...")
@writing_options
@click.option("--tag", is_flag=True, help="Puts 'out: ' or 'err: ' before each line: which stream it came from.")
def run(file: str, command: tuple[str, ...], tag: bool, **given: Any) -> int:
    """Run a command and log both its streams.

    Standard output and standard error of COMMAND go into FILE line by line, as 'log write' would put
    them there; --tee passes them on, too. Exits with COMMAND's own code, with 128 + N when signal N
    ended it, 127 when it is not found and 126 when it cannot be run. When it fails, its last 20 lines
    and what it used are shown.

    Ctrl-C is for COMMAND; TERM, HUP, USR1 and USR2 are passed on to it. Output of processes that it
    leaves behind is waited for a second at most.
    """
    # Python ignores SIGPIPE and SIGXFSZ, and we SIGINT; COMMAND is to find what we found.
    reset = {signal.SIGPIPE, signal.SIGXFSZ} | ({signal.SIGINT} if _listens_to(signal.SIGINT) else set())
    with requests_by_signal(rotating=False) as requests:
        sink = open_sink(file, requests, given)
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, PASSED_ON)
        try:
            child = Child(command, os.environ, reset=reset, blocked=blocked)
            _pass_signals_on(child, requests)
        except CommandNotRun as error:
            sink.close()
            screen.complain(str(error))
            return error.code
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        tees = [Tee(STDOUT, "standard output"), Tee(STDERR, "standard error")] if given["tee"] else []
        last = LastLines(LAST)
        sources = [
            Source(fd, name, tag=head, tee=tees[index] if tees else None, see=last.add)
            for index, (fd, name, head) in enumerate(
                zip(child.outputs, ("standard output", "standard error"), TAGS if tag else NO_TAGS, strict=True)
            )
        ]
        try:
            pump(sources, sink, requests, has_ended=child.has_ended)
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


def _listens_to(number: int) -> bool:
    return signal.getsignal(number) is not signal.SIG_IGN


def _pass_signals_on(child: Child, requests: Requests) -> None:
    def pass_on(number: int, frame: object) -> None:
        if number == signal.SIGTERM and (child.ended or child.was_sent(number)):  # it does not listen
            requests.stop = number
            signal.signal(number, signal.SIG_DFL)
        child.send(number)

    def wake_up(number: int, frame: object) -> None:
        pass

    signal.signal(signal.SIGCHLD, wake_up)
    for number in PASSED_ON:
        if _listens_to(number):
            signal.signal(number, pass_on)
