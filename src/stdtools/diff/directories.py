"""What there is to compare in two directories, and what to say of the rest, in the words of GNU diff.

The way down is an explicit stack, so that a tree may be deeper than Python's recursion and its paths longer than
the kernel takes at once: whoever opens the files uses ``shared.deep`` too. What is kept of a directory are the
names that are still to come.
"""

import errno
import os
import stat
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from stdtools.diff.exclusion import exclusion
from stdtools.diff.inputs import STDIN_PATH
from stdtools.shared import deep
from stdtools.shared.errors import TROUBLE
from stdtools.shared.streams import STDIN

SAME, DIFFERENT = 0, 1  # as exit codes, beside TROUBLE
_ENTER = -1  # in their place, for what is not told but entered

_KINDS = {
    stat.S_IFREG: b"regular file",
    stat.S_IFDIR: b"directory",
    stat.S_IFLNK: b"symbolic link",
    stat.S_IFIFO: b"fifo",
    stat.S_IFSOCK: b"socket",
    stat.S_IFCHR: b"character special file",
    stat.S_IFBLK: b"block special file",
}


class Pair(NamedTuple):
    """Two paths of one name; the ``stat_result`` of one that is not there is None.

    Where ``code`` is None they are files to compare, which may be one by their ``stat_result``. Else it is the exit
    code that they come to, and ``text`` is what to say of them, on standard error where that is TROUBLE. Without a
    text they are special files or links that are the same.
    """

    a: bytes
    b: bytes
    a_stat: os.stat_result | None = None
    b_stat: os.stat_result | None = None
    code: int | None = None
    text: bytes = b""


def pairs(
    a: bytes,
    b: bytes,
    *,
    recursive: bool = False,
    absent: bool = False,
    exclude: Sequence[str] = (),
    follow_symlinks: bool = True,
) -> Iterator[Pair]:
    """Yield what there is to compare and to say in the directories *a* and *b*, in the order of the names' bytes.

    Directories within them are entered where it is *recursive*. With *absent* a file that one side lacks is to be
    compared with nothing; then *a* or *b* itself may not be there either. Names that match a glob of *exclude* are
    left out. Without *follow_symlinks* a link is what it says, not what it leads to. Special files are told apart
    by their kinds, not to be opened. An OSError becomes a pair, and the walk goes on.

    Of paths that are no directories there is one pair, and special files that were named are to be compared.
    """
    judge = _Judge(recursive, absent, follow_symlinks)
    excluded = exclusion(exclude)
    around = _Around()
    ways: list[_Way] = []
    found = judge.roots(a, b)
    while True:
        for pair in found:
            if pair.code != _ENTER:
                yield pair
            elif around.enter(pair):
                way = _Way(pair, excluded)
                yield from way.troubles
                ways.append(way)
            else:
                yield _trouble(pair, pair.a if pair.a_stat else pair.b, "recursive directory loop")
        step = None
        while ways and (step := next(ways[-1].steps, None)) is None:
            ways.pop()
            around.leave()
        if step is None:
            return
        found = judge.step(ways[-1], *step)


class _Around:
    """The directories, on both sides, in which the walk is: a link may lead back to them."""

    def __init__(self) -> None:
        self._path: list[list[tuple[int, int] | None]] = []
        self._within: tuple[Counter[object], Counter[object]] = (Counter(), Counter())

    def enter(self, pair: Pair) -> bool:
        """Go into the directories of *pair*; say False, and stay, where there are none that it is not already in.

        A loop on one side alone ends where the other side does.
        """
        identities = [found and (found.st_dev, found.st_ino) for found in (pair.a_stat, pair.b_stat)]
        if all(one is None or one in within for one, within in zip(identities, self._within, strict=True)):
            return False
        self._path.append(identities)
        for identity, within in zip(identities, self._within, strict=True):
            within[identity] += 1
        return True

    def leave(self) -> None:
        """Go back to what is around these directories."""
        for identity, within in zip(self._path.pop(), self._within, strict=True):
            within[identity] -= 1
            if not within[identity]:
                del within[identity]


class _Way:
    """Through two directories, one of which may not be there: *steps* are names, and whether each side has them.

    There are none where either cannot be read, which is what *troubles* tell.
    """

    def __init__(self, pair: Pair, excluded: Callable[[bytes], object] | None) -> None:
        self.a, self.b = pair.a, pair.b
        self.a_prefix, self.b_prefix = (path.rstrip(b"/") + b"/" for path in (pair.a, pair.b))
        self.troubles: list[Pair] = []
        listings: list[list[bytes]] = []
        for path, found in ((pair.a, pair.a_stat), (pair.b, pair.b_stat)):
            try:
                names = _list(path) if found else []
            except OSError as error:
                self.troubles.append(_trouble(pair, path, error.strerror))
                continue
            if excluded:
                names = [name for name in names if not excluded(name)]
            names.sort(reverse=True)
            listings.append(names)
        self.steps = _merge([], []) if self.troubles else _merge(*listings)


def _list(path: bytes) -> list[bytes]:
    """Return the names in the directory *path*, however long that is. Raises OSError."""
    if deep.reach(path)[0] is None:
        return os.listdir(path)
    fd = deep.open_directory(path)
    try:
        return [os.fsencode(name) for name in os.listdir(fd)]
    finally:
        os.close(fd)


