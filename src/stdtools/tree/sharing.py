"""Whether a walk is long enough for more than one process, and what they hand together."""

import contextlib
from functools import partial
from typing import IO, TYPE_CHECKING, Any, Protocol

from stdtools.shared.streams import Output
from stdtools.tree.troubles import Troubles
from stdtools.tree.walker import Directory, Walker

if TYPE_CHECKING:
    from stdtools.tree.dircache import DirectoryCache
    from stdtools.tree.sorting import Sorter

MOST = 64  # processes
WORK = 8000  # entries, of which a directory counts as 20: about 6 ms of a walk; a process costs 3


class Part(Protocol):
    """What each process has of the result."""

    @property
    def sorter(self) -> "Sorter | None":
        """What keeps its rows; None where it has none."""

    def state(self) -> Any:
        """Return what ``merge`` takes, but for the sorter's rows: plain values."""

    def merge(self, state: Any) -> None:
        """Add what another process has."""

    def clear(self) -> None:
        """Forget everything."""


class Sharing:
    """Takes over the rest of a walk that turns out to be long, with *size* processes."""

    def __init__(self, size: int, part: Part, troubles: Troubles, output: Output) -> None:
        self.cache: DirectoryCache | None = None
        self._size = size
        self._part = part
        self._troubles = troubles
        self._output = output

    def __call__(self, walker: Walker, stack: list[Directory], work: int) -> bool:
        """Finish *stack*, if after so much *work* more processes pay; say whether it is finished."""
        if work < WORK or len(stack) < self._size or self._size < 2:
            return False
        from stdtools.tree.crew import Crew, Turn, read_word
        from stdtools.tree.sorting import read_rows

        self._flush()
        crew = Crew(self._size)
        turn = contextlib.ExitStack()
        try:
            self._output.turn = turn.enter_context(contextlib.closing(Turn()))  # before the others have the Output
            crew.start(walker, partial(self._begin, walker), partial(self._end, walker))
        except OSError:  # too many processes or descriptors: alone it goes, too
            self._size = 1
            self._output.turn = contextlib.nullcontext()
            turn.close()
            return False
        try:
            for word in crew.work(walker, stack):
                state, troubles, directories, entries = read_word(word)
                self._part.merge(state)
                self._troubles.count += troubles
                walker.directories += directories
                walker.entries += entries
                if self._part.sorter is not None:
                    self._part.sorter.extend(read_rows(word))
            if walker.progress is not None:
                walker.progress.begin_anew()
                walker.progress.count(0, walker.directories, walker.entries)
        finally:
            self._output.turn = contextlib.nullcontext()
            crew.close()
            turn.close()
        return True

    def _flush(self) -> None:
        self._output.flush()
        if self.cache is not None:
            self.cache.flush()

    def _begin(self, walker: Walker, number: int) -> None:
        walker.number = number
        walker.directories = walker.entries = 0
        self._part.clear()
        self._troubles.count = 0

    def _end(self, walker: Walker, word: IO[bytes]) -> None:
        from stdtools.tree.crew import write_word
        from stdtools.tree.sorting import write_rows

        self._flush()
        said = (self._part.state(), self._troubles.count, walker.directories, walker.entries)
        write_word(word, "done", said)
        if self._part.sorter is not None:
            write_rows(word, self._part.sorter.rows())
