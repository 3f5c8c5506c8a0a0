"""What each analyzer has to say, in a type of its own."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from api.analysis.parts import Label, Score
from api.planner.fields import column, shape
from tenancy.scopes import Scope


@shape
class RhymePair:
    """Two words that rhyme."""

    first_line: int = column("The line of the first word.")
    second_line: int = column("The line of the second word.")
    first_word: str | None = column("The first word. Needs the scope lyrics:read.", scope=Scope.LYRICS_READ)
    second_word: str | None = column("The second word. Needs the scope lyrics:read.", scope=Scope.LYRICS_READ)
    strength: float = column("1 for a perfect rhyme, less the more the sounds differ.")


@shape
class RhymeDetails:
    """Rhyme and flow, by pronunciation."""

    scheme: list[str] = column("A letter a line, starting again at `a` with each stanza.")
    density: float = column("The share of lines whose end rhymes in its stanza.")
    perfect_rhymes: int = column("Line ends that rhyme perfectly; a word that is repeated is none.")
    slant_rhymes: int = column("Line ends that nearly rhyme, that is with a strength below 1.")
    internal_rhymes: int = column("Rhymes inside lines.")
    multisyllabic_rhymes: int = column("Rhymes of two syllables or more.")
    alliteration: float = column("The share of words that begin alike with a near neighbour.")
    assonance: float = column("The share of words that share their stressed vowel with a near neighbour.")
    syllables_per_line: float = column("On average.")
    syllable_variance: float = column("How much lines differ in length.")
    pairs: list[RhymePair] = column("Which words rhyme.")


@shape
class EmotionDetails:
    """Emotions and sentiment."""

    emotions: list[Score] = column("How strong each emotion is, 0..1.")
    valence: float = column("-1 for dark, 1 for bright.")
    arousal: float = column("0 for calm, 1 for stirred.")
    arc: list[float] = column("The valence of equal parts of the song, in order.")


@shape
class ThemeDetails:
    """What the song is about."""

    themes: list[Label] = column("From a fixed list of themes, strongest first.")
    entities: list[Label] = column("People, places and brands that are named.")


@shape
class VocabularyDetails:
    """Which words, and how many."""

    words: int = column("All words.")
    unique_words: int = column("Different words.")
    type_token_ratio: float = column("Different words by all words; falls with length.")
    mtld: float = column("Lexical diversity that does not fall with length (MTLD), in words.")
    readability: float = column("The school grade that it takes to read it.")
    rare_word_share: float = column("The share of words that are rare in the language.")
    repetition: float = column("The share of lines that were sung before.")


@shape
class ContentDetails:
    """Explicit content."""

    explicit: bool = column("Whether a parental-advisory label would be due.")
    severity: float = column("0 for clean, 1 for the strongest.")
    categories: list[Label] = column("What kinds of explicit content there are.")


@shape
class Verdict:
    """Whether the song bears out a label."""

    analyzer: str = column("Which analyzer gave the label.")
    kind: str = column("`theme`, `emotion`, `content` or `sentiment`.")
    name: str = column("The label.")
    upheld: bool = column("Whether the critic agrees.")


@shape
class CritiqueDetails:
    """What a critic makes of the labels that other analyzers gave."""

    verdicts: list[Verdict] = column("One for each label that was checked.")


@shape
class CustomDetails:
    """What an analyzer of another making said."""

    data: JSON = column("As it came.")


AnalysisDetails = Annotated[
    RhymeDetails
    | EmotionDetails
    | ThemeDetails
    | VocabularyDetails
    | ContentDetails
    | CritiqueDetails
    | CustomDetails,
    strawberry.union("AnalysisDetails", description="What one analyzer has to say; ask by its type."),
]
