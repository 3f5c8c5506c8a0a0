"""Which tracks and artists are meant, as conditions of a hand-written statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from tenancy.sql import Params


@dataclass(frozen=True, slots=True)
class ScoreRange:
    """A figure of the profile, such as `technique`, between two values that are both included."""

    score: str
    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackFilter:
    """Every part that is given has to hold; lists mean "one of these". Both dates are included."""

    ids: list[UUID] | None = None
    artists: list[UUID] | None = None
    languages: list[str] | None = None
    released_from: date | None = None
    released_to: date | None = None
    themes: list[str] | None = None
    sentiments: list[str] | None = None
    explicit: bool | None = None
    found_explicit: bool | None = None
    scores: list[ScoreRange] | None = None
    title_contains: str | None = None
    tags: list[str] | None = None

    def conditions(self, track: str, params: Params) -> list[str]:
        """Conditions on the table `tracks` under the alias `track`, to be joined by `and`; tenant is `$1`."""
        found: list[str] = []
        if self.ids is not None:
            found.append(f"{track}.id = any({params.bind(self.ids, 'uuid[]')})")
        if self.artists is not None:
            found.append(f"{track}.artist_id = any({params.bind(self.artists, 'uuid[]')})")
        if self.languages is not None:
            found.append(f"{track}.language = any({params.bind(self.languages, 'text[]')})")
        if self.released_from is not None:
            found.append(f"{track}.released_on >= {params.bind(self.released_from, 'date')}")
        if self.released_to is not None:
            found.append(f"{track}.released_on <= {params.bind(self.released_to, 'date')}")
        if self.themes is not None:
            found.append(
                f"exists (select from jsonb_array_elements({track}.profile -> 'themes') found(theme)"
                f" where theme ->> 'name' = any({params.bind(self.themes, 'text[]')}))"
            )
        if self.sentiments is not None:
            found.append(f"{track}.profile ->> 'sentiment' = any({params.bind(self.sentiments, 'text[]')})")
        if self.explicit is not None:
            found.append(f"{track}.explicit = {params.bind(self.explicit, 'boolean')}")
        if self.found_explicit is not None:
            # The newest completed analysis, along ix_analyses_newest.
            found.append(
                f"(select (details ->> 'explicit')::boolean from analyses a where a.tenant_id = $1"
                f" and a.track_id = {track}.id and a.analyzer = 'content' and a.status = 'COMPLETED'"
                f" order by a.created_at desc limit 1) = {params.bind(self.found_explicit, 'boolean')}"
            )
        for wanted in self.scores or ():
            score = f"({track}.profile ->> {params.bind(wanted.score, 'text')})::float8"
            found.append(f"{score} is not null")
            if wanted.at_least is not None:
                found.append(f"{score} >= {params.bind(wanted.at_least, 'float8')}")
            if wanted.at_most is not None:
                found.append(f"{score} <= {params.bind(wanted.at_most, 'float8')}")
        if self.title_contains is not None:
            found.append(
                f"strpos(lower({track}.title), lower({params.bind(self.title_contains, 'text')})) > 0"
            )
        if self.tags is not None:
            found.append(f"{track}.tags ?| {params.bind(self.tags, 'text[]')}")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtistFilter:
    """Every part that is given has to hold."""

    ids: list[UUID] | None = None
    name_contains: str | None = None

    def conditions(self, artist: str, params: Params) -> list[str]:
        """Conditions on the table `artists` under the alias `artist`, to be joined by `and`."""
        found: list[str] = []
        if self.ids is not None:
            found.append(f"{artist}.id = any({params.bind(self.ids, 'uuid[]')})")
        if self.name_contains is not None:
            found.append(
                f"strpos(lower({artist}.name), lower({params.bind(self.name_contains, 'text')})) > 0"
            )
        return found
