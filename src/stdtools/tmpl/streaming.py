"""A template of any size through a renderer, in constant memory; one that is read twice is looked at first."""

import codecs
import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from stdtools.shared.scratch import scratch_file, scratch_trouble
from stdtools.shared.streams import Flushable, Input, open_input
from stdtools.tmpl.rendering import Renderer, Trouble

BLOCK = 1 << 18
_MOST_FINDINGS = 1000
_BYTE_ORDER_MARK = "\ufeff"


class Finding(NamedTuple):
    """A trouble and the line and the column, in characters, where it is."""

    line: int
    column: int
    trouble: Trouble


class Findings:
    """The ``first`` thousand findings; ``total`` counts all, ``is_broken`` says that a value would not help one."""

    def __init__(self) -> None:
        self.first: list[Finding] = []
        self.total = 0
        self.is_broken = False

    def add(self, line: int, column: int, trouble: Trouble) -> None:
        """Note a *trouble*."""
        self.total += 1
        self.is_broken |= not trouble.is_missing
        if len(self.first) < _MOST_FINDINGS:
            self.first.append(Finding(line, column, trouble))


class Lines:
    """The line and the column that a text has come to; a byte order mark at its beginning is no column."""

    def __init__(self) -> None:
        self.line = 1
        self.column = 1
        self._is_at_start = True

    def move(self, text: str, start: int, end: int) -> None:
        """Move from *start* to *end* of *text*."""
        if self._is_at_start and start < end:
            self._is_at_start = False
            start += text.startswith(_BYTE_ORDER_MARK, start)
        newlines = text.count("\n", start, end)
        if newlines:
            self.line += newlines
            self.column = end - text.rfind("\n", start, end)
        else:
            self.column += end - start


class Later:
    """Stands for the output until that is opened, so that a wait for input can flush it."""

    output: Flushable | None = None

    def flush(self) -> None:
        """Let everything out."""
        if self.output is not None:
            self.output.flush()


class TemplateText:
    """The text of a template, of a *name*, as often as it is asked for.

    ``later`` is given the output, which is let out before a wait for more of the template.
    """

    def __init__(self, name: str, blocks: Callable[[], Iterator[str]], later: Later) -> None:
        self.name = name
        self.later = later
        self._blocks = blocks

    def blocks(self) -> Iterator[tuple[str, bool]]:
        """Yield the text in blocks, each with whether it is the last."""
        for block in self._blocks():
            yield block, False
        yield "", True

    def read(self) -> str:
        """Return the whole of it."""
        return "".join(self._blocks())


@contextlib.contextmanager
def open_template(path: str, text: str | None, *, twice: bool) -> Iterator[TemplateText]:
    """Open the template that is *text*, or the file *path*; where it is to be read *twice*, a pipe is kept on disk."""
    later = Later()
    if text is not None:
        yield TemplateText("-e", lambda: iter([text]), later)
        return
    with open_input(path, later) as source, contextlib.ExitStack() as stack:
        blocks: Callable[[], Iterator[str]]
        if source.is_file:
            blocks = partial(_from_file, source, source.position)
        elif twice:
            blocks = _kept(source, stack)
        else:
            blocks = partial(_decoded, partial(source.read, BLOCK))
        yield TemplateText(source.name, blocks, later)


def _from_file(source: Input, start: int) -> Iterator[str]:
    """Yield the text of a regular file from *start* on."""
    at = start

    def read() -> bytes:
        nonlocal at
        block = source.read_at(at, BLOCK)
        at += len(block)
        return block

    return _decoded(read)


def _kept(source: Input, stack: contextlib.ExitStack) -> Callable[[], Iterator[str]]:
    """Read *source* to its end, and return what yields its text; a long one is on disk until *stack* is closed."""
    head = source.read(BLOCK)
    while len(head) < BLOCK and (more := source.read(BLOCK - len(head))):
        head += more
    if len(head) < BLOCK:
        return lambda: _decoded(iter([head, b""]).__next__)
    spool = stack.enter_context(scratch_file())
    try:
        spool.write(head)
        while block := source.read(BLOCK):
            spool.write(block)
        spool.flush()
    except OSError as error:
        raise scratch_trouble("the template", error) from error

    def read_again() -> Iterator[str]:
        spool.seek(0)
        return _decoded(lambda: spool.read(BLOCK))

    return read_again


def _decoded(read: Callable[[], bytes]) -> Iterator[str]:
    """Yield what *read* returns, until that is nothing, as text; bytes that are not UTF-8 are kept as surrogates."""
    decode = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
    while block := read():
        if text := decode(block):
            yield text
    if text := decode(b"", final=True):
        yield text


def look(renderer: Renderer, template: TemplateText) -> Findings:
    """Return what is wrong in *template*, all of it."""
    return _through(template, renderer, lambda text, final: renderer.check(text, final=final))


def write(renderer: Renderer, template: TemplateText, put: Callable[[str], None]) -> Findings:
    """Render *template* and *put* each block of it; return what was wrong."""

    def step(text: str, final: bool) -> str:
        written, rest = renderer.render(text, final=final)
        if written:
            put(written)
        return rest

    return _through(template, renderer, step)


def _through(template: TemplateText, renderer: Renderer, step: Callable[[str, bool], str]) -> Findings:
    findings = Findings()
    lines = Lines()
    rest = ""
    for block, final in template.blocks():
        text = rest + block
        rest = step(text, final)
        at = 0
        for trouble in renderer.troubles:
            lines.move(text, at, trouble.start)
            at = trouble.start
            findings.add(lines.line, lines.column, trouble)
        lines.move(text, at, len(text) - len(rest))
    return findings
