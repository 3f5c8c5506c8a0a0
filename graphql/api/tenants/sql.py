"""SQL of fields that a column alone does not give."""

from __future__ import annotations

from api.ids import PREFIXES

# The global id of what an entry of the audit log is about: a key, or the tenant itself.
TARGET = (
    f"(case when {{row}}.action like 'tenant.%' then '{PREFIXES['Tenant']}_' else '{PREFIXES['ApiKey']}_' end"
    " || translate({row}.target_id::text, '-', ''))"
)
