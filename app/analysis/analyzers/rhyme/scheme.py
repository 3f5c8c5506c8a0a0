"""The rhyme scheme of a stanza: the grouping of its lines that sound and habit make likeliest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import exp, log
from typing import Any

from app.analysis.analyzers.rhyme import habits

BEAM = 8
# A grouping this far behind the best one (in log-odds) doesn't catch up.
_OUT_OF_REACH = 14.0
_MEMORY = habits.WINDOW + 3
_HOPELESS = -4.0
Groups = tuple[int, ...]
Odds = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class Model:
    """Weights of `habits`, chances of whole forms by length (they sum to 1), and how to blend with sound.

    `form_share` is the chance that a stanza keeps a known form at all, `unrhymed_share` that none of its
    lines rhyme. A line's sound evidence for joining a group of m lines is the sum of the pairs' log-odds
    over m ** `crowd`, times `sound`: pairs of a group aren't independent witnesses.
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


def candidates(
    odds: Odds, model: Model, width: int = BEAM, repeats: Mapping[int, int] | None = None
) -> list[tuple[float, Groups]]:
    """Groupings with their scores (log-probability up to a constant), best first, at least one.

    `odds[i][j]` for j < i is the log-odds that lines i and j rhyme, over those of any two lines. The
    search keeps `width` groupings at a time. `repeats` maps a line to an earlier one that it repeats word
    for word: whatever the habits of verse, those two are in one group.
    """
    n = len(odds)
    repeats = repeats or {}
    found: dict[Groups, float] = {}
    for habit, sound, groups in _beam(odds, model, width, repeats):
        form = model.forms.get(n, {}).get(_text(groups), 0.0)
        found[groups] = sound + _mixed(groups, habit, form, model)
    for name, chance in model.forms.get(n, {}).items():
        groups = _numbers(name)
        if any(groups[i] != groups[j] for i, j in repeats.items()):
            continue
        if groups not in found and (scored := _score(groups, odds, model, repeats)):
            habit, sound = scored
            found[groups] = sound + _mixed(groups, habit, chance, model)
    alone = _alone(n, repeats)
    if alone not in found:
        found[alone] = _mixed(alone, -300.0, 0.0, model)
    return sorted(((score, groups) for groups, score in found.items()), reverse=True)


def _alone(n: int, repeats: Mapping[int, int]) -> Groups:
    """Every line on its own, save those that are sung again."""
    groups: list[int] = []
    for i in range(n):
        groups.append(groups[repeats[i]] if i in repeats else max(groups, default=-1) + 1)
    return tuple(groups)


def _mixed(groups: Groups, habit: float, form: float, model: Model) -> float:
    if len(groups) > 2 and len(set(groups)) == len(groups):
        # Blank verse and prose: the habits, learned from rhymed verse, would never leave every line alone.
        habit = max(habit, log(model.unrhymed_share))
    return log((1 - model.form_share) * exp(max(habit, -300.0)) + model.form_share * form + 1e-150)


def _beam(
    odds: Odds, model: Model, width: int, repeats: Mapping[int, int]
) -> list[tuple[float, float, Groups]]:
    """(log-chance of habit, weight of sound, groups) of the best searched groupings."""
    n = len(odds)
    beam: list[tuple[float, float, Groups]] = [(0.0, 0.0, ())]
    for i, row in enumerate(odds):
        if i in repeats:
            # No choice, so nothing that speaks for or against a grouping of the other lines.
            beam = [(habit, sound, (*groups, groups[repeats[i]])) for habit, sound, groups in beam]
            continue
        grown: list[tuple[float, float, Groups]] = []
        # Only lines that sound somewhat alike are worth trying; most of a stanza's pairs are far from it.
        near = [j for j in range(max(0, i - habits.WINDOW), i) if row[j] > _HOPELESS]
        for habit, sound, groups in beam:
            chances = _chances(groups, n - i, model)
            fresh = max(groups, default=-1) + 1
            grown.append((habit + chances[habits.NEW], sound, (*groups, fresh)))
            small = _renumbering(groups)
            for option in {groups[j] for j in near}:
                gain = _gain(groups, option, row, model)
                if gain > _HOPELESS:
                    chance = chances[small.get(option, option)]
                    grown.append((habit + chance, sound + gain, (*groups, option)))
        grown.sort(key=_total, reverse=True)
        least = _total(grown[0]) - _OUT_OF_REACH
        beam = [state for state in grown[:width] if _total(state) > least]
    return beam


def _total(state: tuple[float, float, Groups]) -> float:
    return state[0] + state[1]


def _renumbering(groups: Groups) -> dict[int, int]:
    """Groups of the last lines by order of appearance among them; empty while those are all the lines."""
    if len(groups) <= _MEMORY:
        return {}
    names: dict[int, int] = {}
    for group in groups[-_MEMORY:]:
        names.setdefault(group, len(names))
    return names


def _chances(groups: Groups, remaining: int, model: Model) -> dict[int, float]:
    """Log-chances of the next step by `_renumbering`, remembered: stanzas keep to few shapes."""
    small = _renumbering(groups)
    shape = tuple(small[group] for group in groups[-_MEMORY:]) if small else groups
    key = (shape, min(remaining, 5))
    found = model.steps.get(key)
    if found is None:
        if len(model.steps) > 20_000:
            model.steps.clear()
        found = model.steps[key] = habits.log_chances(*key, model.habits)
    return found


def _gain(groups: Groups, option: int, row: Sequence[float], model: Model) -> float:
    total = 0.0
    heard = 0
    for j in range(max(0, len(groups) - habits.WINDOW), len(groups)):
        if groups[j] == option:
            total += row[j]
            heard += 1
    return float(model.sound * total / heard**model.crowd) if heard else -9.0


def _score(
    groups: Groups, odds: Odds, model: Model, repeats: Mapping[int, int]
) -> tuple[float, float] | None:
    """(log-chance of habit, weight of sound); None for groups with lines that can't rhyme."""
    if not _audible(groups, odds):
        return None
    habit = sound = 0.0
    fresh = 0
    for i, group in enumerate(groups):
        if i in repeats:
            continue
        before = groups[:i]
        chances = _chances(before, len(groups) - i, model)
        if group == fresh:
            habit += chances[habits.NEW]
            fresh += 1
        else:
            habit += chances.get(_renumbering(before).get(group, group), -20.0)
            sound += _gain(before, group, odds[i], model)
    return habit, sound


def _audible(groups: Groups, odds: Odds) -> bool:
    last: dict[int, int] = {}
    for i, group in enumerate(groups):
        if group in last and odds[i][last[group]] <= _HOPELESS:
            return False
        last[group] = i
    return True


def _text(groups: Groups) -> str:
    return "".join(chr(97 + min(group, 25)) for group in groups)


@lru_cache(maxsize=4096)
def _numbers(name: str) -> Groups:
    return tuple(ord(letter) - 97 for letter in name)
