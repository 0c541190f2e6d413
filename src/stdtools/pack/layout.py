"""The layout language: struct's format strings with names, groups and a few more codes.

    layout = [order] { field }             order = "<" | ">" | "=" | "!" | "@"
    field  = [order] ( [count] code | length "/s" ) [ ":" name [ "{" bits "}" ] ]
           | [order] ( count | length "/" | "*" ) "(" layout ")" [ ":" name ]

An order at the head of a layout or of a group holds for all of it, elsewhere for its field.
Without one it is ``<``, on every machine. docs/pack.md describes the language for users.
"""

from stdtools.pack.cursor import LONGEST_RECORD
from stdtools.pack.groups import Group
from stdtools.pack.parser import LayoutError, Parser
from stdtools.pack.text import Charset

__all__ = ["Layout", "LayoutError"]


class Layout:
    """A parsed layout: ``fields``; the names of its ``columns`` and their ``kinds``; ``size`` in bytes.

    ``size`` is the least size where the layout is not ``fixed``. ``batch`` is how many records are
    worth handling at a time. Raises LayoutError.
    """

    def __init__(self, text: str, charset: Charset | None = None) -> None:
        self.charset = charset or Charset()
        self.fields = Parser(text, self.charset).parse()
        self.columns = [name for name, _ in self.fields if name]
        self.kinds = [kind for name, kind in self.fields if name]
        self.fixed = all(kind.fixed for _, kind in self.fields)
        self.size = sum(kind.size for _, kind in self.fields)
        if self.size > LONGEST_RECORD:
            raise LayoutError(text, 0, f"a record has {self.size} bytes, and 1 GiB is the most")
        cells, size = max(1, len(self.columns)), max(1, self.size)
        self.batch = max(1, min(1024, 4096 // cells, 65536 // size)) if self.fixed else 1

    @property
    def takes_all(self) -> bool:
        """Whether the layout ends in a group that takes the rest of the input."""
        return any(isinstance(kind, Group) and kind.count is None for kind in self.kinds)
