"""What git ignores: .gitignore files, info/exclude and core.excludesFile, as ``git check-ignore --no-index`` has it.

Manual: https://git-scm.com/docs/gitignore; where it is silent, git 2.39 was asked.
"""

import functools
import math
import os
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from stdtools.tree import wildmatch
from stdtools.tree.gitconfig import BOM, GitConfig, Report, git_directory, read_file

MOST_REMEMBERED = 4096  # directories
PLAIN = re.compile(rb"[^*?\[\\]*")


class Rule(NamedTuple):
    """One line of a file of patterns; *pattern* as written, but for the blanks that git cuts off."""

    file: bytes
    line: int
    pattern: bytes
    negated: bool


class _Glob(NamedTuple):
    regex: bytes
    directories_only: bool
    anchored: bool
    depth: float  # slashes in the longest path that can match
    rule: Rule


class _Matcher:
    """Some globs as one regex, of which the last that matches answers."""

    def __init__(self, globs: list[_Glob]) -> None:
        regexes = b"|".join(glob.regex + b"()" for glob in reversed(globs))
        self.match = re.compile(b"(?:%b)\\Z" % regexes, re.DOTALL).match
        self.rules = [glob.rule for glob in globs]

    def rule(self, found: re.Match[bytes]) -> Rule:
        return self.rules[-(found.lastindex or 0)]


class _Source:
    """The globs of one file, compiled when they are first asked."""

    def __init__(self, globs: list[_Glob]) -> None:
        self._globs = globs
        self.has_names = not all(glob.anchored for glob in globs)
        self.depth = max((glob.depth for glob in globs if glob.anchored), default=-1)
        self.matcher = functools.cache(self._matcher)

    def _matcher(self, anchored: bool, is_dir: bool) -> _Matcher | None:
        globs = [glob for glob in self._globs if glob.anchored == anchored and glob.directories_only <= is_dir]
        return _Matcher(globs) if globs else None


_Placed = tuple[_Source, bytes | None]  # with the path from its base, None where no path can match any more
_Row = tuple[_Matcher | None, _Matcher | None, bytes]  # for the name, for the path, and what makes one of the other


class Rules:
    """What holds for the entries of one directory; *empty* when nothing does."""

    __slots__ = ("_placed", "_rows", "empty", "fold")

    def __init__(self, placed: Iterable[_Placed], fold: bool) -> None:
        self._placed = tuple(placed)  # the strongest first
        self._rows: list[list[_Row] | None] = [None, None]  # for files, for directories
        self.empty = not self._placed
        self.fold = fold

    def hides(self, name: bytes, is_dir: bool) -> bool:
        """Whether git ignores the entry *name*; a symbolic link is no directory, wherever it leads."""
        rule = self.verdict(name, is_dir)
        return rule is not None and not rule.negated

    def verdict(self, name: bytes, is_dir: bool) -> Rule | None:
        """Return the rule that decides about the entry *name*, be it a negated one, or None."""
        rows = self._rows[is_dir]
        for names, paths, prefix in self._compile(is_dir) if rows is None else rows:
            by_name = names and names.match(name)
            by_path = paths and paths.match(prefix + name)
            if by_name or by_path:
                found = ((names, by_name), (paths, by_path))
                return max(matcher.rule(match) for matcher, match in found if matcher and match)  # the later line
        return None

    def below(self, name: bytes, own: _Source | None) -> "Rules":
        """Return what holds in the directory *name*, which has *own* globs; these rules themselves if they do."""
        if own is None and all(prefix is None for _, prefix in self._placed):
            return self
        placed: list[_Placed] = [(own, b"")] if own else []
        for source, prefix in self._placed:
            if prefix is not None:
                prefix = prefix + name + b"/" if prefix.count(b"/") < source.depth else None
            if prefix is not None or source.has_names:
                placed.append((source, prefix))
        return Rules(placed, self.fold)

    def _compile(self, is_dir: bool) -> list[_Row]:
        rows = [
            (source.matcher(False, is_dir), None if prefix is None else source.matcher(True, is_dir), prefix or b"")
            for source, prefix in self._placed
        ]
        self._rows[is_dir] = rows = [row for row in rows if row[0] or row[1]]
        return rows


def _trimmed(path: bytes) -> bytes:
    return path.rstrip(b"/") or (b"/" if path else b".")


