"""The options of find and walk that say where to walk and what is wanted; what they mean to the engine."""

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from stdtools.shared.errors import ToolError
from stdtools.shared.options import Decorated, parse_size
from stdtools.tree import criteria, patterns
from stdtools.tree.query import Criterion, Query, Walking
from stdtools.tree.sweep import can_sweep, sweep
from stdtools.tree.troubles import Troubles
from stdtools.tree.walker import Walker

if TYPE_CHECKING:
    from stdtools.tree.dircache import DirectoryCache

Result = TypeVar("Result")

_TIMES = "2h (ago), 15:00, 2026-11-22, today … or FILE"
_MANY: dict[str, Any] = {"multiple": True}
_OPTIONS: list[tuple[tuple[str, ...], dict[str, Any]]] = [
    (("-n", "--name"), {**_MANY, "metavar": "GLOB", "help": "The name matches any of these."}),
    (("-N", "--not-name"), {**_MANY, "metavar": "GLOB", "help": "The name matches none of these."}),
    (
        ("--path", "path_globs"),
        {**_MANY, "metavar": "GLOB", "help": "The path matches any of these; only ** crosses directories."},
    ),
    (
        ("--regex",),
        {
            **_MANY,
            "metavar": "RE",
            "help": "Each of these regular expressions is found in the path, without ./ at its head.",
        },
    ),
    (("-i", "--ignore-case"), {"is_flag": True, "help": "Upper and lower case are the same to all of these."}),
    (("-e", "--ext"), {**_MANY, "metavar": "EXT", "help": "The name ends with any of these: py, tar.gz."}),
    (
        ("-t", "--type", "types"),
        {
            **_MANY,
            "metavar": "LETTERS",
            "help": "Any of file, directory, link, pipe, socket, block and character device (f,d,l,p,s,b,c); "
            "with x only executable files, with e only empty ones.",
        },
    ),
    (("--size",), {**_MANY, "metavar": "SIZE", "help": "Bytes, exact: '>10k', '<=1M', 512, 1k..2k, 1k.. ."}),
    (("--newer",), {**_MANY, "metavar": "TIME", "help": f"Modified after: {_TIMES}."}),
    (("--older",), {**_MANY, "metavar": "TIME", "help": "Modified before."}),
    (("--changed-newer", "--changed"), {**_MANY, "metavar": "TIME", "help": "Content, mode or owner changed after."}),
    (("--changed-older",), {**_MANY, "metavar": "TIME", "help": "Content, mode and owner last changed before."}),
    (("--accessed-newer", "--accessed"), {**_MANY, "metavar": "TIME", "help": "Read after."}),
    (("--accessed-older",), {**_MANY, "metavar": "TIME", "help": "Last read before."}),
    (("--perm",), {**_MANY, "metavar": "MODE", "help": "644 exactly, -u+w all of these bits, /222 any of them."}),
    (("--user",), {**_MANY, "metavar": "USER", "help": "Owned by any of these: name or number."}),
    (("--group",), {**_MANY, "metavar": "GROUP", "help": "Of any of these groups: name or number."}),
    (("--links",), {**_MANY, "metavar": "N", "help": "Hard links: 1, '>1'."}),
    (("--samefile",), {"metavar": "FILE", "help": "The same file as this one: a hard link to it."}),
    (("--access",), {"metavar": "rwx", "help": "We may read, write, execute it (or search a directory)."}),
    (("--target",), {**_MANY, "metavar": "GLOB", "help": "A link whose text matches any of these."}),
    (
        ("--where",),
        {**_MANY, "metavar": "EXPR", "help": "A condition in Python, such as 'size > 10*MB and age > 30*days'."},
    ),
    (("--depth",), {"type": click.IntRange(min=0), "metavar": "N", "help": "Exactly N levels below the root."}),
    (("--min-depth",), {"type": click.IntRange(min=0), "metavar": "N", "help": "At least N levels below."}),
    (("-d", "--max-depth"), {"type": click.IntRange(min=0), "metavar": "N", "help": "Goes N levels deep, no further."}),
    (
        ("-E", "--exclude"),
        {
            **_MANY,
            "metavar": "GLOB",
            "help": "Neither shown nor entered; with a / it is matched to the path; build/ is a directory.",
        },
    ),
    (("--no-hidden",), {"is_flag": True, "help": "Skips names that begin with a dot."}),
    (("--gitignore",), {"is_flag": True, "help": "Skips what git ignores."}),
    (("-L", "--follow"), {"is_flag": True, "help": "Follows symbolic links."}),
    (("-H", "--follow-roots"), {"is_flag": True, "help": "Follows those that are named as ROOT."}),
    (("--cache",), {"is_flag": True, "help": "Keeps the names in directories, and reads anew only what has changed."}),
    (("--cache-verify",), {"is_flag": True, "help": "Reads all anew, and tells where the cache was wrong."}),
    (("-x", "--one-file-system"), {"is_flag": True, "help": "Stays on the file system of each ROOT."}),
]
NAMES = frozenset(
    next((name for name in names if "-" not in name), max(names, key=len).lstrip("-").replace("-", "_"))
    for names, _ in _OPTIONS
) | {"changed_newer", "accessed_newer"}


