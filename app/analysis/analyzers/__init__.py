"""The analyzers that compute from the text alone, in the order in which they are shown."""

from __future__ import annotations

from app.analysis.analyzers.base import Analyzer
from app.analysis.analyzers.content.analyzer import ContentAnalyzer
from app.analysis.analyzers.emotion.analyzer import EmotionAnalyzer
from app.analysis.analyzers.rhyme.analyzer import RhymeAnalyzer
from app.analysis.analyzers.themes.analyzer import ThemeAnalyzer
from app.analysis.analyzers.themes.meaning import Embedder
from app.analysis.analyzers.vocabulary import VocabularyAnalyzer


def local_analyzers(embedder: Embedder | None = None) -> tuple[Analyzer, ...]:
    """rhyme, emotion, themes, vocabulary, content; an embedder lets themes weigh meaning beside words."""
    return (
        RhymeAnalyzer(),
        EmotionAnalyzer(),
        ThemeAnalyzer(embedder),
        VocabularyAnalyzer(),
        ContentAnalyzer(),
    )


__all__ = ["Analyzer", "Embedder", "local_analyzers"]
