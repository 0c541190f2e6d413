"""The files to compare: found, told apart without reading where that can be, read, and taken as text or not."""

import errno
import os
import stat
from typing import NamedTuple

from stdtools.shared.errors import ToolError, raise_os_error
from stdtools.shared.streams import LARGEST_READ, STDIN, Input, open_input

STDIN_PATH = b"-"
_LOOKED_AT = 32 * 1024  # bytes, in which a NUL makes a file binary
_LARGE = 64 << 20  # bytes: files of one size are compared in pieces before they are taken into memory
_PATH_MAX = 4000

_UTF = (  # UTF-32 first: its mark begins with that of UTF-16
    (b"\xff\xfe\0\0", "UTF-32LE"),
    (b"\0\0\xfe\xff", "UTF-32BE"),
    (b"\xff\xfe", "UTF-16LE"),
    (b"\xfe\xff", "UTF-16BE"),
)


class Source(NamedTuple):
    """A file that was found, or with ``found`` None one that is not there, to be taken as empty."""

    path: bytes
    found: os.stat_result | None

    @property
    def name(self) -> str:
        """What messages call it."""
        return "standard input" if self.path == STDIN_PATH else os.fsdecode(self.path)


class Text(NamedTuple):
    """What was read of a file, as lines to compare; ``encoding`` is what it was in, where it is now in UTF-8."""

    data: bytes
    encoding: str = ""
    is_binary: bool = False


class Troubles(Exception):
    """Why two files could not be compared: a reason for each, or for both."""

    def __init__(self, errors: list[ToolError]) -> None:
        super().__init__(errors)
        self.errors = errors


def find_both(
    a_path: bytes, b_path: bytes, *, absent: bool = False, follow_symlinks: bool = True
) -> tuple[Source, Source]:
    """Look for both files, or for one in the directory that is the other. Raises Troubles.

    Where one may be *absent*, it is taken as empty; not beside a link that is not followed, which has no lines.
    """
    found: list[Source | ToolError] = []
    for path in (a_path, b_path):
        try:
            found.append(find(path, follow_symlinks=follow_symlinks))
        except ToolError as error:
            found.append(error)
    missing = [isinstance(each, ToolError) and _is_missing(each) for each in found]
    if absent and missing.count(True) == 1 and not any(isinstance(each, Source) and is_link(each) for each in found):
        found = [
            Source(path, None) if isinstance(each, ToolError) else each
            for path, each in zip((a_path, b_path), found, strict=True)
        ]
    a, b = found
    if isinstance(a, ToolError) or isinstance(b, ToolError):
        raise Troubles([each for each in found if isinstance(each, ToolError)])
    try:
        if is_directory(a) and not is_directory(b) and b.found:
            a = _find_in_directory(a, b, follow_symlinks)
        elif is_directory(b) and not is_directory(a) and a.found:
            b = _find_in_directory(b, a, follow_symlinks)
    except ToolError as error:
        raise Troubles([error]) from error
    return a, b


def find(path: bytes, *, follow_symlinks: bool = True) -> Source:
    """Look for the file *path*; ``-`` is standard input. Raises ToolError."""
    try:
        return Source(path, os.fstat(STDIN) if path == STDIN_PATH else _stat(path, follow_symlinks))
    except OSError as error:
        raise_os_error(error, "standard input" if path == STDIN_PATH else os.fsdecode(path))


def _find_in_directory(directory: Source, other: Source, follow_symlinks: bool) -> Source:
    """Return the file of *directory* that has the name of *other*: ``diff file dir`` means ``dir/file``."""
    if other.path == STDIN_PATH:
        raise ToolError("Is a directory", where=directory.name)
    name = other.path.rstrip(b"/").rpartition(b"/")[2]
    return find(directory.path.rstrip(b"/") + b"/" + name, follow_symlinks=follow_symlinks)


