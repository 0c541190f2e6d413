"""Chains of encoding and decoding that made one text of another, and how much likelier what was before them is."""

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from stdtools.fixenc.candidates import OTHER_SCRIPTS
from stdtools.fixenc.encodings import find
from stdtools.fixenc.letters import Letters, load
from stdtools.fixenc.likelihood import score_text

# What UTF-8 was taken for, the commonest first; the sloppy ones have the five bytes that the others lack.
MISREAD = (
    "sloppy-windows-1252", "iso8859-1", "mac-roman", "cp437", "cp850", "sloppy-windows-1251", "sloppy-windows-1250",
    "sloppy-windows-1253", "sloppy-windows-1254", "sloppy-windows-1257", "iso8859-2", "koi8-r", "cp866", "cp852",
    "iso8859-15", "mac-cyrillic", "sloppy-windows-1255", "sloppy-windows-1256", "cp932", "gb18030", "big5hkscs",
    "cp949",
)  # fmt: skip
DEEPEST = 3
MOST = 5  # origins that are told
UTF8 = "utf-8"


class Step(NamedTuple):
    """Bytes that were *was* and were read as *taken*."""

    was: str
    taken: str


class Chain(NamedTuple):
    """A text that was before, what was done to it, first to last, and how much likelier it is than what came out."""

    text: str
    steps: tuple[Step, ...]
    gain: float

    @property
    def story(self) -> str:
        """Return what happened, in words."""
        return ", then ".join(f"{plain(step.was)} was read as {plain(step.taken)}" for step in self.steps)


def plain(name: str) -> str:
    """Return the name that people know an encoding by."""
    return f"cp{name.removeprefix('sloppy-windows-')}" if name.startswith("sloppy-") else name


def undone(text: str, step: Step) -> str | None:
    """Return what *text* was before *step*; None when it cannot have come from there."""
    try:
        data = find(step.taken).codec.encode(text, "strict")[0]
        return find(step.was).codec.decode(data, "strict")[0]
    except UnicodeError:
        return None


def misreadings(text: str) -> Iterator[tuple[str, tuple[Step, ...]]]:
    """Yield every text that *text* may come from by reading UTF-8 as something else, up to DEEPEST times."""
    seen = {text}
    layer: list[tuple[str, tuple[Step, ...]]] = [(text, ())]
    for _ in range(DEEPEST):
        deeper = []
        for now, steps in layer:
            for taken in MISREAD:
                step = Step(UTF8, taken)
                before = undone(now, step)
                if before is not None and before not in seen:
                    seen.add(before)
                    deeper.append((before, (step, *steps)))
                    yield before, (step, *steps)
        layer = deeper


def likelihood(text: str) -> float:
    """Return how likely *text* is, in the language that suits it best; of its characters beyond ASCII alone."""
    return max(_in_language(text, name) for name in _languages_for(text))


@lru_cache(4096)
def _script(char: str) -> str:
    code = ord(char)
    if code < 0x250 or 0x1E00 <= code < 0x1F00:
        return "latin"
    for first, last, names in _SCRIPTS:
        if first <= code <= last:
            return names
    return ""


_CJK = "zh_CN zh_TW ja ko"
_SCRIPTS = (
    (0x370, 0x3FF, "el"), (0x1F00, 0x1FFF, "el"), (0x400, 0x52F, "ru uk bg sr mk be kk tg"), (0x590, 0x5FF, "he"),
    (0x600, 0x6FF, "ar fa"), (0xE00, 0xE7F, "th"), (0x3000, 0x9FFF, _CJK), (0xAC00, 0xD7AF, "ko"),
    (0xFF00, 0xFFEF, _CJK),
)  # fmt: skip


def _languages_for(text: str) -> list[str]:
    """Return the languages whose script most of *text* is in."""
    counts = Counter(_script(char) for char in text if char > "\x7f" and char.isalpha())
    counts.pop("", None)
    names = counts.most_common(1)[0][0] if counts else "latin"
    if names != "latin":
        return names.split()
    return [name for name, letters in load().items() if letters.has_pairs and name not in OTHER_SCRIPTS]


def _in_language(text: str, name: str) -> float:
    letters: Letters = load()[name]
    if not letters.has_pairs:
        return score_text(text, name)
    total = 0.0
    for one, two in pairwise(f" {text} "):
        if one > "\x7f" or two > "\x7f":
            total += letters.pair(one, two)
    return total


def origins(text: str) -> list[Chain]:
    """Return the likeliest ways in which *text* came to be, the best first; none when it is likely as it is."""
    base = likelihood(text)
    found = [Chain(before, steps, likelihood(before) - base) for before, steps in misreadings(text)]
    for was in MISREAD:
        for taken in MISREAD:
            before = undone(text, Step(was, taken))
            if before is not None and before != text and plain(was) != plain(taken):
                found.append(Chain(before, (Step(was, taken),), likelihood(before) - base - 6.0))
    found.sort(key=lambda chain: (-chain.gain, len(chain.steps)))
    best: dict[str, Chain] = {}
    for chain in found:
        if chain.gain > max(1.0, found[0].gain / 3) and not _has_controls(chain.text):
            best.setdefault(chain.text, chain)
    return list(best.values())[:MOST]


def _has_controls(text: str) -> bool:
    return any((char < " " and char not in "\t\n\r") or "\x7f" <= char <= "\x9f" for char in text)


def command(chain: Chain, file: str = "FILE") -> str:
    """Return the shell's line that undoes *chain* in a whole file."""
    parts = []
    for number, step in enumerate(reversed(chain.steps)):
        source = "" if number else f" {file}"
        parts.append(f"stdtools fixenc --from utf-8 --to {step.taken}{source}")
        if step.was != UTF8:
            parts.append(f"stdtools fixenc --from {step.was}")
    return " | ".join(parts)
