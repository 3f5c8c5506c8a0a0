"""What trends count, kept by triggers: whoever writes a track or an analysis, its transaction counts it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from tenancy.rls import protect

revision = "0008"
down_revision = "0007"

# The newest completed analysis of one analyzer, along ix_analyses_newest.
NEWEST = """(
        select details from analyses a
        where a.tenant_id = t.tenant_id and a.track_id = t.id and a.analyzer = '{}' and a.status = 'COMPLETED'
        order by a.created_at desc, a.id desc limit 1)"""

# The lock comes first: of two transactions that analyse one track, the second has to see the first's results.
OBSERVE = f"""
create function observe_tracks(of_tenant uuid, ids uuid[]) returns void language plpgsql
set search_path = pg_catalog, public as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('trends:' || of_tenant, 0));
  delete from trend_observations o using tracks t
    where o.tenant_id = of_tenant and o.track_id = any(ids)
      and t.tenant_id = of_tenant and t.id = o.track_id and t.released_on is null;
  insert into trend_observations as o (tenant_id, track_id, day, language, observed)
  select t.tenant_id, t.id, t.released_on, coalesce(t.language, ''), jsonb_strip_nulls(jsonb_build_object(
      'TRACKS', jsonb_build_object('tracks', 1),
      'THEME', case when t.profile -> 'analyzers' ? 'themes' then (
        select jsonb_object_agg(key, 1)
        from (
          select '' key union select l ->> 'name' from jsonb_array_elements(t.profile -> 'themes') l
        ) themes
        where key is not null) end,
      'SENTIMENT', case when t.profile ->> 'sentiment' <> ''
        then jsonb_build_object('', 1, t.profile ->> 'sentiment', 1) end,
      'EXPLICITNESS', (
        select jsonb_build_object('', 1, 'explicit',
          case when (details ->> 'explicit')::boolean then 1 end) from {NEWEST.format("content")} n),
      'EMOTION', (
        select jsonb_object_agg(e ->> 'name', trim_scale(round((e ->> 'value')::numeric, 6)))
        from {NEWEST.format("emotion")} n, jsonb_array_elements(n.details -> 'emotions') e
        where e ->> 'name' <> ''),
      'RHYME_DENSITY', (
        select jsonb_build_object('rhyme_density', trim_scale(round((details ->> 'density')::numeric, 6)))
        from {NEWEST.format("rhyme")} n),
      'VOCABULARY', (
        select jsonb_build_object('mtld', trim_scale(round((details ->> 'mtld')::numeric, 6)))
        from {NEWEST.format("vocabulary")} n)))
  from tracks t where t.tenant_id = of_tenant and t.id = any(ids) and t.released_on is not null
  on conflict (tenant_id, track_id) do update
    set day = excluded.day, language = excluded.language, observed = excluded.observed
    where (o.day, o.language, o.observed)
      is distinct from (excluded.day, excluded.language, excluded.observed);
end $$"""

# One statement's differences go into the rollups, and into an event that says which figures are others now.
COUNT = """
create function count_trends_{event}() returns trigger language plpgsql
set search_path = pg_catalog, public as $$
declare sent bigint;
begin
  perform pg_advisory_xact_lock(hashtextextended('trends:' || tenant_id, 0))
    from (select distinct tenant_id from {table} order by 1) tenants;
  with counted as (
    select r.tenant_id, m.key metric, k.key, r.language, date_trunc('month', r.day::timestamp)::date as month,
      sum(r.sign) tracks, sum(r.sign * (k.value)::numeric) total
    from ({rows}) r, jsonb_each(r.observed) m, jsonb_each(m.value) k
    group by 1, 2, 3, 4, 5
  ), differences as (
    select tenant_id, metric, 'month' granularity, month as period, key, language, tracks, total from counted
    union all
    select tenant_id, metric, 'year', date_trunc('year', month::timestamp)::date, key, language,
      sum(tracks), sum(total)
    from counted group by 1, 2, 4, 5, 6
  ), changed as (
    merge into trend_rollups r
    using (select * from differences where tracks <> 0 or total <> 0) d
    on (r.tenant_id, r.metric, r.granularity, r.period, r.key, r.language)
      = (d.tenant_id, d.metric, d.granularity, d.period, d.key, d.language)
    when matched and r.tracks + d.tracks = 0 then delete
    when matched then update set tracks = r.tracks + d.tracks, total = r.total + d.total
    when not matched and d.tracks > 0
      then insert (tenant_id, metric, granularity, period, key, language, tracks, total)
      values (d.tenant_id, d.metric, d.granularity, d.period, d.key, d.language, d.tracks, d.total)
    returning d.tenant_id, d.metric, d.granularity, d.period
  ), told as (
    insert into events (tenant_id, kind, payload)
    select tenant_id, 'TrendsChanged', jsonb_build_object('changes', jsonb_agg(change order by metric))
    from (
      select c.tenant_id, c.metric, jsonb_build_object('metric', c.metric, 'from', min(c.period),
        'to', (max(c.period) + interval '1 month - 1 day')::date) change
      from changed c join tenants t on t.id = c.tenant_id
      where c.granularity = 'month' group by 1, 2
    ) by_metric
    group by 1 returning tenant_id
  )
  select count(pg_notify('rap_analyzer_events', tenant_id::text)) from told into strict sent;
  return null;