def are_one(a: Source, b: Source) -> bool:
    """Say whether both are the same file, so that there is nothing to compare."""
    if a.found is None or b.found is None or not os.path.samestat(a.found, b.found):
        return False
    # What others have read of standard input is not in it any more.
    return a.path == b.path or STDIN_PATH not in (a.path, b.path)


def is_directory(source: Source) -> bool:
    """Say whether it is a directory."""
    return source.found is not None and stat.S_ISDIR(source.found.st_mode)


def is_link(source: Source) -> bool:
    """Say whether it is a symbolic link, which is found only where links are not followed."""
    return source.found is not None and stat.S_ISLNK(source.found.st_mode)


def read(source: Source) -> bytes:
    """Return all of a file, however long it says it is: in /proc all say 0. Raises ToolError."""
    if source.found is None:
        return b""
    if source.path == STDIN_PATH:
        return _read_all(Input(STDIN, source.name))
    if len(source.path) < _PATH_MAX:
        with open_input(os.fsdecode(source.path)) as opened:
            return _read_all(opened)
    fd = _open_deep(source)
    try:
        return _read_all(Input(fd, source.name))
    finally:
        os.close(fd)


def _read_all(source: Input) -> bytes:
    if not source.is_file:
        return b"".join(iter(lambda: source.read(LARGEST_READ), b""))
    try:
        with open(source.fd, "rb", buffering=0, closefd=False) as file:
            return file.readall()
    except OSError as error:
        raise_os_error(error, source.name)


def _stat(path: bytes, follow_symlinks: bool) -> os.stat_result:
    if len(path) < _PATH_MAX:
        return os.stat(path, follow_symlinks=follow_symlinks)
    from stdtools.shared import deep

    return deep.stat(path, follow=follow_symlinks)


def _open_deep(source: Source) -> int:
    from stdtools.shared import deep

    try:
        return deep.open_for(source.path, os.O_RDONLY)
    except OSError as error:
        raise_os_error(error, source.name)


def must_differ(a: Source, b: Source) -> bool:
    """Say whether the files cannot have the same bytes, by their sizes; those that say 0 may have any.

    So may standard input, of which others may have read a part.
    """
    if STDIN_PATH in (a.path, b.path):
        return False
    sizes = [source.found.st_size if source.found and stat.S_ISREG(source.found.st_mode) else 0 for source in (a, b)]
    return 0 not in sizes and sizes[0] != sizes[1]


def are_equal_and_large(a: Source, b: Source) -> bool:
    """Say whether large files have the same bytes, without taking them into memory; False where they are not large."""
    if STDIN_PATH in (a.path, b.path) or max(len(a.path), len(b.path)) >= _PATH_MAX or must_differ(a, b):
        return False
    if min(source.found.st_size if source.found else 0 for source in (a, b)) < _LARGE:
        return False
    from stdtools.diff.trimming import have_same_bytes

    try:
        with open(a.path, "rb", buffering=0) as one, open(b.path, "rb", buffering=0) as other:
            return have_same_bytes(one, other)
    except OSError as error:
        raise_os_error(error, os.fsdecode(error.filename or a.path))


def _is_missing(error: ToolError) -> bool:
    """Say whether *error* is that there is no such file."""
    cause = error.__cause__
    return isinstance(cause, OSError) and cause.errno in (errno.ENOENT, errno.ENOTDIR)


def as_text(data: bytes, *, forced: bool = False) -> Text:
    """Return *data* as text: what begins with the mark of UTF-16 or UTF-32 in UTF-8, all else as it is.

    With a NUL near its beginning it is binary; not where text is *forced*, which takes all bytes as they are.
    """
    if forced:
        return Text(data)
    for mark, encoding in _UTF:
        if data.startswith(mark):
            try:
                return Text(data[len(mark) :].decode(encoding).encode(), encoding)
            except UnicodeError:
                continue
    return Text(data, is_binary=data.find(b"\0", 0, _LOOKED_AT) >= 0)
