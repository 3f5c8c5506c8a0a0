"""Artists like another, by what their tracks have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.search.candidates import Reading
from app.search.likeness import Candidate, Reason, Taste, reasons
from app.search.variety import middle

MOST_TRACKS = 200  # of each artist that are looked at, newest first


@dataclass(frozen=True, slots=True)
class ArtistMatch:
    """An artist; the weights of its reasons add up to `score`, 0..1."""

    artist_id: UUID
    score: float
    reasons: list[Reason]


async def similar(reading: Reading, artist: UUID, first: int) -> list[ArtistMatch]:
    """Compared are the artists of tracks that are near to the middle of this one's, or share its themes."""
    own = await of(reading, [artist])
    if not own or own[0].vector is None:
        return []
    taste = Taste([(own[0], 1.0)], own[0].vector, reading.embedder.unrelated)
    ids = await reading.near(own[0].vector, None) + await reading.like(own)
    rows = await reading.connection.fetch(
        "select distinct artist_id from tracks where tenant_id = $1 and id = any($2) and artist_id <> $3",
        reading.tenant,
        ids,
        artist,
    )
    found: list[ArtistMatch] = []
    for other in await of(reading, [row["artist_id"] for row in rows]):
        why = [Reason(r.kind, LABELS.get(r.kind, r.label), r.weight) for r in reasons(other, taste)]
        if why:
            found.append(ArtistMatch(other.id, sum(reason.weight for reason in why), why))
    return sorted(found, key=lambda match: (-match.score, match.artist_id))[:first]


LABELS = {"meaning": "Close in meaning on average", "technique": "Rhymes in the same way on average"}


async def of(reading: Reading, artists: Sequence[UUID]) -> list[Candidate]:
    """Each artist as one candidate, made of its tracks."""
    rows = await reading.connection.fetch(
        "select a.id artist, t.id from unnest($2::uuid[]) a(id), lateral ("
        " select id from tracks where tenant_id = $1 and artist_id = a.id order by id desc limit $3) t",
        reading.tenant,
        list(artists),
        MOST_TRACKS,
    )
    tracks: dict[UUID, list[Candidate]] = {}
    for track in await reading.tracks([row["id"] for row in rows]):
        tracks.setdefault(track.artist, []).append(track)
    return [together(artist, its) for artist, its in sorted(tracks.items())]


def together(artist: UUID, tracks: Sequence[Candidate]) -> Candidate:
    """Themes by the share of tracks that have them, the commonest feelings, and means of all figures."""
    themes = Counter(theme for track in tracks for theme in track.themes)
    feelings = {}
    for name in ("sentiment", "mood"):
        counted = Counter(value for track in tracks if (value := track.profile.get(name)))
        feelings[name] = min(counted, key=lambda value: (-counted[value], value)) if counted else None
    profile = feelings | {
        "themes": [{"name": name, "confidence": n / len(tracks)} for name, n in sorted(themes.items())]
    }
    arcs, rhymes = (
        [figures for track in tracks if (figures := getattr(track, name))] for name in ("arc", "rhyme")
    )
    whole = middle([(track, 1.0) for track in tracks])
    return Candidate(artist, artist, whole, profile, means(arcs), means(rhymes))


def means(figures: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    """Of those that have as many parts as the first."""
    alike = [each for each in figures if len(each) == len(figures[0])]
    return tuple(sum(part) / len(alike) for part in zip(*alike, strict=True))
