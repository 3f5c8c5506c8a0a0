"""SQL of fields that a column alone does not give."""

from __future__ import annotations

from api.ids import PREFIXES

# The global id of what an entry of the audit log is about: a key, a member, or the tenant itself.
TARGET = (
    f"(case split_part({{row}}.action, '.', 1) when 'tenant' then '{PREFIXES['Tenant']}'"
    f" when 'member' then '{PREFIXES['Member']}' else '{PREFIXES['ApiKey']}' end"
    " || '_' || translate({row}.target_id::text, '-', ''))"
)
