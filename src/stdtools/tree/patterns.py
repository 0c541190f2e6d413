"""Globs and regular expressions over names and paths, compiled into one test each.

A test takes bytes and is true or false; where it can, it is a method written in C.
"""

import fnmatch
import operator
import os
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

Test = Callable[[bytes], object]


def name_test(globs: Iterable[str], *, ignore_case: bool = False) -> Test:
    """Return the test of names that match any of *globs*, patterns of ``fnmatch``."""
    globs = list(globs)
    # Without ? and [] a glob means the same to bytes as to characters.
    on_bytes = not any(set("?[") & set(glob) for glob in globs)
    if on_bytes and not ignore_case:
        if all("*" not in glob for glob in globs):
            return frozenset(map(os.fsencode, globs)).__contains__
        if all(glob.startswith("*") and "*" not in glob[1:] for glob in globs):
            return operator.methodcaller("endswith", tuple(os.fsencode(glob[1:]) for glob in globs))
    flags = re.IGNORECASE if ignore_case else 0
    if on_bytes and (not ignore_case or "".join(globs).isascii()):
        parts = [fnmatch.translate(os.fsencode(glob).decode("latin-1")).encode("latin-1") for glob in globs]
        return re.compile(b"|".join(parts), flags).match
    match = re.compile("|".join(map(fnmatch.translate, globs)), flags).match
    return lambda name: match(os.fsdecode(name))


def endings_of(test: Test) -> tuple[bytes, ...]:
    """Return the endings that are all *test* asks of a name; none when it asks otherwise."""
    if isinstance(test, operator.methodcaller):
        pickled: Any = test.__reduce__()
        return tuple(pickled[1][1])
    return ()


def extension_tests(extensions: Iterable[str], *, ignore_case: bool = False) -> list[Test]:
    """Return the tests of names that have any of *extensions*; ``.bashrc`` has none."""
    endings = [f"*.{fnmatch_escape(extension.lstrip('.'))}" for extension in extensions]
    ends = name_test(endings, ignore_case=ignore_case)
    return [ends, lambda name: ends(name.lstrip(b"."))]


def fnmatch_escape(text: str) -> str:
    """Return the glob that matches *text* alone."""
    return re.sub(r"([*?[])", r"[\1]", text)


def path_test(globs: Iterable[str], *, ignore_case: bool = False) -> Test:
    """Return the test of paths that match any of *globs*: of ``fnmatch`` for each part, and ``**`` for any parts.

    A path is taken as it is printed, without ``./`` at its head. ``**`` at the end stands for one part or more.
    """
    flags = re.IGNORECASE if ignore_case else 0
    patterns = [
        [None if part == "**" else re.compile(fnmatch.translate(part), flags).match for part in _parts(glob)]
        for glob in globs
    ]

    def test(path: bytes) -> bool:
        parts = _parts(os.fsdecode(path))
        return any(_matches(pattern, parts) for pattern in patterns)

    return test


def _parts(path: str) -> list[str]:
    parts = [part for part in path.split("/") if part not in ("", ".")] or ["."]
    return ["", *parts] if path.startswith("/") else parts


def _matches(pattern: Sequence[Callable[[str], object] | None], parts: list[str]) -> bool:
    """Say whether *parts* match *pattern*, of which None stands for any number of parts."""
    at = start = 0
    retry: tuple[int, int] | None = None  # behind the last None, and the part from which it would be tried again
    while start < len(parts):
        match = pattern[at] if at < len(pattern) else _never
        if match is None:
            at += 1
            if at == len(pattern):
                return True
            retry = (at, start + 1)
        elif match(parts[start]):
            at += 1
            start += 1
        elif retry is not None:
            at, start = retry
            retry = (at, start + 1)
        else:
            return False
    return at == len(pattern)


def _never(part: str) -> bool:
    return False


def regex_test(pattern: str, *, ignore_case: bool = False) -> Test:
    """Return the test of paths, without ``./``, in which the expression *pattern* is found. Raises ValueError."""
    try:
        search = re.compile(pattern, re.IGNORECASE if ignore_case else 0).search
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{pattern!r} is not a regular expression: {error}") from None
    return lambda path: search(os.fsdecode(path.removeprefix(b"./")))


def inverted(test: Test) -> Test:
    """Return the test that is true where *test* is false."""
    return lambda value: not test(value)
