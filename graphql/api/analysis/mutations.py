"""Analysing tracks and texts."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry

from api import ids
from api.analysis.details import AnalysisDetails
from api.analysis.enums import AnalysisStatus, Sentiment
from api.analysis.parts import Evidence, Label, Score
from api.analysis.types import AnalysisRun, Profile
from api.catalog.inputs import TrackFilter
from api.context import Info
from api.mutations import mutation, ref
from api.planner.fields import column, shape
from api.problems import Conflict, InvalidInput, NotFound, QuotaExceeded
from app.analysis import endings, runs, stored
from app.catalog import selection
from app.catalog.new_track import MAX_LYRICS, InvalidTrack
from tenancy.scopes import Scope


@strawberry.input(description="Which tracks to analyse, and by which analyzers.")
class AnalyzeTracksInput:
    ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="These tracks, at most 500; or …"
    )
    filter: TrackFilter | None = strawberry.field(default=None, description="… every track that fits.")
    analyzers: list[str] | None = strawberry.field(
        default=None,
        description="By name; every local one when left out, and language models where those are unsure.",
    )


@strawberry.type(description="The run that was started.")
class AnalyzeTracksPayload:
    run: AnalysisRun = column("Follow it with `run`, or with the subscription `analysisEvents`.")


AnalyzeTracksResult = Annotated[
    AnalyzeTracksPayload | InvalidInput | NotFound | QuotaExceeded,
    strawberry.union("AnalyzeTracksResult", description="What was done, or why it was not."),
]


@strawberry.input(description="A text to analyse without storing it.")
class AnalyzeTextInput:
    lyrics: str = strawberry.field(description="The words, with their line breaks.")
    title: str | None = strawberry.field(default=None, description="Helps to tell a heading from a line.")
    language: str | None = strawberry.field(default=None, description="BCP 47; detected when left out.")
    analyzers: list[str] | None = strawberry.field(
        default=None, description="Local ones by name; every one when left out."
    )


@shape
class TextAnalysis:
    """What one analyzer says of a text that is not stored."""

    analyzer: str = column("Which analyzer, by name.")
    status: AnalysisStatus = column("COMPLETED, DEGRADED or FAILED.")
    sentiment: Sentiment | None = column("The feeling of the whole text, where this analyzer judges it.")
    themes: list[str] = column("The themes that it found, strongest first.")
    scores: list[Score] = column("Measured quantities.")
    labels: list[Label] = column("Categories that apply.")
    evidence: list[Evidence] = column("The lines that a label or a score rests on.")
    details: AnalysisDetails | None = column("All that this analyzer has to say, by its own type.")
    error: str | None = column("Why it failed or is degraded.")


@strawberry.type(description="What the analyzers say of the text.")
class AnalyzeTextPayload:
    language: str | None = strawberry.field(description="The language that was judged, BCP 47.")
    analyses: list[TextAnalysis] = column("One an analyzer.")
    profile: Profile | None = column("What they say together; null where none has completed.")


AnalyzeTextResult = Annotated[
    AnalyzeTextPayload | InvalidInput | QuotaExceeded,
    strawberry.union("AnalyzeTextResult", description="What was done, or why it was not."),
]


@strawberry.input(description="A run to stop.")
class CancelRunInput:
    id: strawberry.ID = strawberry.field(description="Which run.")


@strawberry.type(description="The run that was stopped.")
class CancelRunPayload:
    run: AnalysisRun = column("The run as it is now; what it had found stays.")


CancelRunResult = Annotated[
    CancelRunPayload | NotFound | Conflict,
    strawberry.union("CancelRunResult", description="What was done, or why it was not."),
]


@strawberry.input(description="A run of which something has failed.")
class RetryFailedInput:
    id: strawberry.ID = strawberry.field(description="Which run.")


@strawberry.type(description="The run that tries again.")
class RetryFailedPayload:
    run: AnalysisRun = column("A new run; while it is under way, asking again answers with it.")


RetryFailedResult = Annotated[
    RetryFailedPayload | InvalidInput | NotFound | Conflict,
    strawberry.union("RetryFailedResult", description="What was done, or why it was not."),
]


@strawberry.type
class AnalysisMutations:
    @mutation(Scope.ANALYSES_WRITE)
    async def analyze_tracks(self, info: Info, input: AnalyzeTracksInput) -> AnalyzeTracksResult:
        """Analyses tracks in the background, by ids or by filter; each costs points when its turn comes."""
        if (input.ids is None) == (input.filter is None):
            return InvalidInput(code="BAD_USER_INPUT", message="Give either ids or filter.", field="input")
        if input.ids is not None and len(input.ids) > 500:
            raise InvalidTrack(
                "ids", f"At most 500 ids at once; these are {len(input.ids)}. Use a filter for more."
            )
        wanted = TrackFilter(ids=input.ids) if input.filter is None else input.filter
        tenant = info.context.principal.tenant
        async with info.context.database.transaction(tenant) as session:
            chosen = await selection.matching(session, tenant, wanted.parsed())
            if not chosen:
                return NotFound(code="NOT_FOUND", message="No track fits: there is nothing to analyse.")
            run = await runs.start(
                session, tenant, chosen, input.analyzers or (), charged_to=info.context.principal.id
            )
        return AnalyzeTracksPayload(run=ref(run))

    @mutation(Scope.ANALYSES_WRITE)
    async def analyze_text(self, info: Info, input: AnalyzeTextInput) -> AnalyzeTextResult:
        """Analyses a text at once, without storing it."""
        if len(input.lyrics) > MAX_LYRICS:
            raise InvalidTrack("lyrics", f"The lyrics are longer than {MAX_LYRICS:,} characters.")
        await info.context.spend(runs.POINTS)
        language, analysis = await info.context.services.analyze(
            input.lyrics, input.title, input.language, input.analyzers
        )
        return AnalyzeTextPayload(
            language=language,
            analyses=[{"analyzer": name, **stored.parts(r)} for name, r in analysis.results.items()],  # type: ignore[misc]
            profile=stored.profile(analysis.profile),  # type: ignore[arg-type]
        )

    @mutation(Scope.ANALYSES_WRITE)
    async def cancel_run(self, info: Info, input: CancelRunInput) -> CancelRunResult:
        """Stops a run: tracks that are not analysed yet are left out."""
        run, tenant = run_id(input.id), info.context.principal.tenant
        async with info.context.database.transaction(tenant) as session:
            await endings.cancel(session, tenant, run)
        return CancelRunPayload(run=ref(run))

    @mutation(Scope.ANALYSES_WRITE)
    async def retry_failed(self, info: Info, input: RetryFailedInput) -> RetryFailedResult:
        """Analyses the tracks of a run anew on which an analyzer has failed, by those that did."""
        run, principal = run_id(input.id), info.context.principal
        async with info.context.database.transaction(principal.tenant) as session:
            again = await runs.retry_failed(session, principal.tenant, run, charged_to=principal.id)
        return RetryFailedPayload(run=ref(again))


def run_id(id_: str) -> UUID:
    """Raises RunNotFound."""
    parts = ids.split(id_)
    if parts is None or parts[0] != "AnalysisRun":
        raise endings.RunNotFound
    return parts[1]
