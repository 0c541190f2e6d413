"""--detect and --check: records about files."""

from typing import Any, NamedTuple

import click

from stdtools.fixenc.checking import RULES, Policy, Problem, problems
from stdtools.fixenc.coders import MARKED
from stdtools.fixenc.command_files import Failed, each, paths_of, shown, source_of, tell
from stdtools.fixenc.encodings import find
from stdtools.fixenc.losses import placed
from stdtools.shared import journal, screen
from stdtools.shared.errors import ToolError
from stdtools.shared.records import RecordWriter
from stdtools.shared.streams import Input, Output, open_input

FOUND = ("file", "encoding", "confidence", "bom", "newlines", "evidence", "alternatives")
WRONG = ("file", "line", "column", "rule", "message")


def report(mode: str, given: dict[str, Any]) -> int:
    """Run the mode and return the exit code."""
    return _detect(given) if mode == "detect" else _check(given)


def _detect(given: dict[str, Any]) -> int:
    code = 0
    with Output() as output:
        writer = RecordWriter(output, FOUND, given["format"])
        for _, row in each(paths_of(given), _detected, given["jobs"]):
            if isinstance(row, Failed):
                code = tell(row.message)
            else:
                writer.write([row])
        writer.close()
    return code


def _detected(path: str) -> tuple[Any, ...]:
    from stdtools.fixenc.detecting import detect
    from stdtools.fixenc.particulars import alternatives, newlines
    from stdtools.fixenc.sampling import take_sample

    with open_input(path) as source:
        screen.warn_of_terminal(source.fd)
        sample = take_sample(source)
    found = detect(sample)
    ends = newlines(sample, found)
    return path, found.encoding, found.confidence, found.bom, ends, found.evidence, alternatives(sample, found)


class _Checked(NamedTuple):
    """The problems of a file; *fixed* says that it was rewritten."""

    problems: list[Problem]
    fixed: bool


def _check(given: dict[str, Any]) -> int:
    rules = _rules(given["policy"])
    source = source_of(given)
    policy = Policy(rules, find("utf-8" if source == "auto" else source))
    if "no-bom" in rules and policy.encoding.name in MARKED:
        raise click.UsageError(
            f"--policy no-bom has no meaning with {policy.encoding.name}, which needs its mark",
            click.get_current_context(),
        )
    wrong = code = 0
    with Output() as output:
        writer = RecordWriter(output, WRONG, given["format"]) if given["format"] or output.is_terminal else None
        if given["jobs"] == 1 and not given["fix"]:
            for path in paths_of(given):
                journal.counts["files"] = journal.counts.get("files", 0) + 1
                try:
                    with open_input(path, writer or output) as file, placed(file.name):
                        screen.warn_of_terminal(file.fd)
                        for problem in problems(file, policy, _Guess(file)):
                            _put(path, problem, writer, output)
                            wrong += 1
                except ToolError as error:
                    if error.where == output.name:
                        raise
                    code = tell(str(error))
        else:
            for path, checked in each(paths_of(given), lambda path: _checked(path, policy, given), given["jobs"]):
                if isinstance(checked, Failed):
                    code = tell(checked.message)
                    continue
                if checked.fixed:
                    screen.note(f"{path}: mended")
                for problem in checked.problems:
                    _put(path, problem, writer, output)
                    wrong += 1
        if writer is not None:
            writer.close()
    journal.counts["problems"] = wrong
    return code or int(wrong > 0)


def _put(path: str, problem: Problem, writer: RecordWriter | None, output: Output) -> None:
    if writer is not None:
        writer.write([(path, problem.place.line, problem.place.column, problem.rule, problem.what)])
    else:
        output.write(f"{shown(path)}:{problem.place}: {problem.what}\n".encode("utf-8", "surrogateescape"))


def _rules(text: str) -> frozenset[str]:
    rules = [rule.strip() for rule in text.split(",") if rule.strip()]
    for rule in rules:
        if rule not in RULES:
            raise click.UsageError(
                f"--policy has no rule {rule!r}; it has {', '.join(RULES)}", click.get_current_context()
            )
    return frozenset(rules)


class _Guess:
    """The encoding that the bad bytes of a file may be in, found out when the first one is met."""

    def __init__(self, source: Input) -> None:
        self._source = source
        self._name: str | None = None

    def __call__(self) -> str:
        if self._name is None:
            self._name = "cp1252"
            if self._source.is_file:
                self._name = guess(self._source)
        return self._name


def guess(source: Input) -> str:
    """Return the likeliest legacy encoding of a file with bytes that are not UTF-8; empty for a binary one."""
    from stdtools.fixenc.detecting import BINARY, MIXED, detect
    from stdtools.fixenc.sampling import HEAD, sample_of

    found = detect(sample_of(source.read_at(0, HEAD)))
    if found.encoding == BINARY:
        return ""
    return "cp1252" if found.encoding in (MIXED, "utf-8", "ascii") else found.encoding


def _checked(path: str, policy: Policy, given: dict[str, Any]) -> _Checked:
    found = _problems(path, policy)
    if not found or not given["fix"] or path == "-":
        return _Checked(found, False)
    from stdtools.fixenc.fixing import fix

    changed = fix(path, policy, source_of(given), given["backup"])
    return _Checked(_problems(path, policy), changed)


def _problems(path: str, policy: Policy) -> list[Problem]:
    with open_input(path) as source, placed(source.name):
        return list(problems(source, policy, _Guess(source)))
