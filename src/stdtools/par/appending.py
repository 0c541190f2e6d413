"""A file of JSON lines that only grows, each by one write: a kill tears no more than the last."""

import fcntl
import json
import os
import stat
from collections.abc import Iterator
from typing import Any

from stdtools.shared.errors import ToolError, raise_os_error


class JsonLines:
    """The file *path*, for this process alone. Raises ToolError, also when another process has it.

    Where it *writes* nothing, another may have it, and a file that is not there is an empty one.
    """

    def __init__(self, path: str, *, writes: bool = True) -> None:
        self.path = path
        try:
            if not writes:
                flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
                self._fd = os.open(path if os.path.exists(path) else os.devnull, flags)
                return
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
            if stat.S_ISREG(os.fstat(self._fd).st_mode):  # /dev/null is for all
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            size = os.fstat(self._fd).st_size
            if size and os.pread(self._fd, 1, size - 1) != b"\n":  # who wrote the last line was killed
                os.write(self._fd, b"\n")
        except BlockingIOError:
            raise ToolError("another par is writing it", where=path, hint="give each its own") from None
        except OSError as error:
            raise_os_error(error, path)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield the objects in it; a line that is none is skipped. Raises ToolError."""
        try:
            with open(self._fd, "rb", closefd=False) as file:
                file.seek(0)
                for line in file:
                    try:
                        record = json.loads(line)
                    except (ValueError, RecursionError):
                        continue
                    if isinstance(record, dict):
                        yield record
        except OSError as error:
            raise_os_error(error, self.path)

    def append(self, record: dict[str, Any]) -> None:
        """Write *record* on a line of its own. Raises ToolError."""
        line = json.dumps(record).encode() + b"\n"
        try:
            written = os.write(self._fd, line)
        except OSError as error:
            raise_os_error(error, self.path)
        if written < len(line):
            raise ToolError("no space for another line", where=self.path)


def json_text(text: bytes) -> Any:
    """Return *text* as JSON has it: a str, or what the contract of records says where it is not UTF-8."""
    try:
        return text.decode()
    except UnicodeDecodeError:
        from binascii import b2a_base64

        return {"$base64": True, "encoded": b2a_base64(text, newline=False).decode("ascii")}