end $$"""

# The events that count, the rows that each brings or takes, and one of its tables.
COUNTED = {
    "insert": ("select *, 1 sign from changed", "changed"),
    "update": ("select *, 1 sign from changed union all select *, -1 from former", "changed"),
    "delete": ("select *, -1 sign from former", "former"),
}
TABLES = {
    "insert": "new table as changed",
    "update": "old table as former new table as changed",
    "delete": "old table as former",
}

# Statement by statement: a batch of tracks costs one pass.
OBSERVED = {
    ("tracks", "insert"): """
      perform observe_tracks(tenant_id, array_agg(id)) from changed
      where released_on is not null group by tenant_id;""",
    ("tracks", "update"): """
      perform observe_tracks(c.tenant_id, array_agg(c.id)) from changed c
      join former f on f.tenant_id = c.tenant_id and f.id = c.id
      where (c.released_on, c.language, c.profile) is distinct from (f.released_on, f.language, f.profile)
        and (c.released_on is not null or f.released_on is not null)
      group by c.tenant_id;""",
    ("analyses", "insert"): """
      perform observe_tracks(t.tenant_id, array_agg(t.id)) from tracks t
      where t.released_on is not null and (t.tenant_id, t.id) in (
        select tenant_id, track_id from changed
        where status = 'COMPLETED' and analyzer in ('content', 'emotion', 'rhyme', 'vocabulary'))
      group by t.tenant_id;""",
}


# Row-level security holds for the owner too: each tenant is counted as itself.
EXISTING = """
do $$ declare tenant uuid; begin
  for tenant in select id from every_tenant() loop
    perform set_config('app.tenant_id', tenant::text, true);
    perform observe_tracks(tenant, array_agg(id)) from tracks where tenant_id = tenant;
    delete from events where tenant_id = tenant and kind = 'TrendsChanged';
  end loop;
  perform set_config('app.tenant_id', '', true);
end $$"""


def upgrade() -> None:
    create_tables()
    statements = [
        statement for table in ("trend_observations", "trend_rollups") for statement in protect(table)
    ]
    statements.append(OBSERVE)
    for event, (rows, table) in COUNTED.items():
        statements.append(COUNT.format(event=event, rows=rows, table=table))
        statements.append(trigger("trend_observations", event, f"count_trends_{event}"))
    for (table, event), body in OBSERVED.items():
        function = f"observe_{table}_{event}"
        statements.append(
            f"create function {function}() returns trigger language plpgsql"
            f" set search_path = pg_catalog, public as $$ begin {body} return null; end $$"
        )
        statements.append(trigger(table, event, function))
    for statement in [*statements, EXISTING]:
        op.execute(statement)


def trigger(table: str, event: str, function: str) -> str:
    return (
        f"create trigger trends_{event} after {event} on {table} referencing {TABLES[event]}"
        f" for each statement execute function {function}()"
    )


def downgrade() -> None:
    for table, event in OBSERVED:
        op.execute(f"drop trigger trends_{event} on {table}")
        op.execute(f"drop function observe_{table}_{event}()")
    for table in ("trend_observations", "trend_rollups"):
        op.drop_table(table)
    for event in COUNTED:
        op.execute(f"drop function count_trends_{event}()")
    op.execute("drop function observe_tracks(uuid, uuid[])")


def create_tables() -> None:
    op.create_table(
        "trend_observations",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("track_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("observed", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "track_id"],
            ["tracks.tenant_id", "tracks.id"],
            name=op.f("fk_trend_observations_tenant_id_track_id_tracks"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_trend_observations_tenant_id_tenants"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "track_id", name=op.f("pk_trend_observations")),
    )
    op.create_index("ix_trend_observations_day", "trend_observations", ["tenant_id", "day"])
    op.create_table(
        "trend_rollups",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("granularity", sa.Text(), nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("tracks", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.Numeric(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_trend_rollups_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "metric", "granularity", "period", "key", "language", name=op.f("pk_trend_rollups")
        ),
    )
