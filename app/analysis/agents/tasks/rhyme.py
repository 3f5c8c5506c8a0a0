"""Rhyme, as a model hears it: it names pairs, and the scheme and every count follow from them."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal

from pydantic import Field

from app.analysis import evidence
from app.analysis.agents.sheet import Checker, Strict
from app.analysis.agents.tasks.base import Share, Task, founded
from app.analysis.analyzers.rhyme import texture
from app.analysis.analyzers.rhyme.letters import letters
from app.analysis.analyzers.rhyme.stanzas import last_word
from app.analysis.results import Result, RhymeDetails, RhymePair, Score, Status
from app.lyrics import tokens
from app.lyrics.text import Line, Lyrics

# Further apart than a listener connects two ends; a quote from one to the other would be half the song.
_NEAR = 8


class Pair(Strict):
    first_line: int
    second_line: int
    first_word: str
    second_word: str
    kind: Literal["perfect", "slant", "identical"]
    syllables: Annotated[int, Field(ge=1, le=12)]
    strength: Share


class Internal(Strict):
    line: int
    first_word: str
    second_word: str


class Answer(Strict):
    pairs: list[Pair]
    internal: list[Internal]


def read(answer: Answer, lyrics: Lyrics, checker: Checker) -> Result:
    """Pairs whose words don't end their lines, or whose lines aren't of one stanza, are dropped quotes."""
    place = {line.number: (n, line) for n, stanza in enumerate(lyrics.stanzas) for line in stanza}
    pairs: dict[tuple[int, int], Pair] = {}
    for pair in answer.pairs:
        first, second = place.get(pair.first_line), place.get(pair.second_line)
        if (
            first is not None
            and second is not None
            and first[0] == second[0]
            and pair.first_line < pair.second_line
            and _ends(first[1], pair.first_word)
            and _ends(second[1], pair.second_word)
        ):
            checker.kept += 1
            pairs.setdefault((pair.first_line, pair.second_line), pair)
        else:
            checker.dropped += 1
    inside = [found for found in answer.internal if _inside(place.get(found.line), found)]
    checker.dropped += len(answer.internal) - len(inside)
    checker.kept += len(inside)
    founded(checker)
    return _result(lyrics, [pairs[lines] for lines in sorted(pairs)], inside)


def _result(lyrics: Lyrics, pairs: list[Pair], inside: list[Internal]) -> Result:
    language = lyrics.language or "en"
    groups = [_groups([line.number for line in stanza], pairs) for stanza in lyrics.stanzas]
    rhymed = sum(size for group in groups for size in Counter(group).values() if size > 1)
    per_line, variance = texture.syllables_per_line(lyrics.lines, language)
    sounding = [pair for pair in pairs if pair.kind != "identical"]
    details = RhymeDetails(
        scheme=[letter for group in groups for letter in letters(group)],
        density=round(rhymed / len(lyrics.lines), 4),
        perfect_rhymes=sum(pair.kind == "perfect" for pair in pairs),
        slant_rhymes=sum(pair.kind == "slant" for pair in pairs),
        internal_rhymes=len(inside),
        multisyllabic_rhymes=sum(pair.syllables > 1 for pair in sounding),
        alliteration=round(texture.alliteration(lyrics.lines, language), 4),
        assonance=round(texture.assonance(lyrics.lines, language), 4),
        syllables_per_line=round(per_line, 4),
        syllable_variance=round(variance, 4),
        pairs=[_pair(pair) for pair in pairs],
    )
    near = [pair for pair in sounding if pair.second_line - pair.first_line <= _NEAR]
    quotes = [
        evidence.quote(lyrics, pair.first_line, pair.second_line, "rhyme_density")
        for pair in near[: evidence.MAX_PER_NAME]
    ]
    return Result(
        Status.COMPLETED,
        details,
        scores=(
            Score("rhyme_density", details.density),
            Score(
                "internal_rhymes_per_line",
                round(details.internal_rhymes / len(lyrics.lines), 4),
                "rhymes/line",
            ),
        ),
        evidence=tuple(quotes),
    )


def _pair(pair: Pair) -> RhymePair:
    # The scale is the local analyzer's: 1 for equal sounds, and less for a slant.
    strength = min(pair.strength, 0.99) if pair.kind == "slant" else 1.0
    words = tokens.words(pair.first_word)[-1], tokens.words(pair.second_word)[-1]
    return RhymePair(pair.first_line, pair.second_line, *words, round(strength, 4))


def _ends(line: Line, word: str) -> bool:
    said = tokens.words(word)
    return bool(said) and said[-1] == last_word(line)


def _inside(place: tuple[int, Line] | None, found: Internal) -> bool:
    words = [tokens.words(text) for text in (found.first_word, found.second_word)]
    if place is None or words[0] == words[1]:
        return False
    return all(len(said) == 1 and said[0] in place[1].words for said in words)


def _groups(numbers: list[int], pairs: list[Pair]) -> list[int]:
    """A group a line: lines that pairs connect, directly or through others, share theirs."""
    group = {number: number for number in numbers}
    for pair in pairs:
        if pair.first_line in group and group[pair.first_line] != group[pair.second_line]:
            merged, into = group[pair.second_line], group[pair.first_line]
            group = {number: into if g == merged else g for number, g in group.items()}
    return [group[number] for number in numbers]


TASK = Task(
    "rhyme", "1.0.0", "Rhyme",
    "Line ends and words that rhyme to a model's ear; scheme and counts follow from them.",
    Answer, read, lines=2,
)  # fmt: skip
