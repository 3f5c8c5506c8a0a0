"""Fits the weights of `app/analysis/data/rhyme_model.json` on the poets that are not held out.

Run `python -m bench.quality.rhyme_fit [FILE]`. Two conditional models, both by gradient descent with an
L2 penalty: whether two line ends rhyme (logistic over `features.of`, in three rounds, since the
pronunciation that a poet meant is the one that fits best), and which earlier rhyme a line takes up (softmax
over `habits.options`). Chances of whole forms are their shares among stanzas of their length, with a floor
for forms that have a name.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.analysis.analyzers.rhyme import features, habits
from app.analysis.analyzers.rhyme.phonemes_en import ending
from app.lyrics import tokens
from bench.quality import gold

MODEL = Path(__file__).resolve().parents[2] / "app" / "analysis" / "data" / "rhyme_model.json"
Array = NDArray[np.float64]
Numbers = NDArray[np.int64]
# couplet, triplet, tercets, quatrains (cross, envelope, monorhyme, rubai, ballad), limerick, sestets,
# rhyme royal, ottava rima, Spenserian, Burns, tail rhyme, sonnets …
NAMED_FORMS = (
    "aa aaa aba abab abba aabb aaba abcb aaaa aabba ababb abaab ababcc aabccb aabbcc abcabc ababbcc aabbcdd "
    "abababcc ababbcbc ababcdcd abbacddc aabbccdd abcbdefe aabcccb ababbcbcc aaabab aaabcccb ababcdcdefefgg "
    "abbaabbacdecde abbaabbacdcdcd ababbcbccdcdee abbacddceffegg"
)
_FLOOR = 2.0
_SEEN_OFTEN = 3


class Names:
    """Numbers feature names in order of appearance."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def of(self, names: list[str]) -> list[int]:
        """The numbers of `names`."""
        return [self.numbers.setdefault(name, len(self.numbers)) for name in names]


def last_word(line: str) -> str:
    """The word that carries a line's end rhyme."""
    words = tokens.words(line)
    return words[-1] if words else ""


def fit_pairs(stanzas: list[gold.Stanza], penalty: float = 1.0) -> tuple[dict[str, float], float]:
    """Weights of the pair features, and the log-odds that any two near lines rhyme."""
    counts: Counter[tuple[str, str, bool]] = Counter()
    for stanza in stanzas:
        ends = [last_word(line) for line in stanza.lines]
        for i, end in enumerate(ends):
            for j in range(max(0, i - habits.WINDOW), i):
                counts[ends[j], end, stanza.scheme[i] == stanza.scheme[j]] += 1
    names = Names()
    choices = [
        [
            names.of(features.of(first, second, one, two))
            for one in ending(first).readings[:3]
            for two in ending(second).readings[:3]
        ]
        or [names.of(["bias"])]
        for first, second, _ in counts
    ]
    truth = np.array([rhymes for _, _, rhymes in counts], dtype=float)
    weight = np.array(list(counts.values()), dtype=float)
    weights = np.zeros(len(names.numbers))
    for name, number in names.numbers.items():
        # A first guess, so that the first round picks the readings that rhyme.
        weights[number] = 3.0 if name.startswith("rime full") else -3.0 * (name == "vowel and coda differ")
    for _ in range(3):
        chosen = [max(options, key=lambda option: weights[option].sum()) for options in choices]
        rows = np.repeat(np.arange(len(chosen)), [len(option) for option in chosen])
        columns = np.concatenate([np.array(option) for option in chosen])

        def slope(now: Array, rows: Numbers = rows, columns: Numbers = columns) -> Array:
            chance = 1 / (1 + np.exp(-np.bincount(rows, now[columns], len(truth))))
            pull = np.bincount(columns, ((chance - truth) * weight)[rows], len(now)).astype(np.float64)
            return np.asarray(pull + penalty * now)

        weights = descend(weights, slope, steps=150, rate=0.3)
    base = float(np.log((truth * weight).sum() / ((1 - truth) * weight).sum()))
    return {name: float(weights[number]) for name, number in names.numbers.items()}, base


