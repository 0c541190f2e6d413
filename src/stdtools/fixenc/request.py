"""What was asked for, and what comes of each file: all that the modes of the command share."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from stdtools.fixenc.converting import Conversion, Converter, convert_blocks
from stdtools.fixenc.encodings import Encoding, find
from stdtools.fixenc.losses import Loss, placed
from stdtools.fixenc.places import Position
from stdtools.fixenc.recognising import SURE, Recogniser
from stdtools.shared.errors import ToolError
from stdtools.shared.streams import BLOCK, Input

AUTO = "auto"


class Request(NamedTuple):
    """How to convert: Conversion's settings by name, where *source* may be AUTO."""

    source: str = AUTO
    target: str = "utf-8"
    errors: str = "strict"
    newlines: str = "keep"
    bom: str = "keep"
    normalize: str = ""
    drop: str = ""

    def conversion(self, source: str) -> Conversion:
        """Return the conversion from the encoding *source*."""
        return Conversion(find(source), find(self.target), *self[2:])


class Losses(NamedTuple):
    """What was lost on purpose, how often, and the first ones."""

    total: int
    first: tuple[Loss, ...]
    source: str
    target: str

    def __str__(self) -> str:
        told = ", ".join(f"{loss.place} {loss.tell(self.source, self.target)}" for loss in self.first)
        more = ", ..." if self.total > len(self.first) else ""
        return f"{self.total} lost: {told}{more}"


class Running:
    """A conversion of one file: iterate over its output, then ask what it was."""

    def __init__(self, request: Request, source: Input, *, sure: bool) -> None:
        self._source = source
        self._sure = sure
        self._recogniser = Recogniser(source) if request.source == AUTO else None
        name = self._recogniser.encoding if self._recogniser else request.source
        self._check_sure()
        with placed(source.name):
            self.converter = Converter(request.conversion(name), self._locate if source.is_file else None)
        self._start = source.position if source.is_file else 0

    def __iter__(self) -> Iterator[bytes]:
        with placed(self._source.name):
            for out in convert_blocks(self.converter, self._blocks()):
                self._check_sure()
                yield out
            self._check_sure()

    @property
    def is_decided(self) -> bool:
        """Whether the encoding is known before the file is read."""
        found = self._recogniser.found if self._recogniser else None
        return self._recogniser is None or (found is not None and found.encoding != "ascii")

    def _blocks(self) -> Iterable[bytes]:
        if self._recogniser is not None:
            return self._recogniser.blocks(self.converter)
        return iter(lambda: self._source.read(BLOCK), b"")

    def _check_sure(self) -> None:
        found = self._recogniser.found if self._recogniser else None
        if self._sure and found is not None and found.is_text and found.confidence < SURE:
            what = f"may be {found.encoding}, but it says too little to be sure ({found.confidence})"
            raise ToolError(what, where=self._source.name, hint=f"--from {found.encoding} if it is")

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what to say when all is done: what was lost, and that an encoding was guessed and is not sure."""
        notes = (str(self.losses),) if self.losses else ()
        found = self._recogniser.found if self._recogniser else None
        if found is None or not found.is_text or found.confidence >= SURE:
            return notes
        doubt = f"taken for {found.encoding}, which is not sure ({found.confidence}); --from says what it is"
        return (*notes, doubt)

    def _locate(self, size: int) -> Position:
        from stdtools.fixenc.checking import locate

        return locate(self._source, self._start, size, self.converter.conversion.source)

    @property
    def target(self) -> Encoding:
        """Return what the output is in."""
        return self.converter.conversion.target

    @property
    def losses(self) -> Losses | None:
        """Return what was lost, if anything."""
        converter = self.converter
        if not converter.losses:
            return None
        conversion = converter.conversion
        return Losses(converter.losses, tuple(converter.first), conversion.source.name, conversion.target.name)
