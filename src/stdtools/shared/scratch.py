"""Files without a name, in TMPDIR, for what is too much for memory."""

import errno
from typing import IO

from stdtools.shared.errors import ToolError


def scratch_file() -> IO[bytes]:
    """Return a new file that goes away when it is closed. Raises OSError."""
    from tempfile import TemporaryFile

    return TemporaryFile(buffering=1 << 16)


def scratch_trouble(what: str, error: OSError) -> ToolError:
    """Return what to raise when *what* cannot be kept there."""
    from tempfile import gettempdir

    is_short = error.errno in (errno.EMFILE, errno.ENFILE)
    hint = "ask for fewer jobs, or a higher ulimit -n" if is_short else "set TMPDIR to a larger place"
    return ToolError(f"cannot keep {what}: {error.strerror}", where=gettempdir(), hint=hint)
