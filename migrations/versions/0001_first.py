"""Tenants, keys, catalogue, analyses, passages and events, each confined to its tenant.

PgQueuer's own tables are not here: `app.migrate` lets it install and upgrade them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from pgvector.sqlalchemy import HALFVEC
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR

from tenancy.rls import create_roles, gate, gate_function, protect

revision = "0001"
down_revision = None

TENANT_TABLES = (
    "analyzers",
    "api_keys",
    "artists",
    "events",
    "runs",
    "tracks",
    "analyses",
    "external_ids",
    "lyrics",
    "passages",
    "run_items",
)
GATE_FUNCTIONS = (
    (
        "authenticate_key(wanted text)",
        "table (tenant_id uuid, slug text, status text, plan text, id uuid, name text, scopes text[],"
        " secret_hash bytea, expires_at timestamptz, revoked_at timestamptz)",
        "select k.tenant_id, t.slug, t.status, t.plan, k.id, k.name, k.scopes, k.secret_hash,"
        " k.expires_at, k.revoked_at"
        " from api_keys k join tenants t on t.id = k.tenant_id where k.key_id = wanted",
    ),
    ("tenant_by_slug(wanted text)", "uuid", "select id from tenants where slug = wanted"),
    (
        "tenants_with_events()",
        "setof uuid",
        "select distinct tenant_id from events where not published",
    ),
)


def upgrade() -> None:
    for extension in ("vector", "pg_trgm"):
        op.execute(f"create extension if not exists {extension}")
    for statement in create_roles():
        op.execute(statement)
    create_tables()
    statements = protect("tenants", key="id")
    for table in TENANT_TABLES:
        statements += protect(table)
    statements += gate("tenants", "id, slug, status, plan")
    statements += gate("api_keys", "tenant_id, id, key_id, name, scopes, secret_hash, expires_at, revoked_at")
    statements += gate("events", "tenant_id, published")
    for function in GATE_FUNCTIONS:
        statements += gate_function(*function)
    for statement in statements:
        op.execute(statement)


def downgrade() -> None:
    for signature, _, _ in GATE_FUNCTIONS:
        op.execute(f"drop function {signature.replace('wanted ', '')}")
    for table in reversed(TENANT_TABLES):
        op.drop_table(table)
    op.drop_table("tenants")


def create_tables() -> None:

    op.create_table(
        "tenants",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), server_default="TEAM", nullable=False),
        sa.Column("status", sa.Text(), server_default="ACTIVE", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("plan in ('DEMO', 'TEAM', 'ENTERPRISE')", name=op.f("ck_tenants_plan_known")),
        sa.CheckConstraint("slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'", name=op.f("ck_tenants_slug_format")),
        sa.CheckConstraint(
            "status in ('ACTIVE', 'SUSPENDED', 'CLOSED')", name=op.f("ck_tenants_status_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenants")),
        sa.UniqueConstraint("slug", name=op.f("uq_tenants_slug")),
    )
    op.create_table(
        "analyzers",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("languages", ARRAY(sa.Text()), nullable=False),
        sa.Column("cost_per_track_usd", sa.Float(), server_default=sa.text("0"), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint("kind in ('LOCAL', 'MODEL', 'AGENT')", name=op.f("ck_analyzers_kind_known")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_analyzers_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "name", name=op.f("pk_analyzers")),
    )
    op.create_table(
        "api_keys",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaced_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_api_keys_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("key_id", name=op.f("uq_api_keys_key_id")),
    )
    op.create_table(
        "artists",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_artists_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_artists")),
        sa.UniqueConstraint("tenant_id", "slug", name=op.f("uq_artists_tenant_id_slug")),
    )
    op.create_index("ix_artists_created", "artists", ["tenant_id", "created_at", "id"], unique=False)
    op.create_index("ix_artists_name", "artists", ["tenant_id", "name", "id"], unique=False)
    op.create_table(
        "events",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("published", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_events_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_events")),
    )
    op.create_index("ix_events_position", "events", ["tenant_id", "position"], unique=True)
    op.create_index(
        "ix_events_waiting",
        "events",
        ["tenant_id", "id"],
        unique=False,
        postgresql_where=sa.text("position is null"),
    )
    op.create_table(
        "runs",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("status", sa.Text(), server_default="QUEUED", nullable=False),
        sa.Column("analyzers", ARRAY(sa.Text()), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("completed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("cached", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("cost_usd", sa.Float(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status in ('QUEUED', 'RUNNING', 'COMPLETED', 'CANCELLED', 'FAILED')",
            name=op.f("ck_runs_status_known"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_runs_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_runs")),
    )
    op.create_index("ix_runs_created", "runs", ["tenant_id", "created_at", "id"], unique=False)
    op.create_table(
        "tracks",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("artist_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("album", sa.Text(), nullable=True),
        sa.Column("released_on", sa.Date(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("explicit", sa.Boolean(), nullable=True),
        sa.Column("popularity", sa.Integer(), nullable=True),
        sa.Column("tags", JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("metadata", JSONB(), nullable=True),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("profile", JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("popularity between 0 and 100", name=op.f("ck_tracks_popularity_range")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "artist_id"],
            ["artists.tenant_id", "artists.id"],
            name=op.f("fk_tracks_tenant_id_artist_id_artists"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_tracks_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_tracks")),
        sa.UniqueConstraint("tenant_id", "fingerprint", name=op.f("uq_tracks_tenant_id_fingerprint")),
    )
    op.create_index("ix_tracks_artist", "tracks", ["tenant_id", "artist_id", "id"], unique=False)
    op.create_index("ix_tracks_created", "tracks", ["tenant_id", "created_at", "id"], unique=False)
    op.create_index(
        "ix_tracks_popularity",
        "tracks",
        ["tenant_id", sa.literal_column("coalesce(popularity, -1)"), "id"],
        unique=False,
    )
    op.create_index(
        "ix_tracks_released",
        "tracks",
        ["tenant_id", sa.literal_column("coalesce(released_on, '-infinity'::date)"), "id"],
        unique=False,
    )
    op.create_index("ix_tracks_title", "tracks", ["tenant_id", "title", "id"], unique=False)
    op.create_table(
        "analyses",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("track_id", sa.Uuid(), nullable=False),
        sa.Column("analyzer", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("sentiment", sa.Text(), nullable=True),
        sa.Column("themes", ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("scores", JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("labels", JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("evidence", JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("details", JSONB(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("analyzer_version", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("prompt_hash", sa.Text(), nullable=True),
        sa.Column("input_hash", sa.Text(), nullable=False),
        sa.Column("tokens_in", sa.Integer(), nullable=True),
        sa.Column("tokens_out", sa.Integer(), nullable=True),
        sa.Column("cost_usd", sa.Float(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("cached", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status in ('QUEUED', 'RUNNING', 'COMPLETED', 'FAILED', 'DEGRADED')",
            name=op.f("ck_analyses_status_known"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "analyzer"],
            ["analyzers.tenant_id", "analyzers.name"],
            name=op.f("fk_analyses_tenant_id_analyzer_analyzers"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "run_id"],
            ["runs.tenant_id", "runs.id"],
            name=op.f("fk_analyses_tenant_id_run_id_runs"),
            ondelete="SET NULL (run_id)",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "track_id"],
            ["tracks.tenant_id", "tracks.id"],
            name=op.f("fk_analyses_tenant_id_track_id_tracks"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_analyses_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_analyses")),
    )
    op.create_index(
        "ix_analyses_newest", "analyses", ["tenant_id", "track_id", "analyzer", "created_at"], unique=False
    )
    op.create_index(
        "ix_analyses_track", "analyses", ["tenant_id", "track_id", "created_at", "id"], unique=False
    )
    op.create_index(
        "uq_analyses_run", "analyses", ["tenant_id", "run_id", "track_id", "analyzer"], unique=True
    )
    op.create_table(
        "external_ids",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("track_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "track_id"],
            ["tracks.tenant_id", "tracks.id"],
            name=op.f("fk_external_ids_tenant_id_track_id_tracks"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_external_ids_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "track_id", "source", name=op.f("pk_external_ids")),
    )
    op.create_index("ix_external_ids_value", "external_ids", ["tenant_id", "source", "value"], unique=False)
    op.create_table(
        "lyrics",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("track_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("word_count", sa.Integer(), nullable=False),
        sa.Column("sections", JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column(
            "document",
            TSVECTOR(),
            sa.Computed("to_tsvector('russian', text)", persisted=True),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "track_id"],
            ["tracks.tenant_id", "tracks.id"],
            name=op.f("fk_lyrics_tenant_id_track_id_tracks"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_lyrics_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "track_id", name=op.f("pk_lyrics")),
    )
    op.create_table(
        "passages",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("space", sa.Text(), nullable=False),
        sa.Column("track_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("start_line", sa.Integer(), nullable=False),
        sa.Column("end_line", sa.Integer(), nullable=False),
        sa.Column("embedding", HALFVEC(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "track_id"],
            ["tracks.tenant_id", "tracks.id"],
            name=op.f("fk_passages_tenant_id_track_id_tracks"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_passages_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "space", "track_id", "ordinal", name=op.f("pk_passages")),
    )
    op.create_table(
        "run_items",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("track_id", sa.Uuid(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "run_id"],
            ["runs.tenant_id", "runs.id"],
            name=op.f("fk_run_items_tenant_id_run_id_runs"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "track_id"],
            ["tracks.tenant_id", "tracks.id"],
            name=op.f("fk_run_items_tenant_id_track_id_tracks"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_run_items_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "run_id", "track_id", name=op.f("pk_run_items")),
    )
    op.create_index("ix_run_items_track", "run_items", ["tenant_id", "track_id"], unique=False)
