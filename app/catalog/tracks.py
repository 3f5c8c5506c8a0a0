"""Adding, changing and deleting tracks, inside a transaction that the caller opens."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete as sql_delete
from sqlalchemy import func, select, tuple_
from sqlalchemy import update as sql_update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.catalog.models import Artist, EmbedItem, ExternalId, Lyrics, Track
from app.catalog.new_track import InvalidTrack, NewTrack
from app.jobs import Job, Priority, request
from app.lyrics.text import Lyrics as ParsedLyrics

MAX_BATCH = 500
POINTS = 2  # of the tenant's quota, for each track: it is stored and embedded
TWICE = "Another track has this artist, title and lyrics already."


@dataclass(frozen=True, slots=True)
class Added:
    """`created` is false where the tenant had the track already."""

    id: UUID
    created: bool


class TrackNotFound(LookupError):
    """There is no such track."""


async def add(
    session: AsyncSession, tenant: UUID, tracks: Sequence[NewTrack], priority: Priority = Priority.BATCH
) -> list[Added]:
    """Stores up to MAX_BATCH tracks and answers in their order; one that is there already stays as it is."""
    if len(tracks) > MAX_BATCH:
        raise InvalidTrack("tracks", f"At most {MAX_BATCH} tracks at once; these are {len(tracks)}.")
    if not tracks:
        return []
    by_print = {track.fingerprint: track for track in tracks}
    artists = await artist_ids(session, tenant, {t.artist_slug: t.artist for t in reversed(tracks)})
    # In a thread: half a millisecond a song, in which others would wait.
    parsed = await asyncio.to_thread(parse, by_print)
    created = await session.execute(
        insert(Track)
        .values(
            [
                {
                    "tenant_id": tenant,
                    "artist_id": artists[track.artist_slug],
                    "title": track.title.strip(),
                    "album": track.album,
                    "released_on": track.released_on,
                    "language": parsed[key].language,
                    "explicit": track.explicit,
                    "popularity": track.popularity,
                    "tags": list(track.tags),
                    "metadata": dict(track.metadata) or None,
                    "fingerprint": key,
                }
                for key, track in by_print.items()
            ]
        )
        .on_conflict_do_nothing(index_elements=["tenant_id", "fingerprint"])
        .returning(Track.fingerprint, Track.id)
    )
    new = {row.fingerprint: row.id for row in created}
    if new:
        await session.execute(
            insert(Lyrics).values(
                [
                    {"tenant_id": tenant, "track_id": new[key]} | lyrics_row(parsed[key], by_print[key])
                    for key in new
                ]
            )
        )
        external = [row for key, id_ in new.items() for row in external_rows(tenant, id_, by_print[key])]
        if external:
            await session.execute(insert(ExternalId).values(external).on_conflict_do_nothing())
        await request_embedding(session, tenant, list(new.values()), priority)
    known = await existing(session, tenant, [key for key in by_print if key not in new])
    ids = known | new
    return [Added(ids[track.fingerprint], track.fingerprint in new) for track in tracks]


def parse(songs: Mapping[bytes, NewTrack]) -> dict[bytes, ParsedLyrics]:
    return {key: ParsedLyrics.parse(t.lyrics, t.title, t.language) for key, t in songs.items()}


async def update(
    session: AsyncSession, tenant: UUID, track: UUID, changes: dict[str, Any], lyrics: str | None = None
) -> None:
    """Sets columns of a track, and its lyrics when given. Raises TrackNotFound or InvalidTrack."""
    query = (
        select(Track.title, Track.language, Artist.name, Lyrics.text)
        .join(Artist, tuple_(Artist.tenant_id, Artist.id) == tuple_(Track.tenant_id, Track.artist_id))
        .join(Lyrics, tuple_(Lyrics.tenant_id, Lyrics.track_id) == tuple_(Track.tenant_id, Track.id))
        .where(Track.tenant_id == tenant, Track.id == track)
        .with_for_update(of=Track)
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise TrackNotFound
    whole = NewTrack(
        title=changes.get("title", row.title),
        artist=row.name,
        lyrics=row.text if lyrics is None else lyrics,
        album=changes.get("album"),
        language=changes.get("language"),
        popularity=changes.get("popularity"),
    )
    if "title" in changes:
        changes = changes | {"title": whole.title.strip()}
    values = changes | {"fingerprint": whole.fingerprint, "updated_at": func.now()}
    if values["fingerprint"] in await existing(session, tenant, [whole.fingerprint], but=track):
        raise InvalidTrack("title", TWICE)
    try:
        await session.execute(
            sql_update(Track).where(Track.tenant_id == tenant, Track.id == track).values(values)
        )
    except IntegrityError as error:  # it became so while we looked
        raise InvalidTrack("title", TWICE) from error
    if lyrics is not None and lyrics != row.text:
        parsed = ParsedLyrics.parse(lyrics, whole.title, whole.language or row.language)
        await session.execute(
            sql_update(Lyrics)
            .where(Lyrics.tenant_id == tenant, Lyrics.track_id == track)
            .values(lyrics_row(parsed, whole))
        )
    if lyrics is not None or "title" in changes:  # both are searched by meaning
        await request_embedding(session, tenant, [track], Priority.INTERACTIVE)


async def delete(session: AsyncSession, tenant: UUID, tracks: Sequence[UUID]) -> list[UUID]:
    """Deletes tracks with all that hangs on them; answers with the ids that were there."""
    deleted = await session.execute(
        sql_delete(Track).where(Track.tenant_id == tenant, Track.id.in_(tracks)).returning(Track.id)
    )
    return list(deleted.scalars())


async def existing(
    session: AsyncSession, tenant: UUID, prints: Sequence[bytes], but: UUID | None = None
) -> dict[bytes, UUID]:
    """The ids of the tracks with these fingerprints, one track excepted."""
    if not prints:
        return {}
    rows = await session.execute(
        select(Track.fingerprint, Track.id).where(Track.tenant_id == tenant, Track.fingerprint.in_(prints))
    )
    return {row.fingerprint: row.id for row in rows if row.id != but}


async def artist_ids(session: AsyncSession, tenant: UUID, names: dict[str, str]) -> dict[str, UUID]:
    """The id of the artist of each slug, made under the given name where there was none."""
    values = [
        {"tenant_id": tenant, "slug": slug, "name": name.strip()} for slug, name in sorted(names.items())
    ]
    await session.execute(
        insert(Artist).values(values).on_conflict_do_nothing(index_elements=["tenant_id", "slug"])
    )
    rows = await session.execute(
        select(Artist.slug, Artist.id).where(Artist.tenant_id == tenant, Artist.slug.in_(names))
    )
    return {row.slug: row.id for row in rows}


async def request_embedding(
    session: AsyncSession, tenant: UUID, tracks: Sequence[UUID], priority: Priority
) -> None:
    """Queues the tracks for new vectors in all of the tenant's spaces. Call it last, as `jobs.request`."""
    urgent = priority is Priority.INTERACTIVE
    items = insert(EmbedItem).values(
        [{"tenant_id": tenant, "track_id": track, "urgent": urgent} for track in tracks]
    )
    again = {"urgent": EmbedItem.urgent | items.excluded.urgent, "attempts": 0}
    key = ["tenant_id", "track_id", "space"]
    await session.execute(items.on_conflict_do_update(index_elements=key, set_=again))
    await request(session, Job.EMBED, tenant, priority)


def lyrics_row(parsed: ParsedLyrics, track: NewTrack) -> dict[str, Any]:
    return {
        "text": track.lyrics,
        "word_count": sum(len(line.text.split()) for line in parsed.lines),
        "sections": [
            {"kind": s.kind, "start_line": s.start_line, "end_line": s.end_line} for s in parsed.sections
        ],
    }


def external_rows(tenant: UUID, track: UUID, new: NewTrack) -> Iterator[dict[str, Any]]:
    for other in new.external_ids:
        yield {
            "tenant_id": tenant,
            "track_id": track,
            "source": other.source,
            "value": other.value,
            "url": other.url,
        }
