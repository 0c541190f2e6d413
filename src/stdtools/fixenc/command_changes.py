"""Conversion, --mixed and --mojibake: bytes to standard output, to the file itself, or as a diff."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from stdtools.fixenc.command_files import Failed, each, paths_of, shown, source_of, tell
from stdtools.fixenc.encodings import find
from stdtools.fixenc.losses import Unconvertible
from stdtools.fixenc.recognising import NotText
from stdtools.fixenc.request import Request, Running
from stdtools.shared import screen
from stdtools.shared.errors import ToolError
from stdtools.shared.streams import Input, Output, open_input

if TYPE_CHECKING:
    from stdtools.fixenc.whole_files import Whole

TOLD = 10  # repairs of a file; --map has all


class Done(NamedTuple):
    """What came of a file: whether it changed, what to say of it, what goes to standard output and to the map."""

    changed: bool = False
    notes: tuple[str, ...] = ()
    shown: str = ""
    records: tuple[tuple[Any, ...], ...] = ()


class _Made(NamedTuple):
    """The output of one file, and what is known when all of it has been taken."""

    pieces: Iterator[bytes]
    running: Running | None
    whole: "Whole | None" = None


def change(mode: str, given: dict[str, Any]) -> int:
    """Run the mode and return the exit code."""
    request = Request(
        source_of(given),
        given["target"],
        given["errors"],
        given["newlines"],
        given["bom"],
        given["normalize"] or "",
    )
    if given["map_file"] == "-":
        raise ToolError("--map needs a file; standard output is for the text")
    request.conversion("utf-8")
    if request.source != "auto":
        find(request.source)
    if given["in_place"] or given["dry_run"]:
        return _files(mode, request, given)
    return _stream(mode, request, given)


def _stream(mode: str, request: Request, given: dict[str, Any]) -> int:
    code = 0
    records: list[tuple[Any, ...]] = []
    with Output() as output:
        for path in paths_of(given):
            try:
                with open_input(path, output) as source:
                    screen.warn_of_terminal(source.fd)
                    made = _make(mode, request, given, source, sure=False)
                    if not (made.running and made.running.is_decided and _shared(made.running, source, output)):
                        for piece in made.pieces:
                            output.write(piece)
                    _tell_notes(source.name, _notes(made))
                    records += _records(path, made)
            except ToolError as error:
                if isinstance(error, Unconvertible):
                    output.write(error.written)
                if error.where == output.name:
                    raise
                code = tell(str(error))
    _write_map(mode, given, records)
    return code


def _shared(running: Running, source: Input, output: Output) -> bool:
    if not source.is_large:
        return False
    from stdtools.fixenc.sharing import write_shared

    return write_shared(running.converter, source, output)


def _make(mode: str, request: Request, given: dict[str, Any], source: Input, *, sure: bool) -> _Made:
    if mode == "convert":
        running = Running(request, source, sure=sure)
        return _Made(iter(running), running)
    from stdtools.fixenc.whole_files import mend_whole, read_mixed

    whole = (
        read_mixed(source, request)
        if mode == "mixed"
        else mend_whole(source, request, pooled=given["evidence"] == "pooled", sure=sure)
    )
    return _Made(iter((whole.data,)), None, whole)


def _notes(made: _Made) -> tuple[str, ...]:
    if made.whole:
        return made.whole.notes
    return made.running.notes if made.running else ()


def _records(path: str, made: _Made) -> tuple[tuple[Any, ...], ...]:
    return tuple((path, *record) for record in made.whole.records) if made.whole else ()


def _tell_notes(name: str, notes: tuple[str, ...]) -> None:
    for number, note in enumerate(notes):
        if number == TOLD and screen.preferences.verbosity < 1:
            screen.note(f"{name}: and {len(notes) - TOLD} more; -v tells them, --map keeps them")
            break
        screen.note(f"{name}: {note}")


def _files(mode: str, request: Request, given: dict[str, Any]) -> int:
    paths = paths_of(given)
    if "-" in paths and not given["dry_run"]:
        raise ToolError("-i needs files; standard input has no place to go back to")
    work: Callable[[str], Done] = partial(_preview if given["dry_run"] else _in_place, mode, request, given)
    code = changed = 0
    records: list[tuple[Any, ...]] = []
    with Output() as output:
        for path, done in each(paths, work, given["jobs"]):
            if isinstance(done, Failed):
                code = tell(done.message)
                continue
            text = screen.safe_lines(done.shown) if output.is_terminal else done.shown
            output.write(text.encode("utf-8", "surrogateescape"))
            _tell_notes(shown(path), done.notes)
            records += done.records
            changed += done.changed
    _write_map(mode, given, records)
    would = "would be " if given["dry_run"] else ""
    screen.note(f"{changed} of {len(paths)} files {would}changed", verbosity=1)
    return code


def _in_place(mode: str, request: Request, given: dict[str, Any], path: str) -> Done:
    from stdtools.fixenc.rewriting import Intention, rewrite

    try:
        with open_input(path) as source:
            made = _make(mode, request, given, source, sure=True)
            meant = Intention()
            if made.running:
                made.running.converter.intended = meant.add
            elif made.whole:
                meant.add(made.whole.text.encode("utf-8", "surrogatepass"))
            target = find(request.target)
            exact = lambda: None if _lost(made) else meant  # noqa: E731 - asked for when all is written
            changed = rewrite(path, made.pieces, lambda: target, intention=exact, backup=given["backup"])
    except NotText as error:
        return Done(notes=(f"{error.what}; left alone",))
    return Done(changed, _notes(made), records=_records(path, made))


def _lost(made: _Made) -> bool:
    return bool(made.running.losses if made.running else made.whole and made.whole.has_losses)


def _preview(mode: str, request: Request, given: dict[str, Any], path: str) -> Done:
    from stdtools.fixenc.changes import unified

    try:
        with open_input(path) as source:
            old = _Kept(source)
            made = _make(mode, request, given, old, sure=True)
            new = b"".join(made.pieces)
    except NotText as error:
        return Done(notes=(f"{error.what}; left alone",))
    notes, records = _notes(made), _records(path, made)
    if new == old.data:
        return Done(notes=notes, records=records)
    return Done(True, notes, "".join(unified(screen.safe(source.name), old.data, new)), records)


class _Kept(Input):
    """An input that keeps what was read of it."""

    def __init__(self, source: Input) -> None:
        super().__init__(source.fd, source.name)
        self._parts: list[bytes] = []

    def read(self, size: int) -> bytes:
        block = super().read(size)
        self._parts.append(block)
        return block

    @property
    def data(self) -> bytes:
        """Return all that was read."""
        return b"".join(self._parts)


MIXED_COLUMNS = ("file", "offset", "size", "line", "encoding")
MENDED_COLUMNS = ("file", "line", "old", "new", "how")


def _write_map(mode: str, given: dict[str, Any], records: list[tuple[Any, ...]]) -> None:
    if not given["map_file"]:
        return
    from stdtools.shared.atomic import replacement
    from stdtools.shared.records import RecordWriter

    with replacement(given["map_file"]) as output:
        writer = RecordWriter(output, MIXED_COLUMNS if mode == "mixed" else MENDED_COLUMNS, "jsonl")
        writer.write(records)
        writer.close()
