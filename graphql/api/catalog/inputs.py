"""Filters and orders of tracks and artists."""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import Annotated

import strawberry

from api import ids
from api.analysis.enums import Sentiment
from api.planner.rows import Rows
from app.catalog import filters


@strawberry.enum(description="A figure of a track's profile, 0 to 1.")
class ProfileScore(Enum):
    TECHNIQUE = strawberry.enum_value("TECHNIQUE", description="How densely and artfully it rhymes.")
    VOCABULARY = strawberry.enum_value("VOCABULARY", description="How rich its words are.")
    EMOTION = strawberry.enum_value("EMOTION", description="How strong its feelings are.")
    ORIGINALITY = strawberry.enum_value("ORIGINALITY", description="How little it repeats, in rare words.")
    AGREEMENT = strawberry.enum_value("AGREEMENT", description="How far its analyzers agree.")


@strawberry.input(description="Tracks whose profile has this figure, and between these values.")
class ScoreRange:
    score: ProfileScore = strawberry.field(description="Which figure.")
    at_least: float | None = strawberry.field(default=None, description="The lowest value that fits.")
    at_most: float | None = strawberry.field(default=None, description="The highest value that fits.")


@strawberry.input(description="Every part that is given has to hold; lists mean “one of these”.")
class TrackFilter:
    ids: list[strawberry.ID] | None = strawberry.field(default=None, description="These tracks.")
    artists: list[strawberry.ID] | None = strawberry.field(
        default=None, description="By one of these artists."
    )
    languages: list[str] | None = strawberry.field(
        default=None, description="In one of these, BCP 47: `en`, `ru`."
    )
    released_from: date | None = strawberry.field(default=None, description="Released on this day or later.")
    released_to: date | None = strawberry.field(default=None, description="Released on this day or earlier.")
    themes: list[str] | None = strawberry.field(default=None, description="About one of these themes.")
    sentiments: list[Sentiment] | None = strawberry.field(
        default=None, description="With one of these feelings."
    )
    explicit: bool | None = strawberry.field(default=None, description="What the source says.")
    found_explicit: bool | None = strawberry.field(
        default=None, description="What the newest content analysis says."
    )
    scores: list[ScoreRange] | None = strawberry.field(
        default=None, description="In all of these ranges of what the analyzers say."
    )
    title_contains: str | None = strawberry.field(default=None, description="Part of the title, in any case.")
    tags: list[str] | None = strawberry.field(
        default=None, description="With one of these tags of the source."
    )

    def parsed(self) -> filters.TrackFilter:
        """Raises InvalidArgument for an id of another type."""
        return filters.TrackFilter(
            ids=ids.parse_all("Track", self.ids),
            artists=ids.parse_all("Artist", self.artists),
            languages=self.languages,
            released_from=self.released_from,
            released_to=self.released_to,
            themes=self.themes,
            sentiments=None
            if self.sentiments is None
            else [sentiment.value for sentiment in self.sentiments],
            explicit=self.explicit,
            found_explicit=self.found_explicit,
            scores=None
            if self.scores is None
            else [
                filters.ScoreRange(wanted.score.name.lower(), wanted.at_least, wanted.at_most)
                for wanted in self.scores
            ],
            title_contains=self.title_contains,
            tags=self.tags,
        )


@strawberry.input(description="Every part that is given has to hold.")
class ArtistFilter:
    ids: list[strawberry.ID] | None = strawberry.field(default=None, description="These artists.")
    name_contains: str | None = strawberry.field(default=None, description="Part of the name, in any case.")

    def parsed(self) -> filters.ArtistFilter:
        return filters.ArtistFilter(ids=ids.parse_all("Artist", self.ids), name_contains=self.name_contains)


@strawberry.enum(description="Which way to sort.")
class Direction(Enum):
    ASC = strawberry.enum_value("ASC", description="The lowest first.")
    DESC = strawberry.enum_value("DESC", description="The highest first.")


@strawberry.enum(description="What tracks can be sorted by.")
class TrackOrderField(Enum):
    CREATED_AT = strawberry.enum_value("CREATED_AT", description="When it was added.")
    TITLE = strawberry.enum_value("TITLE", description="The title, by its code points.")
    RELEASED_ON = strawberry.enum_value("RELEASED_ON", description="The day of release.")
    POPULARITY = strawberry.enum_value("POPULARITY", description="What the source says of it.")


@strawberry.input(description="How to sort tracks. Unknown dates and popularities come lowest.")
class TrackOrder:
    field: TrackOrderField = strawberry.field(description="What to sort by.")
    direction: Direction = strawberry.field(default=Direction.ASC, description="Which way.")


@strawberry.enum(description="What artists can be sorted by.")
class ArtistOrderField(Enum):
    CREATED_AT = strawberry.enum_value("CREATED_AT", description="When it was added.")
    NAME = strawberry.enum_value("NAME", description="The name, by its code points.")


@strawberry.input(description="How to sort artists.")
class ArtistOrder:
    field: ArtistOrderField = strawberry.field(description="What to sort by.")
    direction: Direction = strawberry.field(default=Direction.ASC, description="Which way.")


# Each expression has an index with the tenant before it and the id behind it: see catalog.models.
TRACK_KEYS = {
    TrackOrderField.CREATED_AT: ("{0}.created_at", "timestamptz"),
    TrackOrderField.TITLE: ("{0}.title", "text"),
    TrackOrderField.RELEASED_ON: ("coalesce({0}.released_on, '-infinity'::date)", "date"),
    TrackOrderField.POPULARITY: ("coalesce({0}.popularity, -1)", "int"),
}
ARTIST_KEYS = {
    ArtistOrderField.CREATED_AT: ("{0}.created_at", "timestamptz"),
    ArtistOrderField.NAME: ("{0}.name", "text"),
}


Tracks = Annotated[TrackFilter | None, strawberry.argument(description="Only tracks that fit.")]
TracksInOrder = Annotated[TrackOrder | None, strawberry.argument(description="How to sort them.")]
Artists = Annotated[ArtistFilter | None, strawberry.argument(description="Only artists that fit.")]
ArtistsInOrder = Annotated[ArtistOrder | None, strawberry.argument(description="How to sort them.")]


def narrow_tracks(rows: Rows, filter: TrackFilter | None, order_by: TrackOrder | None) -> None:
    """The order is that of addition unless given."""
    if filter is not None:
        rows.where(*filter.parsed().conditions(rows.new, rows.params))
    order = order_by or TrackOrder(field=TrackOrderField.CREATED_AT)
    key, type_ = TRACK_KEYS[order.field]
    rows.order(key.format(rows.new), type_, descending=order.direction is Direction.DESC)


def narrow_artists(rows: Rows, filter: ArtistFilter | None, order_by: ArtistOrder | None) -> None:
    """By name unless another order is given."""
    if filter is not None:
        rows.where(*filter.parsed().conditions(rows.new, rows.params))
    order = order_by or ArtistOrder(field=ArtistOrderField.NAME)
    key, type_ = ARTIST_KEYS[order.field]
    rows.order(key.format(rows.new), type_, descending=order.direction is Direction.DESC)
