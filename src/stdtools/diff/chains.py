"""The longest common subsequence, exactly, from the pairs of equal items: good where few items come twice.

The places are a longest increasing subsequence, found with one bisection for each pair (Hunt and Szymanski, 1977).
"""

from bisect import bisect_left
from collections.abc import Container, Sequence

from stdtools.diff.effort import Effort

CHECKED = 1 << 14


def longest_chain(
    a: Sequence[int], b: Sequence[int], effort: Effort, items: Container[int] | None = None
) -> list[tuple[int, int]]:
    """Return the places in *a* and *b* of a longest common subsequence, of *items* alone if given. Raises OutOfTime."""
    places: dict[int, list[int]] = {}
    for j in range(len(b) - 1, -1, -1):
        if items is None or b[j] in items:
            places.setdefault(b[j], []).append(j)
    ends: list[int] = []  # of the chains by length, the place in B at which the best one ends
    links: list[int] = []  # and its last pair
    of_a: list[int] = []
    of_b: list[int] = []
    before: list[int] = []
    for start in range(0, len(a), CHECKED):
        effort.check()
        for i in range(start, min(start + CHECKED, len(a))):
            for j in places.get(a[i], ()):
                if not ends or j > ends[-1]:
                    length = len(ends)
                    ends.append(j)
                    links.append(len(of_a))
                else:
                    length = bisect_left(ends, j)
                    if ends[length] == j:
                        continue
                    ends[length] = j
                    links[length] = len(of_a)
                of_a.append(i)
                of_b.append(j)
                before.append(links[length - 1] if length else -1)
    chain = []
    link = links[-1] if links else -1
    while link >= 0:
        chain.append((of_a[link], of_b[link]))
        link = before[link]
    return chain[::-1]
