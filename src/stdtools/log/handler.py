"""A handler for ``logging`` that rotates like the standard library's, with any number of processes."""

import errno
import locale
import logging
import logging.handlers
import os
import stat
import warnings
import weakref

from stdtools.log.gap import gap_line
from stdtools.shared.disk import mode_by_umask
from stdtools.shared.errors import ToolError
from stdtools.shared.rotation import RotatingFile
from stdtools.shared.screen import amount

PATIENCE = 5.0  # seconds after which a record is written without the lock, which a stopped process holds


class RotatingHandler(logging.handlers.RotatingFileHandler):
    """Takes the place of ``logging.handlers.RotatingFileHandler``; the arguments are the same.

    Any number of processes and threads may log to one file. *maxBytes* counts bytes, and no file is
    longer, but for a record that is longer itself. With a *backupCount* of 0 it still rotates and
    keeps only the current file. A record that cannot be written goes through ``handleError`` as usual
    and is counted: the log itself says how many are missing as soon as it can be written again. Text
    that the encoding lacks is written with backslashes, unless *errors* says otherwise. ``stream``
    stays None.

    Raises ValueError for an encoding that many cannot append to, such as UTF-16, and TypeError for
    limits that are not whole numbers.
    """

    def __init__(
        self,
        filename: str | os.PathLike[str],
        mode: str = "a",
        maxBytes: int = 0,
        backupCount: int = 0,
        encoding: str | None = None,
        delay: bool = False,
        errors: str | None = None,
    ) -> None:
        for name, value in (("maxBytes", maxBytes), ("backupCount", backupCount)):
            if not isinstance(value, int):
                raise TypeError(f"{name} is a whole number, not {value!r}")
        if mode not in ("a", "at", "w", "wt", "x", "xt"):
            raise ValueError(f"mode is 'a', 'w' or 'x', not {mode!r}")
        super().__init__(filename, mode, maxBytes, backupCount, encoding, True, errors)
        named = self.encoding not in (None, "locale")
        self._codec = str(self.encoding) if named else locale.getencoding()
        if "\n".encode(self._codec) != b"\n":
            raise ValueError(f"a log that many append to cannot be {self._codec}")
        try:
            self._file = _Chain(self)
        except ToolError as error:
            raise OSError(str(error)) from None
        self.missing = 0  # records that could not be written and are not accounted for in the log yet
        self._why_missing = ""
        if not delay and not self._is_special():
            self._prepare()

    def emit(self, record: logging.LogRecord) -> None:
        """Write *record*; rotate first where it does not fit."""
        if self._is_special():
            logging.FileHandler.emit(self, record)
            return
        try:
            text = self.format(record) + self.terminator
            data = text.encode(self._codec, self.errors or "backslashreplace")
        except RecursionError:
            raise
        except Exception:  # noqa: BLE001 - as the class above does
            self.handleError(record)
            return
        try:
            self._write(data)
        except (OSError, ToolError) as error:
            self.missing += 1
            self._why_missing = getattr(error, "strerror", None) or str(error)
            self.handleError(record)
            return
        if self._file.trouble is not None and not self._file.warned:
            self._file.warned = True
            message = f"{self.baseFilename} cannot be rotated and grows beyond its limit: {self._file.trouble}"
            warnings.warn(message, RuntimeWarning, stacklevel=2)

    def shouldRollover(self, record: logging.LogRecord) -> bool:
        """Say whether *record* would make the file too long."""
        if self.maxBytes <= 0 or not os.path.isfile(self.baseFilename):
            return False
        size = os.path.getsize(self.baseFilename)
        text = self.format(record) + self.terminator
        return size > 0 and size + len(text.encode(self._codec, "backslashreplace")) > self.maxBytes

    def doRollover(self) -> None:
        """Begin a new file, unless the current one is empty."""
        if not self._is_special():
            self._prepare()
            self._file.rotate()

    def close(self) -> None:
        """Close the file; a later record opens it again."""
        self.acquire()
        try:
            self._file.close()
        finally:
            self.release()
        super().close()

    def _is_special(self) -> bool:
        """Whether the file is a device or a pipe, which the class above writes to without rotating."""
        if self._file.prepared:
            return False
        try:
            mode = os.stat(self.baseFilename).st_mode
        except OSError:
            return False
        return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)

    def _prepare(self) -> None:
        file = self._file
        file.max_bytes, file.backups.count = max(0, self.maxBytes), max(0, self.backupCount)
        file.line_end = self.terminator.encode(self._codec)
        if file.prepared:
            return
        if self.mode.startswith("x") and os.path.exists(self.baseFilename):
            raise FileExistsError(self.baseFilename)
        try:
            file.prepare()
        except ToolError as error:
            raise OSError(str(error)) from None
        if self.mode.startswith("w"):
            os.truncate(self.baseFilename, 0)
        file.prepared = True

    def _write(self, data: bytes) -> None:
        self._prepare()
        if self.missing:
            self._file.write(gap_line(amount(self.missing, "record"), self._why_missing), whole=True)
            self.missing = 0
        self._file.write(data, whole=True)


class _Chain(RotatingFile):
    """The files of a handler, with its ``namer`` and ``rotator``."""

    def __init__(self, handler: RotatingHandler) -> None:
        super().__init__(handler.baseFilename, first_mode=mode_by_umask(), patience=PATIENCE)
        self._handler = handler
        self.prepared = False
        self.warned = False
        _chains.add(self)

    def backup_name(self, number: int) -> str:
        try:
            return self._handler.rotation_filename(f"{self.path}.{number}")
        except Exception as error:
            raise OSError(errno.EIO, f"namer: {error!r}") from error

    def retire(self, target: str) -> None:
        try:
            self._handler.rotate(self.path, target)
        except OSError:
            raise
        except Exception as error:
            raise OSError(errno.EIO, f"rotator: {error!r}") from error


_chains: "weakref.WeakSet[_Chain]" = weakref.WeakSet()


def _let_go() -> None:
    """Close what a forked child has inherited: it would keep the lock of a parent that is killed."""
    for chain in list(_chains):
        chain.close()


os.register_at_fork(after_in_child=_let_go)
