"""Adding, changing and deleting tracks."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import strawberry
from strawberry.scalars import JSON

from api import ids
from api.analysis.types import AnalysisRun
from api.catalog.types import Track
from api.context import Info
from api.mutations import mutation, ref, refs
from api.planner.fields import column
from api.problems import InvalidInput, NotFound, QuotaExceeded, problem
from app.analysis import runs
from app.catalog import tracks
from app.catalog.new_track import ExternalIdentifier, InvalidTrack, NewTrack
from app.jobs import Priority
from tenancy.scopes import Scope


@strawberry.input(description="A track's name in another system.")
class ExternalIdInput:
    source: str = strawberry.field(description="The other system: `spotify`, `isrc`, …")
    value: str = strawberry.field(description="The name there.")
    url: str | None = strawberry.field(default=None, description="Where to look at it.")


@strawberry.input(description="A track to add.")
class TrackInput:
    title: str = strawberry.field(description="At most 500 characters.")
    artist: str = strawberry.field(
        description="The performer's name; an artist of that name is made when needed."
    )
    lyrics: str = strawberry.field(
        description="The words, with their line breaks; at most 200,000 characters."
    )
    album: str | None = strawberry.field(default=None, description="The album.")
    language: str | None = strawberry.field(default=None, description="BCP 47; detected when left out.")
    released_on: date | None = strawberry.field(default=None, description="The day of release.")
    explicit: bool | None = strawberry.field(default=None, description="Whether it is labelled as explicit.")
    popularity: int | None = strawberry.field(default=None, description="0 to 100.")
    tags: list[str] | None = strawberry.field(default=None, description="Keywords.")
    metadata: JSON | None = strawberry.field(default=None, description="Anything else, as a JSON object.")
    external_ids: list[ExternalIdInput] | None = strawberry.field(
        default=None, description="Names in other systems."
    )

    def parsed(self) -> NewTrack:
        """Raises InvalidTrack."""
        if self.metadata is not None and not isinstance(self.metadata, dict):
            raise InvalidTrack("metadata", "The metadata have to be a JSON object.")
        return NewTrack(
            title=self.title,
            artist=self.artist,
            lyrics=self.lyrics,
            album=self.album,
            language=self.language,
            released_on=self.released_on,
            explicit=self.explicit,
            popularity=self.popularity,
            tags=tuple(self.tags or ()),
            metadata=self.metadata or {},
            external_ids=tuple(ExternalIdentifier(e.source, e.value, e.url) for e in self.external_ids or ()),
        )


@strawberry.input(description="Tracks to add.")
class AddTracksInput:
    tracks: list[TrackInput] = strawberry.field(description="At most 500.")
    analyze: bool = strawberry.field(default=False, description="Analyse them too, with every analyzer.")


@strawberry.type(description="The tracks, in the order of the input.")
class AddTracksPayload:
    tracks: list[Track] = column("The tracks; those that were there already are among them, unchanged.")
    added: int = strawberry.field(description="How many of them are new.")
    run: AnalysisRun | None = column("The run that analyses the new ones, when asked for.")


AddTracksResult = Annotated[
    AddTracksPayload | InvalidInput | QuotaExceeded,
    strawberry.union("AddTracksResult", description="What was done, or why it was not."),
]


@strawberry.input(description="What is left out stays as it is; null clears it.")
class UpdateTrackInput:
    id: strawberry.ID = strawberry.field(description="Which track.")
    title: str | None = strawberry.field(default=strawberry.UNSET, description="A new title.")
    album: str | None = strawberry.field(default=strawberry.UNSET, description="A new album.")
    language: str | None = strawberry.field(default=strawberry.UNSET, description="Another language, BCP 47.")
    released_on: date | None = strawberry.field(
        default=strawberry.UNSET, description="Another day of release."
    )
    explicit: bool | None = strawberry.field(default=strawberry.UNSET, description="Whether it is explicit.")
    popularity: int | None = strawberry.field(default=strawberry.UNSET, description="0 to 100.")
    lyrics: str | None = strawberry.field(
        default=strawberry.UNSET, description="New words; analyse them anew."
    )

    def changes(self) -> dict[str, Any]:
        """Raises InvalidTrack where a value that a track needs would be cleared."""
        names = ("title", "album", "language", "released_on", "explicit", "popularity")
        given = {name: getattr(self, name) for name in names if getattr(self, name) is not strawberry.UNSET}
        if "title" in given and given["title"] is None:
            raise InvalidTrack("title", "A track needs a title.")
        if self.lyrics is None:
            raise InvalidTrack("lyrics", "A track needs lyrics.")
        return given


@strawberry.type(description="The changed track.")
class UpdateTrackPayload:
    track: Track = column("The track as it is now.")


UpdateTrackResult = Annotated[
    UpdateTrackPayload | InvalidInput | NotFound,
    strawberry.union("UpdateTrackResult", description="What was done, or why it was not."),
]


@strawberry.input(description="Tracks to delete.")
class DeleteTracksInput:
    ids: list[strawberry.ID] = strawberry.field(description="At most 500.")


@strawberry.type(description="What was deleted.")
class DeleteTracksPayload:
    deleted_ids: list[strawberry.ID] = strawberry.field(description="Those that were there, and are gone.")


DeleteTracksResult = Annotated[
    DeleteTracksPayload | InvalidInput,
    strawberry.union("DeleteTracksResult", description="What was done, or why it was not."),
]


@strawberry.type
class CatalogMutations:
    @mutation(Scope.TRACKS_WRITE)
    async def add_tracks(self, info: Info, input: AddTracksInput) -> AddTracksResult:
        """Adds up to 500 tracks; one that is there already (same artist, title and words) is left alone."""
        if len(input.tracks) > tracks.MAX_BATCH:
            told = f"At most {tracks.MAX_BATCH} tracks at once; these are {len(input.tracks)}."
            raise InvalidTrack("tracks", told)
        new: list[NewTrack] = []
        for index, track in enumerate(input.tracks):
            try:
                new.append(track.parsed())
            except InvalidTrack as error:
                return problem(error, f"input.tracks.{index}")  # type: ignore[return-value]
        if input.analyze and Scope.ANALYSES_WRITE not in info.context.principal.scopes:
            return InvalidInput(
                code="FORBIDDEN", message="analyze needs the scope analyses:write.", field="input.analyze"
            )
        await info.context.spend(len(new) * tracks.POINTS)
        tenant, payer = info.context.principal.tenant, info.context.principal.id
        async with info.context.database.transaction(tenant) as session:
            added = await tracks.add(session, tenant, new, Priority.INTERACTIVE)
            created = [track.id for track in added if track.created]
            run = None
            if input.analyze and created:
                run = await runs.start(session, tenant, created, charged_to=payer)
        return AddTracksPayload(
            tracks=refs([track.id for track in added]), added=len(set(created)), run=ref(run) if run else None
        )

    @mutation(Scope.TRACKS_WRITE)
    async def update_track(self, info: Info, input: UpdateTrackInput) -> UpdateTrackResult:
        """Changes a track. New words are embedded again; older analyses stay until you analyse it anew."""
        parts = ids.split(input.id)
        if parts is None or parts[0] != "Track":
            raise tracks.TrackNotFound
        changes, tenant = input.changes(), info.context.principal.tenant
        lyrics = None if input.lyrics is strawberry.UNSET else input.lyrics
        async with info.context.database.transaction(tenant) as session:
            await tracks.update(session, tenant, parts[1], changes, lyrics)
        return UpdateTrackPayload(track=ref(parts[1]))

    @mutation(Scope.TRACKS_WRITE)
    async def delete_tracks(self, info: Info, input: DeleteTracksInput) -> DeleteTracksResult:
        """Deletes tracks with their words, analyses and passages, for good."""
        if len(input.ids) > tracks.MAX_BATCH:
            raise InvalidTrack("ids", f"At most {tracks.MAX_BATCH} ids at once; these are {len(input.ids)}.")
        split = [ids.split(id_) for id_ in input.ids]
        wanted = [parts[1] for parts in split if parts is not None and parts[0] == "Track"]
        tenant = info.context.principal.tenant
        async with info.context.database.transaction(tenant) as session:
            deleted = await tracks.delete(session, tenant, wanted)
        return DeleteTracksPayload(deleted_ids=[strawberry.ID(ids.make("Track", id_)) for id_ in deleted])
