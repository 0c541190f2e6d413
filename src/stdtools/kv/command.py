"""The command line of kv: the group of its subcommands, and --store before any of them."""

import click

from stdtools.shared.commands import LazyGroup
from stdtools.shared.options import offering


def _stores() -> list[str]:
    from stdtools.kv.command_options import stores

    return stores()


kv = LazyGroup(
    name="kv",
    help="Keep values under keys, in a shelf that survives kill -9.",
    params=[
        click.Option(
            ["--store"],
            envvar="STDTOOLS_KV_STORE",
            metavar="NAME|PATH",
            shell_complete=offering(_stores),
            help="The store: a name, or a path with a / or a dot in it.  [default: default]",
        )
    ],
    table={
        "set": ("stdtools.kv.command_set:set_value", "Store a value under a key."),
        "get": ("stdtools.kv.command_get", "Print the value of a key."),
        "has": ("stdtools.kv.command_get", "Say by the exit code whether keys are there."),
        "del": ("stdtools.kv.command_del:delete", "Delete keys."),
        "keys": ("stdtools.kv.command_list", "Print the keys."),
        "list": ("stdtools.kv.command_list:list_values", "List keys with their values, types and times."),
        "incr": ("stdtools.kv.command_change", "Add to a number."),
        "append": ("stdtools.kv.command_change", "Put text or bytes behind those of a key."),
        "push": ("stdtools.kv.command_change", "Put elements into a list."),
        "pop": ("stdtools.kv.command_change", "Take an element out of a list and print it."),
        "ttl": ("stdtools.kv.command_times", "Print how many seconds a key has left."),
        "expire": ("stdtools.kv.command_times", "Have a key be gone after a while."),
        "persist": ("stdtools.kv.command_times", "Have keys stay."),
        "rename": ("stdtools.kv.command_names", "Give a value another key."),
        "copy": ("stdtools.kv.command_names", "Store a value under another key, too."),
        "edit": ("stdtools.kv.command_edit", "Change a value in your editor."),
        "batch": ("stdtools.kv.command_batch", "Do operations that come as JSON lines."),
        "export": ("stdtools.kv.command_transfer", "Print all keys and values as JSON lines."),
        "import": ("stdtools.kv.command_transfer:import_values", "Store the keys and values of JSON lines."),
        "convert": ("stdtools.kv.command_transfer", "Copy a shelf of any kind into a store."),
        "stores": ("stdtools.kv.command_care", "List the stores that have a name."),
        "info": ("stdtools.kv.command_care", "Tell what kind of shelf a store is, and how large."),
        "check": ("stdtools.kv.command_care", "Check that a store is whole and its values readable."),
        "compact": ("stdtools.kv.command_care", "Give the space of deleted values back."),
        "backup": ("stdtools.kv.command_care", "Copy a store, as it is at one moment, into a file."),
    },
)
