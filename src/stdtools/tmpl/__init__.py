"""Templates: string.Template with defaults, dotted names, and a million rows.

``Template`` is a subclass of ``string.Template``. ``RowRenderer`` renders one for many records.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stdtools.tmpl.rows import Batch, RowRenderer
    from stdtools.tmpl.template import Template

__all__ = ["Batch", "RowRenderer", "Template"]


def __getattr__(name: str) -> Any:
    """Import what the command does not need, when it is asked for."""
    if name == "Template":
        from stdtools.tmpl.template import Template

        return Template
    if name in ("Batch", "RowRenderer"):
        from stdtools.tmpl import rows

        return getattr(rows, name)
    raise AttributeError(name)
