"""Indexes for words and names, and the function through which policies let a search use them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

from tenancy.rls import APP_ROLE, GATE_ROLE, gate

revision = "0008b"
down_revision = "0008"

# `app.search.names.fold`: lower case, Cyrillic letters as Latin ones, which pg_trgm sees alone here.
FOLD = r"""
create function fold_name(name text) returns text language sql immutable strict parallel safe as $$
  select case when octet_length(name) = length(name) then lower(name) else
    replace(replace(replace(replace(replace(replace(replace(replace(replace(
      translate(lower(name), 'абвгдезийклмнопрстуфыэіѣѳъь', 'abvgdeziyklmnoprstufyeief'),
      'ё', 'yo'), 'ж', 'zh'), 'х', 'kh'), 'ц', 'ts'), 'ч', 'ch'), 'ш', 'sh'), 'щ', 'shch'),
      'ю', 'yu'), 'я', 'ya')
  end $$"""
WORDS = {
    "artists": "setweight(to_tsvector('russian', name), 'A')",
    "tracks": "setweight(to_tsvector('russian', title || ' ' || tags::text), 'A')",
}
FOLDED = {"artists": "fold_name(name)", "tracks": "fold_name(title)"}

# Operators that are not leakproof don't use their index under a policy. The gate's policy lets it, and the
# function answers for the tenant of the connection alone; what it names is read again under the policies.
SIGNATURE = "lexical_candidates(any_word tsquery, topic text, whole text, parts text[], alike real)"
CANDIDATES = f"""
create function {SIGNATURE} returns setof uuid language plpgsql security definer rows 100
set search_path = pg_catalog, public
set pg_trgm.similarity_threshold = 0.6 set pg_trgm.strict_word_similarity_threshold = 0.45 as $$
declare mine uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
begin
  perform set_config('pg_trgm.similarity_threshold', alike::text, true);  -- until the function ends
  return query
    select l.track_id from lyrics l where l.tenant_id = mine and l.document @@ any_word
    union select t.id from tracks t where t.tenant_id = mine and t.words @@ any_word
    union select t.id from tracks t where t.tenant_id = mine and t.folded % whole
    union select t.id from tracks t where t.tenant_id = mine and t.folded %>> topic
    union select t.id from tracks t where t.tenant_id = mine and t.artist_id in (
      select a.id from artists a where a.tenant_id = mine and a.words @@ any_word
      union select a.id from artists a where a.tenant_id = mine and a.folded % whole
      union select a.id from artists a where a.tenant_id = mine and a.folded %>> topic
      union select a.id from unnest(parts) part, artists a where a.tenant_id = mine and a.folded %>> part);
end $$"""
PHRASES = """
create function phrase_candidates(phrase tsquery) returns setof uuid
language plpgsql stable security definer rows 100 set search_path = pg_catalog, public as $$
declare mine uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
begin
  return query select l.track_id from lyrics l where l.tenant_id = mine and l.document @@ phrase;
end $$"""
TYPES = {
    "lexical_candidates": "tsquery, text, text, text[], real",
    "phrase_candidates": "tsquery",
}
INDEXES = {
    "ix_lyrics_document": ("lyrics", "document"),
    "ix_tracks_words": ("tracks", "words"),
    "ix_artists_words": ("artists", "words"),
    "ix_tracks_folded": ("tracks", "folded gin_trgm_ops"),
    "ix_artists_folded": ("artists", "folded gin_trgm_ops"),
}
READ_BY_GATE = {
    "lyrics": "tenant_id, track_id, document",
    "tracks": "tenant_id, id, artist_id, folded, words",
    "artists": "tenant_id, id, folded, words",
}


def upgrade() -> None:
    op.execute("create extension if not exists btree_gin")
    op.execute("select similarity('a', 'a')")  # loads the module whose settings the functions have
    op.execute(FOLD)
    for table in ("artists", "tracks"):
        op.add_column(
            table, sa.Column("folded", sa.Text(), sa.Computed(FOLDED[table], persisted=True), nullable=False)
        )
        op.add_column(
            table, sa.Column("words", TSVECTOR(), sa.Computed(WORDS[table], persisted=True), nullable=False)
        )
    for name, (table, column) in INDEXES.items():
        op.execute(f"create index {name} on {table} using gin (tenant_id, {column})")
    statements = [s for table, columns in READ_BY_GATE.items() for s in gate(table, columns)]
    statements += [CANDIDATES, PHRASES]
    for name, types in TYPES.items():
        statements += [
            f"grant create on schema public to {GATE_ROLE}",
            f"alter function {name}({types}) owner to {GATE_ROLE}",
            f"revoke create on schema public from {GATE_ROLE}",
            f"revoke all on function {name}({types}) from public",
            f"grant execute on function {name}({types}) to {APP_ROLE}",
        ]
    for statement in statements:
        op.execute(statement)


def downgrade() -> None:
    for name, types in TYPES.items():
        op.execute(f"drop function {name}({types})")
    for table, columns in READ_BY_GATE.items():
        op.execute(f"drop policy gate on {table}")
        op.execute(f"revoke select ({columns}) on {table} from {GATE_ROLE}")
    op.execute("drop index ix_lyrics_document")
    for table in ("artists", "tracks"):
        for column in ("words", "folded"):
            op.drop_column(table, column)
    op.execute("drop function fold_name(text)")
