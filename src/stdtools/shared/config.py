"""The user's config.toml: defaults for the options of each command, never code or commands."""

import os
import stat
from functools import cache
from typing import Any

from stdtools.shared import places, screen


def config_path() -> str:
    """Return where the user's config.toml is, or would be."""
    return os.path.join(places.config_dir(), "config.toml")


@cache
def load_config() -> dict[str, Any]:
    """Return the tables of config.toml, one a command; empty when there is none or it is not trusted.

    A file that another user owns or could have written is ignored with a warning, and so is one
    that is not TOML: a broken file must not take every command down.
    """
    tables, fault = read_config()
    if fault:
        screen.complain(f"{config_path()}: {fault}")
    return tables


@cache
def read_config() -> tuple[dict[str, Any], str]:
    """Return the tables of config.toml, and why it is ignored where it is."""
    try:
        with open(config_path(), "rb") as file:
            if not is_trusted(file.fileno()):
                return {}, "ignored, as others can write it; chmod go-w it"
            import tomllib

            return tomllib.load(file), ""
    except (FileNotFoundError, NotADirectoryError):
        return {}, ""
    except (OSError, ValueError, RecursionError) as error:
        return {}, f"ignored: {getattr(error, 'strerror', None) or error}"


def is_trusted(fd: int) -> bool:
    """Whether the file belongs to this user or root, and nobody else can write it."""
    found = os.fstat(fd)
    return found.st_uid in (0, os.geteuid()) and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
