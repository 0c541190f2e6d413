"""What the command lines of pack and unpack share: how a layout is named and typed."""

import os

import click

from stdtools.pack.layout import Layout, LayoutError
from stdtools.pack.named import NamedLayout
from stdtools.pack.text import Charset
from stdtools.shared import places
from stdtools.shared.options import offering


def _layouts() -> list[str]:
    from stdtools.pack.catalog import names

    return names(own_layouts())


layout_option = click.option(
    "--layout",
    "name",
    metavar="NAME",
    shell_complete=offering(_layouts),
    help="Uses a named layout in the place of LAYOUT.",
)
text_option = click.option(
    "--text", "encoding", metavar="ENCODING", default="utf-8", show_default=True, help="Encoding of text fields."
)


def own_layouts() -> str:
    """Return the directory of the user's own layouts."""
    return os.path.join(places.config_dir(), "layouts")


def take_layout(
    arguments: tuple[str, ...], name: str | None, charset: Charset
) -> tuple[Layout, NamedLayout, list[str]]:
    """Return the layout called *name*, or the one that the first argument is, and the arguments left."""
    if name is not None:
        from stdtools.pack.catalog import find_layout

        named = find_layout(name, own_layouts())
        return Layout(named.layout, charset), named, list(arguments)
    if not arguments:
        raise click.UsageError("a LAYOUT is missing", click.get_current_context())
    try:
        layout = Layout(arguments[0], charset)
    except LayoutError as error:
        if os.path.exists(arguments[0]):
            error.hint = "a file is called so, but LAYOUT comes first"
        raise
    return layout, NamedLayout("", "", arguments[0]), list(arguments[1:])
