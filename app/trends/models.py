"""What is counted for trends as tables; triggers of the database keep both (migration 0008)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, Numeric, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.catalog.models import of_track
from tenancy.base import Base
from tenancy.models import TenantOwned


class TrendObservation(TenantOwned, Base):
    """What every metric observes of one track: {"THEME": {"": 1, "street": 1}, "RHYME_DENSITY": …}.

    Values have six decimals at most, and are added as such: a total is the same in whatever order. The
    key "" stands for a track that was observed at all. Tracks without a release date have no row.
    """

    __tablename__ = "trend_observations"
    __table_args__ = (of_track(), Index("ix_trend_observations_day", "tenant_id", "day"))

    track_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date]
    language: Mapped[str] = mapped_column(Text)
    observed: Mapped[dict[str, Any]] = mapped_column(JSONB)


class TrendRollup(TenantOwned, Base):
    """How many tracks of a month or a year have a key, and the total of their values."""

    __tablename__ = "trend_rollups"

    metric: Mapped[str] = mapped_column(Text, primary_key=True)
    granularity: Mapped[str] = mapped_column(Text, primary_key=True)
    period: Mapped[date] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    language: Mapped[str] = mapped_column(Text, primary_key=True)
    tracks: Mapped[int] = mapped_column(BigInteger)
    total: Mapped[Decimal] = mapped_column(Numeric)
