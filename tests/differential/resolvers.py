"""Reference resolvers: what each field that is no plain column means, in Python."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from tests import trend_reference
from tests.differential.catalogue import Row, months
from tests.differential.connections import by_moment, connection
from tests.differential.errors import Refused
from tests.differential.filters import TRACK_ORDER, artist_order, artists, track_order, tracks
from tests.differential.ids import TABLES, global_id, split
from tests.differential.reference import Resolver


def by_id(info: Any, kind: str, id_: str) -> Row | None:
    found, uuid = split(id_)
    row: Row | None = info.context.rows.one(TABLES[kind], id=uuid) if found == kind else None
    return row


def node(_: Any, info: Any, id: str) -> Row | None:
    kind, uuid = split(id)
    principal = info.context.principal
    needed = {"ApiKey": "admin:keys", "Member": "admin:members"}.get(kind or "")
    if needed and uuid != principal.id and needed not in principal.scopes:
        return None
    return by_id(info, kind, id) if kind else None


def nodes(_: Any, info: Any, ids: list[str]) -> list[Row | None]:
    if len(ids) > 100:
        raise Refused(f"At most 100 ids at once; these are {len(ids)}.")
    return [node(_, info, id_) for id_ in ids]


def artist(_: Any, info: Any, id: str | None = None, slug: str | None = None) -> Row | None:
    if (id is None) == (slug is None):
        raise Refused("Give either id or slug.")
    if id is not None:
        return by_id(info, "Artist", id)
    found: Row | None = info.context.rows.one("artists", slug=slug)
    return found


def analyses(found: list[Row], filter: dict[str, Any] | None, **paging: Any) -> dict[str, Any]:
    wanted = filter or {}
    for name, column in (("analyzers", "analyzer"), ("statuses", "status")):
        if wanted.get(name) is not None:
            found = [row for row in found if row[column] in wanted[name]]
    return connection(found, by_moment("created_at", descending=True), **paging)


def newest(row: Row, info: Any, analyzer: str) -> Row | None:
    found = info.context.rows.all("analyses", track_id=row["id"], analyzer=analyzer, status="COMPLETED")
    return max(found, key=lambda each: (each["created_at"], each["id"]), default=None)


def lines(row: Row, _: Any) -> list[Row]:
    return [{"number": n, "text": line} for n, line in enumerate(re.split("\r\n|\r|\n", row["text"]), 1)]


def artist_profile(row: Row, info: Any) -> Row | None:
    """Means over the tracks that have a profile; themes that weigh less than a tenth are left out."""
    found = [t["profile"] for t in info.context.rows.all("tracks", artist_id=row["id"]) if t["profile"]]
    if not found:
        return None
    weights: Counter[str] = Counter()
    for profile in found:
        for theme in profile["themes"]:
            weights[theme["name"]] += theme["confidence"] / len(found)
    themes = [
        {"kind": "theme", "name": name, "confidence": weight}
        for name, weight in sorted(weights.items(), key=lambda item: (-item[1], item[0]))
        if weight >= 0.1
    ]
    names = ("technique", "vocabulary", "emotion", "originality", "agreement")
    return {
        "sentiment": commonest([profile["sentiment"] for profile in found]),
        "mood": commonest([profile["mood"] for profile in found]),
        **{name: mean([profile[name] for profile in found]) for name in names},
        "analyzers": sorted({name for profile in found for name in profile["analyzers"]}),
        "themes": themes,
    }


def commonest(values: list[str | None]) -> str | None:
    counted = Counter(value for value in values if value is not None)
    return min(counted, key=lambda value: (-counted[value], value), default=None)


def mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def viewer(_: Any, info: Any) -> Row:
    asked = info.context
    return {
        "tenant": asked.rows.one("tenants", id=asked.principal.tenant),
        "principal": asked.principal.name,
        "scopes": sorted(asked.principal.scopes),
        "api_key": asked.rows.one("api_keys", id=asked.principal.id),
        "member": None,
    }


def rate_limit(_: Any, info: Any) -> Row:
    charge = info.context.charge
    return {name: getattr(charge, name) for name in ("cost", "limit", "remaining", "resets_at")}


def trends(_: Any, info: Any, metric: str, granularity: str, first: int | None = 20) -> list[Row]:
    size = 20 if first is None else first
    if not 0 <= size <= 100:
        limit: dict[str, Any] = {"limit": "first", "allowed": 100, "found": size}
        raise Refused(f"first is {size}; it has to be from 0 to 100.", **limit)
    return recorded(info, "trends", metric, granularity)[:size]


def recorded(info: Any, *asked: Any) -> list[Row]:
    found = info.context.recorded[asked]
    if isinstance(found, Exception):
        # Told of another place each time: an error remembers its own.
        raise Refused(str(found))
    return list(found)


def behind(counted: Row, info: Any, **paging: Any) -> dict[str, Any]:
    """The tracks of a series or of one of its points."""
    of, rows = counted["behind"], info.context.rows
    found = [
        row
        for row in rows.all("tracks")
        if row["released_on"] is not None
        and of["first_day"] <= row["released_on"] <= of["last_day"]
        and (of["ids"] is None or row["id"] in of["ids"])
        and of["key"]
        in trend_reference.observed(
            row["profile"],
            trend_reference.newest(a for a in rows.all("analyses") if a["track_id"] == row["id"]),
        ).get(of["metric"], {})
    ]
    return connection(found, TRACK_ORDER["RELEASED_ON"](True), **paging)


def all_of(table: str, moment: str) -> Resolver:
    order = by_moment(moment, descending=True)
    return lambda _, info, **paging: connection(info.context.rows.all(table), order, **paging)


def one(table: str, key: str, column: str) -> Resolver:
    return lambda row, info: info.context.rows.one(table, **{key: row[column]})


def identity(row: Row, _: Any) -> Row:
    return row


def target(row: Row, _: Any) -> str:
    kinds = {"tenant": "Tenant", "member": "Member", "api_key": "ApiKey"}
    return global_id(kinds[row["action"].partition(".")[0]], row["target_id"])


RESOLVERS: dict[str, Resolver] = {
    "*.id": lambda row, _: global_id(row["kind"], row["id"]),
    "Query.node": node,
    "Query.nodes": nodes,
    "Query.artist": artist,
    "Query.artists": lambda _, info, filter=None, orderBy=None, **paging: connection(
        artists(info.context.rows.all("artists"), filter), artist_order(orderBy), **paging),
    "Query.track": lambda _, info, id: by_id(info, "Track", id),
    "Query.tracks": lambda _, info, filter=None, orderBy=None, **paging: connection(
        tracks(info.context.rows.all("tracks"), filter, info.context.rows.all("analyses")),
        track_order(orderBy), **paging),
    "Query.analyzers": lambda _, info: sorted(
        info.context.rows.all("analyzers", offered=True), key=lambda row: row["name"]),
    "Query.run": lambda _, info, id: by_id(info, "AnalysisRun", id),
    "Query.runs": all_of("runs", "created_at"),
    "Query.trends": trends,
    "Query.viewer": viewer,
    "Query.rateLimit": rate_limit,
    "Artist.tracks": lambda row, info, filter=None, orderBy=None, **paging: connection(
        tracks(
            info.context.rows.all("tracks", artist_id=row["id"]), filter, info.context.rows.all("analyses")),
        track_order(orderBy), **paging),
    "Artist.trackCount": lambda row, info: len(info.context.rows.all("tracks", artist_id=row["id"])),
    "Artist.profile": artist_profile,
    "Artist.evolution": lambda row, info, metric, granularity, key=None: recorded(
        info, "evolution", row["id"], metric, granularity),
    "Track.artist": one("artists", "id", "artist_id"),
    "Track.externalIds": lambda row, info: sorted(
        info.context.rows.all("external_ids", track_id=row["id"]), key=lambda each: each["source"]),
    "Track.lyrics": one("lyrics", "track_id", "id"),
    "Track.analyses": lambda row, info, filter=None, **paging: analyses(
        info.context.rows.all("analyses", track_id=row["id"]), filter, **paging),
    "Track.analysis": newest,
    "Lyrics.lines": lines,
    "Analysis.track": one("tracks", "id", "track_id"),
    "Analysis.analyzer": one("analyzers", "name", "analyzer"),
    "Analysis.provenance": identity,
    "AnalysisRun.progress": identity,
    "AnalysisRun.analyses": lambda row, info, **paging: analyses(
        info.context.rows.all("analyses", run_id=row["id"]), None, **paging),
    "Tenant.apiKeys": all_of("api_keys", "created_at"),
    "Tenant.members": lambda _, info, **paging: connection(
        info.context.rows.all("members", removed_at=None),
        by_moment("invited_at", descending=True), **paging),
    "Tenant.auditLog": all_of("audit_log", "at"),
    "Tenant.modelPolicy": identity,
    "ModelPolicy.askBelow": lambda row, _: row["models_below"],
    "ModelPolicy.monthlyBudgetUsd": lambda row, _: row["models_monthly_usd"],
    "ModelPolicy.spentUsd": lambda _, info: sum(
        row["usd"] for row in info.context.rows.all("model_spend", month=months()[1])),
    "ModelPolicy.switchedOff": lambda _, info: sorted(
        row["name"] for row in info.context.rows.all("analyzers", kind="MODEL", enabled=False)),
    "ModelPolicy.offered": lambda _, info: info.context.recorded["offer",],
    "ApiKey.replacedBy": one("api_keys", "id", "replaced_by"),
    "ApiKey.quota": lambda _, info: info.context.recorded["quota",],
    "AuditEntry.actor": lambda row, _: row["actor_name"],
    "AuditEntry.target": target,
    "Trend.tracks": behind,
    "TrendPoint.behind": behind,
}  # fmt: skip
