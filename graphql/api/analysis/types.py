"""Analyses, the runs that make them, and the analyzers."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from api.analysis.details import AnalysisDetails
from api.analysis.enums import AnalysisStatus, AnalyzerKind, RunStatus, Sentiment, Shortage
from api.analysis.inputs import narrow_analyses
from api.analysis.parts import Evidence, Label, Score
from api.nodes import Connection, Node
from api.planner.fields import RowsOf, column, connection, embedded, node, one, shape
from tenancy.scopes import Scope

if TYPE_CHECKING:
    from api.catalog.types import Track

LazyTrack = Annotated["Track", strawberry.lazy("api.catalog.types")]
LazyAnalysis = Annotated["Analysis", strawberry.lazy("api.analysis.types")]
LazyRun = Annotated["AnalysisRun", strawberry.lazy("api.analysis.types")]


@shape
class Analyzer:
    """Something that judges lyrics in one respect."""

    name: str = column(
        "The name by which to ask for it: `rhyme`, `emotion`, `themes`, `vocabulary`, `content`; a language"
        " model's begins with its task and a dot: `emotion.some-model`."
    )
    version: str = column("Changes whenever the same text may get other figures.")
    title: str = column("What to call it on a page.")
    description: str = column("What it finds, and what that rests on.")
    kind: AnalyzerKind = column("Whether it needs a language model.")
    languages: list[str] = column("The languages it can judge, BCP 47.")
    cost_per_track_usd: float = column("What a track costs on average, in US dollars.")
    enabled: bool = column("Whether your tenant has it switched on.")


@node("analyses", "ana")
class Analysis(Node):
    """What one analyzer said of one track at one time."""

    track: LazyTrack = one("The track.", "tracks", on="{new}.id = {row}.track_id")
    analyzer: Analyzer = one("Which analyzer.", "analyzers", on="{new}.name = {row}.analyzer")
    status: AnalysisStatus = column("How far it is.")
    sentiment: Sentiment | None = column("The feeling of the whole text, where this analyzer judges it.")
    themes: list[str] = column("The themes that it found, strongest first.")
    scores: list[Score] = column("Measured quantities.")
    labels: list[Label] = column("Categories that apply.")
    evidence: list[Evidence] = column("The lines that a label or a score rests on.")
    details: AnalysisDetails | None = column("All that this analyzer has to say, by its own type.")
    provenance: Provenance = embedded("How the result came about.")
    error: str | None = column("Why it failed or is degraded, safe to show.")
    created_at: datetime = column("When it was made.")


@shape
class Provenance:
    """How a result came about, so that it can be repeated and compared."""

    analyzer_version: str = column("The analyzer's version.")
    model: str | None = column("The language model, if one was asked.")
    prompt_hash: str | None = column("SHA-256 of the prompt, if there was one.")
    input_hash: str = column("SHA-256 of the text that was judged.")
    tokens_in: int | None = column("Tokens sent to the model.")
    tokens_out: int | None = column("Tokens that the model answered.")
    cost_usd: float | None = column("What the model cost, in US dollars.")
    duration_ms: int = column("How long it took, in milliseconds.")
    cached: bool = column("Whether an earlier result for the same text was used.")
    shared: bool = column("Whether it was among the answers that tenants share; see `ModelPolicy`.")


@shape
class Profile:
    """What all analyzers together say; every figure is 0..1, and null where no result gives it."""

    sentiment: Sentiment | None = column("The feeling of the whole.")
    mood: str | None = column("The strongest emotion, where one stands out.")
    themes: list[Label] = column("Themes, strongest first.")
    technique: float | None = column("How much the rhymes do: density, length, variety.")
    vocabulary: float | None = column("How wide and how rare the vocabulary is.")
    emotion: float | None = column("How strong the feelings are, of whichever kind.")
    originality: float | None = column("How little repeats, and how rare the words are.")
    agreement: float = column("How far the analyzers agree on whether it is a happy or a dark text.")
    analyzers: list[str] = column("Which analyzers this rests on.")
    model_agreement: float | None = column(
        "How far local analyzers and language models agree, over the tasks that both have judged."
    )


@node("runs", "run")
class AnalysisRun(Node):
    """A request to analyse some tracks."""

    status: RunStatus = column("How far it is.")
    analyzers: list[str] = column("Which analyzers run, by name.")
    progress: Progress = embedded("How many tracks are done.")
    cost_usd: float = column("What it has cost so far, in US dollars.")
    created_at: datetime = column("When it was asked for.")
    finished_at: datetime | None = column("When it ended.")
    paused_for: Shortage | None = column("While it is PAUSED: what it is short of.")
    paused_until: datetime | None = column(
        "While it is PAUSED: when it tries again, and goes on if there is enough then."
    )
    retry_of: LazyRun | None = one(
        "The run whose failures it tries again.", "runs", on="{new}.id = {row}.retry_of"
    )

    @connection(Connection[LazyAnalysis], "analyses", scope=Scope.TRACKS_READ)
    def analyses(rows: RowsOf) -> None:
        """What it has found so far, newest first."""
        rows.where(f"{rows.new}.run_id = {rows.row}.id")
        narrow_analyses(rows, None)


@shape
class Progress:
    """Tracks of a run."""

    total: int = column("All of them.")
    completed: int = column("Those that are analysed.")
    failed: int = column("Those with an analyzer that failed.")
    cached: int = column("Those whose results were there already.")
