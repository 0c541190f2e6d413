"""How many processors this process may use."""

import contextlib
import os


def processors() -> int:
    """Return the number of processors: those of our affinity, and no more than the time that a cgroup grants."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with contextlib.suppress(OSError, ValueError), open("/proc/self/cgroup", encoding="ascii") as file:
        own = next((line.strip()[3:] for line in file if line.startswith("0::")), "")
        while own:
            count = min(count, _granted(f"/sys/fs/cgroup{own}/cpu.max", count))
            own = own.rpartition("/")[0]
    return max(count, 1)


def _granted(path: str, most: int) -> int:
    """Return how many processors' time the cgroup's file *path* grants, rounded up; *most* when it says nothing."""
    try:
        with open(path, encoding="ascii") as file:
            quota, period = file.read().split()
    except (OSError, ValueError):
        return most
    return most if quota == "max" else -(-int(quota) // int(period))
