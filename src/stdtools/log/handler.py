"""A handler for ``logging`` that rotates like the standard library's, with any number of processes."""

import locale
import logging
import logging.handlers
import os
import warnings

from stdtools.shared.errors import ToolError
from stdtools.shared.rotation import RotatingFile


class RotatingHandler(logging.handlers.RotatingFileHandler):
    """Takes the place of ``logging.handlers.RotatingFileHandler``; the arguments are the same.

    Any number of processes and threads may log to one file. *maxBytes* counts bytes, and a file is
    never longer, but for a record that is longer itself. With a *backupCount* of 0 it still rotates and keeps
    only the current file. A record that cannot be written goes through ``handleError`` as usual and is
    counted: the log itself says how many are missing as soon as it can be written again. Text that
    the encoding lacks is written with backslashes, unless *errors* says otherwise. The file is never
    open as ``stream``.
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
        super().__init__(filename, mode, maxBytes, backupCount, encoding, True, errors)
        named = self.encoding not in (None, "locale")
        self._codec = str(self.encoding) if named else locale.getencoding()
        self._file = _Chain(self)
        self.missing = 0  # records that could not be written and are not accounted for in the log yet
        self._why_missing = ""
        if self.mode.startswith("x") and os.path.exists(self.baseFilename):
            raise FileExistsError(self.baseFilename)
        if self.mode.startswith("w") and os.path.exists(self.baseFilename):
            os.truncate(self.baseFilename, 0)
        if not delay:
            self._prepare()

    def emit(self, record: logging.LogRecord) -> None:
        """Write *record*; rotate first where it does not fit."""
        try:
            text = self.format(record) + self.terminator
            if not self._file.prepared:
                self._prepare()
            if self.missing:
                gap = f"stdtools log: {self.missing} records dropped: {self._why_missing}\n"
                self._file.write(gap.encode(self._codec, "backslashreplace"), whole=True)
                self.missing = 0
            self._file.write(text.encode(self._codec, self.errors or "backslashreplace"), whole=True)
            self._warn_of_trouble()
        except RecursionError:
            raise
        except Exception as error:  # noqa: BLE001 - as the class above does
            self.missing += 1
            self._why_missing = str(getattr(error, "strerror", None) or type(error).__name__)
            self.handleError(record)

    def shouldRollover(self, record: logging.LogRecord) -> bool:
        """Say whether *record* would make the file too long."""
        if self.maxBytes <= 0 or not os.path.exists(self.baseFilename):
            return False
        size = os.path.getsize(self.baseFilename)
        text = self.format(record) + self.terminator
        return size > 0 and size + len(text.encode(self._codec, "backslashreplace")) > self.maxBytes

    def doRollover(self) -> None:
        """Begin a new file, unless the current one is empty."""
        self._file.rotate()
        self._warn_of_trouble()

    def close(self) -> None:
        """Close the file; a later record opens it again."""
        self.acquire()
        try:
            self._file.close()
        finally:
            self.release()
        super().close()

    def _prepare(self) -> None:
        try:
            self._file.prepare()
        except ToolError as error:
            raise OSError(str(error)) from None
        self._file.prepared = True

    def _warn_of_trouble(self) -> None:
        trouble = self._file.trouble
        if trouble is not None and not self._file.warned:
            self._file.warned = True
            message = f"{self.baseFilename} cannot be rotated and grows beyond its limit: {trouble}"
            warnings.warn(message, RuntimeWarning, stacklevel=2)


class _Chain(RotatingFile):
    """The files of a handler, with its ``namer`` and ``rotator``."""

    def __init__(self, handler: RotatingHandler) -> None:
        super().__init__(
            handler.baseFilename,
            max_bytes=max(0, handler.maxBytes),
            backups=max(0, handler.backupCount),
            mode=_mode_by_umask(),
        )
        self._handler = handler
        self._base = handler.baseFilename
        self.prepared = False
        self.warned = False

    def backup_name(self, number: int) -> str:
        return self._handler.rotation_filename(f"{self._base}.{number}")

    def retire(self, target: str) -> None:
        self._handler.rotate(self.path, target)


def _mode_by_umask() -> int:
    umask = os.umask(0o077)
    os.umask(umask)
    return 0o666 & ~umask
