"""Which tracks and artists are meant, as conditions of a hand-written statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from tenancy.sql import Params


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
    title_contains: str | None = None
    tags: list[str] | None = None

    def conditions(self, track: str, params: Params) -> list[str]:
        """Conditions on the table `tracks` under the alias `track`, to be joined by `and`."""
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
