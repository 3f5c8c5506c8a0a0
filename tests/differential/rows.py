"""A tenant's rows as dictionaries, loaded once: what the reference answers from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import orjson

Row = dict[str, Any]
# Tables whose rows are objects of the schema, and the types of those.
TYPES = {
    "analyses": "Analysis", "analyzers": "Analyzer", "api_keys": "ApiKey", "artists": "Artist",
    "audit_log": "AuditEntry", "model_spend": "",
    "external_ids": "ExternalId", "lyrics": "Lyrics", "members": "Member",
    "runs": "AnalysisRun", "tenants": "Tenant", "tracks": "Track",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rows:
    """Each table's rows, which say under `kind` what they are."""

    tables: dict[str, list[Row]]

    def all(self, table: str, **values: Any) -> list[Row]:
        """Those rows whose columns have these values."""
        return [row for row in self.tables[table] if all(row[name] == values[name] for name in values)]

    def one(self, table: str, **values: Any) -> Row | None:
        return next(iter(self.all(table, **values)), None)


async def load(owner: asyncpg.Connection, tenant: UUID) -> Rows:
    await owner.set_type_codec("jsonb", schema="pg_catalog", encoder=str, decoder=orjson.loads)
    tables = {}
    for table, kind in TYPES.items():
        column = "id" if table == "tenants" else "tenant_id"
        found = await owner.fetch(f"select * from {table} where {column} = $1", tenant)
        tables[table] = [{"kind": kind, **row} for row in found]
    return Rows(tables)
