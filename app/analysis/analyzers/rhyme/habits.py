"""What verse does next: how likely a line takes up an earlier rhyme or begins one, its sound unheard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp, log

# Rhymes seldom reach further; a line's candidates are the groups heard within so many lines.
WINDOW = 8
NEW = -1


def options(groups: Sequence[int], remaining: int) -> dict[int, list[str]]:
    """For the next line, each group that it may join (or `NEW`) with the features of doing so.

    `groups` holds the lines so far, numbered in order of first appearance; `remaining` counts the lines left,
    the next one included.
    """
    i = len(groups)
    last: dict[int, int] = {}
    sizes: dict[int, int] = {}
    for n, group in enumerate(groups):
        last[group] = n
        sizes[group] = sizes.get(group, 0) + 1
    single = sum(size == 1 for size in sizes.values())
    forward = backward = NEW
    if i:
        earlier = [n for n in range(i - 1) if groups[n] == groups[-1]]
        if earlier:
            forward = groups[earlier[-1] + 1]
            backward = groups[earlier[-1] - 1] if earlier[-1] else NEW
    tight = f"{min(single, 4)} open {min(remaining, 5)} left"
    step = ("start", "rhymed", "opened")[0 if not i else 1 if sizes[groups[-1]] > 1 else 2]
    found: dict[int, list[str]] = {
        NEW: [f"new {tight}", f"new after {step}", f"new {min(single, 4)} after {step}"]
    }
    if i:
        found[NEW].append(f"new at {_shape(groups[-4:])}")
    for group, at in last.items():
        distance = i - at
        if distance > WINDOW:
            continue
        size = min(sizes[group], 3)
        names = [
            f"join {distance} back",
            f"join {min(distance, 5)} back of {size}",
            f"join size {size} {step}",
        ]
        names.append(f"join {'single' if size == 1 else 'group'} {tight}")
        if group == forward and distance > 1:
            names.append(f"join onward {min(distance, 4)} size {size}")
        if group == backward and distance > 1:
            names.append(f"join mirrored {min(distance, 5)} size {size}")
        names.append(f"join {min(distance, 5)} at {_shape(groups[-4:])}")
        found[group] = names
    return found


def _shape(groups: Sequence[int]) -> str:
    names: dict[int, str] = {}
    return "".join(names.setdefault(group, "abcd"[len(names)]) for group in groups)


def log_chances(groups: Sequence[int], remaining: int, weights: Mapping[str, float]) -> dict[int, float]:
    """Natural logarithm of the probability of each option."""
    scores = {
        option: sum(weights.get(name, 0.0) for name in names)
        for option, names in options(groups, remaining).items()
    }
    top = max(scores.values())
    total = top + log(sum(exp(score - top) for score in scores.values()))
    return {option: score - total for option, score in scores.items()}