def filters(command: Decorated) -> Decorated:
    """Add ROOT and the options; the callback gets their values among its keywords."""
    for names, settings in reversed(_OPTIONS):
        command = click.option(*names, **settings)(command)
    return click.argument("roots", metavar="[ROOT]...", nargs=-1)(command)


def roots_of(given: dict[str, Any]) -> list[bytes]:
    """Return the paths to walk from."""
    return [os.fsencode(root) for root in given["roots"]] or [b"."]


def read(option: str, function: Callable[..., Result], *args: Any, **more: Any) -> Result:
    """Return what *function* makes of an option's words; its ValueError or OSError is the user's."""
    try:
        return function(*args, **more)
    except ValueError as error:
        message = str(error)
    except OSError as error:
        message = f"{os.fsdecode(error.filename)}: {error.strerror}"
    raise click.BadParameter(message, click.get_current_context(), param_hint=option)


def walking_of(given: dict[str, Any], troubles: Troubles) -> Walking:
    """Return where the walk goes; *troubles* are told of files of rules that cannot be read."""
    excluded = given["exclude"]
    ignore_case = given["ignore_case"]

    def paths_test(globs: list[str]) -> patterns.Test | None:
        return patterns.path_test(globs, ignore_case=ignore_case) if globs else None

    names = [glob for glob in excluded if "/" not in glob]
    depths = [depth for depth in (given["max_depth"], given["depth"]) if depth is not None]
    return Walking(
        follow=given["follow"],
        follow_roots=given["follow_roots"],
        one_file_system=given["one_file_system"],
        max_depth=min(depths, default=None),
        hidden=not given["no_hidden"],
        excluded_names=patterns.name_test(names, ignore_case=ignore_case) if names else None,
        excluded_paths=paths_test([glob for glob in excluded if "/" in glob and glob[-1] != "/"]),
        excluded_directories=paths_test(
            [glob if "/" in glob.rstrip("/") else f"**/{glob}" for glob in excluded if glob[-1:] == "/"]
        ),
        ignoring=_ignore(troubles, deletes=given.get("delete", False)) if given["gitignore"] else None,
    )


def _ignore(troubles: Troubles, *, deletes: bool) -> Any:
    from stdtools.tree.gitconfig import GitConfig
    from stdtools.tree.ignore import Ignore

    def variable(name: str) -> bytes:
        return os.fsencode(os.environ.get(name, ""))

    def refuse(path: bytes, error: OSError) -> None:
        what = f"{error.strerror}; without its rules nothing more is deleted"
        raise ToolError(what, where=os.fsdecode(path))

    return Ignore(GitConfig(variable("HOME"), variable("XDG_CONFIG_HOME")), refuse if deletes else troubles.tell)


def hasten(given: dict[str, Any], roots: list[bytes], walker: Walker) -> "DirectoryCache | None":
    """Have *walker* read as fast as may be: through the directory cache, which is returned, if that is wanted."""
    if can_sweep(walker):
        walker.sweep = sweep
    if not given["cache"] and not given["cache_verify"]:
        return None
    from stdtools.shared.places import cache_dir
    from stdtools.tree.dircache import DirectoryCache

    directory = os.path.join(cache_dir(), "directories")
    cache = DirectoryCache(directory, roots, walker.troubles, verify=given["cache_verify"])
    walker.read = cache.read
    if walker.sweep is not None:
        from functools import partial

        from stdtools.tree.replay import replay

        walker.sweep = partial(replay, cache) if cache.count and not cache.verify else None
    return cache


def query_of(given: dict[str, Any]) -> Query:
    """Return what is wanted."""
    kinds, conditions = _types(given["types"])
    depths = [depth for depth in (given["min_depth"], given["depth"]) if depth is not None]
    return Query(
        [*_of_names(given), *conditions, *_of_stats(given), *_of_files(given), *_where(given["where"])],
        kinds=kinds,
        min_depth=max(depths, default=0),
    )


def _words(option: str, values: Iterable[str]) -> str:
    return " ".join(f"{option} {value!r}" for value in values)


