"""Make src/stdtools/fixenc/letters.txt: how often letters, and pairs of letters, stand in the text of a language.

    python bench/letters.py [DIRECTORY]

The text is that of the translated messages of all programs of this machine, or below DIRECTORY:
LANG/LC_MESSAGES/*.mo. A quarter of the catalogues is left out, by the hash of their names, for
``bench/fixenc.py`` to judge by. English is that of the untranslated messages. As programs talk of few things, the
frequencies that langdetect has counted in Wikipedia have the same weight, for the languages that it has.
"""

import gettext
import hashlib
import json
import math
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

from stdtools.fixenc.candidates import MULTI_BYTE, SINGLE_BYTE
from stdtools.fixenc.classes import class_of

LOCALES = Path("/usr/share/locale")
TARGET = Path(__file__).parents[1] / "src" / "stdtools" / "fixenc" / "letters.txt"
RAREST = 2e-6  # the share of a pair below which it is left out
IDEOGRAPHS = 3500
PROFILES = {"zh_CN": "zh-cn", "zh_TW": "zh-tw", "nb": "no"}
MARKUP = re.compile(r"%[-+ #0-9.*$]*[hlLqjzt]*[a-zA-Z]|\{[^}]*\}|<[^>]+>|[ \n]+")


def messages(directory: Path, *, held_out: bool) -> Iterator[tuple[str, str]]:
    """Yield language and text of each message of the catalogues that are, or are not, held out."""
    for path in sorted(directory.glob("*/LC_MESSAGES/*.mo")):
        if (hashlib.sha256(path.name.encode()).digest()[0] % 4 == 0) != held_out:
            continue
        language = path.parts[-3].split(".")[0]
        try:
            with path.open("rb") as file:
                catalogue = gettext.GNUTranslations(file)._catalog
        except (OSError, ValueError, IndexError):  # catalogues of all kinds
            continue
        for key, text in catalogue.items():
            if isinstance(key, str) and isinstance(text, str) and key and text != key and len(text) > 7:
                yield language, MARKUP.sub(" ", text)
                yield "en", MARKUP.sub(" ", key)


def level(share: float) -> int:
    """Return the group for a share: half the steps of the natural logarithm."""
    return min(60, max(0, round(-2 * math.log(share))))


def grouped(shares: dict[str, float]) -> str:
    """Return texts by the group of their share."""
    groups: defaultdict[int, list[str]] = defaultdict(list)
    for text, share in shares.items():
        groups[level(share)].append(text)
    return "\x1f".join("".join(sorted(groups.get(number, ()))) for number in range(max(groups, default=-1) + 1))


def encyclopedia(language: str) -> tuple[Counter[str], Counter[str]]:
    """Return how often langdetect has seen each character, and each pair; blanks of a word's two sides are one."""
    path = files("langdetect") / "profiles" / PROFILES.get(language, language)
    singles: Counter[str] = Counter()
    pairs: Counter[str] = Counter()
    if path.is_file():
        for text, count in json.loads(path.read_text(encoding="utf-8"))["freq"].items():
            classes = "".join(map(class_of, text))
            if len(classes) == 1:
                singles[classes] += count
            elif len(classes) == 2:
                pairs[classes] += count
    singles[" "] = sum(count for pair, count in pairs.items() if pair.startswith(" "))
    return singles, pairs


def mean(one: Counter[str], other: Counter[str]) -> dict[str, float]:
    """Return the mean of the shares in both, or those in *one* where *other* has nothing."""
    shares = {text: count / one.total() for text, count in one.items()}
    if not other.total():
        return shares
    return {text: shares.get(text, 0.0) / 2 + other[text] / other.total() / 2 for text in {*one, *other}}


def line_of(language: str, text: str) -> str:
    """Return the line of letters.txt for *language*."""
    classes = [class_of(char) for char in text if char <= "\uffff"]
    known_singles, known_pairs = encyclopedia(language)
    singles = mean(Counter(classes), known_singles)
    if language in MULTI_BYTE:
        first = sorted(singles, key=lambda char: (-singles[char], char))[:IDEOGRAPHS]
        return "\x1e".join((language, grouped({char: singles[char] for char in first if singles[char]}), ""))
    pairs = mean(Counter(one + two for one, two in pairwise(classes)), known_pairs)
    before: Counter[str] = Counter()
    for pair, share in pairs.items():
        before[pair[0]] += share  # type: ignore[assignment]
    alone = {char: share for char, share in singles.items() if share > RAREST}
    follow = {pair: share / before[pair[0]] for pair, share in pairs.items() if share > RAREST}
    return "\x1e".join((language, grouped(alone), grouped(follow)))


def main() -> None:
    """Write the file."""
    texts: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for language, text in messages(Path(sys.argv[1]) if len(sys.argv) > 1 else LOCALES, held_out=False):
        texts[language][text] = None  # each message once, whatever number of programs has it
    lines = [line_of(name, " ".join(texts[name])) for name in (*SINGLE_BYTE, *MULTI_BYTE)]
    TARGET.write_text("\n".join(lines), encoding="utf-8", newline="")
    print(f"{TARGET}: {len(lines)} languages, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
