"""The rhyme scheme of a stanza: the grouping of its lines that sounds and the habits of verse make likeliest."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

WINDOW = 9
BEAM = 16
_NEW = -0.5
_SINGLE = -1.0
_DISTANCE = (-0.3, -0.2, -0.7, -1.2, -2.0, -2.5, -3.0, -3.0, -3.5)


def infer(odds: Sequence[Sequence[float]]) -> list[int]:
    """A group number a line, in order of first appearance; `odds[i][j]` for j < i is the pair's log-odds."""
    beam: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
    for i in range(len(odds)):
        grown: list[tuple[float, tuple[int, ...]]] = []
        for score, groups in beam:
            fresh = max(groups, default=-1) + 1
            grown.append((score + _NEW, (*groups, fresh)))
            members: dict[int, list[int]] = {}
            for j in range(max(0, i - WINDOW), i):
                members.setdefault(groups[j], []).append(j)
            for group, lines in members.items():
                likely = sum(odds[i][j] for j in lines) / len(lines) ** 0.5
                if likely > -3:
                    grown.append((score + likely + _DISTANCE[i - lines[-1] - 1], (*groups, group)))
        beam = sorted(grown, reverse=True)[:BEAM]
    return list(max(beam, key=lambda state: state[0] + _SINGLE * _singles(state[1]))[1])


def _singles(groups: tuple[int, ...]) -> int:
    return sum(groups.count(group) == 1 for group in set(groups))


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