def _merge(a: list[bytes], b: list[bytes]) -> Iterator[tuple[bytes, bool, bool]]:
    """Yield each name of the lists, and whether *a* and whether *b* has it; they are sorted downwards, and used up."""
    while a or b:
        if not b or (a and a[-1] < b[-1]):
            yield a.pop(), True, False
        elif not a or b[-1] < a[-1]:
            yield b.pop(), False, True
        else:
            b.pop()
            yield a.pop(), True, True


class _Judge:
    """Says what two paths are to each other: one pair mostly, two where there is trouble with both."""

    def __init__(self, recursive: bool, absent: bool, follow_symlinks: bool) -> None:
        self._recursive = recursive
        self._absent = absent
        self._follow = follow_symlinks

    def roots(self, a: bytes, b: bytes) -> list[Pair]:
        """Judge the paths that the user named."""
        no_a, no_b = (self._absent and _is_missing(path) for path in (a, b))
        return self._judge(a, b, no_b or not no_a, no_a or not no_b)

    def step(self, way: _Way, name: bytes, in_a: bool, in_b: bool) -> list[Pair]:
        """Judge what has *name* in both directories, or in one of them."""
        a, b = way.a_prefix + name, way.b_prefix + name
        only = b"Only in %b: %b" % (way.a if in_a else way.b, name)
        if not self._absent and not (in_a and in_b):
            return [Pair(a, b, code=DIFFERENT, text=only)]
        return self._judge(a, b, in_a, in_b, only)

    def _judge(self, a: bytes, b: bytes, in_a: bool, in_b: bool, only: bytes = b"") -> list[Pair]:
        """Judge two paths of which one at least is there; *only* is said where nothing else can be, but of roots."""
        stats: list[os.stat_result | None] = []
        links: list[bytes | None] = []
        troubles: list[Pair] = []
        for path, is_there in ((a, in_a), (b, in_b)):
            try:
                found = _stat(path, follow=self._follow) if is_there else None
                links.append(_read_link(path) if found and stat.S_ISLNK(found.st_mode) else None)
                stats.append(found)
            except OSError as error:
                troubles.append(_trouble(Pair(a, b), path, error.strerror))
        if troubles:
            return troubles
        pair = Pair(a, b, stats[0], stats[1])
        return self._verdict(pair, only, same_links=links[0] is not None and links[0] == links[1])

    def _verdict(self, pair: Pair, only: bytes, *, same_links: bool) -> list[Pair]:
        """Return *pair* with what it comes to, or nothing for one directory under two names."""
        a, b, a_stat, b_stat = pair[:4]
        kinds = {stat.S_IFMT(found.st_mode) for found in (a_stat, b_stat) if found}
        if kinds == {stat.S_IFREG}:
            return [pair]  # also of one file, which some formats show
        if same_links or _are_one(a_stat, b_stat):
            return [] if kinds == {stat.S_IFDIR} else [pair._replace(code=SAME)]
        if kinds == {stat.S_IFDIR}:
            if self._recursive or not only:  # what was named is entered
                return [pair._replace(code=_ENTER)]
            return [pair._replace(code=SAME, text=b"Common subdirectories: %b and %b" % (a, b))]
        if a_stat is None or b_stat is None:
            return [pair._replace(code=DIFFERENT, text=only) if only else pair]
        if not only and not kinds & {stat.S_IFDIR, stat.S_IFLNK}:
            return [pair]
        if kinds == {stat.S_IFLNK}:
            text = b"Symbolic links %b and %b differ" % (a, b)
        else:
            text = b"File %b is a %b while file %b is a %b" % (a, _kind(a_stat), b, _kind(b_stat))
        return [pair._replace(code=DIFFERENT, text=text)]


def _is_missing(path: bytes) -> bool:
    """Say whether there is nothing under *path*, not so much as a link that leads nowhere."""
    if path == STDIN_PATH:
        return False
    try:
        deep.stat(path)
    except OSError as error:
        return error.errno in (errno.ENOENT, errno.ENOTDIR)
    return False


def _stat(path: bytes, *, follow: bool) -> os.stat_result:
    return os.fstat(STDIN) if path == STDIN_PATH else deep.stat(path, follow=follow)  # only a root has no slash


def _read_link(path: bytes) -> bytes:
    fd, rest = deep.reach(path)
    return os.readlink(rest, dir_fd=fd)


def _are_one(a: os.stat_result | None, b: os.stat_result | None) -> bool:
    """Say whether *a* and *b* are of one file, or of one device under two names."""
    if a is None or b is None:
        return False
    if a.st_ino == b.st_ino and a.st_dev == b.st_dev:
        return True
    is_device = stat.S_ISCHR(a.st_mode) or stat.S_ISBLK(a.st_mode)
    return is_device and stat.S_IFMT(a.st_mode) == stat.S_IFMT(b.st_mode) and a.st_rdev == b.st_rdev


def _kind(found: os.stat_result) -> bytes:
    if stat.S_ISREG(found.st_mode) and not found.st_size:
        return b"regular empty file"
    return _KINDS.get(stat.S_IFMT(found.st_mode), b"weird file")


def _trouble(pair: Pair, path: bytes, what: object) -> Pair:
    return pair._replace(code=TROUBLE, text=b"%b: %b" % (path, str(what).encode()))
