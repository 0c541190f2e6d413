"""What the scripts of --explain leave out."""

from collections.abc import Collection, Mapping
from typing import Any

from stdtools.shared.errors import ToolError
from stdtools.shared.options import is_typed, option_name


def refuse_others(given: Mapping[str, Any], covered: Collection[str]) -> None:
    """Raise ToolError for an option that was given and is not *covered*."""
    for name, value in given.items():
        if name not in covered and (value or is_typed(name)):
            raise ToolError(f"--explain does not cover {option_name(name)}")
