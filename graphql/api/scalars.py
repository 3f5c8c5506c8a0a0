"""Scalars in the very format that Postgres writes for planned fields."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import strawberry
from strawberry.schema.types.base_scalars import DateTimeDefinition
from strawberry.types.scalar import ScalarDefinition


def write_moment(value: datetime) -> str:
    """Always UTC, always microseconds: `2025-03-01T12:00:00.000000Z`."""
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


MOMENT: ScalarDefinition = strawberry.scalar(
    name="DateTime",
    description="A moment in UTC, ISO 8601: `2025-03-01T12:00:00.000000Z`.",
    specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
    serialize=write_moment,
    parse_value=DateTimeDefinition.parse_value,
)
SCALARS: dict[Any, ScalarDefinition] = {datetime: MOMENT}
