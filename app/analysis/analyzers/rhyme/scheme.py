"""The rhyme scheme of a stanza: the grouping of its lines that sound and the habits of verse make likeliest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from math import exp, log
from typing import Any

from app.analysis.analyzers.rhyme import habits

BEAM = 12
Groups = tuple[int, ...]
Odds = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class Model:
    """Weights of `habits`, chances of whole forms by length (they sum to 1), and how to blend with sound.

    `form_share` is the chance that a stanza keeps a known form at all, `unrhymed_share` that none of its lines
    rhyme. A line's sound evidence for joining a
    group of m lines is the sum of the pairs' log-odds over m ** `crowd`, times `sound`: pairs of a group
    aren't independent witnesses.
    """

    habits: Mapping[str, float]
    forms: Mapping[int, Mapping[str, float]]
    form_share: float
    unrhymed_share: float
    sound: float
    crowd: float
    steps: dict[tuple[Groups, int], dict[int, float]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Model:
        """The model of `rhyme_model.json`."""
        return cls(
            habits=table["habits"],
            forms={int(length): forms for length, forms in table["forms"].items()},
            form_share=table["form_share"],
            unrhymed_share=table["unrhymed_share"],
            sound=table["sound"],
            crowd=table["crowd"],
        )


def candidates(odds: Odds, model: Model) -> list[tuple[float, Groups]]:
    """Groupings with their scores (log-probability up to a constant), best first, at least one.

    `odds[i][j]` for j < i is the log-odds that lines i and j rhyme, over those of any two lines.
    """
    n = len(odds)
    found: dict[Groups, float] = {}
    for habit, sound, groups in _beam(odds, model):
        form = model.forms.get(n, {}).get(_text(groups), 0.0)
        found[groups] = sound + _mixed(groups, habit, form, model)
    for name, chance in model.forms.get(n, {}).items():
        groups = _numbers(name)
        if groups not in found:
            habit, sound = _score(groups, odds, model)
            found[groups] = sound + _mixed(groups, habit, chance, model)
    alone = tuple(range(n))
    if alone not in found:
        found[alone] = _mixed(alone, -300.0, 0.0, model)
    return sorted(((score, groups) for groups, score in found.items()), reverse=True)


def _mixed(groups: Groups, habit: float, form: float, model: Model) -> float:
    if len(groups) > 2 and len(set(groups)) == len(groups):
        # Blank verse and prose: the habits, learned from rhymed verse, would never leave every line alone.
        habit = max(habit, log(model.unrhymed_share))
    return log((1 - model.form_share) * exp(max(habit, -300.0)) + model.form_share * form + 1e-150)


def _beam(odds: Odds, model: Model) -> list[tuple[float, float, Groups]]:
    """(log-chance of habit, weight of sound, groups) of the best searched groupings."""
    n = len(odds)
    beam: list[tuple[float, float, Groups]] = [(0.0, 0.0, ())]
    for i in range(n):
        grown: list[tuple[float, float, Groups]] = []
        for habit, sound, groups in beam:
            fresh = max(groups, default=-1) + 1
            for option, chance in _chances(groups[-habits.WINDOW - 3 :], n - i, model).items():
                if option == habits.NEW:
                    grown.append((habit + chance, sound, (*groups, fresh)))
                    continue
                gain = _gain(groups, option, odds[i], model)
                if gain > -8:
                    grown.append((habit + chance, sound + gain, (*groups, option)))
        beam = sorted(grown, key=lambda state: -state[0] - state[1])[:BEAM]
    return beam


def _chances(recent: Groups, remaining: int, model: Model) -> dict[int, float]:
    """Log-chances of the next step, remembered: stanzas keep to few shapes."""
    names: dict[int, int] = {}
    shape = tuple(names.setdefault(group, len(names)) for group in recent)
    key = (shape, min(remaining, 5))
    found = model.steps.get(key)
    if found is None:
        if len(model.steps) > 100_000:
            model.steps.clear()
        found = model.steps[key] = habits.log_chances(*key, model.habits)
    back = {small: group for group, small in names.items()}
    return {back.get(option, habits.NEW): chance for option, chance in found.items()}


def _gain(groups: Groups, option: int, row: Sequence[float], model: Model) -> float:
    start = max(0, len(groups) - habits.WINDOW)
    heard = [row[j] for j in range(start, len(groups)) if groups[j] == option]
    return model.sound * sum(heard) / len(heard) ** model.crowd if heard else -9.0


def _score(groups: Groups, odds: Odds, model: Model) -> tuple[float, float]:
    habit = sound = 0.0
    fresh = 0
    for i, group in enumerate(groups):
        chances = _chances(groups[:i][-habits.WINDOW - 3 :], len(groups) - i, model)
        if group == fresh:
            habit += chances[habits.NEW]
            fresh += 1
        else:
            habit += chances.get(group, -20.0)
            sound += _gain(groups[:i], group, odds[i], model)
    return habit, sound


def _text(groups: Groups) -> str:
    return "".join(chr(97 + min(group, 25)) for group in groups)


@lru_cache(maxsize=4096)
def _numbers(name: str) -> Groups:
    return tuple(ord(letter) - 97 for letter in name)


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
