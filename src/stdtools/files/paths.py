"""What a path says, and what the file system says of it; each operation takes text as ``os.fsdecode`` makes it."""

import contextlib
import os
import stat
from collections.abc import Callable
from typing import Any

Operation = Callable[[str], Any]


def _stem(path: str) -> str:
    return os.path.splitext(os.path.basename(path))[0]


def _parts(path: str) -> list[str]:
    rest = [part for part in path.split("/") if part]
    return ["/", *rest] if path.startswith("/") else rest


def _found(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except (OSError, ValueError):
        return None


def _type(path: str) -> str | None:
    found = _found(path)
    if found is None:
        return None
    kinds = {stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "link", stat.S_IFIFO: "fifo"}
    kinds |= {stat.S_IFSOCK: "socket", stat.S_IFCHR: "character device", stat.S_IFBLK: "block device"}
    return kinds.get(stat.S_IFMT(found.st_mode), "unknown")


def _size(path: str) -> int | None:
    found = _found(path)
    return None if found is None else found.st_size


def _mtime(path: str) -> str | None:
    found = _found(path)
    if found is None:
        return None
    from datetime import datetime

    return datetime.fromtimestamp(found.st_mtime).astimezone().isoformat(timespec="seconds")


def _access(path: str) -> str:
    modes = (("r", os.R_OK), ("w", os.W_OK), ("x", os.X_OK))
    try:
        return "".join(letter if os.access(path, mode) else "-" for letter, mode in modes)
    except ValueError:  # a NUL is in it
        return "---"


def _real(path: str) -> str:
    try:
        return os.path.realpath(path)
    except ValueError:  # a NUL is in it
        return os.path.abspath(path)


def _expand(path: str) -> str:
    with contextlib.suppress(ValueError):  # a NUL is in the name of the user
        path = os.path.expanduser(path)
    return os.path.expandvars(path)


PURE: dict[str, Operation] = {
    "name": os.path.basename,
    "stem": _stem,
    "ext": lambda path: os.path.splitext(os.path.basename(path))[1],
    "dir": lambda path: os.path.dirname(path) or ".",
    "parts": _parts,
    "split": lambda path: list(os.path.split(path)),
    "norm": os.path.normpath,
    "abs": os.path.abspath,
    "expand": _expand,
}
LOOKING: dict[str, Operation] = {  # these ask the file system
    "real": _real,
    "exists": os.path.exists,
    "type": _type,
    "size": _size,
    "mtime": _mtime,
    "access": _access,
}
WITH_A_WORD: dict[str, Callable[[str, str], str]] = {
    "rel": lambda path, word: os.path.relpath(path or ".", word or "."),
    "join": lambda path, word: os.path.join(path, word),
}
OPERATIONS = (*PURE, *LOOKING, *WITH_A_WORD, "common")


def operation(name: str, word: str) -> Operation:
    """Return the operation *name*, of those that go path by path; *word* is the start of rel, the end of join."""
    if name in WITH_A_WORD:
        function = WITH_A_WORD[name]
        return lambda path: function(path, word)
    return (PURE | LOOKING)[name]


def fields_of(template: str) -> list[tuple[str, str | None]]:
    """Return the text and the operation behind it, in turn. Raises ValueError for a place that is no operation."""
    from string import Formatter

    fields: list[tuple[str, str | None]] = []
    for text, name, form, conversion in Formatter().parse(template):
        if name is not None and (name not in PURE | LOOKING or form or conversion):
            raise ValueError(f"{{{name}}} is no operation; write one of {', '.join(PURE | LOOKING)}")
        fields.append((text, name))
    return fields
