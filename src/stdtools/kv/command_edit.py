"""The command line of kv edit."""

import click

from stdtools.kv.command_options import KvCommand, key_argument, key_bytes_option, with_store, writing
from stdtools.shared import screen
from stdtools.shared.draft import Draft


@click.command(
    cls=KvCommand,
    explain="stdtools.kv.explain:explain_edit",
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

    The editor is $VISUAL, else $EDITOR, else vi. Text is edited as it is and all else as JSON, but for bytes,
    which are refused; a KEY that is not there begins as empty text. A newline that the editor puts behind
    text without one is left out. What you have changed is stored when the
    editor ends well, unless somebody else has changed the value meanwhile; then it stays in a file that
    is named.
    """
    from stdtools.kv.editing import edit as change

    with writing(store) as shelf, Draft("value") as draft:
        changed = change(shelf, key, draft.edited)
    screen.note(f"'{key}' is {'stored' if changed else 'as it was'}", verbosity=1 if changed else 0)
    return 0
