"""What is to be done at a time, for a loop that waits for other things, too."""

import heapq
import time
from collections.abc import Callable


class Alarms:
    """Actions, each with its time by the monotonic clock."""

    def __init__(self) -> None:
        self._alarms: list[tuple[float, int, Callable[[], object]]] = []
        self._count = 0

    def set(self, seconds: float, action: Callable[[], object]) -> None:
        """Have *action* called in so many seconds."""
        self._count += 1
        heapq.heappush(self._alarms, (time.monotonic() + seconds, self._count, action))

    @property
    def due(self) -> float | None:
        """When the first is due."""
        return self._alarms[0][0] if self._alarms else None

    def postpone(self, seconds: float) -> None:
        """Have all come so much later."""
        self._alarms = [(due + seconds, count, action) for due, count, action in self._alarms]

    def ring(self) -> None:
        """Call what is due."""
        now = time.monotonic()
        while self._alarms and self._alarms[0][0] <= now:
            heapq.heappop(self._alarms)[2]()
