"""What search and recommendation answer, as the JSON that the planner reads tracks and artists from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from api.errors import InvalidArgument
from api.planner.paging import page_size
from api.planner.rows import Ask

if TYPE_CHECKING:
    from api.catalog.inputs import TrackFilter
    from app.search.likeness import Lines, Reason
    from app.search.recommend import ArtistMatch, Recommendation

# Tracks or artists of one answer that may each ask for their likes: every one costs a search.
MAX_AT_ONCE = 20


async def tracks(ask: Ask, first: int | None, filter: TrackFilter | None) -> list[dict[str, Any]]:
    """One TrackMatchConnection a track of `ask.keys`. Raises InvalidArgument."""
    size = checked(ask.keys, first)
    service, tenant = ask.context.services.recommendations, ask.context.principal.tenant
    parsed = filter.parsed() if filter is not None else None
    return [ranked(await service.similar_tracks(tenant, key, size, parsed)) for key in ask.keys]


async def artists(ask: Ask, first: int | None) -> list[dict[str, Any]]:
    """One ArtistMatchConnection an artist of `ask.keys`. Raises InvalidArgument."""
    size = checked(ask.keys, first)
    service, tenant = ask.context.services.recommendations, ask.context.principal.tenant
    return [ranked(await service.similar_artists(tenant, key, size)) for key in ask.keys]


def checked(keys: Sequence[UUID], first: int | None) -> int:
    """How many matches each item is to have."""
    if len(keys) > MAX_AT_ONCE:
        raise InvalidArgument(
            f"similar can be asked for at most {MAX_AT_ONCE} items at once; these are {len(keys)}."
        )
    return page_size(10 if first is None else first, None)


def ranked(matches: Sequence[Recommendation | ArtistMatch]) -> dict[str, Any]:
    """A connection of one page; a cursor is just the rank."""
    return {
        "edges": [
            {
                "cursor": str(rank),
                "node": {"id": match_id(match)},
                "score": match.score,
                "reasons": [reason_json(reason) for reason in match.reasons],
            }
            for rank, match in enumerate(matches, 1)
        ],
        "page_info": page_info([str(rank) for rank in range(1, len(matches) + 1)]),
    }


def match_id(match: Any) -> UUID:
    id_: UUID = match.track_id if hasattr(match, "track_id") else match.artist_id
    return id_


def reason_json(reason: Reason) -> dict[str, Any]:
    seed = None if reason.seed is None else {"id": reason.seed}
    return {
        "kind": reason.kind,
        "label": reason.label,
        "weight": reason.weight,
        "seed": seed,
        "passage": lines_json(reason.passage),
        "seed_passage": lines_json(reason.seed_passage),
    }


def lines_json(lines: Lines | None) -> dict[str, Any] | None:
    return None if lines is None else passage_json(lines.track, lines.start_line, lines.end_line)


def passage_json(track: UUID, start_line: int | None, end_line: int | None) -> dict[str, Any] | None:
    if start_line is None:
        return None
    return {"track": track, "start_line": start_line, "end_line": end_line}


def page_info(
    cursors: Sequence[str], *, has_next: bool = False, has_previous: bool = False
) -> dict[str, Any]:
    return {
        "has_next_page": has_next,
        "has_previous_page": has_previous,
        "start_cursor": cursors[0] if cursors else None,
        "end_cursor": cursors[-1] if cursors else None,
    }
