"""Embedded passages as a table, where they live, and which spaces they are in."""

from __future__ import annotations

from uuid import UUID

from pgvector.sqlalchemy import HALFVEC
from sqlalchemy import Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.catalog.models import of_track
from app.search.homes import SHARED
from tenancy.base import Base, Moment, Now
from tenancy.models import TenantOwned


class Passage(TenantOwned, Base):
    """A few lines of a track as a unit vector of one embedding space; ordinal 0 is the whole track.

    The column has no fixed dimension: each `space` (a model's name) has its own. Partitioned by `home` (see
    `search.homes`); while passages are being moved they are in two places, of which one counts.
    """

    __tablename__ = "passages"
    __table_args__ = (of_track(), {"postgresql_partition_by": "LIST (home)"})

    space: Mapped[str] = mapped_column(Text, primary_key=True)
    track_id: Mapped[UUID] = mapped_column(primary_key=True)
    ordinal: Mapped[int] = mapped_column(Integer, primary_key=True)
    home: Mapped[UUID] = mapped_column(primary_key=True, server_default=text(f"'{SHARED}'::uuid"))
    start_line: Mapped[int]
    end_line: Mapped[int]
    embedding: Mapped[HALFVEC] = mapped_column(HALFVEC())


class PassageHome(TenantOwned, Base):
    """The partition where a large tenant's passages live: its own id. Others have no row, unless they are
    moving: then each passage is written in both places."""

    __tablename__ = "passage_homes"

    home: Mapped[UUID]
    moving_to: Mapped[UUID | None]
    since: Mapped[Now]


class PassageSpace(TenantOwned, Base):
    """A space that a tenant's tracks are in, or on their way to: see `search.passes`.

    Tracks beyond `asked_after` have not been asked for yet; null where all have. With `complete_at` it may
    answer searches. Passages of a space without a row are garbage.
    """

    __tablename__ = "passage_spaces"

    space: Mapped[str] = mapped_column(Text, primary_key=True)
    begun_at: Mapped[Now]
    asked_after: Mapped[UUID | None] = mapped_column(server_default=text(f"'{SHARED}'::uuid"))
    complete_at: Mapped[Moment | None]
