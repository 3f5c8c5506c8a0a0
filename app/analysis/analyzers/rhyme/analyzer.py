"""Rhyme and flow by sound: the scheme of each stanza, its pairs, and what happens inside the lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from app.analysis import evidence
from app.analysis.analyzers.base import unfit
from app.analysis.analyzers.rhyme import english, habits, russian, texture
from app.analysis.analyzers.rhyme.letters import letters as lettered
from app.analysis.analyzers.rhyme.likeness import Likeness
from app.analysis.analyzers.rhyme.stanzas import last_word, schemes
from app.analysis.results import Evidence, Result, RhymeDetails, RhymePair, Score, Status
from app.lyrics.text import Line, Lyrics

_RHYMES: dict[str, Callable[[str, str], Likeness]] = {"en": english.likeness, "ru": russian.likeness}
_INTERNAL: dict[str, Callable[[str, str], bool]] = {"en": english.rhymes, "ru": russian.rhymes}


class RhymeAnalyzer:
    """density is the share of lines that share their letter with another line of their stanza.

    Each pair is perfect (other consonants before the same sounds), slant (the sounds differ, so that its
    strength is below 1) or identical: a word with itself or with a homophone, which has strength 1 and is in
    `pairs` and in density, but in no count of rhymes.
    """

    name = "rhyme"
    version = "1.2.0"
    title = "Rhyme and flow"
    description = (
        "Rhyme schemes, perfect, slant, internal and multisyllabic rhymes, alliteration and syllables."
    )
    kind = "LOCAL"
    languages = ("en", "ru")

    def analyze(self, lyrics: Lyrics) -> Result:
        """Degraded under two lines."""
        reason = unfit(lyrics, self.languages, lines=2)
        if reason:
            return reason
        language = lyrics.language or "en"
        rhyme = _RHYMES[language]
        letters: list[str] = []
        pairs: list[RhymePair] = []
        perfect = slant = multisyllabic = rhymed = 0
        for stanza, groups in zip(lyrics.stanzas, schemes(lyrics.stanzas, language), strict=True):
            letters += lettered(groups)
            rhymed += sum(size for size in Counter(groups).values() if size > 1)
            for found in _pairs(stanza, groups, language):
                pairs.append(found)
                alike = rhyme(found.first_word, found.second_word)
                perfect += alike.perfect
                slant += alike.strength < 1
                multisyllabic += alike.syllables > 1 and not alike.identical
        internal = {line.number: texture.internal_rhymes(line, _INTERNAL[language]) for line in lyrics.lines}
        per_line, variance = texture.syllables_per_line(lyrics.lines, language)
        details = RhymeDetails(
            scheme=letters,
            density=round(rhymed / len(lyrics.lines), 4),
            perfect_rhymes=perfect,
            slant_rhymes=slant,
            internal_rhymes=sum(map(len, internal.values())),
            multisyllabic_rhymes=multisyllabic,
            alliteration=round(texture.alliteration(lyrics.lines, language), 4),
            assonance=round(texture.assonance(lyrics.lines, language), 4),
            syllables_per_line=round(per_line, 4),
            syllable_variance=round(variance, 4),
            pairs=pairs,
        )
        return Result(
            Status.COMPLETED,
            details,
            scores=_scores(details, len(lyrics.lines)),
            evidence=tuple(_quotes(lyrics, details, internal)),
        )


def _pairs(stanza: tuple[Line, ...], groups: list[int], language: str) -> list[RhymePair]:
    """Each line with the next of its letter."""
    rhyme = _RHYMES[language]
    found: list[RhymePair] = []
    last: dict[int, Line] = {}
    for line, group in zip(stanza, groups, strict=True):
        if group in last:
            first, second = last_word(last[group]), last_word(line)
            strength = rhyme(first, second).strength
            found.append(RhymePair(last[group].number, line.number, first, second, strength))
        last[group] = line
    return found


def _scores(details: RhymeDetails, lines: int) -> tuple[Score, ...]:
    return (
        Score("rhyme_density", details.density),
        Score("internal_rhymes_per_line", round(details.internal_rhymes / lines, 4), "rhymes/line"),
        Score("alliteration", details.alliteration),
        Score("assonance", details.assonance),
        Score("syllables_per_line", details.syllables_per_line, "syllables"),
        Score("syllable_variance", details.syllable_variance, "syllables²"),
    )


def _quotes(
    lyrics: Lyrics, details: RhymeDetails, internal: dict[int, list[tuple[str, str]]]
) -> list[Evidence]:
    """The strongest pairs, as the lines from one end word to the other, and lines with internal rhymes."""
    # A refrain that comes again after forty lines would quote them all, and shows no rhyme anyway.
    near = [pair for pair in details.pairs if pair.second_line - pair.first_line <= habits.WINDOW]
    strongest = sorted(near, key=lambda p: (p.first_word == p.second_word, -p.strength, p.first_line))
    quotes = [
        evidence.quote(lyrics, pair.first_line, pair.second_line, "rhyme_density")
        for pair in sorted(strongest[: evidence.MAX_PER_NAME], key=lambda pair: pair.first_line)
    ]
    weights = [(number, float(len(found))) for number, found in internal.items()]
    return quotes + evidence.strongest(lyrics, weights, "internal_rhymes_per_line", limit=3)
