"""Text that was decoded as what it is not, line by line, and the gates that keep good text as it is.

A repair comes from undoing a misreading of UTF-8 exactly, or from ftfy's heuristic, which also mends lines
that are spoilt in part. Either way it must be likelier text by the letters of the languages. A line that says
too little by itself follows what many lines of the file say clearly, where evidence is pooled.
"""

from collections import Counter
from typing import NamedTuple

from stdtools.fixenc.chains import DEEPEST, Chain, Step, likelihood, misreadings

CLEAR = 9.0  # how much likelier a line must be by itself, as a natural logarithm
POOLED = 2.0  # the same where the file has spoken
AGREEMENT = 9.0  # what it counts that both ways lead to the same text
LITTLE = 14.0  # what a line has against it that is a single letter: Ã© may be one, √π may be none
SPEAKERS = 3  # clear lines that speak for the file
LONGEST = 20_000  # characters of a line that are weighed; longer ones are by their first part


class Repair(NamedTuple):
    """A line that was mended. *how* is the story of what had happened to it."""

    line: int
    old: str
    new: str
    how: str


class _Option(NamedTuple):
    old: str
    new: str
    how: str
    key: tuple[Step, ...] | str
    gain: float


def mend(text: str, *, pooled: bool = True) -> tuple[str, list[Repair]]:
    """Return *text* with its misread lines repaired, and the repairs."""
    lines = text.split("\n")
    options = {number: found for number, line in enumerate(lines) if (found := _options(line))}
    speakers = Counter(option.key for found in options.values() for option in found if option.gain >= CLEAR)
    repairs = []
    for number, found in options.items():
        wanted = [
            option
            for option in found
            if option.gain >= CLEAR or (pooled and option.gain >= POOLED and speakers[option.key] >= SPEAKERS)
        ]
        if wanted:
            old = new = lines[number]
            for option in wanted:
                new = new.replace(option.old, option.new)
            lines[number] = new
            repairs.append(Repair(number + 1, old, new, "; ".join(dict.fromkeys(option.how for option in wanted))))
    return "\n".join(lines), repairs


def _options(line: str) -> list[_Option]:
    """Return the repair of a line, or where one would spoil a word of it, those of its words."""
    best = _best(line)
    if best is None:
        return []
    words, new_words = line.split(" "), best.new.split(" ")
    if len(words) == 1 or len(words) != len(new_words):
        return [best]
    changed = {old: new for old, new in zip(words, new_words, strict=True) if old != new}
    own = {word: option for word in changed if (option := _best(word)) is not None}
    if any(
        option.new != changed[word] and option.gain > _gain(word, changed[word]) + 3 for word, option in own.items()
    ):
        return list(own.values())
    return [best]


def _gain(old: str, new: str) -> float:
    return likelihood(new) - likelihood(old)


def _best(line: str) -> _Option | None:
    """Return the likeliest repair of a line; None where there is none, as in nearly every good line."""
    if line.isascii():
        return None
    options = []
    base: float | None = None
    for new, steps in misreadings(line):
        if base is None:
            base = likelihood(line[:LONGEST])
        gain = likelihood(new[:LONGEST]) - base
        options.append(_Option(line, new, Chain(new, steps, gain).story, steps, gain))
    best = max(options, key=lambda option: option.gain, default=None)
    if best is None or best.gain < CLEAR:
        other = _by_ftfy(line, base)
        if other is not None and best is not None and other.new == best.new:
            best = best._replace(gain=best.gain + AGREEMENT)
        elif other is not None and (best is None or other.gain > best.gain):
            best = other
    if best is not None and _says_little(line, best.new):
        best = best._replace(gain=best.gain - LITTLE)
    return best if best is not None and best.gain > 0 else None


def _says_little(old: str, new: str) -> bool:
    """Whether there is but one letter to repair, and no word around it."""
    return sum(char > "\x7f" for char in new) < 2 and not any(char.isascii() and char.isalpha() for char in old)


def _by_ftfy(line: str, base: float | None) -> _Option | None:
    from ftfy import TextFixerConfig, fix_encoding_and_explain
    from ftfy.badness import is_bad

    if not is_bad(line):
        return None
    config = TextFixerConfig(unescape_html=False)
    new = line
    plan: list[tuple[str, str]] = []
    for _ in range(DEEPEST):
        found = fix_encoding_and_explain(new, config)
        if found.text == new:
            break
        new = found.text
        plan += found.explanation or []
    if new == line:
        return None
    gain = likelihood(new[:LONGEST]) - (likelihood(line[:LONGEST]) if base is None else base)
    how = ", ".join(f"{action} {what}" for action, what in plan)
    return _Option(line, new, f"mended by {how}", how, gain)
