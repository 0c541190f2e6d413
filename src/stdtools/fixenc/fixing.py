"""What --fix mends of what a policy finds: all that can be mended without asking."""

import re
from collections.abc import Iterator

from stdtools.fixenc.checking import BIDI, INVISIBLE, JOINERS_IN_ASCII
from stdtools.fixenc.encodings import find
from stdtools.fixenc.request import Request, Running
from stdtools.fixenc.rewriting import Intention, rewrite
from stdtools.shared.streams import open_input

_DROPPED = {"no-bidi": f"[{BIDI}]", "no-invisible": f"[{INVISIBLE}]|{JOINERS_IN_ASCII}"}


def fix(path: str, rules: frozenset[str], backup: str) -> bool:
    """Rewrite *path* so that it keeps *rules*; return whether it has changed. Raises ToolError where it cannot be."""
    request = Request(
        bom="strip" if "no-bom" in rules else "keep",
        newlines="lf" if "lf" in rules else "keep",
        normalize="NFC" if "nfc" in rules else "",
    )
    patterns = [pattern for rule, pattern in _DROPPED.items() if rule in rules]
    with open_input(path) as source:
        running = Running(request, source, sure=True)
        meant = Intention()
        pieces = _without(running, "|".join(patterns), meant) if patterns else iter(running)
        if not patterns:
            running.converter.intended = meant.add
        return rewrite(path, pieces, lambda: find("utf-8"), intention=lambda: meant, backup=backup)


def _without(running: Running, pattern: str, meant: Intention) -> Iterator[bytes]:
    """Yield what comes of *running*, all in UTF-8, without what *pattern* matches, a mark at its head excepted."""
    drop = re.compile(pattern)
    first = True
    for piece in running:
        text = piece.decode()
        head = "\ufeff" if first and text.startswith("\ufeff") else ""
        first = False
        text = drop.sub("", text[len(head) :])
        meant.add(text.encode())
        yield (head + text).encode()
