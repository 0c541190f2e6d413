"""The encoding of a file that is being converted: decided at its first byte that is not ASCII, and kept.

A regular file is looked at in three places before it is read. What is ASCII there, and all of a pipe, goes
on as it comes; the first 64 KiB from the first byte that is not ASCII decide.
"""

from collections.abc import Iterator

from stdtools.fixenc.converting import Converter
from stdtools.fixenc.detecting import BINARY, EMPTY, MIXED, Detection, detect
from stdtools.fixenc.encodings import find
from stdtools.fixenc.sampling import STREAM, Sample, take_sample
from stdtools.shared.errors import ToolError
from stdtools.shared.streams import BLOCK, Input

SURE = 0.75  # the confidence below which a file is not rewritten


class NotText(ToolError):
    """The file is binary."""


class Recogniser:
    """Read *source* in blocks, and tell a converter what they are in. ``found`` is the last decision."""

    def __init__(self, source: Input) -> None:
        self._source = source
        self.found: Detection | None = None
        if source.is_file:
            self.found = detect(take_sample(source))

    @property
    def encoding(self) -> str:
        """Return what to begin with."""
        return usable(self.found, self._source.name) if self.found is not None else "utf-8"

    def blocks(self, converter: Converter) -> Iterator[bytes]:
        """Yield the blocks of the file; before one that asks for it, *converter* is told to read otherwise."""
        source = self._source
        if self.found is None or self.found.encoding == "ascii":
            nuls_are_known = self.found is not None and "NUL" in self.found.evidence
            while block := source.read(BLOCK):
                if _is_plain(block, nuls_are_known):
                    yield block
                    continue
                parts, size = [block], len(block)
                while size < STREAM and (more := source.read(STREAM - size)):
                    parts.append(more)
                    size += len(more)
                data = b"".join(parts)
                self.found = detect(Sample(data, (), len(data) if size < STREAM else None))
                name = usable(self.found, source.name)
                if name != "utf-8":
                    converter.read_as(find(name))
                yield data
                if self.found.encoding != "ascii":
                    break
                nuls_are_known = True
        while block := source.read(BLOCK):
            yield block


def _is_plain(block: bytes, nuls_are_known: bool) -> bool:
    """Whether *block* is ASCII in any encoding that may be."""
    return block.isascii() and b"\x1b" not in block and b"~{" not in block and (nuls_are_known or b"\0" not in block)


def usable(found: Detection, where: str) -> str:
    """Return the encoding that was found. Raises ToolError where there is none to convert from."""
    if found.encoding == BINARY:
        raise NotText(f"is binary: {found.evidence}", where=where, hint="--from ENCODING reads it all the same")
    if found.encoding == MIXED:
        raise ToolError(
            f"is in several encodings: {found.evidence}", where=where, hint="--mixed reads each as what it is"
        )
    return "utf-8" if found.encoding in ("ascii", EMPTY) else found.encoding
