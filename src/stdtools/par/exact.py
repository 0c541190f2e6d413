"""Sums of floats and ints without error, rounded once: the same in whatever order and groups they are added.

A sum is kept as an int as long as all are; else as a list: first an int, if there is need of one, then floats
whose exact sum it is, each more than a float's precision smaller than the one before.
"""

import math

Sum = int | list[int | float]
_EXACT_AS_FLOAT = 1 << 53


def parts(values: list[int | float]) -> list[int | float]:
    """Return the least list of numbers with the exact sum of *values*; one of inf or NaN where that is the sum."""
    whole = 0
    if int in set(map(type, values)):
        whole = sum(value for value in values if type(value) is int)
        values = [value for value in values if type(value) is float]
    try:
        floats = _floats(values)
    except OverflowError:  # on the way only, it may be
        endless = [value for value in values if not math.isfinite(value)]
        if endless:
            return [sum(endless)]
        whole += sum(int(value) for value in values if abs(value) >= _EXACT_AS_FLOAT)
        floats = _floats([value for value in values if abs(value) < _EXACT_AS_FLOAT])
    if not whole or (floats and not math.isfinite(floats[0])):
        return floats
    return [whole, *floats]


def _floats(values: list[int | float]) -> list[float]:
    """Take the rounded sum away from the exact one until nothing is left. Raises OverflowError."""
    rest = list(values)
    found: list[float] = []
    try:
        while part := math.fsum(rest):
            if not math.isfinite(part):
                return [part]
            found.append(part)
            rest.append(-part)
    except ValueError:  # inf and -inf
        return [math.nan]
    return found


def add(sums: list[Sum]) -> Sum:
    """Return the sum of *sums*."""
    numbers: list[int | float] = []
    has_floats = False
    for one in sums:
        if isinstance(one, int):
            numbers.append(one)
        else:
            numbers += one
            has_floats = True
    return parts(numbers) if has_floats else int(sum(numbers))


def rounded(total: Sum) -> int | float:
    """Return *total* as the nearest float, or as the int that it is."""
    if isinstance(total, int):
        return total
    if not total or type(total[0]) is float or abs(total[0]) <= _EXACT_AS_FLOAT:
        try:
            return math.fsum(total)
        except OverflowError:
            pass
    return _ratio(total, 1)


def mean(total: Sum, count: int) -> float:
    """Return *total* / *count*, rounded once."""
    if isinstance(total, int):
        total = [total]
    if len(total) == 1 and type(total[0]) is float:
        return float(total[0] / count)
    return _ratio(total, count)


def _ratio(total: list[int | float], count: int) -> float:
    from fractions import Fraction

    exact = sum(map(Fraction, total)) / Fraction(count)
    try:
        return float(exact)
    except OverflowError:
        return math.inf if exact > 0 else -math.inf
