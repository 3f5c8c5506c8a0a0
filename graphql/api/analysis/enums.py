"""Enums of analyses, as the database stores them: by name."""

from __future__ import annotations

from enum import Enum
from typing import TypeAlias

import strawberry

from app.analysis import results

AnalysisStatus: TypeAlias = results.Status
Sentiment: TypeAlias = results.Sentiment
strawberry.enum(
    results.Status,
    name="AnalysisStatus",
    description="How far an analysis is. DEGRADED: the analyzer can't judge this text; `error` says why.",
)
strawberry.enum(
    results.Sentiment,
    description="The feeling of a whole text. MIXED is a finding: strong feelings of both signs.",
)


@strawberry.enum(description="What an analyzer rests on.")
class AnalyzerKind(Enum):
    LOCAL = strawberry.enum_value("LOCAL", description="Computed on our machines, without a language model.")
    MODEL = strawberry.enum_value("MODEL", description="One call of a language model.")
    AGENT = strawberry.enum_value("AGENT", description="Several steps of a language model.")


@strawberry.enum(description="How far a run is.")
class RunStatus(Enum):
    QUEUED = strawberry.enum_value("QUEUED", description="No track of it is analysed yet.")
    RUNNING = strawberry.enum_value("RUNNING", description="Some tracks are analysed, others wait.")
    PAUSED = strawberry.enum_value("PAUSED", description="Something is used up; it goes on by itself later.")
    COMPLETED = strawberry.enum_value("COMPLETED", description="All tracks are done; some may have failed.")
    CANCELLED = strawberry.enum_value("CANCELLED", description="It was stopped; what it had found stays.")
    FAILED = strawberry.enum_value("FAILED", description="No track could be analysed.")


@strawberry.enum(description="What a run that pauses is short of.")
class Shortage(Enum):
    QUOTA = strawberry.enum_value("QUOTA", description="Points of your tenant's plan.")
    BUDGET = strawberry.enum_value(
        "BUDGET", description="This month's budget for language models; local analyzers go on."
    )
