"""The command line of log: the group of its subcommands."""

from stdtools.shared.commands import LazyGroup

log = LazyGroup(
    name="log",
    help="Write, view and verify rotating logs.",
    table={
        "write": ("stdtools.log.command_write", "Write standard input into a rotating log."),
        "run": ("stdtools.log.command_run", "Run a command and log both its streams."),
        "view": ("stdtools.log.command_view", "Show a log with its backups as one stream."),
        "verify": ("stdtools.log.command_verify", "Check that a log and its backups are complete."),
        "path": ("stdtools.log.command_path", "Show where the journal of stdtools is."),
    },
)
