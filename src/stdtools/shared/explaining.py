"""What the scripts of --explain leave out."""

from collections.abc import Collection, Mapping
from typing import Any

from stdtools.shared.errors import ToolError
from stdtools.shared.options import is_typed, option_name


def refuse_others(given: Mapping[str, Any], covered: Collection[str], idle: Collection[str] = ()) -> None:
    """Raise ToolError for an option that was given and is not *covered*; for an *idle* one only where it was typed.

    What is idle has no effect beside the others that were *given*; it may be a default of the user's.
    """
    for name, value in given.items():
        if name not in covered and (is_typed(name) or (value and name not in idle)):
            raise ToolError(f"--explain does not cover {option_name(name)}")
