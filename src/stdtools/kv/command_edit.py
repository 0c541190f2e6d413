"""The command line of kv edit."""

import contextlib
import os
import signal
from collections.abc import Iterator
from types import TracebackType
from typing import Any

import click

from stdtools.kv.command_options import KvCommand, key_argument, key_bytes_option, with_store, writing
from stdtools.shared import screen
from stdtools.shared.errors import ToolError, raise_os_error


def _explain(**given: Any) -> str:
    from stdtools.kv.explain import explain_edit

    return explain_edit(given)


@click.command(
    cls=KvCommand,
    explain=_explain,
    examples=r"""
EDITOR='sed -i s/hello/goodbye/' stdtools kv edit greeting
VISUAL='sed -i s/goodbye/hello/' stdtools kv edit greeting
""",
)
@key_argument()
@key_bytes_option
@with_store
def edit(key: str, key_bytes: bool, store: str) -> int:
    """Change a value in your editor.

    The editor is $VISUAL, else $EDITOR, else vi. Text is edited as it is and all else as JSON; a newline
    that the editor puts behind text without one is left out. What you have changed is stored when the
    editor ends well, unless somebody else has changed the value meanwhile; then it stays in a file that
    is named.
    """
    from stdtools.kv.editing import edit as change

    with writing(store) as shelf, _Draft() as draft:
        changed = change(shelf, key, draft.edited)
    screen.note(f"'{key}' is {'stored' if changed else 'as it was'}", verbosity=1 if changed else 0)
    return 0


class _Draft:
    """The file in which a value is edited; when trouble ends the ``with`` block, what is new in it stays."""

    place = path = ""
    text = b""

    def __enter__(self) -> "_Draft":
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
        self.place = tempfile.mkdtemp(prefix="stdtools-kv-")
        self.path = os.path.join(self.place, f"value{ending}")
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
