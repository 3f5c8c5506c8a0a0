"""What a text means beside each theme, by embeddings, whatever words it uses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from app.analysis.analyzers.themes.taxonomy import Theme, fit, themes
from app.lyrics.text import Lyrics

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

# Lines that are compared with a theme whose lines no word shows: an ode of a thousand is not read twice.
MOST_LINES = 64


class Embedder(Protocol):
    """Texts to vectors; hashable, and cheap to pickle, since it travels to the processes that analyse."""

    @property
    def space(self) -> str:
        """The name of its vectors' space."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of shape (len(texts), dimension)."""

    def __hash__(self) -> int: ...


class OtherSpace(Exception):
    """The themes were fitted for another embedder: run `python -m bench.quality.theme_fit` with this one."""


class Meaning:
    """The likeness of a text and a theme is the cosine of the text's vector and the mean of those of the
    theme's sentences in `themes.toml`, of both languages.

    How alike verse and a theme are in general differs by theme and language, so what counts is the distance
    from the mean over some thousand verses, in standard deviations. Raises OtherSpace.
    """

    def __init__(self, embedder: Embedder) -> None:
        if embedder.space != fit().space:
            raise OtherSpace(OtherSpace.__doc__)
        self._embed = embedder.embed
        self._themes: Vectors = meanings(embedder)

    def of(self, lyrics: Lyrics) -> dict[str, float]:
        """Theme → how much more the text means it than it means the others: mean 0 and deviation 1."""
        import numpy as np

        (text,) = self._embed([whole(lyrics)])
        usual = np.array([fit().usual[theme.name][lyrics.language or "en"] for theme in themes()])
        values = relative(self._themes @ text, usual[:, 0], usual[:, 1])
        return {theme.name: float(value) for theme, value in zip(themes(), values, strict=True)}

    def lines(self, lyrics: Lyrics, names: Sequence[str]) -> dict[str, list[tuple[int, float]]]:
        """Theme → (line number, likeness) of the first `MOST_LINES` different lines, for those of `names`."""
        places: dict[str, int] = {}
        for line in lyrics.lines:
            places.setdefault(line.text, line.number)
        chosen = list(places)[:MOST_LINES]
        row = {theme.name: n for n, theme in enumerate(themes())}
        cosines = self._embed(chosen) @ self._themes[[row[name] for name in names]].T
        return {
            name: [(places[text], float(value)) for text, value in zip(chosen, cosines[:, n], strict=True)]
            for n, name in enumerate(names)
        }


def meanings(embedder: Embedder) -> Vectors:
    """The themes' mean vectors, in the taxonomy's order: shape (themes, dimension), shorter than 1."""
    import numpy as np

    said = [_sentences(theme) for theme in themes()]
    vectors = embedder.embed([sentence for sentences in said for sentence in sentences])
    ends = np.cumsum([len(sentences) for sentences in said])[:-1]
    return np.stack([part.mean(axis=0, dtype=np.float32) for part in np.split(vectors, ends)])


def relative(likeness: Vectors, mean: Vectors, deviation: Vectors) -> Vectors:
    """How unusual the likeness of one text to each theme is, beside the others: all of shape (themes,)."""
    unusual = (likeness - mean) / deviation
    spread: Vectors = (unusual - unusual.mean()) / max(float(unusual.std()), 1e-9)
    return spread


def _sentences(theme: Theme) -> list[str]:
    return [sentence for tag in theme.about for sentence in (theme.about[tag], *theme.shown[tag])]


def whole(lyrics: Lyrics) -> str:
    """The text that is embedded."""
    return "\n".join(line.text for line in lyrics.lines)
