"""The command line of fixenc: its options, and which mode they ask for."""

from typing import Any

import click

from stdtools.fixenc.converting import BOM_RULES
from stdtools.fixenc.losses import ERRORS
from stdtools.fixenc.transforms import FORMS, NEWLINES
from stdtools.shared.commands import ToolCommand
from stdtools.shared.options import is_typed, offering, record_output, refuse_idle
from stdtools.shared.parameters import Suffix

MODES = ("detect", "check", "mixed", "mojibake", "why", "list", "chars")
# What each option has a meaning with; convert is what is done without a mode.
_BELONGS = {
    "source": ("convert", "check", "mojibake", "chars"),
    "target": ("convert", "mixed", "mojibake"),
    "errors": ("convert", "mixed", "mojibake"),
    "newlines": ("convert", "mixed", "mojibake"),
    "bom": ("convert", "mixed", "mojibake"),
    "normalize": ("convert", "mixed", "mojibake"),
    "policy": ("check",),
    "fix": ("check",),
    "evidence": ("mojibake",),
    "map_file": ("mixed", "mojibake"),
    "in_place": ("convert", "mixed", "mojibake"),
    "backup": ("convert", "mixed", "mojibake", "check"),
    "dry_run": ("convert", "mixed", "mojibake"),
    "files0_from": ("convert", "mixed", "mojibake", "check", "detect"),
    "jobs": ("convert", "mixed", "mojibake", "check", "detect"),
    "format": ("detect", "check", "why", "list", "chars"),
}


def _explain(given: dict[str, Any]) -> str:
    from stdtools.fixenc.explain import explain

    script: str = explain(_mode(given), given)
    return script


def _mode(given: dict[str, Any]) -> str:
    """Return the one mode that was asked for. Raises UsageError for two, and for options that are none of its."""
    context = click.get_current_context()
    modes = [mode for mode in MODES if given[mode] not in (False, None)]
    if len(modes) > 1:
        raise click.UsageError(f"--{modes[0]} and --{modes[1]} are two things to do", context)
    mode = modes[0] if modes else "convert"
    own = {name for name, belongs in _BELONGS.items() if mode in belongs}
    needed = {name: " or ".join(f"--{each}" for each in belongs) for name, belongs in _BELONGS.items()}
    refuse_idle(_BELONGS, own, f"--{mode}", needed if mode == "convert" else {})
    if given["files"] and (mode in ("why", "list") or given["files0_from"]):
        beside = "--files0-from" if given["files0_from"] else f"--{mode}"
        raise click.UsageError(f"a FILE has no meaning with {beside}", context)
    changes = given["in_place"] or given["dry_run"]
    if given["jobs"] > 1 and is_typed("jobs") and not (changes or mode in ("detect", "check")):
        raise click.UsageError("-j needs -i, -n, --detect or --check", context)
    if is_typed("backup") and not (changes or given["fix"]):
        raise click.UsageError("--backup needs -i", context)
    return mode


def _encodings() -> list[str]:
    from stdtools.fixenc.encodings import names

    return names()


@click.command(
    cls=ToolCommand,
    explain=_explain,
    examples=r"""
stdtools fixenc --from latin-1 names.csv | head -n 3
stdtools find . -n '*.csv' -0 | stdtools fixenc --files0-from - --detect
printf 'Caf\303\251\r\n' | stdtools fixenc --newlines lf
stdtools fixenc --why 'K√∂nig'
""",
)
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option(
    "--from",
    "source",
    metavar="ENC",
    shell_complete=offering(_encodings),
    default="auto",
    show_default=True,
    help="Reads ENC; auto: what it is; locale.",
)
@click.option(
    "--to",
    "target",
    metavar="ENC",
    shell_complete=offering(_encodings),
    default="utf-8",
    show_default=True,
    help="Writes ENC.",
)
@click.option(
    "--errors",
    type=click.Choice(ERRORS),
    metavar="HOW",
    default="strict",
    show_default=True,
    help="What cannot be read or written: strict ends it; replace, ignore, backslashreplace, xmlcharrefreplace, "
    "namereplace, surrogateescape; it is counted, the first places are told.",
)
@click.option(
    "--newlines", type=click.Choice(["keep", *NEWLINES]), default="keep", show_default=True, help="Line ends."
)
@click.option("--bom", type=click.Choice(BOM_RULES), default="keep", show_default=True, help="The byte order mark.")
@click.option("--normalize", type=click.Choice(FORMS), help="Brings text into a normal form.")
@click.option("--detect", is_flag=True, allow_from_autoenv=False, help="Tells what each FILE is in, and why.")
@click.option("--check", is_flag=True, allow_from_autoenv=False, help="Tells where FILE breaks --policy; 1 if it does.")
@click.option(
    "--policy",
    metavar="RULES",
    default="utf-8",
    show_default=True,
    help="With --check, some of utf-8,no-bom,lf,nfc,no-bidi,no-invisible; text must be utf-8 (or --from) anyway.",
)
@click.option("--fix", is_flag=True, allow_from_autoenv=False, help="With --check, mends in place what it can.")
@click.option(
    "--mixed", is_flag=True, allow_from_autoenv=False, help="Reads a FILE of several encodings, each as it is."
)
@click.option("--mojibake", is_flag=True, allow_from_autoenv=False, help="Repairs text that was decoded wrongly.")
@click.option(
    "--evidence",
    type=click.Choice(["pooled", "line"]),
    default="pooled",
    show_default=True,
    help="With --mojibake, what a short line follows.",
)
@click.option(
    "--map", "map_file", metavar="FILE", help="With --mixed and --mojibake, JSON lines of what was done where."
)
@click.option("--why", metavar="TEXT", allow_from_autoenv=False, help="Tells how TEXT came to be, and what undoes it.")
@click.option("--list", is_flag=True, allow_from_autoenv=False, help="Lists encodings, aliases, and the web's view.")
@click.option("--chars", is_flag=True, allow_from_autoenv=False, help="Every character: code, name, bytes, oddities.")
@click.option("-i", "--in-place", is_flag=True, allow_from_autoenv=False, help="Rewrites each FILE that changes.")
@click.option("--backup", type=Suffix(), metavar="SUFFIX", help="With -i, keeps what was there under FILE and SUFFIX.")
@click.option("-n", "--dry-run", is_flag=True, allow_from_autoenv=False, help="Shows a diff of what -i would do.")
@click.option("--files0-from", metavar="FILE", help="Takes names, each ended by a NUL, from FILE (-: standard input).")
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    default=1,
    metavar="N",
    help="With -i, -n, --detect and --check, uses N processes.",
)
@record_output()
def fixenc(**given: Any) -> int:
    """Convert, detect, check and repair the encoding of text.

    Without options it makes valid UTF-8 of each FILE, or of standard input, and changes nothing else. What a file is
    in is decided by a look at 256 KiB of it: by marks, by what is valid, by what it declares, by the letters of
    some forty languages. ASCII passes as it comes; of a pipe, the first 64 KiB from the first byte that is not
    ASCII decide. Binary files are never touched, unless --from says what they are in. All streams, but --mixed,
    --mojibake and -n hold a file in memory.
    """
    mode = _mode(given)
    if given["in_place"] and given["dry_run"]:
        given["in_place"] = False
    if mode in ("list", "why", "chars"):
        from stdtools.fixenc.command_looks import look

        return look(mode, given)
    if mode in ("detect", "check"):
        from stdtools.fixenc.command_reports import report

        return report(mode, given)
    from stdtools.fixenc.command_changes import change

    return change(mode, given)
