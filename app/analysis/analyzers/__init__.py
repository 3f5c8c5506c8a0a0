"""The analyzers that compute from the text alone, in the order in which they are shown."""

from __future__ import annotations

from app.analysis.analyzers.base import Analyzer
from app.analysis.analyzers.content.analyzer import ContentAnalyzer
from app.analysis.analyzers.emotion.analyzer import EmotionAnalyzer
from app.analysis.analyzers.rhyme.analyzer import RhymeAnalyzer
from app.analysis.analyzers.themes.analyzer import Embed, ThemeAnalyzer
from app.analysis.analyzers.vocabulary import VocabularyAnalyzer


def local_analyzers(embed: Embed | None = None) -> tuple[Analyzer, ...]:
    """rhyme, emotion, themes, vocabulary, content; `embed` lets themes weigh meaning beside words."""
    return (
        RhymeAnalyzer(),
        EmotionAnalyzer(),
        ThemeAnalyzer(embed),
        VocabularyAnalyzer(),
        ContentAnalyzer(),
    )


__all__ = ["Analyzer", "local_analyzers"]
