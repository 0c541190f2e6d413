"""The command line of kv edit."""

import os
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

    The editor is $VISUAL, else $EDITOR, else vi. Text is edited as it is and all else as JSON. What you
    have changed is stored when the editor ends well, unless somebody else has changed the value meanwhile;
    then it stays in a file that is named.
    """
    import shutil
    import tempfile

    from stdtools.kv.editing import edit as change

    place = tempfile.mkdtemp(prefix="stdtools-kv-")
    with writing(store) as shelf:
        try:
            changed = change(shelf, key, lambda text, ending: _edited(os.path.join(place, f"value{ending}"), text))
        except ToolError:
            if os.listdir(place):
                screen.note(f"what you wrote is in {place}")
            raise
    shutil.rmtree(place, ignore_errors=True)
    screen.note(f"'{key}' is {'stored' if changed else 'as it was'}", verbosity=1 if changed else 0)
    return 0


def _edited(path: str, text: bytes) -> bytes:
    """Return *text* as the user's editor leaves it in the new file *path*."""
    import shlex
    import subprocess

    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    with open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text)
    try:
        done = subprocess.run([*shlex.split(editor), path])  # noqa: S603 - the user's own editor
        if done.returncode:
            raise ToolError(f"ended with {done.returncode}; nothing is stored", where=editor)
        with open(path, "rb") as file:
            return file.read()
    except ValueError as error:
        raise ToolError(str(error), where=editor) from None
    except OSError as error:
        raise_os_error(error, editor)
