"""What the options of find and walk want of what is found, read into a query."""

import os
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

from stdtools.shared.sizes import parse_size
from stdtools.tree import criteria, patterns
from stdtools.tree.query import Criterion, Query

Result = TypeVar("Result")


def read(option: str, function: Callable[..., Result], *args: Any, **more: Any) -> Result:
    """Return what *function* makes of an option's words; its ValueError or OSError is the user's."""
    try:
        return function(*args, **more)
    except ValueError as error:
        message = str(error)
    except OSError as error:
        message = f"{os.fsdecode(error.filename)}: {error.strerror}"
    raise click.BadParameter(message, click.get_current_context(), param_hint=option)


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
        yield Criterion(_words("--path", globs), "path", patterns.path_test(globs, ignore_case=ignore_case))
    for regex in given["regex"]:
        test = read("--regex", patterns.regex_test, regex, ignore_case=ignore_case)
        yield Criterion(_words("--regex", [regex]), "path", test)


def _types(texts: Iterable[str]) -> tuple[set[str], list[Criterion]]:
    parts = [part for text in texts for part in text.split(",")]
    letters = "".join(parts)
    if texts and not letters:
        raise click.BadParameter("it names no type", click.get_current_context(), param_hint="--type")
    for part in parts:
        if set(part) - set(criteria.KINDS + "xe"):
            raise click.BadParameter(
                f"{part!r} is no type; write f (file), d (directory), l (link), x, e, p, s, b or c",
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
