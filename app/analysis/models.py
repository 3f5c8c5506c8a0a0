"""Analyzers, runs and analyses as tables."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.catalog.models import of_track
from tenancy.base import Base, Moment, Now, Uuid7
from tenancy.models import TenantOwned


class Analyzer(TenantOwned, Base):
    """What a tenant can run, or has brought results of. Rows of our own come from `registry.sync`."""

    __tablename__ = "analyzers"
    __table_args__ = (CheckConstraint("kind in ('LOCAL', 'MODEL', 'AGENT')", name="kind_known"),)

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text))
    cost_per_track_usd: Mapped[float] = mapped_column(Float, server_default=text("0"))
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    # Whether this build with its settings has it: a language model may be taken out of the settings, and
    # what it said stays.
    offered: Mapped[bool] = mapped_column(server_default=text("true"))


class Run(TenantOwned, Base):
    """One request to analyse some tracks. The counters are kept by the worker, in its transactions."""

    __tablename__ = "runs"
    __table_args__ = (
        CheckConstraint(
            "status in ('QUEUED', 'RUNNING', 'PAUSED', 'COMPLETED', 'CANCELLED', 'FAILED')",
            name="status_known",
        ),
        CheckConstraint("paused_for in ('QUOTA', 'BUDGET')", name="paused_known"),
        Index("ix_runs_created", "tenant_id", "created_at", "id"),
        Index(
            "ix_runs_open",
            "tenant_id",
            text("urgent desc"),
            "served_at",
            postgresql_where=text("finished_at is null"),
        ),
    )

    id: Mapped[Uuid7]
    status: Mapped[str] = mapped_column(Text, server_default="QUEUED")
    analyzers: Mapped[list[str]] = mapped_column(ARRAY(Text))
    total: Mapped[int]
    completed: Mapped[int] = mapped_column(server_default=text("0"))
    failed: Mapped[int] = mapped_column(server_default=text("0"))
    cached: Mapped[int] = mapped_column(server_default=text("0"))
    cost_usd: Mapped[float] = mapped_column(Float, server_default=text("0"))
    created_at: Mapped[Now]
    finished_at: Mapped[Moment | None]
    urgent: Mapped[bool] = mapped_column(server_default=text("false"))  # somebody may be waiting for it
    # Until then more tracks may come, so that it does not end when none is left; see `runs.begin`.
    filling_until: Mapped[Moment | None]
    paused_until: Mapped[Moment | None]
    paused_for: Mapped[str | None] = mapped_column(Text)
    # The key or the member whose usage it is; null for what operators start, which costs no points.
    charged_to: Mapped[UUID | None]
    # When a slice of it was last committed: the tenant's open runs take turns by it.
    served_at: Mapped[Moment] = mapped_column(server_default=func.now())
    retry_of: Mapped[UUID | None]


class RunItem(TenantOwned, Base):
    """A track that a run has still to analyse; the row goes when its analyses are committed.

    `stage` is 0 until the local analyzers are through, and 1 while language models are still to be asked;
    `lane` is then the job that asks them, or that asked them and was killed.
    """

    __tablename__ = "run_items"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "run_id"], ["runs.tenant_id", "runs.id"], ondelete="CASCADE"),
        of_track(),
        Index("ix_run_items_track", "tenant_id", "track_id"),
        Index("ix_run_items_next", "tenant_id", "run_id", "stage", "attempts", "track_id"),
    )

    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    track_id: Mapped[UUID] = mapped_column(primary_key=True)
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    stage: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    lane: Mapped[int | None] = mapped_column(SmallInteger)


class Analysis(TenantOwned, Base):
    """What one analyzer said of one track at one time; a newer row stands beside it, never over it."""

    __tablename__ = "analyses"
    __table_args__ = (
        of_track(),
        ForeignKeyConstraint(["tenant_id", "analyzer"], ["analyzers.tenant_id", "analyzers.name"]),
        ForeignKeyConstraint(
            ["tenant_id", "run_id"], ["runs.tenant_id", "runs.id"], ondelete="SET NULL (run_id)"
        ),
        CheckConstraint(
            "status in ('QUEUED', 'RUNNING', 'COMPLETED', 'FAILED', 'DEGRADED')", name="status_known"
        ),
        # A worker that repeats a slice it had not committed can't write a result twice.
        Index("uq_analyses_run", "tenant_id", "run_id", "track_id", "analyzer", unique=True),
        Index("ix_analyses_track", "tenant_id", "track_id", "created_at", "id"),
        Index("ix_analyses_newest", "tenant_id", "track_id", "analyzer", "created_at"),
        # Has a model answered this question before? See agents/earlier.py.
        Index(
            "ix_analyses_question",
            "tenant_id",
            "input_hash",
            "analyzer",
            postgresql_where=text("prompt_hash is not null and status = 'COMPLETED'"),
        ),
    )

    id: Mapped[Uuid7]
    track_id: Mapped[UUID]
    analyzer: Mapped[str] = mapped_column(Text)
    run_id: Mapped[UUID | None]
    status: Mapped[str] = mapped_column(Text)
    sentiment: Mapped[str | None] = mapped_column(Text)
    themes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    scores: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    labels: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    evidence: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    # {"kind": "RhymeDetails", …}: the details type of the API in snake_case.
    details: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    error: Mapped[str | None] = mapped_column(Text)
    analyzer_version: Mapped[str] = mapped_column(Text)
    model: Mapped[str | None] = mapped_column(Text)
    prompt_hash: Mapped[str | None] = mapped_column(Text)
    input_hash: Mapped[str] = mapped_column(Text)
    tokens_in: Mapped[int | None]
    tokens_out: Mapped[int | None]
    cost_usd: Mapped[float | None] = mapped_column(Float)
    duration_ms: Mapped[int]
    cached: Mapped[bool] = mapped_column(server_default=text("false"))
    shared: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[Now]


class ModelSpend(TenantOwned, Base):
    """What a month's requests to language models have cost, or can have cost while they are under way."""

    __tablename__ = "model_spend"

    month: Mapped[date] = mapped_column(primary_key=True)  # its first day, UTC
    usd: Mapped[float] = mapped_column(Float)
