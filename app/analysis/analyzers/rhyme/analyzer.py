"""Rhyme and flow by sound: the scheme of each stanza, its pairs, and what happens inside the lines."""

from __future__ import annotations

from app.analysis import evidence
from app.analysis.analyzers.base import unfit
from app.analysis.analyzers.rhyme import english, russian, scheme, texture
from app.analysis.lyrics import Line, Lyrics
from app.analysis.results import Evidence, Result, RhymeDetails, RhymePair, Score, Status

_RHYMES = {"en": english.likeness, "ru": russian.likeness}
# Longer stanzas (prose, a paste without blank lines) are judged in pieces: rhymes don't reach that far.
MAX_STANZA = 64


class RhymeAnalyzer:
    """density is the share of lines that share their letter with another line of their stanza."""

    name = "rhyme"
    version = "1.0.0"
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
        multisyllabic = rhymed = 0
        for stanza in lyrics.stanzas:
            groups = self._groups(stanza, language)
            letters += scheme.letters(groups)
            rhymed += sum(groups.count(group) > 1 for group in groups)
            for found in _pairs(stanza, groups, language):
                pairs.append(found)
                multisyllabic += rhyme(found.first_word, found.second_word).syllables > 1
        internal = {line.number: texture.internal_rhymes(line, rhyme) for line in lyrics.lines}
        per_line, variance = texture.syllables_per_line(lyrics.lines, language)
        perfect = sum(rhyme(p.first_word, p.second_word).perfect for p in pairs)
        details = RhymeDetails(
            scheme=letters,
            density=round(rhymed / len(lyrics.lines), 4),
            perfect_rhymes=perfect,
            slant_rhymes=len(pairs) - perfect,
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

    def _groups(self, stanza: tuple[Line, ...], language: str) -> list[int]:
        rhyme = _RHYMES[language]
        groups: list[int] = []
        for start in range(0, len(stanza), MAX_STANZA):
            ends = [_last_word(line) for line in stanza[start : start + MAX_STANZA]]
            odds = [
                [
                    rhyme(ends[j], ends[i]).odds if i - j <= scheme.WINDOW and ends[i] and ends[j] else -9.0
                    for j in range(i)
                ]
                for i in range(len(ends))
            ]
            offset = max(groups, default=-1) + 1
            groups += [offset + group for group in scheme.infer(odds)]
        return groups


def _last_word(line: Line) -> str:
    return line.words[-1] if line.words else ""


def _pairs(stanza: tuple[Line, ...], groups: list[int], language: str) -> list[RhymePair]:
    """Each line with the next of its letter."""
    rhyme = _RHYMES[language]
    found: list[RhymePair] = []
    last: dict[int, Line] = {}
    for line, group in zip(stanza, groups, strict=True):
        if group in last:
            first, second = _last_word(last[group]), _last_word(line)
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
    strongest = sorted(details.pairs, key=lambda pair: (-pair.strength, pair.first_line))
    quotes = [
        evidence.quote(lyrics, pair.first_line, pair.second_line, "rhyme_density")
        for pair in sorted(strongest[: evidence.MAX_PER_NAME], key=lambda pair: pair.first_line)
    ]
    weights = [(number, float(len(found))) for number, found in internal.items()]
    return quotes + evidence.strongest(lyrics, weights, "internal_rhymes_per_line", limit=3)
