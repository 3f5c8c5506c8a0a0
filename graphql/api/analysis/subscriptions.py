"""Watching results arrive."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Annotated, Any

import strawberry

from api import ids
from api.analysis.types import Analysis, AnalysisRun
from api.catalog.types import Track
from api.context import Info
from api.mutations import ref, subscription
from api.planner.fields import column
from api.trends.enums import Metric
from app.events.streams import MISSED, StreamEvent
from tenancy.scopes import Scope


@strawberry.interface(description="Something that happened.")
class Event:
    cursor: str = strawberry.field(description="Pass it as `after` to resume behind this event.")
    at: datetime = strawberry.field(description="When it happened.")


@strawberry.type(description="An analyzer has finished with a track.")
class AnalysisCompleted(Event):
    analysis: Analysis | None = column("What it found; null once its track is deleted.")


@strawberry.type(description="An analyzer could not judge a track.")
class AnalysisFailed(Event):
    track: Track | None = column("Which track; null once it is deleted.")
    analyzer: str = strawberry.field(description="Which analyzer, by name.")
    reason: str = strawberry.field(description="Why.")


@strawberry.type(description="Some more tracks of a run are done.")
class RunProgressed(Event):
    run: AnalysisRun = column("The run as it is now.")


@strawberry.type(description="A run has ended.")
class RunFinished(Event):
    run: AnalysisRun = column("The run as it is now.")


@strawberry.type(description="A metric whose figures are others now, and of which release dates.")
class TrendChange:
    metric: Metric = strawberry.field(description="What to read anew.")
    from_: date = strawberry.field(name="from", description="The first day of the first month concerned.")
    to: date = strawberry.field(description="The last day of the last month concerned.")


@strawberry.type(description="Trends have other figures, since tracks or their analyses were written.")
class TrendsChanged(Event):
    changes: list[TrendChange] = strawberry.field(description="What to read anew, and nothing else.")


@strawberry.type(description="There were events that are kept no more: read the state anew.")
class EventsMissed(Event):
    since: datetime = strawberry.field(description="Events after this moment may be missing.")


AnalysisEvent = Annotated[
    AnalysisCompleted | AnalysisFailed | RunProgressed | RunFinished | TrendsChanged | EventsMissed,
    strawberry.union("AnalysisEvent", description="What can happen to analyses, runs and trends."),
]


After = Annotated[
    str | None, strawberry.argument(description="The cursor of the last event that you have seen.")
]


@strawberry.type
class AnalysisSubscriptions:
    @subscription(Scope.TRACKS_READ)
    async def analysis_events(
        self,
        info: Info,
        after: After = None,
        run: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only events of this run.")
        ] = None,
        tracks: Annotated[
            list[strawberry.ID] | None,
            strawberry.argument(description="Only analyses of these tracks, and what `run` says of itself."),
        ] = None,
    ) -> AsyncIterator[AnalysisEvent]:
        """Events of analyses and runs as they happen; with `after`, first all that happened since."""
        only_run = None if run is None else str(ids.parse("AnalysisRun", run))
        only_tracks = None if tracks is None else {str(id_) for id_ in ids.parse_all("Track", tracks) or ()}
        after = info.context.last_event_id or after
        stream = info.context.services.hub.subscribe(info.context.principal.tenant, after)
        async for event in stream:
            if concerns(event, only_run, only_tracks) and (shown := typed(event)) is not None:
                yield shown


def concerns(event: StreamEvent, run: str | None, tracks: set[str] | None) -> bool:
    """Whether the event is one that the filters ask for; a gap concerns everybody."""
    if event.kind == MISSED or (run is None and tracks is None):
        return True
    if run is not None and event.payload.get("run") != run:
        return False
    track = event.payload.get("track")
    return tracks is None or track in tracks or (track is None and run is not None)


def typed(event: StreamEvent) -> Any:
    """The event as its GraphQL type; None for a kind that this version does not know."""
    common: dict[str, Any] = {"cursor": event.cursor, "at": event.at}
    match event.kind:
        case "AnalysisCompleted":
            return AnalysisCompleted(**common, analysis=ref(event.payload["analysis"]))
        case "AnalysisFailed":
            payload = event.payload
            return AnalysisFailed(
                **common, track=ref(payload["track"]), analyzer=payload["analyzer"], reason=payload["reason"]
            )
        case "RunProgressed":
            return RunProgressed(**common, run=ref(event.payload["run"]))
        case "RunFinished":
            return RunFinished(**common, run=ref(event.payload["run"]))
        case "TrendsChanged":
            return TrendsChanged(**common, changes=[change(**each) for each in event.payload["changes"]])
        case "EventsMissed":
            return EventsMissed(**common, since=datetime.fromisoformat(event.payload["since"]))
    return None


def change(metric: str, **days: str) -> TrendChange:
    return TrendChange(
        metric=Metric[metric], from_=date.fromisoformat(days["from"]), to=date.fromisoformat(days["to"])
    )
