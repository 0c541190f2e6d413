"""What else --detect tells of a file: its line ends, and the encodings in which it is the same text."""

import re

from stdtools.fixenc.candidates import ALSO, encodings
from stdtools.fixenc.detecting import Detection
from stdtools.fixenc.ebcdic import ENCODINGS
from stdtools.fixenc.encodings import find
from stdtools.fixenc.likelihood import decode_cut
from stdtools.fixenc.sampling import Sample

_NEWLINE = re.compile(r"\r\n|\r|\n")


def newlines(sample: Sample, detection: Detection) -> str:
    """Return lf, crlf, cr, mixed or none."""
    if not detection.is_text:
        return "none"
    unclear = b"" if sample.is_whole else b"\r"  # at the end, as a newline may follow
    if detection.encoding in ENCODINGS or detection.encoding.startswith(("utf-16", "utf-32")):
        text = find(detection.encoding).codec.decode(sample.head, "replace")[0]
        kinds = set(_NEWLINE.findall(text.removesuffix(unclear.decode())))
        names = [name for end, name in (("\n", "lf"), ("\r\n", "crlf"), ("\r", "cr")) if end in kinds]
    else:
        data = sample.data.removesuffix(unclear)
        crlf = data.count(b"\r\n")
        counts = ((data.count(b"\n") - crlf, "lf"), (crlf, "crlf"), (data.count(b"\r") - crlf, "cr"))
        names = [name for count, name in counts if count > 0]
    return "none" if not names else names[0] if len(names) == 1 else "mixed"


def alternatives(sample: Sample, detection: Detection) -> list[str]:
    """Return the other encodings in which the sample is the same text."""
    if not detection.is_text or detection.encoding.startswith(("utf", "cesu", "java", "wtf", "ascii")):
        return []
    data = sample.data
    text = decode_cut(data, detection.encoding)
    names = [name for name in (*encodings(), *ALSO) if name != detection.encoding]
    return [name for name in names if text is not None and decode_cut(data, name) == text]
