"""SQL of fields that a column alone does not give."""

from __future__ import annotations

from api.ids import PREFIXES

# The global id of what an entry of the audit log is about: a key, a member, or the tenant itself.
TARGET = (
    f"(case split_part({{row}}.action, '.', 1) when 'tenant' then '{PREFIXES['Tenant']}'"
    f" when 'member' then '{PREFIXES['Member']}' else '{PREFIXES['ApiKey']}' end"
    " || '_' || translate({row}.target_id::text, '-', ''))"
)

# Of this calendar month, UTC, as `app.analysis.agents.budget` keeps it.
SPENT = """coalesce((select m.usd from model_spend m where m.tenant_id = {row}.id
  and m.month = date_trunc('month', now() at time zone 'utc')::date), 0)"""
SWITCHED_OFF = """array(select a.name from analyzers a where a.tenant_id = {row}.id
  and a.kind = 'MODEL' and not a.enabled order by a.name)"""
