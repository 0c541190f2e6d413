"""Numbers of bytes, as people write them."""

import re

_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


def parse_size(text: str) -> int:
    """Return a number of bytes: ``16``, ``0x10``, ``64k`` (1024), ``10M``, ``1GiB``, also negative."""
    match = re.fullmatch(r"(-?)(0x[0-9a-f]+|[0-9]+)(?:([kmgt]?)(?:i?b)?)", text.strip().lower())
    if match is None:
        raise ValueError(f"{text!r} is not a size; write bytes as 16, 0x10, 64k, 10M or 1G")
    sign, digits, unit = match.groups()
    return (-1 if sign else 1) * int(digits, 0 if digits.startswith("0x") else 10) * _UNITS[unit]
