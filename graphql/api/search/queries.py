"""Searching tracks, and recommending them."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from api import ids
from api.catalog.inputs import Tracks
from api.errors import InvalidArgument
from api.planner.fields import Asking, computed
from api.planner.paging import page_size
from api.search.similar import page_info, passage_json, ranked
from api.search.types import SearchMode, TrackRecommendationConnection, TrackSearchConnection
from app.search.search import SearchMode as Mode
from app.search.statement import SEMANTIC_SHARE
from app.search.variety import PER_ARTIST
from tenancy.scopes import Scope

MAX_SEEDS = 20


@strawberry.type
class SearchQueries:
    @computed(TrackSearchConnection, scope=Scope.TRACKS_READ)
    async def search_tracks(
        ask: Asking,
        query: Annotated[
            str,
            strawberry.argument(description="A question, words, a title or a name; quotes find exact words."),
        ],
        mode: Annotated[SearchMode, strawberry.argument(description="How to search.")] = SearchMode.HYBRID,
        filter: Tracks = None,
        first: Annotated[
            int | None, strawberry.argument(description="How many, at most 100; required.")
        ] = None,
        after: Annotated[str | None, strawberry.argument(description="Go on behind this cursor.")] = None,
        semantic_share: Annotated[
            float,
            strawberry.argument(
                description="What meaning counts in the mode HYBRID, 0 to 1; words and names count the rest."
            ),
        ] = SEMANTIC_SHARE,
    ) -> Any:
        """Tracks that a question in any language finds, best first, with the lines that fit."""
        size = page_size(first, None)
        if not 0 <= semantic_share <= 1:
            raise InvalidArgument(f"semanticShare is {semantic_share}; it has to be from 0 to 1.")
        page = await ask.context.services.search.search(
            ask.context.principal.tenant,
            query,
            Mode[mode.name],
            filter.parsed() if filter is not None else None,
            size,
            after,
            semantic_share,
        )
        edges = [
            {
                "cursor": match.cursor,
                "node": {"id": match.track_id},
                "score": match.score,
                "semantic": match.semantic,
                "lexical": match.lexical,
                "passage": passage_json(match.track_id, match.start_line, match.end_line),
            }
            for match in page.matches
        ]
        info = page_info(
            [match.cursor for match in page.matches], has_next=page.has_next, has_previous=after is not None
        )
        return {
            "edges": edges,
            "page_info": info,
            "total_count": page.total_count,
            "total_count_is_exact": page.total_is_exact,
        }

    @computed(TrackRecommendationConnection, scope=Scope.TRACKS_READ)
    async def recommend_tracks(
        ask: Asking,
        seeds: Annotated[
            list[strawberry.ID], strawberry.argument(description="Ids of 1 to 20 tracks to find the like of.")
        ],
        avoid: Annotated[
            list[strawberry.ID] | None,
            strawberry.argument(description="Ids of at most 20 tracks to stay away from."),
        ] = [],  # noqa: B006  (GraphQL's default value, never changed)
        filter: Tracks = None,
        diversity: Annotated[
            float,
            strawberry.argument(
                description="From 0, the closest tracks, to 1, tracks that differ most from each other."
            ),
        ] = 0.3,
        first: Annotated[int | None, strawberry.argument(description="How many, at most 100.")] = 10,
        weights: Annotated[
            list[float] | None,
            strawberry.argument(
                description="How much each of `seeds` counts, in their order, from -1 to 1: one below 0 is"
                " stayed away from. Each counts 1 unless given."
            ),
        ] = None,
        per_artist: Annotated[
            int, strawberry.argument(description="How many of one artist at most, 1 to 100.")
        ] = PER_ARTIST,
    ) -> Any:
        """Tracks like the seeds and unlike those to avoid, with the reasons for each."""
        avoided = avoid or []
        weighing = [1.0] * len(seeds) if weights is None else weights
        if len(weighing) != len(seeds):
            raise InvalidArgument(f"Give as many weights as seeds: {len(seeds)}, and not {len(weighing)}.")
        if not all(-1 <= weight <= 1 and weight != 0 for weight in weighing):
            raise InvalidArgument("A weight is from -1 to 1, and not 0.")
        if weighing and max(weighing) < 0:
            raise InvalidArgument("At least one seed needs a weight above 0.")
        if not 1 <= per_artist <= 100:
            raise InvalidArgument(f"perArtist is {per_artist}; it has to be from 1 to 100.")
        if not 1 <= len(seeds) <= MAX_SEEDS or len(avoided) > MAX_SEEDS:
            raise InvalidArgument(f"Give 1 to {MAX_SEEDS} seeds, and at most {MAX_SEEDS} tracks to avoid.")
        if not 0 <= diversity <= 1:
            raise InvalidArgument(
                f"diversity is {diversity}; it has to be from 0 (closest) to 1 (most varied)."
            )
        return ranked(
            await ask.context.services.recommendations.recommend(
                ask.context.principal.tenant,
                dict(zip((ids.parse("Track", seed) for seed in seeds), weighing, strict=True)),
                [ids.parse("Track", track) for track in avoided],
                filter.parsed() if filter is not None else None,
                diversity,
                page_size(10 if first is None else first, None),
                per_artist,
            )
        )
