"""The command line of kv batch."""

from collections.abc import Iterator

import click

from stdtools.kv.command_options import KvCommand, with_store, writing
from stdtools.shared import journal, screen
from stdtools.shared.errors import TROUBLE
from stdtools.shared.streams import Input, Output, open_input

_BLOCK = 1 << 20


@click.command(
    cls=KvCommand,
    explain="stdtools.kv.explain_store:explain_batch",
    examples=r"""
echo '{"op": "set", "key": "colour", "value": "red"}' | stdtools kv batch
printf '%s\n' '{"op": "incr", "key": "n"}' '{"op": "get", "key": "n"}' | stdtools kv batch
echo '{"op": "push", "key": "log", "value": {"a": 1}}' | stdtools kv batch --atomic
""",
)
@click.argument("file", default="-", metavar="[FILE]")
@click.option("--atomic", is_flag=True, help="All operations or none; buffers them.")
@with_store
def batch(file: str, atomic: bool, store: str) -> int:
    """Do operations that come as JSON lines.

    Each line of FILE, or of standard input, is an operation: {"op": "set", "key": "k", "value": 1}.
    There are set, get, has, del, keys, list, incr, append, push, pop, ttl, expire, persist, rename and
    copy, with the arguments and options of the commands of that name as fields.

    Each has one line of answer, in order: {"ok": true, …} or {"ok": false, "error": …}. An operation
    that has an answer is on the disk. What is waiting is committed together, a lone operation at once.

    Exits with 2 when one failed. With --atomic then nothing is done, nor when a condition does not hold
    or a key is missing: that is exit code 1.
    """
    from stdtools.kv.answering import answer_all, answer_groups

    count = failed = refused = 0
    with Output() as output, open_input(file, output) as source, writing(store) as shelf:
        for group in (answer_all if atomic else answer_groups)(shelf, whole_lines(source)):
            count += len(group)
            failed += sum(not answer.is_ok for answer in group)
            refused += sum(not answer.is_done for answer in group)
            output.write("".join([f"{answer.text}\n" for answer in group]).encode("utf-8", "surrogatepass"))
    journal.counts["operations"] = count
    if failed:
        screen.complain(f"{failed} of {screen.amount(count, 'operation')} {'were not done' if atomic else 'failed'}")
        return TROUBLE
    return 1 if atomic and refused else 0


def whole_lines(source: Input) -> Iterator[list[bytes]]:
    """Yield the lines of *source* as they come, as many at a time as are there; blank ones are left out."""
    parts: list[bytes] = []
    mark = b"\xef\xbb\xbf"  # which some editors put before UTF-8
    while block := source.read(_BLOCK):
        block, mark = block.removeprefix(mark), b""
        head, newline, rest = block.rpartition(b"\n")
        if newline:
            lines = b"".join([*parts, head]).split(b"\n")
            parts = []
            yield [line for line in lines if line.strip()]
        parts.append(rest)
    last = b"".join(parts)
    if last.strip():
        yield [last]