def _of_names(given: dict[str, Any]) -> Iterable[Criterion]:
    ignore_case = given["ignore_case"]
    for option in ("name", "not_name"):
        for glob in given[option]:
            if "/" in glob:
                raise click.BadParameter(
                    f"a name has no '/', so {glob!r} matches nothing; write --path '**/{glob}'",
                    click.get_current_context(),
                    param_hint="--" + option.replace("_", "-"),
                )
    if globs := given["name"]:
        yield Criterion(_words("--name", globs), "name", patterns.name_test(globs, ignore_case=ignore_case))
    if extensions := [e for text in given["ext"] for e in text.split(",")]:
        if not all(extension.strip(".") for extension in extensions):
            raise click.BadParameter("an extension is empty", click.get_current_context(), param_hint="--ext")
        for test in patterns.extension_tests(extensions, ignore_case=ignore_case):
            yield Criterion(_words("--ext", extensions), "name", test)
    if globs := given["not_name"]:
        test = patterns.inverted(patterns.name_test(globs, ignore_case=ignore_case))
        yield Criterion(_words("--not-name", globs), "name", test)
    if globs := given["path_globs"]:
        test = read("--path", patterns.path_test, globs, ignore_case=ignore_case)
        yield Criterion(_words("--path", globs), "path", test)
    for regex in given["regex"]:
        test = read("--regex", patterns.regex_test, regex, ignore_case=ignore_case)
        yield Criterion(_words("--regex", [regex]), "path", test)


def _types(texts: Iterable[str]) -> tuple[set[str], list[Criterion]]:
    letters = [letter for text in texts for part in text.split(",") for letter in part]
    if texts and not letters:
        raise click.BadParameter("it names no type", click.get_current_context(), param_hint="--type")
    for letter in letters:
        if letter not in criteria.KINDS + "xe":
            raise click.BadParameter(
                f"{letter!r} is no type; write f (file), d (directory), l (link), x, e, p, s, b or c",
                click.get_current_context(),
                param_hint="--type",
            )
    conditions = []
    if "x" in letters:
        conditions.append(Criterion("--type x", "stat", criteria.is_executable))
    if "e" in letters:
        conditions.append(Criterion("--type e", "file", lambda entry: entry.is_empty()))
    return set(letters) - {"x", "e"}, conditions


def _of_stats(given: dict[str, Any]) -> Iterable[Criterion]:
    for text in given["size"]:
        yield Criterion(_words("--size", [text]), "stat", read("--size", criteria.size_test, text, parse_size))
    for prefix, which in (("", "mtime"), ("changed_", "ctime"), ("accessed_", "atime")):
        for side in ("newer", "older"):
            option = "--" + (prefix + side).replace("_", "-")
            for text in given[prefix + side]:
                from stdtools.shared.times import parse_moment

                test = read(option, criteria.time_test, which, text, newer=side == "newer", parse=parse_moment)
                yield Criterion(_words(option, [text]), "stat", test)
    for text in given["perm"]:
        yield Criterion(_words("--perm", [text]), "stat", read("--perm", criteria.perm_test, text))
    if users := given["user"]:
        test = read("--user", criteria.owner_test, users, "st_uid", criteria.user_number)
        yield Criterion(_words("--user", users), "stat", test)
    if groups := given["group"]:
        test = read("--group", criteria.owner_test, groups, "st_gid", criteria.group_number)
        yield Criterion(_words("--group", groups), "stat", test)
    for text in given["links"]:
        yield Criterion(_words("--links", [text]), "stat", read("--links", criteria.links_test, text))
    if (path := given["samefile"]) is not None:
        yield Criterion(
            _words("--samefile", [path]),
            "stat",
            read("--samefile", criteria.same_file_test, path, follow=given["follow"]),
        )


def _of_files(given: dict[str, Any]) -> Iterable[Criterion]:
    if (letters := given["access"]) is not None:
        yield Criterion(_words("--access", [letters]), "file", read("--access", criteria.access_test, letters))
    if globs := given["target"]:
        matches = patterns.name_test(globs, ignore_case=given["ignore_case"])
        yield Criterion(_words("--target", globs), "file", criteria.target_test(matches))


def _where(texts: Iterable[str]) -> Iterable[Criterion]:
    if not texts:
        return
    from stdtools.tree.facts import Facts
    from stdtools.tree.where import parse_where

    free = {"path", "name", "stem", "ext", "depth", "type"}  # no stat is needed
    for text in texts:
        for clause in read("--where", parse_where, text):

            def test(entry: Any, holds: Callable[[Any], bool] = clause.test) -> bool:
                return holds(Facts(entry))

            subject = "entry" if clause.names <= free else "file"
            yield Criterion(_words("--where", [clause.text]), subject, test)
