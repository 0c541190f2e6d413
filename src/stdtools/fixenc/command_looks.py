"""--why, --list and --chars: what there is to know of a text and of encodings."""

from typing import Any

from stdtools.fixenc.command_files import paths_of, source_of, tell
from stdtools.shared import screen
from stdtools.shared.errors import ToolError
from stdtools.shared.records import RecordWriter, is_utf8
from stdtools.shared.streams import Output, open_input

WHY = ("text", "story", "gain", "command")
LIST = ("encoding", "aliases", "kind", "web")
CHARS = ("line", "column", "char", "code", "name", "category", "bytes", "odd")


def look(mode: str, given: dict[str, Any]) -> int:
    """Run the mode and return the exit code."""
    if mode == "why":
        return _why(given["why"], given["format"])
    return _list(given["format"]) if mode == "list" else _chars(given)


def _why(text: str, format: str | None) -> int:
    from stdtools.fixenc.chains import command, origins

    if not is_utf8(text):
        raise ToolError("is not text in this terminal's encoding", where="--why", hint="try --detect")
    chains = origins(text)
    with Output() as output:
        writer = RecordWriter(output, WHY, format)
        writer.write((chain.text, chain.story, round(chain.gain, 1), command(chain)) for chain in chains)
        writer.close()
    if not chains:
        screen.note("no chain of encodings makes likelier text of this")
    return int(not chains)


def _list(format: str | None) -> int:
    from stdtools.fixenc.listing import rows

    with Output() as output:
        writer = RecordWriter(output, LIST, format)
        writer.write(rows())
        writer.close()
    return 0


def _chars(given: dict[str, Any]) -> int:
    from stdtools.fixenc.characters import describe

    code = 0
    with Output() as output:
        writer = RecordWriter(output, CHARS, given["format"])
        for path in paths_of({**given, "files0_from": None}):
            try:
                with open_input(path, writer) as source:
                    screen.warn_of_terminal(source.fd)
                    for row in describe(source, source_of(given)):
                        writer.write([row])
            except ToolError as error:
                if error.where == output.name:
                    raise
                code = tell(str(error))
        writer.close()
    return code
