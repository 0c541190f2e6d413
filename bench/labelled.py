"""Labelled text in many encodings, and who recognises it: run by the interpreter that has all the detectors.

The text is not what letters.txt was made of: a quarter of the message catalogues, and translated manual pages. Prints
JSON.
"""

import gzip
import json
import random
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from letters import LOCALES, messages

from stdtools.fixenc.candidates import MULTI_BYTE, SINGLE_BYTE
from stdtools.fixenc.detecting import detect
from stdtools.fixenc.encodings import same_text
from stdtools.fixenc.mojibake import mend

SIZES = (50, 200, 1000, 10_000)
EACH = 3  # samples of a size, of each pair of language and encoding, of each source of text
MANUALS = Path("/usr/share/man")
MORE = {"ja": "iso2022_jp utf-16-le utf-8", "zh_CN": "hz utf-16-be", "ko": "iso2022_kr", "de": "utf-16-le utf-8"}
ROFF = re.compile(r"\\f.|\\[&-]|^[.'].*$|\\\(..", re.MULTILINE)
MAC = {"MAC-CYRILLIC": "mac-cyrillic", "MAC-CENTRALEUROPE": "mac-latin2"}
MISREAD = ("cp1252", "latin-1", "cp1251", "cp437", "cp850", "mac-roman", "cp1250", "sloppy-windows-1252")


def catalogues() -> dict[str, str]:
    """Return the messages that are held out, by language."""
    texts: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for language, text in messages(LOCALES, held_out=True):
        texts[language][text] = None
    return {language: "\n".join(lines) for language, lines in texts.items()}


def manuals() -> dict[str, str]:
    """Return the text of translated manual pages, by language."""
    texts: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted(MANUALS.glob("*/man*/*.gz")):
        language = path.parts[-3]
        if not language.startswith("man"):
            try:
                texts[language].append(ROFF.sub("", gzip.decompress(path.read_bytes()).decode()))
            except (OSError, ValueError, EOFError):
                continue
    return {language: "\n".join(pages) for language, pages in texts.items()}


def samples(texts: dict[str, str], draw: random.Random) -> Iterator[tuple[int, str, bytes]]:
    """Yield size, encoding and bytes of samples that are not ASCII alone."""
    for language, names in {**SINGLE_BYTE, **MULTI_BYTE}.items():
        text = texts.get(language, "")
        for encoding in f"{names} {MORE.get(language, '')}".split():
            known = text.encode(encoding, "ignore").decode(encoding)
            for size in SIZES:
                for _ in range(EACH):
                    start = draw.randrange(max(1, len(known) - size))
                    piece = known[start : start + size]
                    while len(data := piece.encode(encoding)) > size:
                        piece = piece[: len(piece) - max(1, (len(data) - size) // 4)]
                    if len(data) > size // 2 and (not data.isascii() or b"\x1b" in data or encoding == "hz"):
                        yield size, encoding, data


def detectors() -> dict[str, Callable[[bytes], str | None]]:
    """Return each detector by its name."""
    import chardet
    import charset_normalizer

    def by_charset_normalizer(data: bytes) -> str | None:
        best = charset_normalizer.from_bytes(data).best()
        return best.encoding if best else None

    def by_uchardet(data: bytes) -> str:
        done = subprocess.run(["uchardet"], input=data, capture_output=True, check=True)
        name = done.stdout.decode().strip()
        return MAC.get(name, name)

    return {
        "stdtools": lambda data: detect(data).encoding,
        "chardet": lambda data: chardet.detect(data)["encoding"],
        "charset-normalizer": by_charset_normalizer,
        "uchardet": by_uchardet,
    }


def is_right(found: str | None, encoding: str, data: bytes) -> bool:
    """Whether the encoding that was *found* makes the text that was meant."""
    try:
        return found is not None and (found == encoding or same_text(data, found, encoding))
    except Exception:  # noqa: BLE001 - a name that is none
        return False


def recognised() -> dict[str, dict[str, float]]:
    """Return the share of samples that each detector recognises, by detector and size."""
    draw = random.Random(11)
    right: Counter[tuple[str, int]] = Counter()
    total: Counter[int] = Counter()
    found = detectors()
    for texts in (catalogues(), manuals()):
        for size, encoding, data in samples(texts, draw):
            total[size] += 1
            for name, guess in found.items():
                right[name, size] += is_right(guess(data), encoding, data)
    return {name: {str(size): right[name, size] / total[size] for size in SIZES} for name in found}


def mended() -> dict[str, int]:
    """Return how many misread texts are repaired by us and by ftfy, and how many good lines were changed."""
    import ftfy

    from stdtools.fixenc.encodings import find

    draw = random.Random(12)
    config = ftfy.TextFixerConfig(unescape_html=False)
    counts: Counter[str] = Counter(stdtools=0, ftfy=0, total=0, changed=0, lines=0)
    for text in catalogues().values():
        lines = [line for line in text.split("\n") if not line.isascii()]
        if len(lines) < 250:
            continue
        for name in MISREAD:
            for line in draw.sample(lines, 5):
                words = [word for word in line.split() if not word.isascii()]
                for good in (line, *words[:1]):
                    try:
                        spoilt = find(name).codec.decode(good.encode(), "strict")[0]
                    except UnicodeDecodeError:
                        continue
                    counts["total"] += 1
                    counts["stdtools"] += mend(spoilt)[0] == good
                    counts["ftfy"] += ftfy.fix_encoding(spoilt, config) == good
        # Some catalogues have misread lines in them; what ftfy leaves alone is good.
        good_lines = [line for line in draw.sample(lines, 250) if ftfy.fix_encoding(line, config) == line]
        counts["lines"] += len(good_lines)
        counts["changed"] += len(mend("\n".join(good_lines))[1])
    return dict(counts)


if __name__ == "__main__":
    json.dump({"recognised": recognised(), "mended": mended()}, sys.stdout)
