"""Names of rhymes as readers write them: a, b, …, z, aa, ab, …"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count


def letters(groups: Sequence[int]) -> list[str]:
    """a, b, …, z, aa, ab, … for group numbers in order of first appearance."""
    names: dict[int, str] = {}
    fresh = count()
    for group in groups:
        if group not in names:
            names[group] = _letter(next(fresh))
    return [names[group] for group in groups]


def _letter(n: int) -> str:
    name = ""
    n += 1
    while n:
        n, rest = divmod(n - 1, 26)
        name = chr(97 + rest) + name
    return name
