"""Themes by the words of a readable taxonomy, with the meaning of the text as a second opinion."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from app.analysis import evidence
from app.analysis.analyzers.base import unfit
from app.analysis.analyzers.themes.entities import entities
from app.analysis.analyzers.themes.taxonomy import lexicon, themes
from app.analysis.results import Evidence, Label, Result, Score, Status, ThemeDetails
from app.lyrics.text import Lyrics

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Embed = Callable[[Sequence[str]], "NDArray[np.float32]"]
"""Texts to an (n, d) array of embeddings, one row a text; rows need not be normalised."""

MAX_THEMES = 5
THRESHOLD = 0.35
# One use of a word proves little: a theme's weight counts words that differ fully and repeats by their root.
_HALF_WEIGHT = 2.0
_MEANING_SHARE = 0.4


class ThemeAnalyzer:
    """Several themes a text, each with a confidence and its lines.

    A theme's weight is Σ over its different words of weight · √uses, over √(words / 100) so that long
    texts don't name every theme; its confidence is weight / (weight + 2 + what the theme's words usually
    weigh in verse, whatever it is about): with that much, evidence and doubt are even.
    With `embed`, confidence = .6 · that + .4 · exp(z - best z), z being the standard score among all themes
    of the cosine between the text and the theme's sentence. Themes of .35 and more are kept, five at most.
    """

    name = "themes"
    version = "1.3.0"
    title = "Themes"
    description = "What the text is about, out of 29 themes, and the people, places and brands that it names."
    kind = "LOCAL"
    languages = ("en", "ru")

    def __init__(self, embed: Embed | None = None) -> None:
        self._embed = embed
        self._prototypes: Any = None

    def analyze(self, lyrics: Lyrics) -> Result:
        """Degraded under eight words; a text without any theme's words is completed and has no theme."""
        reason = unfit(lyrics, self.languages, words=8)
        if reason:
            return reason
        uses = _uses(lyrics)
        usual = {theme.name: theme.usual[lyrics.language or "en"] for theme in themes()}
        confidence = {
            name: weight / (weight + _HALF_WEIGHT + usual[name])
            for name, weight in weights(lyrics, uses).items()
        }
        if self._embed is not None:
            for name, likeness in self._likeness(lyrics, self._embed).items():
                worded = confidence.get(name, 0.0)
                confidence[name] = (1 - _MEANING_SHARE) * worded + _MEANING_SHARE * likeness
        ranked = sorted(confidence.items(), key=lambda pair: (-pair[1], pair[0]))
        kept = [Label("theme", n, round(value, 4)) for n, value in ranked if value >= THRESHOLD][:MAX_THEMES]
        quotes: list[Evidence] = []
        for label in kept:
            lines = [hit for hits in uses.get(label.name, {}).values() for hit in hits]
            quotes += evidence.strongest(lyrics, lines, label.name, limit=3)
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

    def _likeness(self, lyrics: Lyrics, embed: Embed) -> dict[str, float]:
        import numpy as np

        language = lyrics.language or "en"
        if self._prototypes is None:
            rows = {tag: embed([t.about[tag] for t in themes()]) for tag in self.languages}
            self._prototypes = {tag: _unit(np, values) for tag, values in rows.items()}
        text = "\n".join(line.text for line in lyrics.lines)
        cosine = self._prototypes[language] @ _unit(np, embed([text]))[0]
        spread = float(cosine.std()) or 1.0
        scores = np.exp((cosine - cosine.max()) / spread)
        return {theme.name: float(score) for theme, score in zip(themes(), scores, strict=True)}


def _unit(np: Any, rows: Any) -> Any:
    values = np.asarray(rows, dtype="float32")
    return values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-9)


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
