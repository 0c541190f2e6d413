"""Which file systems are mounted. Linux tells; elsewhere none is known."""

import contextlib
import os


def file_systems() -> dict[int, str]:
    """Return the type of the file system on each device: ``{2049: "ext4"}``."""
    found = {}
    with contextlib.suppress(OSError, ValueError, IndexError), open("/proc/self/mountinfo", "rb") as table:
        for line in table:
            before, _, after = line.partition(b" - ")
            major, _, minor = before.split()[2].partition(b":")
            found[os.makedev(int(major), int(minor))] = after.split()[0].decode("utf-8", "replace")
    return found
