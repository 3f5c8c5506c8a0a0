"""The outbox: events wait here, in the transaction that caused them, until they are on the stream."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Identity, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenancy.base import Base, Now
from tenancy.models import TenantOwned


class Event(TenantOwned, Base):
    """Something that happened. `position` is null until the relay has given it its place in the stream.

    The relay numbers committed events of a tenant under a lock: ids can be committed out of order,
    positions can't, so a subscriber's cursor never passes an event by.
    """

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_waiting", "tenant_id", "id", postgresql_where=text("position is null")),
        Index("ix_events_position", "tenant_id", "position", unique=True),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[Now]
    position: Mapped[int | None] = mapped_column(BigInteger)
    published: Mapped[bool] = mapped_column(server_default=text("false"))
