"""Themes by the words of a readable taxonomy and by the meaning of the text."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property

from app.analysis import evidence
from app.analysis.analyzers.base import unfit
from app.analysis.analyzers.themes.entities import entities
from app.analysis.analyzers.themes.meaning import Embedder, Meaning
from app.analysis.analyzers.themes.taxonomy import fit, lexicon, themes
from app.analysis.results import Evidence, Label, Result, Score, Status, ThemeDetails
from app.lyrics.text import Lyrics

MAX_THEMES = 5
# The best F1 of honest confidences is near .6 on the songs that they were fitted on, and is reached from half
# of that on (Lipton, Elkan & Narayanaswamy 2014, "Optimal thresholding of classifiers to maximize F1").
THRESHOLD = 0.3
# One use of a word proves little: a theme's weight counts words that differ fully and repeats by their root.
_HALF_WEIGHT = 2.0


class ThemeAnalyzer:
    """Several themes a text, each with a confidence and its lines.

    A theme's weight is Σ over its different words of weight · √uses, over √(words / 100) so that long
    texts don't name every theme; `worded` is weight / (weight + 2 + what the theme's words usually weigh in
    verse, whatever it is about): with that much, evidence and doubt are even. `meant` is how much more than
    the others, in standard deviations, the text means the theme (see `Meaning`). The confidence is what a
    logistic regression on labelled songs makes of both, or without an embedder of the words alone
    (`theme_fit.json`). Themes of .3 and more are kept, five at most. One whose words the text lacks is
    shown by the lines that are most like it.
    """

    name = "themes"
    version = "2.0.0"
    title = "Themes"
    description = "What the text is about, out of 29 themes, and the people, places and brands that it names."
    kind = "LOCAL"
    languages = ("en", "ru")

    def __init__(self, embedder: Embedder | None = None) -> None:
        self._embedder = embedder

    @cached_property
    def _meaning(self) -> Meaning | None:
        # Not in the constructor: an analyzer is built to be described too, and this loads the model.
        return None if self._embedder is None else Meaning(self._embedder)

    def analyze(self, lyrics: Lyrics) -> Result:
        """Degraded under eight words; a text without any theme is completed and has none."""
        reason = unfit(lyrics, self.languages, words=8)
        if reason:
            return reason
        uses = _uses(lyrics)
        ranked = sorted(self._confidences(lyrics, uses).items(), key=lambda pair: (-pair[1], pair[0]))
        kept = [Label("theme", n, round(value, 4)) for n, value in ranked if value >= THRESHOLD][:MAX_THEMES]
        quotes = self._quotes(lyrics, uses, [label.name for label in kept])
        named = entities(lyrics)
        for entity in named:
            mentions = [(number, 1.0) for number in entity.lines]
            quotes += evidence.strongest(lyrics, mentions, entity.label.name, limit=3)
        labels = [entity.label for entity in named]
        return Result(
            Status.COMPLETED,
            ThemeDetails(kept, labels),
            scores=tuple(Score(label.name, label.confidence) for label in kept),
            labels=(*kept, *labels),
            evidence=tuple(quotes),
        )

    def _confidences(self, lyrics: Lyrics, uses: Mapping[str, Uses]) -> dict[str, float]:
        worded = worded_evidence(lyrics, uses)
        if self._meaning is None:
            weigh, meant = fit().words, {}
        else:
            weigh, meant = fit().meaning, self._meaning.of(lyrics)
        return {
            name: 1 / (1 + math.exp(-_weighed(weigh, {"worded": value, "meant": meant.get(name, 0.0)})))
            for name, value in worded.items()
        }

    def _quotes(self, lyrics: Lyrics, uses: Mapping[str, Uses], names: list[str]) -> list[Evidence]:
        lines = {name: [hit for hits in uses.get(name, {}).values() for hit in hits] for name in names}
        wordless = [name for name in names if not lines[name]]
        if wordless and self._meaning is not None:
            lines |= self._meaning.lines(lyrics, wordless)
        return [
            quote
            for name in names
            for quote in evidence.strongest(lyrics, lines[name], name, limit=3 if uses.get(name) else 2)
        ]


def _weighed(weights: Mapping[str, float], values: Mapping[str, float]) -> float:
    return weights["constant"] + math.fsum(weights.get(name, 0.0) * value for name, value in values.items())


Uses = dict[str, list[tuple[int, float]]]


def _uses(lyrics: Lyrics) -> dict[str, Uses]:
    """Theme → word → (line number, weight) of each use."""
    table = lexicon(lyrics.language or "en")
    found: dict[str, Uses] = defaultdict(lambda: defaultdict(list))
    for line in lyrics.lines:
        for word in line.words:
            for theme, weight in table.find(word):
                found[theme][word].append((line.number, weight))
    return found


def weights(lyrics: Lyrics, uses: Mapping[str, Uses] | None = None) -> dict[str, float]:
    """Theme → weight, for themes of which the text has words."""
    shorter = math.sqrt(max(1.0, len(lyrics.words) / 100))
    return {
        name: math.fsum(hits[0][1] * math.sqrt(len(hits)) for hits in words.values()) / shorter
        for name, words in (_uses(lyrics) if uses is None else uses).items()
    }


def worded_evidence(lyrics: Lyrics, uses: Mapping[str, Uses] | None = None) -> dict[str, float]:
    """Theme → 0..1, for every theme: what its words say."""
    found = weights(lyrics, uses)
    return {
        theme.name: found.get(theme.name, 0.0)
        / (found.get(theme.name, 0.0) + _HALF_WEIGHT + theme.usual[lyrics.language or "en"])
        for theme in themes()
    }
