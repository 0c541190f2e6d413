"""A file in place: written beside it, read back and compared, and only then given its name."""

import os
from collections.abc import Callable, Iterable
from hashlib import blake2b

from stdtools.fixenc.converting import BOM
from stdtools.fixenc.encodings import Encoding, find
from stdtools.shared import in_place
from stdtools.shared.errors import ToolError, raise_os_error
from stdtools.shared.streams import BLOCK


class Intention:
    """A digest of the text that a file is to hold, without its byte order mark."""

    def __init__(self) -> None:
        self._digest = blake2b()

    def add(self, text: bytes) -> None:
        """Take in some text, in UTF-8."""
        self._digest.update(text)

    def same(self, other: "Intention") -> bool:
        """Whether both took in the same."""
        return self._digest.digest() == other._digest.digest()


def rewrite(
    path: str,
    pieces: Iterable[bytes],
    target: Callable[[], Encoding],
    *,
    intention: Callable[[], Intention | None],
    backup: str | None = None,
) -> bool:
    """Replace the content of *path* by *pieces*, where reading these back gives the text that was meant.

    *target* and *intention* are asked when all pieces are written; without an intention, as where something
    was lost on purpose, it is enough that what was written is text. *backup* is a suffix for a copy of what
    was there. Returns whether anything has changed. Raises ToolError, and then nothing has.
    """
    return in_place.rewrite(path, pieces, backup=backup, check=lambda fd: verify(fd, path, target(), intention()))


def verify(fd: int, path: str, target: Encoding, meant: Intention | None) -> None:
    """Raise ToolError unless the file *fd* is the text that was *meant*."""
    name = find("utf-8") if target.name == "utf-8-sig" else target
    make = name.codec.incrementaldecoder
    assert make is not None
    decode = make("surrogateescape" if meant is None else "strict").decode
    read = Intention()
    at, begun = 0, False
    try:
        while True:
            block = os.pread(fd, BLOCK, at)
            at += len(block)
            text = decode(block, not block)
            if text and not begun:
                begun = True
                text = text.removeprefix(BOM)
            read.add(text.encode("utf-8", "surrogatepass"))
            if not block:
                break
    except UnicodeError as error:
        raise ToolError(f"would not be {target.name}: {error}; the file is as it was", where=path) from None
    except OSError as error:
        raise_os_error(error, path)
    if meant is not None and not read.same(meant):
        raise ToolError(f"would read otherwise from {target.name} than was meant; the file is as it was", where=path)