class Ignore:
    """The rules of every directory of a walk. *report* hears of each file that cannot be read.

    They begin at the root of the repository, be it above the walk; a repository inside another starts afresh.
    Outside any repository the .gitignore files from the walk's root down hold, and the user's core.excludesFile.
    """

    def __init__(self, config: GitConfig, report: Report | None = None) -> None:
        self._config = config
        self._report = report
        self._root = b""
        self._known: dict[bytes, Rules] = {}
        self._learnt: dict[bytes, Rules] = {}
        self._excludes: dict[tuple[bytes, bool], _Source | None] = {}
        self._user_settings: dict[bytes, bytes | None] | None = None

    def start(self, root: bytes) -> None:
        """Take *root* for the next place to walk from: above it only what is of its repository counts."""
        self._root = _trimmed(root)
        self._known = {}

    def learn(self, directory: bytes) -> None:
        """Learn what holds in *directory* for good: the files that say it may be gone before the walk is there."""
        self._learnt[_trimmed(directory)] = self._of_root(directory)

    def rules(self, directory: bytes) -> Rules:
        """Return what holds in *directory*, which is the root, resolved if a link, or lies below it.

        Whether *directory* is itself ignored, or below what is, the walker knows, as it enters nothing hidden.
        """
        missing = [_trimmed(directory)]  # and those above it that were never asked for here, or are forgotten
        while missing[-1] not in self._known and missing[-1] != self._root:
            if missing[-1] in (b"/", b"."):  # it does not lie below the root
                self.start(directory)
                missing = [self._root]
                break
            missing.append(_trimmed(os.path.dirname(missing[-1])))
        for key in reversed(missing):
            rules = self._known.get(key) or self._learn(key)
        return rules

    def _learn(self, key: bytes) -> Rules:
        parent, name = _trimmed(os.path.dirname(key)), os.path.basename(key)
        if learnt := self._learnt.get(key):
            rules = learnt
        elif key == self._root or parent not in self._known:
            rules = self._of_root(key)
        elif git := git_directory(key):
            rules = self._of_repository(key, git)
        else:
            above = self._known[parent]
            rules = above.below(name, self._own(key, above.fold))
        if len(self._known) >= MOST_REMEMBERED:  # depth first, only those above are asked for again
            self._known = {path: known for path, known in self._known.items() if key.startswith(path) or path == b"."}
        self._known[key] = rules
        return rules

    def _of_root(self, directory: bytes) -> Rules:
        top = real = os.path.realpath(directory)
        below: list[bytes] = []
        while not (git := git_directory(top)):
            if top == b"/":
                return self._of_repository(directory, b"")
            top, name = os.path.split(top)
            below.insert(0, name)
        rules = self._of_repository(top if below else directory, git)
        for name in below:
            top = os.path.join(top, name)
            rules = rules.below(name, self._own(directory if top == real else top, rules.fold))
        return rules

    def _of_repository(self, top: bytes, git: bytes) -> Rules:
        """Return what holds in the root *top* of the repository with the data in *git*, which is empty for none."""
        if self._user_settings is None:
            files = [self._config.system, self._config.xdg(b"config"), self._config.expand(b"~/.gitconfig", b"")]
            self._user_settings = dict(
                setting for path in files for setting in self._config.settings(path, self._report)
            )
        settings = dict(self._user_settings)
        if git:
            settings.update(self._config.settings(os.path.join(git, b"config"), self._report))
        case = settings.get(b"core.ignorecase", b"")
        fold = case is None or case.lower() in (b"true", b"yes", b"on") or case.strip(b"0").isdigit()
        sources = [self._own(top, fold)]
        if git:
            sources.append(self._source(os.path.join(git, b"info", b"exclude"), fold))
        named = settings.get(b"core.excludesfile")
        path = self._config.xdg(b"ignore") if named is None else named and self._config.expand(named, top)
        if (path, fold) not in self._excludes:
            self._excludes[path, fold] = self._source(path, fold)
        sources.append(self._excludes[path, fold])
        return Rules(((source, b"" if source.depth >= 0 else None) for source in sources if source), fold)

    def _own(self, directory: bytes, fold: bool) -> _Source | None:
        return self._source(os.path.join(directory, b".gitignore"), fold, os.O_NOFOLLOW)  # as git does

    def _source(self, path: bytes, fold: bool, flags: int = 0) -> _Source | None:
        globs = list(_globs(path, read_file(path, self._report, flags), fold))
        return _Source(globs) if globs else None


def _globs(path: bytes, data: bytes, fold: bool) -> Iterator[_Glob]:
    """Yield the globs in *data*, which the file *path* holds, that can match at all."""
    for number, line in enumerate(data.removeprefix(BOM).split(b"\n"), 1):
        if line.startswith(b"#"):
            continue
        line = line.removesuffix(b"\r").partition(b"\0")[0]
        written = line.rstrip(b" ")
        if written != line and (len(written) - len(written.rstrip(b"\\"))) % 2:
            written += b" "  # it is escaped
        body = written.removeprefix(b"!")
        glob = body.removesuffix(b"/")
        anchored, directories_only = b"/" in glob, glob != body
        glob = glob.removeprefix(b"/")
        plain = PLAIN.match(glob)[0]  # type: ignore[index]
        # git compares what is before the first special byte by itself, so in /foo** the ** is at a beginning
        rest = wildmatch.translate(glob[len(plain) :], fold=fold)
        if glob and rest != wildmatch.NEVER:
            depth = math.inf if b"**" in glob else glob.count(b"/")
            rule = Rule(path, number, written, written != body)
            regex = wildmatch.literal(plain, fold=fold) + (rest if anchored else rest.replace(wildmatch.STAR, b".*"))
            yield _Glob(regex, directories_only, anchored, depth, rule)
