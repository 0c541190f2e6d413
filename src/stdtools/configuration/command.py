"""The command line of config: the group of its subcommands."""

from stdtools.shared.commands import LazyGroup

config = LazyGroup(
    name="config",
    help="Show and change the defaults of all commands.",
    table={
        "path": ("stdtools.configuration.command_config", "Print where config.toml is."),
        "show": ("stdtools.configuration.command_config", "Show what is set, and where it comes from."),
        "set": ("stdtools.configuration.command_config:set_value", "Set the default of an option."),
        "unset": ("stdtools.configuration.command_config", "Take the default of an option back."),
        "edit": ("stdtools.configuration.command_config", "Change config.toml in your editor."),
    },
)
