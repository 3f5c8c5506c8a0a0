"""Artists, tracks and lyrics."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from strawberry.scalars import JSON

from api.analysis.inputs import Analyses, narrow_analyses
from api.catalog import sql
from api.catalog.inputs import Tracks, TracksInOrder, narrow_tracks
from api.nodes import Connection, Node
from api.planner.fields import Asking, RowsOf, column, connection, later, node, one, shape, single
from api.search import similar
from api.trends import series
from api.trends.enums import Followed, FollowedKey, Granularity, Period
from tenancy.scopes import Scope

if TYPE_CHECKING:
    from api.analysis.types import Analysis, Profile
    from api.search.types import ArtistMatchConnection, TrackMatchConnection
    from api.trends.types import TrendPoint

LazyTrack = Annotated["Track", strawberry.lazy("api.catalog.types")]
LazyAnalysis = Annotated["Analysis", strawberry.lazy("api.analysis.types")]
LazyProfile = Annotated["Profile", strawberry.lazy("api.analysis.types")]
LazyArtistMatches = Annotated["ArtistMatchConnection", strawberry.lazy("api.search.types")]
LazyTrackMatches = Annotated["TrackMatchConnection", strawberry.lazy("api.search.types")]
LazyTrendPoint = Annotated["TrendPoint", strawberry.lazy("api.trends.types")]
HowMany = Annotated[int | None, strawberry.argument(description="How many, at most 100.")]


@node("artists", "art")
class Artist(Node):
    """A performer. Two spellings that differ only in case and punctuation are one artist."""

    name: str = column("The name as it was first brought in.")
    slug: str = column("The name in lower case with hyphens: an address that people can read.")

    @connection(Connection[LazyTrack], "tracks", scope=Scope.TRACKS_READ)
    def tracks(rows: RowsOf, filter: Tracks = None, order_by: TracksInOrder = None) -> None:
        """The artist's tracks, in the order in which they were added unless told otherwise."""
        rows.where(f"{rows.new}.artist_id = {rows.row}.id")
        narrow_tracks(rows, filter, order_by)

    track_count: int = column("How many tracks there are.", sql.TRACK_COUNT)
    profile: LazyProfile | None = column(
        "What the tracks' profiles say on average; null before any was analysed.",
        sql.ARTIST_PROFILE,
        scope=Scope.TRACKS_READ,
    )

    @later(list[LazyTrendPoint], scope=Scope.TRACKS_READ)
    async def evolution(
        ask: Asking, metric: Followed, granularity: Period = Granularity.YEAR, key: FollowedKey = None
    ) -> Any:
        """How one measure of the artist's tracks changed from release period to release period."""
        return await series.evolution(ask, metric, granularity, key)

    @later(LazyArtistMatches, scope=Scope.TRACKS_READ)
    async def similar(ask: Asking, first: HowMany = 10) -> Any:
        """Artists whose words are closest in meaning."""
        return await similar.artists(ask, first)


@node("tracks", "trk")
class Track(Node):
    """A song as the tenant brought it, with what the analyzers say of it."""

    title: str = column("The title as it was brought in.")
    artist: Artist = one("The performer.", "artists", on="{new}.id = {row}.artist_id")
    album: str | None = column("The album, when known.")
    released_on: date | None = column(
        "The day of release; the first of January where only the year is known."
    )
    language: str | None = column("BCP 47, such as `en` or `ru`; detected when the source does not say.")
    explicit: bool | None = column("What the source says; the content analyzer has its own verdict.")
    popularity: int | None = column("0 to 100, from the source.")
    tags: list[str] = column("Keywords of the source.")
    external_ids: list[ExternalId] = column("What other systems call this track.", sql.EXTERNAL_IDS)
    metadata: JSON | None = column("Whatever else the source said, as it was.")
    lyrics: Lyrics | None = one(
        "The words. Needs the scope lyrics:read.",
        "lyrics",
        on="{new}.track_id = {row}.id",
        scope=Scope.LYRICS_READ,
    )
    profile: LazyProfile | None = column(
        "What all analyzers together say; null before any has completed.", scope=Scope.TRACKS_READ
    )

    @connection(Connection[LazyAnalysis], "analyses", scope=Scope.TRACKS_READ)
    def analyses(rows: RowsOf, filter: Analyses = None) -> None:
        """Every analysis of the track, newest first."""
        rows.where(f"{rows.new}.track_id = {rows.row}.id")
        narrow_analyses(rows, filter)

    @single(LazyAnalysis | None, "analyses", scope=Scope.TRACKS_READ)
    def analysis(
        rows: RowsOf,
        analyzer: Annotated[str, strawberry.argument(description="Its name, such as `rhyme`.")],
    ) -> None:
        """The newest completed analysis of one analyzer."""
        rows.where(
            f"{rows.new}.track_id = {rows.row}.id",
            f"{rows.new}.analyzer = {rows.params.bind(analyzer, 'text')}",
            f"{rows.new}.status = 'COMPLETED'",
        )
        rows.order(f"{rows.new}.created_at", "timestamptz", descending=True)

    @later(LazyTrackMatches, scope=Scope.TRACKS_READ)
    async def similar(ask: Asking, first: HowMany = 10, filter: Tracks = None) -> Any:
        """Tracks that are closest in meaning, themes, feeling and technique, each with the reasons."""
        return await similar.tracks(ask, first, filter)

    created_at: datetime = column("When it was added.")
    updated_at: datetime = column("When it was last changed.")


@shape
class ExternalId:
    """A track's name in another system."""

    source: str = column("The other system: `spotify`, `isrc`, `genius`, …")
    value: str = column("The name there.")
    url: str | None = column("Where to look at it.")


@shape
class Lyrics:
    """The words of a track."""

    text: str = column("The words as they were brought in.")
    lines: list[LyricLine] = column(
        "The lines, blank ones too, numbered as all evidence counts them.", sql.LINES
    )
    sections: list[LyricSection] = column("Verses, choruses and the like, in order.")
    word_count: int = column("How many words there are.")


@shape
class LyricLine:
    """One line of the lyrics."""

    number: int = column("Its place, from 1.")
    text: str = column("Its words; empty for a blank line.")


@shape
class LyricSection:
    """A part of the song."""

    kind: str = column("verse, chorus, pre-chorus, bridge, intro, outro, interlude or other.")
    start_line: int = column("Its first line.")
    end_line: int = column("Its last line.")