def fit_habits(stanzas: list[gold.Stanza], penalty: float = 1.0) -> dict[str, float]:
    """Weights of the features of a line's choice among earlier rhymes and a new one."""
    names = Names()
    steps: list[tuple[list[list[int]], int]] = []
    for stanza in stanzas:
        for i, group in enumerate(stanza.scheme):
            near = list(gold.numbered([str(n) for n in stanza.scheme[:i][-habits.WINDOW - 3 :]]))
            offered = habits.options(near, min(len(stanza.scheme) - i, 5))
            taken = [n for n in range(len(near)) if stanza.scheme[i - len(near) + n] == group]
            choice = near[taken[-1]] if taken else habits.NEW
            if choice in offered:
                steps.append(([names.of(found) for found in offered.values()], list(offered).index(choice)))
    options = [option for offered, _ in steps for option in offered]
    step_of = np.repeat(np.arange(len(steps)), [len(offered) for offered, _ in steps])
    starts = np.searchsorted(step_of, np.arange(len(steps)))
    truth = np.zeros(len(options))
    truth[starts + np.array([choice for _, choice in steps])] = 1
    rows = np.repeat(np.arange(len(options)), [len(option) for option in options])
    columns = np.concatenate([np.array(option) for option in options])

    def slope(now: Array) -> Array:
        raised = np.exp(np.bincount(rows, now[columns], len(options)))
        chance = raised / np.bincount(step_of, raised)[step_of]
        pull = np.bincount(columns, (chance - truth)[rows], len(now)).astype(np.float64)
        return np.asarray(pull + penalty * now)

    weights = descend(np.zeros(len(names.numbers)), slope, steps=200, rate=0.2)
    return {name: float(weights[number]) for name, number in names.numbers.items()}


def descend(start: Array, slope: Any, steps: int, rate: float) -> Array:
    """Adam (Kingma & Ba 2015) on the full batch, with a rate that falls to a tenth."""
    now, mean, square = start.copy(), np.zeros_like(start), np.zeros_like(start)
    for t in range(1, steps + 1):
        pull = slope(now)
        mean = 0.9 * mean + 0.1 * pull
        square = 0.999 * square + 0.001 * pull * pull
        step = (mean / (1 - 0.9**t)) / (np.sqrt(square / (1 - 0.999**t)) + 1e-8)
        now = now - rate * (1 - 0.9 * t / steps) * step
    return now


def form_chances(stanzas: list[gold.Stanza]) -> dict[int, dict[str, float]]:
    """Chances of whole forms by length; those seen less than three times and without a name are left out."""
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    named = NAMED_FORMS.split()
    for stanza in stanzas:
        if max(stanza.scheme) < 26:
            counts[len(stanza.scheme)]["".join(chr(97 + group) for group in stanza.scheme)] += 1
    for form in named:
        counts[len(form)][form] += _FLOOR  # type: ignore[assignment]
    return {
        length: {
            form: round(count / found.total(), 5)
            for form, count in found.items()
            if count >= _SEEN_OFTEN or form in named
        }
        for length, found in sorted(counts.items())
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path, nargs="?", default=gold.DEFAULT, help="gold stanzas, JSONL.gz")
    stanzas = [s for s in gold.read(parser.parse_args().file) if s.author not in gold.HELD_OUT]
    pairs, base = fit_pairs(stanzas)
    table = {
        "pairs": {name: round(weight, 2) for name, weight in sorted(pairs.items()) if abs(weight) >= 0.03},
        "base": round(base, 3),
        "habits": {n: round(w, 3) for n, w in sorted(fit_habits(stanzas).items()) if abs(w) >= 0.01},
        "forms": form_chances(stanzas),
        "form_share": 0.5,
        "unrhymed_share": 0.03,
        "sound": 1.0,
        "crowd": 1.0,
    }
    MODEL.write_text(json.dumps(table, indent=0) + "\n", encoding="utf-8")
    print(f"Fitted on {len(stanzas)} stanzas: {len(pairs)} pair weights -> {MODEL.name}")


if __name__ == "__main__":
    main()
