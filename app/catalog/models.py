"""Artists, tracks and lyrics as tables."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
    literal_column,
)
from sqlalchemy import (
    text as sql,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from tenancy.base import Base, Now, Uuid7
from tenancy.models import TenantOwned

TRIGRAMS = {"folded": "gin_trgm_ops"}


class Artist(TenantOwned, Base):
    """One performer of one tenant, known by `slug`; two spellings with one slug are one artist."""

    __tablename__ = "artists"
    __table_args__ = (
        UniqueConstraint("tenant_id", "slug"),
        Index("ix_artists_name", "tenant_id", "name", "id"),
        Index("ix_artists_created", "tenant_id", "created_at", "id"),
        Index("ix_artists_words", "tenant_id", "words", postgresql_using="gin"),
        Index("ix_artists_folded", "tenant_id", "folded", postgresql_using="gin", postgresql_ops=TRIGRAMS),
    )

    id: Mapped[Uuid7]
    name: Mapped[str] = mapped_column(Text)
    slug: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Now]
    # For search; `fold_name` (migration 0008b) is `search.names.fold` in SQL.
    folded: Mapped[str] = mapped_column(Text, Computed("fold_name(name)", persisted=True))
    words: Mapped[str] = mapped_column(
        TSVECTOR, Computed("setweight(to_tsvector('russian', name), 'A')", persisted=True)
    )


class Track(TenantOwned, Base):
    """A track without its words. `fingerprint` makes adding idempotent: see `catalog.fingerprint`."""

    __tablename__ = "tracks"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "artist_id"], ["artists.tenant_id", "artists.id"]),
        UniqueConstraint("tenant_id", "fingerprint"),
        CheckConstraint("popularity between 0 and 100", name="popularity_range"),
        Index("ix_tracks_artist", "tenant_id", "artist_id", "id"),
        Index("ix_tracks_created", "tenant_id", "created_at", "id"),
        Index("ix_tracks_title", "tenant_id", "title", "id"),
        Index("ix_tracks_released", "tenant_id", sql("coalesce(released_on, '-infinity'::date)"), "id"),
        Index("ix_tracks_popularity", "tenant_id", sql("coalesce(popularity, -1)"), "id"),
        Index(
            "ix_tracks_themes",
            "tenant_id",
            literal_column("(profile -> 'themes')").label("themes"),
            postgresql_using="gin",
            postgresql_ops={"themes": "jsonb_path_ops"},
        ),
        Index("ix_tracks_words", "tenant_id", "words", postgresql_using="gin"),
        Index("ix_tracks_folded", "tenant_id", "folded", postgresql_using="gin", postgresql_ops=TRIGRAMS),
    )

    id: Mapped[Uuid7]
    artist_id: Mapped[UUID]
    title: Mapped[str] = mapped_column(Text)
    album: Mapped[str | None] = mapped_column(Text)
    released_on: Mapped[date | None] = mapped_column(Date)
    language: Mapped[str | None] = mapped_column(Text)
    explicit: Mapped[bool | None]
    popularity: Mapped[int | None] = mapped_column(Integer)
    tags: Mapped[list[str]] = mapped_column(JSONB, server_default=sql("'[]'"))
    metadata_: Mapped[dict[str, Any] | None] = mapped_column("metadata", JSONB)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    # What all analyzers together say (`analysis.profile.Profile`); null until one has completed.
    profile: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    created_at: Mapped[Now]
    updated_at: Mapped[Now]
    # For search, as those of an artist.
    folded: Mapped[str] = mapped_column(Text, Computed("fold_name(title)", persisted=True))
    words: Mapped[str] = mapped_column(
        TSVECTOR,
        Computed("setweight(to_tsvector('russian', title || ' ' || tags::text), 'A')", persisted=True),
    )


def of_track() -> ForeignKeyConstraint:
    """For a row with a `track_id`, which goes when its track goes."""
    return ForeignKeyConstraint(["tenant_id", "track_id"], [Track.tenant_id, Track.id], ondelete="CASCADE")


class Lyrics(TenantOwned, Base):
    """The words of a track, apart from it: most reads never touch them, and they need their own scope."""

    __tablename__ = "lyrics"
    __table_args__ = (
        of_track(),
        Index("ix_lyrics_document", "tenant_id", "document", postgresql_using="gin"),
    )

    track_id: Mapped[UUID] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    word_count: Mapped[int]
    # [{"kind": "verse", "start_line": 1, "end_line": 8}, …]: `lyrics.text` finds them.
    sections: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=sql("'[]'"))
    # The `russian` configuration stems Cyrillic words as Russian and Latin ones as English.
    document: Mapped[str] = mapped_column(TSVECTOR, Computed("to_tsvector('russian', text)", persisted=True))


class ExternalId(TenantOwned, Base):
    """A track's name in another system, such as its Spotify id or its ISRC."""

    __tablename__ = "external_ids"
    __table_args__ = (
        of_track(),
        Index("ix_external_ids_value", "tenant_id", "source", "value"),
    )

    track_id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    url: Mapped[str | None] = mapped_column(Text)


class EmbedItem(TenantOwned, Base):
    """A track whose vectors of one space are out of date; the row goes when the new ones are committed.

    Whoever changes a track knows no spaces, and leaves '' there: all that the tenant has (`search.passes`).
    """

    __tablename__ = "embed_items"
    __table_args__ = (
        of_track(),
        Index("ix_embed_items_next", "tenant_id", "space", "attempts", sql("urgent desc"), "track_id"),
    )

    track_id: Mapped[UUID] = mapped_column(primary_key=True)
    space: Mapped[str] = mapped_column(Text, primary_key=True, server_default="")
    urgent: Mapped[bool]
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default=sql("0"))
