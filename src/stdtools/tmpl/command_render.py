"""What tmpl does with what was typed: one rendering, or one for each record, into a file or standard output."""

import os
from collections.abc import Callable
from typing import Any

import click

from stdtools.shared.commands import print_text
from stdtools.shared.errors import ToolError
from stdtools.shared.options import refuse_idle
from stdtools.shared.streams import Output
from stdtools.tmpl.language import Place, Syntax
from stdtools.tmpl.rendering import Policy, Renderer
from stdtools.tmpl.streaming import TemplateText, look, write
from stdtools.tmpl.telling import encode, tell
from stdtools.tmpl.values import Values, text_of

VERIFIED = ("json", "toml", "xml", "ini")  # is what they write parsed again


def looks_first(given: dict[str, Any]) -> bool:
    """Say whether anything can be wrong with a place, so that all are looked at before anything is written."""
    never_fails = given["keep"] or (given["only"] and given["empty"] and given["plain"])  # --plain has no ${name:?word}
    return not never_fails or given["escape"] != "none"


def _policy(given: dict[str, Any]) -> Policy:
    missing = "keep" if given["keep"] else "empty" if given["empty"] else "error"
    only = _only(given["only"]) if given["only"] else None
    return Policy(missing, "keep" if given["keep"] or only else "error", only)


def _only(patterns: tuple[str, ...]) -> Callable[[Place], bool]:
    """Return what says whether a place is one of the names, or below one, or begins with one of the prefixes, in
    *patterns*.
    """
    words = [word for pattern in patterns for word in pattern.replace(",", " ").split()]
    for word in words:
        if "$" in word or "*" in word[:-1]:
            what = f"--only takes names and, with a * behind them, how names begin: {word!r} is neither"
            raise click.UsageError(what, click.get_current_context())
    names = tuple(word for word in words if not word.endswith("*"))
    prefixes = tuple(word[:-1] for word in words if word.endswith("*"))
    below = tuple(f"{name}{sign}" for name in names for sign in ".[")
    return lambda place: place.name in names or place.name.startswith((*prefixes, *below))


def _escape(given: dict[str, Any], output: str | None) -> str:
    if given["escape"] != "auto":
        return str(given["escape"])
    from stdtools.tmpl.escaping import escape_for

    return escape_for(output or given["template"] or "")


def _to_text(escape: str) -> Callable[[Any], str]:
    if escape == "none":
        return text_of
    from stdtools.tmpl.escaping import ESCAPES

    return ESCAPES[escape]


def render(given: dict[str, Any], syntax: Syntax, values: Values, template: TemplateText) -> int:
    """Render the template once."""
    escape = _escape(given, given["output"])
    renderer = Renderer(syntax, values.find, _policy(given), _to_text(escape))
    if looks_first(given):
        findings = look(renderer, template)
        if findings.total:
            return tell(findings, template.name, values)
    text = _verified(renderer, template, escape) if escape in VERIFIED else None

    def fill(output: Output) -> int:
        template.later.output = output
        if text is not None:
            output.write(encode(text, output))
        elif write(renderer, template, lambda block: output.write(encode(block, output))).total:
            raise ToolError("was changed while it was read", where=template.name)
        return 0

    if given["output"] is not None:
        return _into_file(given, fill)
    with Output() as output:
        return fill(output)


def _verified(renderer: Renderer, template: TemplateText, form: str) -> str:
    """Return the output, which is whole and of the *form*. Raises ToolError about the place in the template."""
    from stdtools.tmpl.streaming import Lines
    from stdtools.tmpl.verifying import fault_in, origin

    source = template.read()
    text, _ = renderer.render(source)
    fault = fault_in(text, form)
    if fault is not None:
        lines = Lines()
        lines.move(source, 0, origin(renderer, source, fault.offset))
        where = f"{template.name}:{lines.line}:{lines.column}"
        raise ToolError(f"the output is not {form.upper()}: {fault.what}", where=where)
    return text


def render_rows(given: dict[str, Any], syntax: Syntax, values: Values, template: TemplateText) -> int:
    """Render the template for each record."""
    from stdtools.tmpl.command_rows import RowRun
    from stdtools.tmpl.rows import RowRenderer

    target = given["output"]
    escape = _escape(given, target)
    renderer = RowRenderer(syntax, template.read(), values, _policy(given), _to_text(escape))
    if renderer.findings.total:
        return tell(renderer.findings, template.name, values)
    run = RowRun(given, renderer, template.name, values)
    if target is None:
        with Output() as output:
            return run.into(output)
    paths = RowRenderer(syntax, os.fsencode(target).decode("utf-8", "surrogateescape"), values)
    if paths.findings.total:
        return tell(paths.findings, "--output", values)
    if paths.has_places:
        for_one_output = ("header", "footer", "separator", "jobs")
        refuse_idle(for_one_output, (), "", dict.fromkeys(for_one_output, "one output, not one for each record"))
        return run.into_files(paths, escape)
    return _into_file(given, run.into)


def _into_file(given: dict[str, Any], fill: Callable[[Output], int]) -> int:
    """Have the file of --output be what *fill* writes, unless that returns another exit code than 0."""
    path = given["output"]
    if given["dry_run"]:
        from stdtools.tmpl.files import would_change

        code, changes = would_change(path, fill)
        if changes and not code:
            print_text(f"{path}\n")
        return code
    from stdtools.shared.atomic import replacement

    try:
        with replacement(path) as output:
            if code := fill(output):
                raise _NotWritten(code)
    except _NotWritten as error:
        return error.code
    return 0


class _NotWritten(Exception):
    """What was to be written is not whole."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code
