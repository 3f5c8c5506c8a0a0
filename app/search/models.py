"""Embedded passages as a table."""

from __future__ import annotations

from uuid import UUID

from pgvector.sqlalchemy import HALFVEC
from sqlalchemy import Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.catalog.models import of_track
from tenancy.base import Base
from tenancy.models import TenantOwned


class Passage(TenantOwned, Base):
    """A few lines of a track as a unit vector of one embedding space; ordinal 0 is the whole track.

    The column has no fixed dimension: each `space` (a model's name) has its own.
    """

    __tablename__ = "passages"
    __table_args__ = (of_track(),)

    space: Mapped[str] = mapped_column(Text, primary_key=True)
    track_id: Mapped[UUID] = mapped_column(primary_key=True)
    ordinal: Mapped[int] = mapped_column(Integer, primary_key=True)
    start_line: Mapped[int]
    end_line: Mapped[int]
    embedding: Mapped[HALFVEC] = mapped_column(HALFVEC())
