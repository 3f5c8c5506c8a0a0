"""A query as a vector: what it is about, drawn towards a theme of the taxonomy where it names one.

Verses seldom say their theme: one about a dead father speaks of a chair and a coat. A query such as
"losing someone" lies closer to them together with "death, mourning and grief". Over the labelled
queries of bench/quality this raised nDCG@10 by .006 only, but for queries that name a theme, such as that
one, it puts the verses that they mean before others.
"""

from __future__ import annotations

import re
from functools import cached_property

import numpy as np

from app.analysis.analyzers.themes.taxonomy import themes
from app.search.embeddings import Embedder, Vectors, unit

_GENRE = re.compile(r"^(A song about|Песня об?) ")
_CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)
_REQUEST = re.compile(
    r"^(?:(?:find|show|play|give)(?: me)? )?(?:(?:some|any|all|the|a) )*"
    r"(?:songs?|tracks?|lyrics|verses?|poems?|raps?|music) (?:about|on|of|where) "
    r"|^(?:найди |покажи |включи )?(?:песн\w*|трек\w*|стих\w*|текст\w*|куплет\w*|рэп) (?:о|об|обо|про|где) ",
    re.IGNORECASE,
)


def topic(text: str) -> str:
    """`text` without "songs about": every track is a song, but some speak of songs."""
    return _REQUEST.sub("", text) or text


class QueryVectors:
    """Makes the vectors of queries with one model."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def of(self, text: str) -> Vectors:
        """The unit vector of a query, float32 of shape (dimension,)."""
        if self._embedder.named is None:
            (about,) = self._embedder.embed_queries([topic(text)])
            return unit(about)
        whole, about = self._embedder.embed_queries([text, topic(text)])
        sentences, topics = self._themes["ru" if _CYRILLIC.search(text) else "en"]
        # "Songs about loss" is closest to a whole sentence, "loss" to what that is about.
        named = np.maximum(sentences @ whole, topics @ about)
        if named.max() >= self._embedder.named:
            about = about + topics[int(named.argmax())]
        return unit(about)

    @cached_property
    def _themes(self) -> dict[str, tuple[Vectors, Vectors]]:
        """For each language the vectors of the themes' sentences, and of what those are about."""
        sentences = {language: [theme.about[language] for theme in themes()] for language in ("en", "ru")}
        return {
            language: (
                self._embedder.embed_queries(texts),
                self._embedder.embed_queries([_GENRE.sub("", text) for text in texts]),
            )
            for language, texts in sentences.items()
        }
