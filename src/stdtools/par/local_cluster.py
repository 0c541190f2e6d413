"""A cluster on this machine, in a session of its own, for as long as somebody holds its standard input open."""

import os
import signal
import subprocess
import sys
import threading
import time

_PATIENCE = 8.0  # seconds that a cluster gets to end by itself; it can hang when its workers have died


def serve(workers: int) -> None:
    """Start a scheduler and *workers*; write the address on standard output, and end when standard input does."""
    is_over = threading.Event()
    threading.Thread(target=_watch, args=(is_over,), daemon=True).start()
    import dask
    from distributed import LocalCluster

    dask.config.set({"distributed.scheduler.allowed-failures": 1})  # two deaths are enough to suspect a task
    settings = {"threads_per_worker": 1, "host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
    with LocalCluster(n_workers=workers, **settings) as cluster:
        sys.stdout.write(f"{cluster.scheduler_address}\n")
        sys.stdout.flush()
        is_over.wait()


def _watch(is_over: threading.Event) -> None:
    sys.stdin.read()
    is_over.set()
    time.sleep(_PATIENCE)
    os.killpg(0, signal.SIGKILL)


class LocalCluster:
    """*workers* processes on this machine, from now until ``close``; they do not outlive us."""

    def __init__(self, workers: int) -> None:
        code = f"from stdtools.par.local_cluster import serve; serve({workers})"
        self._process = subprocess.Popen(  # noqa: S603 - our own code
            [sys.executable, "-W", "ignore", "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what workers say when they end is of no use
            start_new_session=True,
        )
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().decode().strip()

    def close(self) -> None:
        """End all of it, after seconds at the most."""
        self._process.communicate()
