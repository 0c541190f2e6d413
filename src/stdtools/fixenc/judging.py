"""Which legacy encoding a sample is in: what the file declares against what is likely."""

import math

from stdtools.fixenc.candidates import encodings, has_one_byte_each
from stdtools.fixenc.chains import likelihood
from stdtools.fixenc.declared import declaration
from stdtools.fixenc.detecting import BINARY, MIXED, MULTIBYTE, Detection, head_decodes
from stdtools.fixenc.encodings import WEB_LABELS, find
from stdtools.fixenc.likelihood import Guess, decode_cut, excerpt, from_high, rank
from stdtools.fixenc.sampling import Sample
from stdtools.fixenc.unmarked import has_controls
from stdtools.shared.errors import ToolError

PLAUSIBLE = -22.0  # the score of a byte above ASCII, on average, below which a text is none in any language
GARBAGE = -11.0  # the same beside control characters
EXCERPT = 4096  # bytes
MARGIN = 4.0  # the scale on which one guess is better than the next


def judge(sample: Sample) -> Detection:
    """Return the encoding that the file declares, if that is credible, or else the likeliest one."""
    data = sample.data
    part = excerpt(data)
    high = sum(byte > 127 for byte in part)
    guesses = rank(data, is_whole=sample.is_whole)
    said = declaration(sample.head)
    name = _declared_name(said.label) if said is not None else None
    if said is not None and name is not None and head_decodes(name, sample) and _is_credible(name, guesses, high):
        return Detection(name, 0.95, f"{said.kind} says {said.label}")
    if not guesses:
        return Detection(BINARY, 0.6, "no encoding makes text of it")
    best = guesses[0]
    good = len(MULTIBYTE.findall(data))
    bad = sum(byte > 127 for byte in MULTIBYTE.sub(b"", data))
    if good and 4 * good >= bad and (good > 10 * bad or _is_mixed(data, best)):
        return Detection(MIXED, 0.9, f"{good} characters of UTF-8 beside {bad} bytes that are not")
    text = decode_cut(part, best.encoding)
    rival = next((guess for guess in guesses if decode_cut(part, guess.encoding) != text), None)
    margin = best.score - rival.score if rival else 40.0
    confidence = 1 / (1 + math.exp(-min(margin, 40.0) / MARGIN))
    if best.score / high < GARBAGE and has_controls(data):
        return Detection(BINARY, 0.8, "control characters, and no likely text in any encoding")
    if best.score / high < PLAUSIBLE:
        confidence *= 0.3
    evidence = f"the likeliest text, in {best.language} or alike"
    if said is not None:
        evidence += f"; its {said.kind} says {said.label}, which it is not"
    return Detection(best.encoding, round(confidence, 2), evidence)


def _is_mixed(data: bytes, best: Guess) -> bool:
    """Whether UTF-8 where it is valid, and one encoding of one byte a character for the rest, is far likelier."""
    if len(data) > EXCERPT:
        lines = [line for line in data.split(b"\n") if not line.isascii()]
        odd = [from_high(line) for line in lines if not MULTIBYTE.sub(b"", line).isascii()]
        data = data[: data.rfind(b"\n", 0, EXCERPT) + 1] + b"\n".join(odd)[:EXCERPT]
        best = rank(data)[0]
    rest = MULTIBYTE.sub(b" ", data)
    if rest.isascii():
        return False
    other = next((guess for guess in rank(rest) if has_one_byte_each(guess.encoding)), None)
    if other is None:
        return False
    decode = find(other.encoding).codec.decode
    parts, at = [], 0
    for found in MULTIBYTE.finditer(data):
        parts += [decode(data[at : found.start()], "replace")[0], found[0].decode()]
        at = found.end()
    parts.append(decode(data[at:], "replace")[0])
    return likelihood("".join(parts)) - 5 > best.score


def _is_credible(name: str, guesses: list[Guess], high: int) -> bool:
    """Whether text in the encoding that is declared, with *high* bytes above ASCII, is about as likely as any."""
    if not guesses or name not in encodings():
        return True
    score = next((guess.score for guess in guesses if guess.encoding == name), -math.inf)
    return score >= guesses[0].score - 10 - 0.3 * high


def _declared_name(label: str) -> str | None:
    """Return what the web means by *label*; None for what is no encoding, or what rules have decided."""
    try:
        name = find(label).name
    except ToolError:
        return None
    name = WEB_LABELS.get(name, name)
    return None if name.startswith("utf") else name
