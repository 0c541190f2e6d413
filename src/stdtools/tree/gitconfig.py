"""Git's files of settings, as far as they say what is ignored.

Syntax: https://git-scm.com/docs/git-config#_syntax
"""

import errno
import os
import re
import stat
from collections.abc import Callable, Iterator
from typing import NamedTuple

from stdtools.shared import deep

LARGEST = 100 << 20  # bytes of a file that is read; git's own bound for patterns since 2.45
DEEPEST_INCLUDE = 10  # git's bound, too
BOM = b"\xef\xbb\xbf"
SETTING = re.compile(
    rb'[ \t\n]*(?:[#;].*|\[(?P<section>[-.\w]+)[ \t]*(?P<subsection>"(?:[^"\\\n]|\\.)*")?\]|(?P<key>[a-zA-Z][-\w]*)'
    rb'[ \t]*(?:=(?P<value>(?:"(?:[^"\\\n]|\\.|\\\n)*"|\\\n|\\.|[^\n"\\#;])*))?|.+)'
)
QUOTING = re.compile(rb'\\(.)|"', re.DOTALL)
ESCAPES = {None: b"", b"\n": b"", b"n": b"\n", b"t": b"\t", b"b": b"\b"}


Report = Callable[[bytes, OSError], object]


class GitConfig(NamedTuple):
    """Where git's settings are: the caller's HOME and XDG_CONFIG_HOME, empty if unset, and the system's file.

    Of the settings, core.excludesFile and core.ignoreCase are read, also through include.path, not includeIf.
    """

    home: bytes = b""
    xdg_config_home: bytes = b""
    system: bytes = b"/etc/gitconfig"

    def xdg(self, name: bytes) -> bytes:
        """Return the path of git's file *name* in the user's directory of configuration; empty without one."""
        base = self.xdg_config_home or (self.home and self.expand(b".config", self.home))
        return base and os.path.join(base, b"git", name)

    def expand(self, path: bytes, base: bytes) -> bytes:
        """Return the *path* of a setting, which may be relative to *base* or begin with ``~/``."""
        return self.home and os.path.join(self.home, path[2:]) if path.startswith(b"~/") else os.path.join(base, path)

    def settings(self, path: bytes, report: Report | None, depth: int = 0) -> Iterator[tuple[bytes, bytes | None]]:
        """Yield each ``section.key`` in lower case and its value, of a key alone None; what it includes, too."""
        section = b""
        for found in SETTING.finditer(read_file(path, report).removeprefix(BOM).replace(b"\r\n", b"\n")):
            if found["section"]:
                section = found["section"].lower() + (found["subsection"] or b"")
            elif found["key"]:
                key, value = section + b"." + found["key"].lower(), found["value"]
                if value is not None:
                    value = QUOTING.sub(lambda quoting: ESCAPES.get(quoting[1], quoting[1]), value.strip())
                if key == b"include.path" and value and depth < DEEPEST_INCLUDE:
                    yield from self.settings(self.expand(value, os.path.dirname(path)), report, depth + 1)
                yield key, value


def read_file(path: bytes, report: Report | None = None, flags: int = 0) -> bytes:
    """Return what the regular file *path* holds, nothing if it is none."""
    try:
        with open(path, "rb", opener=lambda _, mode: deep.open_for(path, mode | flags | os.O_NONBLOCK)) as file:
            found = os.fstat(file.fileno())
            if found.st_size > LARGEST:
                raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
            return file.read() if stat.S_ISREG(found.st_mode) else b""
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError):  # ValueError: NUL in a setting
        return b""
    except OSError as error:
        if report:
            report(path, error)
        return b""


def git_directory(top: bytes) -> bytes:
    """Return where the data is that the work trees of a repository share, empty if none begins at *top*."""
    git = os.path.join(top, b".git")
    if not deep.exists(git):
        return b""
    if link := read_file(git):
        git = os.path.join(top, link.removeprefix(b"gitdir: ").rstrip(b"\r\n"))
    shared = os.path.join(git, read_file(os.path.join(git, b"commondir")).rstrip(b"\r\n"))
    needed = [os.path.join(git, b"HEAD"), os.path.join(shared, b"objects"), os.path.join(shared, b"refs")]
    return shared if all(map(deep.exists, needed)) else b""
