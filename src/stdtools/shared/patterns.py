"""Regular expressions over lines of bytes that may be UTF-8, or not."""

import contextlib
import re


def ascii_form(text: str) -> re.Pattern[bytes] | None:
    r"""Return the expression *text* for lines in ASCII, which need not be decoded then: a third of the time.

    None where it has no such form, as it is not ASCII itself or has ``\u``, ``\N`` or (?u), which are of characters.
    """
    with contextlib.suppress(UnicodeEncodeError, re.error):
        return re.compile(text.encode("ascii"))
    return None
