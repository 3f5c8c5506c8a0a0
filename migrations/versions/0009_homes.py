"""Passages by where they live: most tenants' together, those of a large one in a partition of its own.

Nothing is copied, but the key is built anew and all rows are looked at once, while nobody reads or writes
them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tenancy.rls import APP_ROLE, CURRENT_TENANT, protect

revision = "0009"
down_revision = "0008b"

SHARED = "00000000-0000-0000-0000-000000000000"
# The old table becomes a partition as it is, with its policy; but nobody may read it by itself any more.
PARTITION = (
    "alter table passages rename to passages_shared",
    f"alter table passages_shared add column home uuid not null default '{SHARED}'",
    "alter table passages_shared drop constraint pk_passages",
    "alter table passages_shared add constraint pk_passages_shared"
    " primary key (tenant_id, space, track_id, ordinal, home)",
    f"revoke all on passages_shared from {APP_ROLE}",
    "create table passages (like passages_shared including defaults) partition by list (home)",
    "alter table passages add constraint pk_passages primary key (tenant_id, space, track_id, ordinal, home)",
    "alter table passages add constraint fk_passages_tenant_id_tenants"
    " foreign key (tenant_id) references tenants (id) on delete cascade",
    "alter table passages add constraint fk_passages_tenant_id_track_id_tracks"
    " foreign key (tenant_id, track_id) references tracks (tenant_id, id) on delete cascade",
    f"alter table passages attach partition passages_shared for values in ('{SHARED}')",
)
QUOTED = "tenant_id = " + CURRENT_TENANT.replace("'", "''")
# The application owns no table, so it can't make one. This makes one thing: the empty partition of the tenant
# of the connection, with the index that a space needs. Nobody is granted anything on it: a partition that is
# read by itself would not ask the parent's policy. It has one of its own even so.
#
# Readers and writers of passages go on: the partition is attached while it is empty, so that there is nothing
# to look through, and that takes SHARE UPDATE EXCLUSIVE on the parent. Its foreign keys take SHARE ROW
# EXCLUSIVE on tracks and tenants for an instant: that waits for who is writing tracks, and those who come
# after wait behind it, hence the timeout. Who called then tries again later.
OWN_PARTITION = f"""
create function own_partition(of_space text, dimension int, anew boolean) returns void
language plpgsql security definer set search_path = pg_catalog, public set lock_timeout = '1s' as $$
declare
  mine uuid := {CURRENT_TENANT};
  name text := 'passages_' || replace(mine::text, '-', '');
  index text := 'ix_' || substr(md5(mine::text || of_space), 1, 16) || '_near';
begin
  if mine is null or of_space !~ '^[a-z0-9][a-z0-9._:/-]{{0,99}}$' or dimension not between 1 and 4000 then
    raise exception 'no tenant, or no space of passages';
  end if;
  perform pg_advisory_xact_lock(hashtextextended('partition:' || mine, 0));
  if to_regclass(name) is null then
    execute format('create table public.%I (like passages including defaults)', name);
    execute format('alter table public.%I enable row level security', name);
    execute format('alter table public.%I force row level security', name);
    execute format(
      'create policy tenant_isolation on public.%I using ({QUOTED}) with check ({QUOTED})', name);
    execute format('alter table passages attach partition public.%I for values in (%L)', name, mine);
  end if;
  if to_regclass(index) is null then
    execute format('create index %I on public.%I using hnsw ((embedding::halfvec(%s)) halfvec_cosine_ops)'
      ' with (m = 16, ef_construction = 64) where space = %L', index, name, dimension, of_space);
  end if;
  if anew then
    execute format('analyze public.%I', name);
  end if;
end $$"""

# As whoever asks, under the policies; a function, since its settings end with it wherever it's called. It is
# planned anew each time: the index holds for this home and space alone. The index looks at as many passages
# as are wanted, and at more while a filter leaves fewer.
NEAR_TYPES = "uuid, text, int, text, uuid[], int"
NEAR = """
create function near_tracks(
  of_home uuid, of_space text, dimension int, query text, wanted uuid[], most int
) returns setof uuid language plpgsql stable rows 400 set search_path = pg_catalog, public
set hnsw.ef_search = 400 set hnsw.iterative_scan = 'strict_order' set hnsw.max_scan_tuples = 100000 as $$
begin
  return query execute format(
    'select distinct track_id from (select track_id from passages'
    ' where home = %L and tenant_id = %L and space = %L and ($1 is null or track_id = any($1))'
    ' order by embedding::halfvec(%s) <=> %L::halfvec(%s) limit %s) near',
    of_home, nullif(current_setting('app.tenant_id', true), ''), of_space, dimension, query, dimension, most
  ) using wanted;
end $$"""


def upgrade() -> None:
    op.create_table(
        "passage_homes",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("home", sa.Uuid(), nullable=False),
        sa.Column("moving_to", sa.Uuid(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_passage_homes_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_passage_homes")),
    )
    op.execute("select '[1]'::vector")  # loads the module whose settings the function has
    statements = [*protect("passage_homes"), *PARTITION, *protect("passages"), OWN_PARTITION, NEAR]
    for function in ("own_partition(text, int, boolean)", f"near_tracks({NEAR_TYPES})"):
        statements += [
            f"revoke all on function {function} from public",
            f"grant execute on function {function} to {APP_ROLE}",
        ]
    for statement in statements:
        op.execute(statement)


def downgrade() -> None:
    for statement in (
        "drop function own_partition(text, int, boolean)",
        f"drop function near_tracks({NEAR_TYPES})",
        # Whoever owns the tables is confined by their policies, too.
        "alter table passages no force row level security",
        "alter table passage_homes no force row level security",
        # Back together: rows that are on their way are in both places, and those of the old place count.
        "create table gathered (like passages including defaults)",
        "insert into gathered select p.* from passages p"
        " left join passage_homes h on h.tenant_id = p.tenant_id"
        f" where p.home = coalesce(h.home, '{SHARED}')",
        "drop table passages",
        "alter table gathered drop column home",
        "alter table gathered rename to passages",
        "alter table passages add constraint pk_passages primary key (tenant_id, space, track_id, ordinal)",
        "alter table passages add constraint fk_passages_tenant_id_tenants"
        " foreign key (tenant_id) references tenants (id) on delete cascade",
        "alter table passages add constraint fk_passages_tenant_id_track_id_tracks"
        " foreign key (tenant_id, track_id) references tracks (tenant_id, id) on delete cascade",
        *protect("passages"),
        "drop table passage_homes",
    ):
        op.execute(statement)
