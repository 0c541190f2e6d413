"""A text that the user edits in an editor."""

import contextlib
import os
import signal
from collections.abc import Iterator
from types import TracebackType

from stdtools.shared import screen
from stdtools.shared.errors import ToolError, raise_os_error


class Draft:
    """The file in which something is edited; when trouble ends the ``with`` block, what is new in it stays.

    *name* is the file's, less the ending. The editor is $VISUAL, else $EDITOR, else vi.
    """

    place = path = ""
    text = b""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> "Draft":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None and self._has_news():
            screen.complain(f"what you wrote is in {self.path}")
        elif self.place:
            import shutil

            shutil.rmtree(self.place, ignore_errors=True)

    def _has_news(self) -> bool:
        """Say whether the file is not as it was, or the editor has left something of its own beside it."""
        if not self.place or not (names := os.listdir(self.place)):
            return False
        try:
            with open(self.path, "rb") as file:
                return file.read() != self.text or len(names) > 1
        except OSError:
            return True

    def edited(self, text: bytes, ending: str) -> bytes:
        """Return *text* as the user's editor leaves it in a file with this *ending*."""
        import shlex
        import subprocess
        import tempfile

        self.text = text
        self.place = tempfile.mkdtemp(prefix="stdtools-")
        self.path = os.path.join(self.place, f"{self._name}{ending}")
        with open(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(text)
        editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
        try:
            words = [*(shlex.split(editor) or ["vi"]), self.path]
            with _signals_left_to_the_editor():
                code = subprocess.run(words).returncode  # noqa: S603 - the user's own editor
        except ValueError as error:
            raise ToolError(str(error), where=editor) from None
        except OSError as error:
            raise_os_error(error, editor)
        if code == -signal.SIGINT:
            raise KeyboardInterrupt
        if code:
            ended = f"ended with {code}" if code > 0 else f"was ended by signal {-code}"
            raise ToolError(f"{ended}; nothing is stored", where=editor)
        try:
            with open(self.path, "rb") as file:
                return file.read()
        except OSError as error:
            raise_os_error(error, self.path)


@contextlib.contextmanager
def _signals_left_to_the_editor() -> Iterator[None]:
    """Do nothing at Ctrl-C, which the terminal sends to the editor, too: there it may mean something else."""
    keys = [number for number in (signal.SIGINT, signal.SIGQUIT) if signal.getsignal(number) is not signal.SIG_IGN]
    before = [signal.signal(number, lambda *_: None) for number in keys]  # SIG_IGN would be the editor's, too
    try:
        yield
    finally:
        for number, handler in zip(keys, before, strict=True):
            signal.signal(number, handler)
