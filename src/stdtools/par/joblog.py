"""The log of jobs, a JSON object on a line for each attempt; and which items it says are done.

An item is known by its content and the command's, not by its place in the list: a list that has grown,
or has another order, is resumed rightly. The same item twice is two jobs.
"""

import os
import time
from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from stdtools.par.appending import JsonLines, json_text
from stdtools.par.jobs import Ending, Job
from stdtools.par.source import Task

_PIECE = 1 << 20


class ItemKeys:
    """Makes the key of each item of a *command*: 32 hexadecimal digits, a digest of both."""

    def __init__(self, command: Sequence[bytes]) -> None:
        self._command = blake2b(b"\0".join(command) + b"\0", digest_size=16)

    def of(self, task: Task) -> list[str]:
        """Return the keys of the items of *task*, or the one of its block."""
        if task.block is None:
            return [self._digest(item) for item in task.items]
        digest = self._command.copy()
        place = 0
        while data := os.pread(task.block.fileno(), _PIECE, place):
            digest.update(data)
            place += len(data)
        return [digest.hexdigest()]

    def _digest(self, item: bytes) -> str:
        digest = self._command.copy()
        digest.update(item)
        return digest.hexdigest()


class JobLog:
    """The log in the file *path*, for this process alone; or only to be read, where it *writes* nothing."""

    def __init__(self, path: str, *, writes: bool = True) -> None:
        """Raise ToolError as JsonLines does."""
        self._lines = JsonLines(path, writes=writes)

    def done(self) -> "Counter[str]":
        """Return how often each key has succeeded."""
        done: Counter[str] = Counter()
        for record in self._lines:
            if record.get("exit") == 0 and not record.get("timeout") and not record.get("stopped"):
                key = record.get("key")
                done.update(each for each in (key if isinstance(key, list) else [key]) if isinstance(each, str))
        return done

    def write(self, job: Job, keys: Sequence[str], ending: Ending) -> None:
        """Append a line about an attempt: one write. Raises ToolError."""
        record: dict[str, Any] = {
            "key": keys[0] if len(keys) == 1 else list(keys),
            "job": job.number,
            "argv": [json_text(word) for word in job.argv],
            "start": _time(ending.started),
            "seconds": round(ending.seconds, 6),
            "user": round(ending.user, 6),
            "sys": round(ending.sys, 6),
            "maxrss": ending.maxrss,
            "exit": ending.exit,
            "signal": ending.signal,
            "attempt": job.attempt,
        }
        if ending.timed_out:
            record["timeout"] = True
        if ending.cut_off:
            record["stopped"] = True
        if ending.error:
            record["error"] = ending.error
        self._lines.append(record)


def _time(seconds: float) -> str:
    local = time.localtime(seconds)
    zone = time.strftime("%z", local)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', local)}.{int(seconds % 1 * 1e6):06d}{zone[:3]}:{zone[3:5]}"
