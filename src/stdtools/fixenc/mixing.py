"""A file that was written in several encodings, read piece by piece as what each piece is.

Runs of UTF-16 give themselves away by their NULs. In the other lines valid UTF-8 is taken for what it is, and
the bytes between are read as the encoding that makes the likeliest text of them, where changing it from one
line to the next has a price: the cheapest way through all lines is found as Viterbi finds it. A line of an
encoding of several bytes a character is read as a whole, as some of its bytes may look like UTF-8.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from stdtools.fixenc.candidates import has_one_byte_each
from stdtools.fixenc.converting import BOM
from stdtools.fixenc.detecting import MULTIBYTE
from stdtools.fixenc.encodings import find
from stdtools.fixenc.letters import load
from stdtools.fixenc.likelihood import Counts, Guess, decode_cut, rank, remembered, score_pairs, score_text, table_of
from stdtools.fixenc.wide_runs import decodes, wide_runs

SWITCH = 6.0  # what another encoding than on the last line costs, as a natural logarithm
RARER = 2.5  # how much it counts that an encoding is rarer in the file than others
EXAMPLES = 200  # lines that say which encodings there are
CANDIDATES = 8
LAST_RESORT = "sloppy-windows-1252"
HOPELESS = -1e6
UTF8 = "utf-8"


class Piece(NamedTuple):
    """Bytes in a row that are in one encoding, and their text. *line* is that in which they begin."""

    offset: int
    size: int
    line: int
    encoding: str
    text: str


class _Line(NamedTuple):
    offset: int
    data: bytes


def decode_mixed(data: bytes, runs: Iterable[tuple[int, int, str]] | None = None) -> list[Piece]:
    """Return the pieces of *data*, in order; together they are all of it. *runs* are its ``wide_runs``, if known."""
    lines: list[_Line] = []
    wide: list[tuple[int, int, str]] = []
    at = 0
    for start, end, name in [*(wide_runs(data) if runs is None else runs), (len(data), len(data), "")]:
        offset = at
        for part in data[at:start].split(b"\n"):
            lines.append(_Line(offset, data[offset : min(offset + len(part) + 1, start)]))
            offset += len(part) + 1
        if name:
            wide.append((start, end, name))
        at = end
    unclear = [line for line in lines if line.data and not line.data.isascii() and not decodes(line.data, UTF8)]
    chosen = dict(zip((line.offset for line in unclear), _choose(unclear), strict=True))
    parts: list[tuple[int, bytes, str, str]] = []
    for line in lines:
        parts += _pieces_of(line, chosen.get(line.offset, UTF8))
    for start, end, name in wide:
        text = find(name).codec.decode(data[start:end], "strict")[0].removeprefix(BOM)
        parts.append((start, data[start:end], name, text))
    parts.sort(key=lambda part: part[0])
    return list(_joined(parts))


def _choose(lines: list[_Line]) -> list[str]:
    """Return the encoding of each of *lines*, none of which is UTF-8."""
    if not lines:
        return []
    candidates = _candidates(lines)
    names = [*dict.fromkeys(guess.encoding for guess in candidates), LAST_RESORT]
    known: dict[bytes, list[float]] = {}
    best: list[float] = [0.0] * len(names)
    ways: list[list[int]] = []
    for line in lines:
        key = line.data
        if key not in known:
            known[key] = [_score(key, name, candidates) for name in names]
        scores = known[key]
        top = max(range(len(names)), key=best.__getitem__)
        way = [n if best[n] >= best[top] - SWITCH else top for n in range(len(names))]
        best = [max(best[n], best[top] - SWITCH) + scores[n] for n in range(len(names))]
        ways.append(way)
    at = max(range(len(names)), key=best.__getitem__)
    chosen = []
    for way in reversed(ways):
        chosen.append(names[at])
        at = way[at]
    return chosen[::-1]


def _candidates(lines: list[_Line]) -> list[Guess]:
    """Return the likeliest encodings, each with its languages, by what single lines are by themselves.

    Their scores are what the rarer ones of them have against them.
    """
    step = max(1, len(lines) // EXAMPLES)
    votes: Counter[tuple[str, str]] = Counter()
    for line in lines[::step]:
        data = MULTIBYTE.sub(b" ", line.data)
        for shown in {line.data, data} if data.strip() else {line.data}:
            guesses = rank(shown) if not shown.isascii() else []
            for guess in guesses[:3]:
                votes[guess.encoding, guess.language] += 1 if guess.score < guesses[0].score - 3 else 4
    listed: list[Guess] = []
    most = max(votes.values(), default=1)
    for (encoding, language), count in votes.most_common(3 * CANDIDATES):
        names = {guess.encoding for guess in listed}
        if len(names) < CANDIDATES or encoding in names:
            listed.append(Guess(RARER * math.log(count / most), encoding, language))
    return listed


def _score(data: bytes, name: str, candidates: list[Guess]) -> float:
    """Return how likely *data* is in the encoding *name*, in the likeliest language."""
    if name == LAST_RESORT:
        return -20.0 * sum(byte > 127 for byte in data)
    languages = [(guess.language, guess.score) for guess in candidates if guess.encoding == name]
    if not has_one_byte_each(name):
        text = decode_cut(data, name, final=True)
        return HOPELESS if text is None else max(score_text(text, language) + prior for language, prior in languages)
    rest = MULTIBYTE.sub(b" ", data)
    table = table_of(name)
    if any(table[byte] is None for byte in set(rest)):
        return HOPELESS
    pairs = [pair for pair in Counter(pairwise(b" " + rest)).items() if pair[0][0] > 127 or pair[0][1] > 127]
    counts = Counts(pairs)
    anchors = " ".join(found.decode() for found in MULTIBYTE.findall(data))
    letters = load()
    return max(
        prior + remembered.total(letters[language], name, counts) + (score_pairs(anchors, language) if anchors else 0.0)
        for language, prior in languages
    )


def _pieces_of(line: _Line, name: str) -> Iterator[tuple[int, bytes, str, str]]:
    """Yield the pieces of a line: all of it in one encoding, or what is not UTF-8 in *name*."""
    data, offset = line.data, line.offset
    decode = find(name).codec.decode
    if name == UTF8 or not (has_one_byte_each(name) or name == LAST_RESORT):
        if data:
            yield offset, data, name, decode(data, "replace")[0]
        return
    at = 0
    for found in MULTIBYTE.finditer(data):
        if found.start() > at:
            yield offset + at, data[at : found.start()], name, decode(data[at : found.start()], "strict")[0]
        yield offset + found.start(), found[0], UTF8, found[0].decode()
        at = found.end()
    if at < len(data):
        yield offset + at, data[at:], name, decode(data[at:], "strict")[0]


def _joined(parts: list[tuple[int, bytes, str, str]]) -> Iterator[Piece]:
    """Yield neighbours of the same encoding as one; ASCII is of any."""
    line = 1
    first, data, name, texts = 0, b"", "", [""]
    begun = 1
    collected: list[bytes] = []
    for offset, part, encoding, text in parts:
        plain = part.isascii() and encoding != name and not encoding.startswith("utf-16")
        if collected and not name.startswith("utf-16") and (plain or encoding == name):
            collected.append(part)
            texts.append(text)
        else:
            if collected:
                data = b"".join(collected)
                yield Piece(first, len(data), begun, name, "".join(texts))
            first, collected, name, texts, begun = offset, [part], encoding, [text], line
        line += text.count("\n")
    if collected:
        yield Piece(first, sum(map(len, collected)), begun, name, "".join(texts))
