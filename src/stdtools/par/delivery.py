"""Who may write when, so that what jobs say is never mixed: each stream of a job has one Voice."""

from collections.abc import Callable

from stdtools.par.spool import Backlog, Spool

Write = Callable[[bytes], object]
WINDOW = 10_000  # jobs that have ended and wait for an earlier one to be written; then none is started


class Voice:
    """One stream of one job: kept, until its turn has come; then written at once.

    With *tag* each line begins with it. With *by_line* whole lines are written at any time.
    """

    __slots__ = ("_at_start", "_by_line", "_live", "_spool", "_tag", "_write")

    def __init__(self, backlog: Backlog, write: Write, tag: bytes, *, by_line: bool) -> None:
        self._spool = Spool(backlog)
        self._write = write
        self._tag = tag
        self._by_line = by_line
        self._live = False
        self._at_start = True

    def say(self, data: bytes) -> None:
        """Take what has come from the job."""
        if self._live:
            self._emit(data)
            return
        end = data.rfind(b"\n") + 1 if self._by_line else 0
        if end:
            self._spool.drain(self._emit)
            self._emit(data[:end])
            data = data[end:]
        if data:
            self._spool.write(data)

    def go_live(self) -> None:
        """Write what was kept, and from now on all at once."""
        self._live = True
        self._spool.drain(self._emit)

    def end(self) -> None:
        """Write what is left, and end the last line where others' may follow on it."""
        self._spool.drain(self._emit)
        if not self._at_start and (self._tag or self._by_line):
            self._write(b"\n")

    def forget(self) -> None:
        """Keep nothing."""
        self._spool.clear()
        self._at_start = True

    def _emit(self, data: bytes) -> None:
        if self._tag:
            lines = data.replace(b"\n", b"\n" + self._tag)
            if data.endswith(b"\n"):
                lines = lines.removesuffix(self._tag)
            data_tagged = self._tag + lines if self._at_start else lines
            self._at_start = data.endswith(b"\n")
            self._write(data_tagged)
            return
        self._at_start = data.endswith(b"\n")
        self._write(data)


class Delivery:
    """Gives each job its two voices, for standard output and standard error, and in the end the word.

    In order of the jobs' starts, the first of them speaks live. Otherwise each is written when it has ended.
    """

    def __init__(
        self,
        out: Write,
        err: Write,
        *,
        ordered: bool,
        by_line: bool,
        live: bool,
        written: Callable[[int], None],
    ) -> None:
        self.waiting = 0  # jobs that have ended and were not written
        self._backlog = Backlog()
        self._writes = (out, err)
        self._written = written  # is told of each job when all it has said is handed on
        self._ordered = ordered and not by_line
        self._by_line = by_line
        self._may_live = live and self._ordered
        self._next = 0  # the number of the next job
        self._head = 0  # the number of the job that has the word
        self._open: dict[int, tuple[Voice, Voice]] = {}
        self._ended: set[int] = set()

    def admit(self, tags: tuple[bytes, bytes]) -> int:
        """Return the number under which the next job speaks; *tags* are for its two streams."""
        number = self._next
        self._next += 1
        out, err = (
            Voice(self._backlog, write, tag, by_line=self._by_line)
            for write, tag in zip(self._writes, tags, strict=True)
        )
        self._open[number] = (out, err)
        if self._may_live and number == self._head:
            self._let_speak(number)
        return number

    @property
    def is_full(self) -> bool:
        """Whether so many jobs wait that no other may start."""
        return self.waiting >= WINDOW

    def voices(self, number: int) -> tuple[Voice, Voice]:
        """Return its voices, for standard output and standard error."""
        return self._open[number]

    def forget(self, number: int) -> None:
        """Forget what a job has said: it is tried again."""
        for voice in self._open[number]:
            voice.forget()

    def end(self, number: int) -> None:
        """Take note that a job has ended; write what may be written now."""
        if not self._ordered:
            self._write_end(number)
            return
        self._ended.add(number)
        while self._head in self._ended:
            self._ended.remove(self._head)
            self._write_end(self._head)
            self._head += 1
        self.waiting = len(self._ended)
        if self._may_live and self._head in self._open:
            self._let_speak(self._head)

    def _let_speak(self, number: int) -> None:
        for voice in self._open[number]:
            voice.go_live()

    def _write_end(self, number: int) -> None:
        for voice in self._open.pop(number):
            voice.end()
        self._written(number)
