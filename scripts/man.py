"""The manual pages of all commands, made of the same tables and texts as --help.

The wheel's build hook writes them; ``python scripts/man.py DIRECTORY`` does so by hand.
"""

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from stdtools import __version__
from stdtools.cli import stdtools_command
from stdtools.shared.commands import LazyGroup, ToolCommand

EXIT_CODES = (
    ("0", "Yes, or done."),
    ("1", "No: nothing was found, files differ, a key is absent."),
    ("2", "Trouble: usage, input or output, bad data, or some of several items failed."),
    ("124", "A time limit was reached."),
    ("130, 141, 143", "Ended by Ctrl-C, by a reader that is gone, by SIGTERM."),
)


def pages() -> Iterator[tuple[str, str]]:
    """Yield each page's name, as ``stdtools-kv-get.1``, and its text in roff."""
    yield from _pages(stdtools_command, ["stdtools"], [])


def _pages(command: click.Command, words: list[str], beside: list[str]) -> Iterator[tuple[str, str]]:
    context = click.Context(command, info_name=" ".join(words), help_option_names=["-h", "--help"])
    below = []
    if isinstance(command, LazyGroup):
        below = ["-".join([*words, name]) for name in sorted(command.table)]
        for name in command.table:
            yield from _pages(command.load(name), [*words, name], [*beside, "-".join(words)])
    name = "-".join(words)
    summary, _, rest = inspect.cleandoc(command.help or "").partition("\n")
    parts = [
        f'.TH "{name.upper()}" "1" "" "stdtools {__version__}" "stdtools"\n.nh\n.ad l',
        f".SH NAME\n{_text(name)} \\- {_text(summary.rstrip('.'))}",
        f".SH SYNOPSIS\n.B {_text(' '.join(words))}\n{_text(' '.join(command.collect_usage_pieces(context)))}",
    ]
    if rest.strip():
        parts.append(f".SH DESCRIPTION\n{_paragraphs(rest)}")
    if isinstance(command, LazyGroup):
        rows = [(sub, short_help) for sub, (_, short_help) in command.table.items()]
        parts.append(f".SH COMMANDS\n{_rows(rows)}")
    params = [param for param in command.get_params(context) if isinstance(param, click.Option)]
    options = [record for param in params if (record := param.get_help_record(context))]
    parts.append(f".SH OPTIONS\n{_rows(options)}")
    if isinstance(command, ToolCommand):
        lines = "\n".join(_text(line) for line in command.examples.strip("\n").splitlines())
        parts.append(f".SH EXAMPLES\n.nf\n{lines}\n.fi")
    parts.append(f".SH EXIT STATUS\n{_rows(EXIT_CODES)}")
    if others := [*beside, *below]:
        parts.append(".SH SEE ALSO\n" + " ,\n".join(f".BR {_text(other)} (1)" for other in others))
    yield f"{name}.1", "\n".join(parts) + "\n"


def _paragraphs(text: str) -> str:
    """Return paragraphs in roff; one that begins with a backspace, Click's mark, keeps its lines."""
    found = []
    for paragraph in re.split(r"\n\s*\n", text.strip("\n")):
        lines = paragraph.strip("\n").split("\n")
        if lines[0].strip() == "\b":
            found.append(".PP\n.nf\n" + "\n".join(_text(line) for line in lines[1:]) + "\n.fi")
        else:
            found.append(".PP\n" + _text(" ".join(line.strip() for line in lines)))
    return "\n".join(found)


def _rows(rows: list[tuple[str, str]] | tuple[tuple[str, str], ...]) -> str:
    return "\n".join(f".TP\n.B {_text(name)}\n{_text(meaning)}" for name, meaning in rows)


def _text(text: str) -> str:
    """Return *text* as roff shows it: nothing in it is a request, a hyphen is a minus, quotes are straight."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    text = text.replace("^", "\\(ha").replace("~", "\\(ti").replace('"', "\\(dq")
    text = re.sub(r"[^\0-\x7e]", lambda match: f"\\[u{ord(match[0]):04X}]", text)
    return "\\&" + text if text.startswith(".") else text


def main() -> None:
    """Write all pages into the directory that is named."""
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in pages():
        (directory / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
