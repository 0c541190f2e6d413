"""What GNU find's words are here; those who know it type them."""

_SAME = {
    "name": "-n {}",
    "iname": "-i -n {}",
    "path": "--path {}, where only ** crosses directories",
    "wholename": "--path {}, where only ** crosses directories",
    "ipath": "-i --path {}, where only ** crosses directories",
    "regex": "--regex {}, which is searched for: ^ and $ bind it",
    "iregex": "-i --regex {}, which is searched for: ^ and $ bind it",
    "type": "-t {}",
    "size": "--size {}, in bytes or with k, M, G and < or >",
    "mtime": "--newer 2d or --older 2d",
    "mmin": "--newer 90m or --older 90m",
    "ctime": "--changed-newer 2d or --changed-older 2d",
    "atime": "--accessed-newer 2d or --accessed-older 2d",
    "newer": "--newer {}",
    "newermt": "--newer {}",
    "maxdepth": "--max-depth {}",
    "mindepth": "--min-depth {}",
    "empty": "-t e",
    "executable": "--access x",
    "readable": "--access r",
    "writable": "--access w",
    "perm": "--perm {}",
    "user": "--user {}",
    "group": "--group {}",
    "links": "--links {}",
    "samefile": "--samefile {}",
    "lname": "--target {}",
    "prune": "-E GLOB, which is not entered",
    "depth": "--depth-first",
    "xdev": "-x",
    "mount": "-x",
    "print": "what always happens",
    "print0": "-0",
    "printf": "--template '$path\\t$size'",
    "ls": "--long",
    "quit": "--max-results 1",
    "delete": "--delete",
    "exec": "-0 | stdtools par -0 COMMAND {{}}",
    "execdir": "-0 | stdtools par -0 COMMAND {{}}",
    "ok": "-0 | stdtools par -0 COMMAND {{}}",
    "o": "--where 'A or B', or -n twice",
    "or": "--where 'A or B', or -n twice",
    "not": "-N GLOB, or --where 'not …'",
}


def translated(word: str, value: str) -> str | None:
    """Return what to write instead of GNU find's *word*, which *value* follows; None if it is none of its."""
    here = _SAME.get(word[1:]) if word.startswith("-") and not word.startswith("--") else None
    if here is None:
        return "write --where 'not …', -N or -E" if word in ("!", "(", ")", "\\(", "\\)") else None
    return f"here it is {here.format(_quoted(value))}"


def _quoted(value: str) -> str:
    return f"'{value}'" if value else "…"
