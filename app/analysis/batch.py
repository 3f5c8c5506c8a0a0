"""Analysing texts in a worker process: what goes in and comes out can be pickled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from app.analysis.analyzers import Embedder, local_analyzers
from app.analysis.orchestrator import Orchestrator, TrackAnalysis
from app.lyrics.text import Lyrics


@dataclass(frozen=True, slots=True)
class Text:
    """Lyrics to analyse; `language` None detects it."""

    lyrics: str
    title: str | None = None
    language: str | None = None


@cache
def orchestrator(embedder: Embedder | None) -> Orchestrator:
    """This process's own; the first call loads dictionaries, about two seconds."""
    return Orchestrator(local_analyzers(embedder))


def analyze(
    texts: Sequence[Text], names: Sequence[str] | None, embedder: Embedder | None = None
) -> list[tuple[str | None, TrackAnalysis]]:
    """The language that was judged and the results, one a text, in order. Raises UnknownAnalyzer.

    With an embedder, themes are judged by meaning too; nothing is gained by embedding many texts at once.
    """
    judge = orchestrator(embedder)
    return [(lyrics.language, judge.analyze(lyrics, names)) for lyrics in parse(texts)]


def parse(texts: Sequence[Text]) -> list[Lyrics]:
    """The texts as analyzers see them. It tells languages, which is nothing for an event loop."""
    return [Lyrics.parse(text.lyrics, text.title, text.language) for text in texts]
