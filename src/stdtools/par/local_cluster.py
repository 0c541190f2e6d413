"""A cluster on this machine, in a session of its own, for as long as somebody holds its standard input open."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

from stdtools.shared.streams import STDIN, STDOUT, write_all

_PATIENCE = 8.0  # seconds that a cluster gets to end by itself; it can hang when its workers have died


def serve(workers: int) -> None:
    """Start a scheduler and *workers*; write the address on standard output, and end when standard input does."""
    lifeline, told = os.dup(STDIN), os.dup(STDOUT)
    with open(os.devnull, "r+b", buffering=0) as null:  # what workers start neither reads nor fills our pipes
        os.dup2(null.fileno(), STDIN)
        os.dup2(null.fileno(), STDOUT)
    is_over = threading.Event()
    threading.Thread(target=_watch, args=(lifeline, is_over), daemon=True).start()
    import dask
    from distributed import LocalCluster

    dask.config.set({"distributed.scheduler.allowed-failures": 1})  # two deaths are enough to suspect a task
    settings = {"threads_per_worker": 1, "host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
    with LocalCluster(n_workers=workers, **settings) as cluster:
        write_all(told, f"{cluster.scheduler_address}\n".encode())
        is_over.wait()


def _watch(lifeline: int, is_over: threading.Event) -> None:
    os.read(lifeline, 1)
    is_over.set()
    time.sleep(_PATIENCE)
    os.killpg(0, signal.SIGKILL)


class LocalCluster:
    """*workers* processes on this machine, from now until ``close``; they do not outlive us."""

    def __init__(self, workers: int) -> None:
        code = f"from stdtools.par.local_cluster import serve; serve({workers})"
        self._process = subprocess.Popen(  # noqa: S603 - our own code
            [sys.executable, "-P", "-W", "ignore", "-c", code],  # no module of the current directory hides another
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what workers say when they end is of no use
            start_new_session=True,
        )
        assert self._process.stdout is not None
        try:
            self.address = self._process.stdout.readline().decode().strip()
        except BaseException:
            self.close(now=True)
            raise

    def close(self, *, now: bool) -> None:
        """End all of it, after seconds at the most; with *now* whatever its workers do."""
        if now:
            with contextlib.suppress(OSError):  # it has ended by itself
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()
