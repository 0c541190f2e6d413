"""The user's config.toml: defaults for the options of each command, never code or commands."""

import os
import stat
from typing import Any

from stdtools.shared import places, screen


def load_config() -> dict[str, Any]:
    """Return the tables of config.toml, one a command; empty when there is none or it is not trusted.

    A file that another user owns or could have written is ignored with a warning, and so is one
    that is not TOML: a broken file must not take every command down.
    """
    path = os.path.join(places.config_dir(), "config.toml")
    try:
        with open(path, "rb") as file:
            found = os.fstat(file.fileno())
            if found.st_uid not in (0, os.geteuid()) or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                screen.complain(f"{path}: ignored, as others can write it; chmod go-w it")
                return {}
            import tomllib

            return {name: table for name, table in tomllib.load(file).items() if isinstance(table, dict)}
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        screen.complain(f"{path}: ignored: {error}")
        return {}
