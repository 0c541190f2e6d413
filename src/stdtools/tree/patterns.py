"""Globs and regular expressions over names and paths, compiled into one test each.

A test takes bytes and is true or false; where it can, it is a method written in C.
"""

import fnmatch
import operator
import os
import re
from collections.abc import Callable, Iterable
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
    return [name_test(endings, ignore_case=ignore_case), lambda name: b"." in name.lstrip(b".")]


def fnmatch_escape(text: str) -> str:
    """Return the glob that matches *text* alone."""
    return re.sub(r"([*?[])", r"[\1]", text)


def path_test(globs: Iterable[str], *, ignore_case: bool = False) -> Test:
    """Return the test of paths that match any of *globs*, in which only ``**`` crosses directories.

    A path is taken as it is printed, without ``./`` at its head.
    """
    from stdtools.tree.wildmatch import translate

    sources = [translate(os.fsencode(glob.removeprefix("./"))) for glob in globs]
    flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
    match = re.compile(b"|".join(b"(?:%s)" % source for source in sources), flags).fullmatch
    return lambda path: match(path.removeprefix(b"./"))


def regex_test(pattern: str, *, ignore_case: bool = False) -> Test:
    """Return the test of paths in which the regular expression *pattern* is found. Raises ValueError."""
    try:
        search = re.compile(pattern, re.IGNORECASE if ignore_case else 0).search
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{pattern!r} is not a regular expression: {error}") from None
    return lambda path: search(os.fsdecode(path))


def inverted(test: Test) -> Test:
    """Return the test that is true where *test* is false."""
    return lambda value: not test(value)
