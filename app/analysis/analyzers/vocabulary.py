"""Vocabulary: how many words, how varied, how hard to read, how rare, how much sung again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from app.analysis import evidence, syllables
from app.analysis.analyzers.base import unfit
from app.analysis.memo import MEMO
from app.analysis.results import Result, Score, Status, VocabularyDetails
from app.lyrics import tokens
from app.lyrics.text import Line, Lyrics

MIN_WORDS = 20
# McCarthy & Jarvis 2010 (Behavior Research Methods 42): where a factor's type-token ratio has levelled off.
MTLD_FACTOR = 0.72
# No sung line has more words: such a one is a paste, and its punctuation has to tell the sentences.
LONGEST_SENTENCE = 40
# What even punctuation doesn't part is as many lines of the usual length, the mean of English verse.
USUAL_LINE = 7
_SENTENCE_ENDS = re.compile(r"[.!?…;:,/|]+|\s[-–—]+\s")


class VocabularyAnalyzer:
    """Words are compared as they are written in lower case: "run" and "runs" are two.

    Readability is a US school grade: Flesch-Kincaid for English, and for Russian the same formula with the
    coefficients that Oborneva (2006) fitted: .5 · words/sentence + 8.4 · syllables/word - 15.59. A line is
    a sentence, since lyrics seldom have full stops. A line that no singer has breath for is a paste without
    line breaks: it is parted by its punctuation, and without any into lines of the usual length. Repetition
    is the share of lines sung before.
    """

    name = "vocabulary"
    version = "1.1.0"
    title = "Vocabulary"
    description = "Richness (MTLD), readability, rare words and repetition."
    kind = "LOCAL"
    languages = ("en", "ru")

    def analyze(self, lyrics: Lyrics) -> Result:
        """Degraded under `MIN_WORDS` words, where no measure of richness means anything."""
        reason = unfit(lyrics, self.languages, words=MIN_WORDS)
        if reason:
            return reason
        grade = readability(lyrics)
        if grade is None:
            return Result.degraded(
                "Neither line breaks nor punctuation tell where a line or a sentence ends."
            )
        words = lyrics.words
        language = lyrics.language or "en"
        kinds = Counter(words)
        rare = {word for word in kinds if is_rare(word, language)}
        details = VocabularyDetails(
            words=len(words),
            unique_words=len(kinds),
            type_token_ratio=round(len(kinds) / len(words), 4),
            mtld=round(mtld(words), 2),
            readability=round(readability(lyrics), 2),
            rare_word_share=round(sum(kinds[word] for word in rare) / len(words), 4),
            repetition=round(repetition(lyrics), 4),
        )
        weights = [(line.number, sum(word in rare for word in line.words)) for line in lyrics.lines]
        return Result(
            Status.COMPLETED,
            details,
            scores=(
                Score("mtld", details.mtld, "words"),
                Score("type_token_ratio", details.type_token_ratio),
                Score("readability", details.readability, "grade"),
                Score("rare_word_share", details.rare_word_share),
                Score("repetition", details.repetition),
            ),
            evidence=tuple(evidence.strongest(lyrics, weights, "rare_word_share", limit=3)),
        )


def mtld(words: Sequence[str]) -> float:
    """Measure of textual lexical diversity in words, the mean of a forward and a backward pass.

    A text that never falls to the factor size counts as one partial factor; a text of all different words
    has no factor at all, and its own length is the answer, the smallest that it can be.
    """
    if not words:
        return 0.0
    return (_mtld_pass(words) + _mtld_pass(words[::-1])) / 2


def _mtld_pass(words: Sequence[str]) -> float:
    factors = 0.0
    seen: set[str] = set()
    count = 0
    ratio = 1.0
    for word in words:
        count += 1
        seen.add(word)
        ratio = len(seen) / count
        if ratio <= MTLD_FACTOR:
            factors += 1
            seen.clear()
            count = 0
            ratio = 1.0
    factors += (1 - ratio) / (1 - MTLD_FACTOR)
    return len(words) / factors if factors else float(len(words))


def readability(lyrics: Lyrics) -> float:
    """School grade, not below 0; see `VocabularyAnalyzer`."""
    count = len(lyrics.words)
    sounds = sum(syllables.count(word, lyrics.language or "en") for word in lyrics.words)
    per_sentence, per_word = count / sum(map(_sentences, lyrics.lines)), sounds / count
    if lyrics.language == "ru":
        return max(0.0, 0.5 * per_sentence + 8.4 * per_word - 15.59)
    return max(0.0, 0.39 * per_sentence + 11.8 * per_word - 15.59)


def _sentences(line: Line) -> float:
    if len(line.words) <= LONGEST_SENTENCE:
        return min(1, len(line.words))
    parts = [len(tokens.words(part)) for part in _SENTENCE_ENDS.split(line.text)]
    return sum(words / USUAL_LINE if words > LONGEST_SENTENCE else min(1, words) for words in parts)


def repetition(lyrics: Lyrics) -> float:
    """Share of sung lines whose words were all sung before in the same order, 0..1."""
    sung = [line.words for line in lyrics.lines if line.words]
    return 1 - len(set(sung)) / len(sung)


@lru_cache(maxsize=4)
def _common(language: str) -> frozenset[str]:
    # The small list of wordfreq is exactly the words of Zipf frequency 3 and more, and loads in 20 ms.
    from wordfreq import get_frequency_dict

    return frozenset(get_frequency_dict(language, "small"))


@lru_cache(maxsize=MEMO)
def is_rare(word: str, language: str) -> bool:
    """Whether wordfreq knows `word` at less than one use a million; elided forms count as their full ones."""
    common = _common(language)
    if word in common or word.replace("ё", "е") in common:
        return False
    if word.endswith("in'"):
        return word[:-1] + "g" not in common
    return "'" not in word or word.split("'")[0] not in common
