"""Finding files: a walk over directories of any depth and size that tells what it could not read.

``find(*roots, query=…, walking=…)`` yields entries, whose paths are bytes.
"""

from stdtools.tree.entry import Entry
from stdtools.tree.finding import find
from stdtools.tree.query import Criterion, Query, Walking

__all__ = ["Criterion", "Entry", "Query", "Walking", "find"]
