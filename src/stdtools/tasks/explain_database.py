"""How the scripts of --explain open the database."""

from stdtools.shared.errors import ToolError
from stdtools.shared.sqlite import uri_of
from stdtools.tasks.database import MEMORY


def opening(path: str, mode: str) -> str:
    """Return the line that opens the database *path*, to read (``ro``) or to write (``rw``), and makes none."""
    if path == MEMORY:
        raise ToolError("--explain does not cover --db :memory:, in which there is nothing")
    return f"db = sqlite3.connect({uri_of(path, mode)!r}, uri=True)"
