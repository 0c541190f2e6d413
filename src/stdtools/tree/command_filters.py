"""The options of find and walk that say where to walk and what is wanted; where that is, and which of them hold."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from stdtools.shared.errors import ToolError
from stdtools.shared.options import Decorated
from stdtools.tree import patterns
from stdtools.tree.query import Walking
from stdtools.tree.sweep import can_sweep, sweep
from stdtools.tree.troubles import Troubles
from stdtools.tree.walker import Walker

if TYPE_CHECKING:
    from stdtools.tree.dircache import DirectoryCache

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
    (
        ("--size",),
        {
            **_MANY,
            "metavar": "SIZE",
            "help": "Bytes, exact: '>10k' or +10k, '<10k' or -10k, '<=1M', 512, 1k..2k, 1k.. .",
        },
    ),
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


def filters(command: Decorated) -> Decorated:
    """Add ROOT and the options; the callback gets their values among its keywords."""
    for names, settings in reversed(_OPTIONS):
        command = click.option(*names, **settings)(command)
    return click.argument("roots", metavar="[ROOT]...", nargs=-1)(command)


def jobs_option(command: Decorated) -> Decorated:
    """Add --jobs; see ``jobs_of``."""
    return click.option(
        "-j", "--jobs", type=click.IntRange(min=1), metavar="N", help="Processes for a long walk  [default: up to 4]"
    )(command)


def is_given(value: object) -> bool:
    """Say whether an option that may not be repeated has a value."""
    return value is not None and value is not False


def give_way(given: dict[str, Any], pairs: Sequence[tuple[str, str]]) -> None:
    """Forget in *given*, of two that exclude each other, a default of config.toml or the environment.

    What was typed is stronger than a variable, and that than config.toml; two of the same strength are both kept.
    """
    source_of = click.get_current_context().get_parameter_source
    sources = {name: source_of(name) for pair in pairs for name in pair if is_given(given[name])}
    for source in (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT):
        for one, other in pairs:
            for strong, weak in ((one, other), (other, one)):
                if sources.get(strong) is source and sources.get(weak, source) is not source:
                    given[weak] = False if given[weak] is True else None
                    del sources[weak]


def jobs_of(given: dict[str, Any]) -> int:
    """Return how many processes may share a long walk."""
    from stdtools.shared.processors import processors

    return given["jobs"] or min(4, processors())


def roots_of(given: dict[str, Any]) -> list[bytes]:
    """Return the paths to walk from."""
    return [os.fsencode(root) for root in given["roots"]] or [b"."]


def walking_of(given: dict[str, Any], troubles: Troubles) -> Walking:
    """Return where the walk goes; *troubles* are told of files of rules that cannot be read."""
    excluded = given["exclude"]
    for glob in excluded:
        if not glob.strip("/"):
            message = f"{glob!r} names no entry of a directory"
            raise click.BadParameter(message, click.get_current_context(), param_hint="--exclude")
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
