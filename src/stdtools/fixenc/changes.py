"""What a dry run shows: the lines that would change, as a unified diff."""

from collections.abc import Iterator

from stdtools.fixenc.converting import BOM

CONTEXT = 3


def unified(name: str, old: bytes, new: bytes) -> Iterator[str]:
    """Yield the lines of a diff of *old* and *new*; a byte that is not UTF-8 is shown by its number.

    Line by line where there are as many on both sides, as a conversion leaves it.
    """
    before, after = _lines(old), _lines(new)
    yield f"--- {name}\n"
    yield f"+++ {name}\n"
    if len(before) != len(after):
        from difflib import unified_diff

        for number, line in enumerate(unified_diff(before, after, n=CONTEXT)):
            if number > 1:
                yield _ended(line)
        return
    for start, end in _hunks([one != other for one, other in zip(before, after, strict=True)]):
        yield f"@@ -{start + 1},{end - start} +{start + 1},{end - start} @@\n"
        yield from _hunk(before[start:end], after[start:end])


def _hunk(before: list[str], after: list[str]) -> Iterator[str]:
    at = 0
    while at < len(before):
        if before[at] == after[at]:
            yield _ended(f" {before[at]}")
            at += 1
            continue
        end = at
        while end < len(before) and before[end] != after[end]:
            end += 1
        yield from (_ended(f"-{line}") for line in before[at:end])
        yield from (_ended(f"+{line}") for line in after[at:end])
        at = end


def _hunks(differs: list[bool]) -> Iterator[tuple[int, int]]:
    """Yield where the lines of each hunk begin and end."""
    start = end = -1
    for number, changed in enumerate(differs):
        if not changed:
            continue
        if start >= 0 and number - CONTEXT > end:
            yield start, end
            start = -1
        if start < 0:
            start = max(0, number - CONTEXT)
        end = min(len(differs), number + CONTEXT + 1)
    if start >= 0:
        yield start, end


def _lines(data: bytes) -> list[str]:
    text = data.decode("utf-8", "backslashreplace").replace("\r", "\\r").replace(BOM, "\\ufeff")
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _ended(line: str) -> str:
    return line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
