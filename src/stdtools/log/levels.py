"""The levels of a log, from the least to the most serious."""

LEVELS = ("trace", "debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")
_ALSO = {"warn": "warning", "err": "error", "crit": "critical", "fatal": "critical", "emerg": "emergency"}
RANKS = {name: rank for rank, name in enumerate(LEVELS)}
RANKS |= {short: RANKS[name] for short, name in _ALSO.items()}


def rank_of(level: str) -> int:
    """Return where *level*, in any usual spelling, stands in LEVELS. Raises ValueError."""
    try:
        return RANKS[level.lower()]
    except KeyError:
        raise ValueError(f"{level!r} is not a level; there are {', '.join(LEVELS)}") from None
