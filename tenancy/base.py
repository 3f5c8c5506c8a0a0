"""The declarative base, and the kinds of columns that many tables have."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import DateTime, MetaData, func, text
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

# Time-ordered (RFC 9562, version 7), so that new rows land at the end of every index.
Uuid7 = Annotated[UUID, mapped_column(primary_key=True, server_default=text("uuidv7()"))]
Moment = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Now = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=func.now())]


class Base(DeclarativeBase):
    """Every mapped table. Constraint names follow `NAMING`, so that migrations can address them."""

    metadata = MetaData(naming_convention=NAMING)
