"""An index for tracks by their themes, and the function through which policies let it be used."""

from __future__ import annotations

from alembic import op

from tenancy.rls import APP_ROLE, GATE_ROLE

revision = "0009b"
down_revision = "0009"

TYPES = "text[], text[], float8, int"
# Tracks that share themes, by how many; then those of the same mood, then those that rhyme as densely.
# As in 0008b: containment is not leakproof, so under a policy it would not use its index.
CANDIDATES = """
create function theme_candidates(themes text[], moods text[], technique float8, most int) returns setof uuid
language plpgsql stable security definer rows 100 set search_path = pg_catalog, public as $$
declare mine uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
begin
  return query
    select t.id from unnest(themes) theme, tracks t
    where t.tenant_id = mine
      and t.profile -> 'themes' @> jsonb_build_array(jsonb_build_object('name', theme))
    group by t.tenant_id, t.id
    order by count(*) desc, coalesce(t.profile ->> 'mood' = any(moods), false) desc,
      abs((t.profile ->> 'technique')::float8 - technique) nulls last, t.id
    limit most;
end $$"""


def upgrade() -> None:
    for statement in (
        "create index ix_tracks_themes on tracks using gin (tenant_id, (profile -> 'themes') jsonb_path_ops)",
        f"grant select (profile) on tracks to {GATE_ROLE}",
        CANDIDATES,
        f"grant create on schema public to {GATE_ROLE}",
        f"alter function theme_candidates({TYPES}) owner to {GATE_ROLE}",
        f"revoke create on schema public from {GATE_ROLE}",
        f"revoke all on function theme_candidates({TYPES}) from public",
        f"grant execute on function theme_candidates({TYPES}) to {APP_ROLE}",
    ):
        op.execute(statement)


def downgrade() -> None:
    op.execute(f"drop function theme_candidates({TYPES})")
    op.execute(f"revoke select (profile) on tracks from {GATE_ROLE}")
    op.execute("drop index ix_tracks_themes")
