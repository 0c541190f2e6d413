"""What goes wrong on a walk, which goes on."""

from collections.abc import Callable

from stdtools.tree.entry import VANISHED


class Troubles:
    """Tells errors by *tell*, given a path and what is wrong with it, and counts them."""

    def __init__(self, tell: Callable[[bytes, str], None]) -> None:
        self.count = 0
        self._tell = tell

    def tell(self, path: bytes, error: OSError) -> None:
        """Tell *error*."""
        self.count += 1
        self._tell(path, error.strerror or str(error))

    def meet(self, path: bytes, error: OSError) -> None:
        """Tell *error*, unless *path* has only vanished since the walk saw it."""
        if error.errno not in VANISHED:
            self.tell(path, error)
