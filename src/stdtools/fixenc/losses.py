"""What a conversion cannot carry over: where it is, what stands for it, and the marks that it leaves in a text."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from stdtools.fixenc.places import Place
from stdtools.shared.errors import ToolError

ERRORS = ("strict", "replace", "ignore", "backslashreplace", "xmlcharrefreplace", "namereplace", "surrogateescape")


class Loss(NamedTuple):
    """What could not be carried over: the bytes or the character, and where."""

    what: bytes | str
    place: Place

    def tell(self, source: str, target: str) -> str:
        """Return what to say of it: the byte that is not *source*, or the character that *target* lacks."""
        if isinstance(self.what, bytes):
            word = "byte" if len(self.what) == 1 else "bytes"
            return f"{word} {self.what.hex(' ').upper()} {'is' if len(self.what) == 1 else 'are'} not {source}"
        return f"U+{ord(self.what):04X} is not in {target}"


class Unconvertible(ToolError):
    """A loss that *errors* does not allow."""

    def __init__(self, loss: Loss, source: str, target: str) -> None:
        super().__init__(loss.tell(source, target))
        self.loss = loss
        self.written = b""  # of the block that it is in, what comes before it


@contextmanager
def placed(source: str) -> Iterator[None]:
    """Head trouble with the file that it is in, and what is unconvertible with its place."""
    try:
        yield
    except Unconvertible as error:
        error.where = f"{source}:{error.loss.place}"
        error.hint = _way_out(error.loss)
        raise
    except ToolError as error:
        error.where = error.where or source
        raise


def _way_out(loss: Loss) -> str:
    if isinstance(loss.what, bytes):
        return "--from another encoding, --mixed for several, or --errors replace"
    return "--errors replace, backslashreplace or xmlcharrefreplace go on"


class Marks:
    """The error handler of one decoder; it notes what it was called for."""

    def __init__(self, base: int) -> None:
        self.base = base
        self.runs: list[bytes] = []
        self.pattern = re.compile(f"[{chr(base)}-{chr(base + 255)}]+")

    def __call__(self, error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeDecodeError)
        bad = bytes(error.object[error.start : error.end])
        self.runs.append(bad)
        return "".join(chr(self.base + byte) for byte in bad), error.end


def stand_in(bad: bytes, errors: str) -> str:
    """Return the text that stands for *bad* bytes, as *errors* says."""
    match errors:
        case "replace":
            return "\ufffd"
        case "ignore":
            return ""
        case "xmlcharrefreplace":
            return "".join(f"&#{byte};" for byte in bad)
        case "namereplace":
            return "".join(f"\\N{{BYTE {byte:02X}}}" for byte in bad)
    return "".join(f"\\x{byte:02x}" for byte in bad)
