"""Matches of a search and recommendations, each with what they rest on."""

from __future__ import annotations

from enum import Enum

import strawberry

from api.catalog.types import Artist, Track
from api.nodes import PageInfo
from api.planner.fields import column, shape
from tenancy.scopes import Scope

# The lines of a passage, split as the analyzers count them.
PASSAGE = r"""(
    select string_agg(line, E'\n' order by n)
    from lyrics l, regexp_split_to_table(l.text, '\r\n|\r|\n') with ordinality as split(line, n)
    where l.tenant_id = $1 and l.track_id = ({row} ->> 'track')::uuid
      and n between ({row} ->> 'start_line')::int and ({row} ->> 'end_line')::int)"""


@strawberry.enum(description="How to search.")
class SearchMode(Enum):
    SEMANTIC = strawberry.enum_value("SEMANTIC", description="By meaning, in any language.")
    LEXICAL = strawberry.enum_value(
        "LEXICAL", description="By the words themselves, and by titles and names."
    )
    HYBRID = strawberry.enum_value("HYBRID", description="Both together.")


@shape
class Passage:
    """A few lines of a track."""

    start_line: int = column("The first line, counted from 1 as in `Lyrics.lines`.")
    end_line: int = column("The last line.")
    text: str | None = column("The lines. Needs the scope lyrics:read.", PASSAGE, scope=Scope.LYRICS_READ)


@shape
class TrackSearchEdge:
    """A track that a search found."""

    cursor: str = column("Its place, for `after`.")
    node: Track = column("The track.")
    score: float = column("How well it fits, 0..1.")
    semantic: float | None = column("How close its meaning is, 0..1; null where meaning was not searched.")
    lexical: float | None = column("How well its words fit, 0..1; null where words were not searched.")
    passage: Passage | None = column("The lines that fit best.")


@shape
class TrackSearchConnection:
    """What a search found, best first."""

    edges: list[TrackSearchEdge] = column("The matches of this page.")
    page_info: PageInfo = column("Whether and where to go on.")
    total_count: int = column("How many matches there are; they are counted up to 1,000.")
    total_count_is_exact: bool = column(
        "Whether that is all of them. False where there are more than 1,000, and where a catalogue is so"
        " large that only what is closest in meaning was compared."
    )


@shape
class Reason:
    """One part of why a track was recommended."""

    kind: str = column("`meaning`, `themes`, `feeling` or `technique`.")
    label: str = column("The part in words.")
    weight: float = column("Its share of the score; the weights of all reasons add up to it.")
    seed: Track | None = column("The seed that it comes from.")
    passage: Passage | None = column("The lines that it rests on.")
    seed_passage: Passage | None = column("The seed's lines that are closest to them.")


@shape
class TrackRecommendationEdge:
    """A track that was recommended."""

    cursor: str = column("Its place.")
    node: Track = column("The track.")
    score: float = column("How well it fits the seeds, 0..1.")
    reasons: list[Reason] = column("Why, strongest first.")


@shape
class TrackRecommendationConnection:
    """Recommended tracks, best first."""

    edges: list[TrackRecommendationEdge] = column("The recommendations.")
    page_info: PageInfo = column("Where this page stands; recommendations have one page.")


@shape
class TrackMatchEdge:
    """A track that is like another one."""

    cursor: str = column("Its place.")
    node: Track = column("The track.")
    score: float = column("How alike they are, 0..1.")
    reasons: list[Reason] = column("Why, strongest first.")


@shape
class TrackMatchConnection:
    """Tracks that are like another one, most alike first."""

    edges: list[TrackMatchEdge] = column("The matches.")
    page_info: PageInfo = column("Where this page stands; matches have one page.")


@shape
class ArtistMatchEdge:
    """An artist who is like another one."""

    cursor: str = column("Its place.")
    node: Artist = column("The artist.")
    score: float = column("How alike they are, 0..1.")
    reasons: list[Reason] = column("Why, strongest first.")


@shape
class ArtistMatchConnection:
    """Artists who are like another one, most alike first."""

    edges: list[ArtistMatchEdge] = column("The matches.")
    page_info: PageInfo = column("Where this page stands; matches have one page.")
