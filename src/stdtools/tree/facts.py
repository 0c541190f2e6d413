"""An entry's facts under the names that --where, --columns, --template and --sort know."""

import os
import stat
import time
from collections.abc import Callable
from functools import cache, lru_cache

from stdtools.tree.entry import Entry


class Facts:
    """The attributes of an entry: text and numbers. Each may raise OSError."""

    __slots__ = ("entry",)
    now = time.time()

    def __init__(self, entry: Entry) -> None:
        self.entry = entry

    @property
    def path(self) -> str:
        """As the walk came to it."""
        return os.fsdecode(self.entry.path)

    @property
    def name(self) -> str:
        """The last part of the path."""
        return os.fsdecode(self.entry.name)

    @property
    def stem(self) -> str:
        """The name without its extension."""
        return os.path.splitext(self.name)[0]

    @property
    def ext(self) -> str:
        """What follows the last dot of the name, if anything stands before it."""
        return os.path.splitext(self.name)[1][1:]

    @property
    def type(self) -> str:
        """The letter of the type."""
        return self.entry.kind

    @property
    def size(self) -> int:
        """Bytes."""
        return self.entry.stat.st_size

    @property
    def mtime(self) -> float:
        """Seconds since the epoch."""
        return self.entry.stat.st_mtime_ns / 1e9

    @property
    def age(self) -> float:
        """Seconds since the last change of the content."""
        return self.now - self.mtime

    @property
    def mode(self) -> int:
        """Permission bits."""
        return stat.S_IMODE(self.entry.stat.st_mode)

    @property
    def user(self) -> str:
        """The owner's name, or number."""
        return user_name(self.entry.stat.st_uid)

    @property
    def group(self) -> str:
        """The group's name, or number."""
        return group_name(self.entry.stat.st_gid)

    @property
    def links(self) -> int:
        """Hard links."""
        return self.entry.stat.st_nlink

    @property
    def depth(self) -> int:
        """Levels below the root of the walk."""
        return self.entry.depth


@cache
def user_name(number: int) -> str:
    """Return the name of a user, or the number as text."""
    from pwd import getpwuid

    try:
        return getpwuid(number).pw_name
    except KeyError:
        return str(number)


@cache
def group_name(number: int) -> str:
    """Return the name of a group, or the number as text."""
    from grp import getgrgid

    try:
        return getgrgid(number).gr_name
    except KeyError:
        return str(number)


def _written_mtime(facts: Facts) -> str:
    seconds, nanoseconds = divmod(facts.entry.stat.st_mtime_ns, 1_000_000_000)
    day, clock, zone = _local(seconds)
    return f"{day}T{clock}.{nanoseconds:09d}{zone}" if clock else day


def local_time(nanoseconds: int) -> str:
    """Return date and time of day, in local time, to the second."""
    day, clock, _ = _local(nanoseconds // 1_000_000_000)
    return f"{day} {clock}".rstrip()


@lru_cache(4096)
def _local(seconds: int) -> tuple[str, str, str]:
    """Return date, time of day, and how far the zone is from UTC; for a year that no calendar has ``@seconds``."""
    try:
        local = time.localtime(seconds)
    except (OverflowError, OSError, ValueError):
        return f"@{seconds}", "", ""
    zone = time.strftime("%z", local)
    return time.strftime("%Y-%m-%d", local), time.strftime("%H:%M:%S", local), f"{zone[:3]}:{zone[3:5]}"


Column = Callable[[Facts], int | float | str]

# What a column of a record holds; mtime and mode are written as people and other tools read them.
COLUMNS: dict[str, Column] = {
    "path": lambda facts: facts.path,
    "name": lambda facts: facts.name,
    "type": lambda facts: facts.type,
    "size": lambda facts: facts.size,
    "mtime": _written_mtime,
    "mode": lambda facts: f"{facts.mode:04o}",
    "user": lambda facts: facts.user,
    "group": lambda facts: facts.group,
    "links": lambda facts: facts.links,
    "depth": lambda facts: facts.depth,
    "stem": lambda facts: facts.stem,
    "ext": lambda facts: facts.ext,
    "age": lambda facts: round(facts.age, 3),
}
DEFAULT_COLUMNS = tuple(COLUMNS)[:10]
