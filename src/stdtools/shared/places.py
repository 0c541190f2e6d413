"""Where the user's files are. The only module that imports platformdirs."""

import os
import sys


def config_dir() -> str:
    """Return the directory of the user's configuration; it need not exist.

    Every run looks here for config.toml, and platformdirs costs a quarter of a small command's
    start-up (13 ms of 48), so its rule for Linux stands here again; a test holds the two equal.
    """
    if sys.platform == "linux":
        return os.path.join(_xdg("XDG_CONFIG_HOME", "~/.config"), "stdtools")
    import platformdirs

    return platformdirs.user_config_dir("stdtools", appauthor=False)


def log_dir() -> str:
    """Return the directory of the journal, which every run writes to; it need not exist."""
    if sys.platform == "linux":
        return os.path.join(_xdg("XDG_STATE_HOME", "~/.local/state"), "stdtools", "log")
    import platformdirs

    return platformdirs.user_log_dir("stdtools", appauthor=False)


def cache_dir() -> str:
    """Return the directory of what can be made again; it need not exist."""
    if sys.platform == "linux":
        return os.path.join(_xdg("XDG_CACHE_HOME", "~/.cache"), "stdtools")
    import platformdirs

    return platformdirs.user_cache_dir("stdtools", appauthor=False)


def data_dir() -> str:
    """Return the directory of what the user has stored; it need not exist."""
    if sys.platform == "linux":
        return os.path.join(_xdg("XDG_DATA_HOME", "~/.local/share"), "stdtools")
    import platformdirs

    return platformdirs.user_data_dir("stdtools", appauthor=False)


def _xdg(variable: str, default: str) -> str:
    base = os.environ.get(variable, "").strip()
    return base if os.path.isabs(base) else os.path.expanduser(default)
