"""What can be asked of a file: each option's words, read into a test."""

import os
import re
import stat
from collections.abc import Callable, Iterable
from operator import eq, ge, gt, le, lt

from stdtools.tree.entry import LETTERS, Entry

StatTest = Callable[[os.stat_result], object]
EntryTest = Callable[[Entry], object]

KINDS = "".join(LETTERS.values())
_COMPARISONS = {">=": ge, "<=": le, ">": gt, "<": lt, "=": eq, "+": gt, "-": lt, "": eq}
_EXECUTABLE = 0o111
_WHO = {"u": 0o4700, "g": 0o2070, "o": 0o1007, "a": 0o7777}
_MAY = {"r": 0o444, "w": 0o222, "x": 0o111, "s": 0o6000, "t": 0o1000}


def number_test(text: str, parse: Callable[[str], int]) -> Callable[[int], bool]:
    """Return the test of numbers that ``>10``, ``10..20``, ``10..`` or ``10`` stands for. Raises ValueError."""
    low, dots, high = text.partition("..")
    if dots and (low or high):
        least, most = (parse(end) if end.strip() else None for end in (low, high))
        if least is None or most is None:
            return number_test(f">={low}" if least is not None else f"<={high}", parse)
        if least > most:
            raise ValueError(f"no number is in {text!r}; the smaller one comes first")
        return lambda value: least <= value <= most
    match = re.fullmatch(r"\s*(>=|<=|[><=+-]|)\s*(.*)", text, re.DOTALL)
    assert match is not None
    if not match[2]:
        raise ValueError(f"{text!r} has no number")
    compare = _COMPARISONS[match[1]]
    bound = parse(match[2])
    return lambda value: compare(value, bound)


def size_test(text: str, parse: Callable[[str], int]) -> StatTest:
    """Return the test of sizes in bytes, exact: nothing is rounded. Raises ValueError."""
    test = number_test(text, parse)
    return lambda found: test(found.st_size)


def links_test(text: str) -> StatTest:
    """Return the test of the number of hard links. Raises ValueError."""
    test = number_test(text, int_of)
    return lambda found: test(found.st_nlink)


def int_of(text: str) -> int:
    """Return the number that *text* is. Raises ValueError."""
    if not re.fullmatch(r"\s*[0-9]{1,18}\s*", text, re.ASCII):
        raise ValueError(f"{text!r} is not a whole number")
    return int(text)


def time_test(which: str, text: str, *, newer: bool, parse: Callable[[str], float]) -> StatTest:
    """Return the test of one of a file's times, ``mtime``, ``ctime`` or ``atime``, beside a moment.

    *text* is a time as *parse* reads it, else a file whose mtime it is. Raises ValueError.
    """
    bound = moment_ns(text, parse)
    field = f"st_{which}_ns"
    if newer:
        return lambda found: getattr(found, field) > bound
    return lambda found: getattr(found, field) < bound


def moment_ns(text: str, parse: Callable[[str], float]) -> int:
    """Return nanoseconds since the epoch. Raises ValueError."""
    try:
        return round(parse(text) * 1_000_000) * 1000
    except ValueError as error:
        try:
            return os.stat(text).st_mtime_ns
        except (OSError, ValueError):
            raise ValueError(f"{error}; nor is it a file") from None


def perm_test(text: str) -> StatTest:
    """Return the test of permission bits: ``644`` exactly these, ``-644`` all of them, ``/222`` any.

    The bits are octal or symbolic, as for chmod: ``u=rw,go=r``, ``/a+w``. Raises ValueError.
    """
    form = text[:1] if text[:1] in ("-", "/") else ""
    bits = _bits(text[len(form) :], text)
    if form == "-":
        return lambda found: found.st_mode & bits == bits
    if form == "/":
        return lambda found: found.st_mode & bits or not bits
    return lambda found: stat.S_IMODE(found.st_mode) == bits


def _bits(text: str, whole: str) -> int:
    if re.fullmatch("[0-7]{1,5}", text) and int(text, 8) <= 0o7777:
        return int(text, 8)
    bits = 0
    for clause in text.split(","):
        match = re.fullmatch("([ugoa]*)([+=])([rwxst]*)", clause)
        if match is None:
            raise ValueError(f"{whole!r} is not a mode; write 644, -u+w, /222 or u=rw,go=r")
        who = 0
        for letter in match[1] or "a":
            who |= _WHO[letter]
        may = 0
        for letter in match[3]:
            may |= _MAY[letter]
        bits = bits & ~who | may & who if match[2] == "=" else bits | may & who
    return bits


def owner_test(names: Iterable[str], field: str, number_of: Callable[[str], int]) -> StatTest:
    """Return the test of an owner, ``st_uid`` or ``st_gid``, by name or number. Raises ValueError."""
    numbers = frozenset(int(name) if re.fullmatch("[0-9]{1,18}", name) else number_of(name) for name in names)
    return lambda found: getattr(found, field) in numbers


def user_number(name: str) -> int:
    """Return the number of the user *name*. Raises ValueError."""
    from pwd import getpwnam

    try:
        return getpwnam(name).pw_uid
    except KeyError:
        raise ValueError(f"there is no user {name!r}") from None


def group_number(name: str) -> int:
    """Return the number of the group *name*. Raises ValueError."""
    from grp import getgrnam

    try:
        return getgrnam(name).gr_gid
    except KeyError:
        raise ValueError(f"there is no group {name!r}") from None


def same_file_test(path: str, *, follow: bool) -> StatTest:
    """Return the test for being the same file as *path*. Raises OSError."""
    wanted = os.stat(path, follow_symlinks=follow)
    return lambda found: found.st_ino == wanted.st_ino and found.st_dev == wanted.st_dev


def access_test(letters: str) -> EntryTest:
    """Return the test of what we may do, by ``access``: letters of ``rwx``. Raises ValueError."""
    modes = {"r": os.R_OK, "w": os.W_OK, "x": os.X_OK}
    if not letters or set(letters) - set(modes):
        raise ValueError(f"{letters!r} is not made of r, w and x")
    mode = 0
    for letter in letters:
        mode |= modes[letter]
    effective = os.access in os.supports_effective_ids

    def test(entry: Entry) -> bool:
        fd, path = entry.reach()
        return os.access(path, mode, dir_fd=fd, effective_ids=effective)

    return test


def target_test(matches: Callable[[bytes], object]) -> EntryTest:
    """Return the test of what a symbolic link says it points to."""

    def test(entry: Entry) -> object:
        return entry.kind == "l" and matches(link_target(entry))

    return test


def link_target(entry: Entry) -> bytes:
    """Return what a symbolic link says. Raises OSError."""
    fd, path = entry.reach()
    return os.readlink(path, dir_fd=fd)


def is_executable(found: os.stat_result) -> bool:
    """Say whether it is a file that somebody may execute."""
    return stat.S_ISREG(found.st_mode) and bool(found.st_mode & _EXECUTABLE)
