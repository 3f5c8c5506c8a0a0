"""The rows that both sides read: two tenants, alike but for their ids, and everything that types allow.

Ids and times are fixed, so that a failure can be repeated. Figures are sums of powers of two: their means
are the same in whatever order Postgres adds them.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import orjson

Row = dict[str, Any]
NAMESPACE = UUID("5e1ec7ed-0000-4000-8000-000000000000")
TENANT, STRANGER = uuid5(NAMESPACE, "tenant"), uuid5(NAMESPACE, "stranger")
ANALYZERS = ("content", "emotion", "own", "rhyme", "themes", "vocabulary")
ARTISTS = (
    ("Ada", "ada"), ('Quote " and \\', "quote"), ("ёлка", "ёлка"), ("Zoë\tTab", "zoë"), ("Nobody", "nobody"),
)  # fmt: skip
MODELS = ("critic.house", "emotion.house", "themes.house")
# Title, artist, album, day, language, explicit, popularity, tags, minute of addition. Ties on purpose.
TRACKS: tuple[tuple[Any, ...], ...] = (
    ("Alpha", 0, "One", "2001-05-04", "en", True, 0, ["a", "b"], 0),
    ("alpha", 0, "One", "2001-05-04", "en", False, 100, [], 0),
    ("Ночь", 0, None, "1999-12-31", "ru", None, 50, ["ночь"], 1),
    ('Say "no"\\', 1, "", None, None, True, None, ["b"], 1),
    ("Zebra\nTwo", 1, "Two", "0999-01-01", "en", None, 50, ["c", "a"], 2),
    ("Alpha", 1, None, "9999-12-31", "ru", False, 7, [], 3),
    ("", 2, "Один", "2001-05-05", "und", None, None, ["a"], 3),
    ("😀 smile", 3, "One", None, "en", True, 100, ["😀"], 4),
)
WORDS = (
    "one\ntwo\r\n\r\nthree",
    "",
    "first\rsecond",
    'a "quoted" line\n\\ back',
    "ночь\nи",
    "x\n",
    "\n",
    "y",
)
METADATA: tuple[Any, ...] = (
    {"b": 1, "a": [1, 2.5, None, {"é": "ü"}]},
    None,
    [],
    "text",
    {"~": {}},
    7,
    None,
    {},
)
SCORES = [
    {"name": "density", "value": 0.1, "unit": None},
    {"name": "tiny", "value": 1e-7, "unit": "words"},
    {"name": "whole", "value": 3.0, "unit": "lines"},
    {"name": "least", "value": 5e-324, "unit": None},
    {"name": "huge", "value": 1.7976931348623157e308, "unit": "grade"},
]
LABELS = [
    {"kind": "theme", "name": "loss", "confidence": 0.75},
    {"kind": "theme", "name": "night", "confidence": 0.5},
]
RHYME = {
    "kind": "RhymeDetails", "scheme": ["a", "b", "-"], "density": 0.5, "perfect_rhymes": 1, "slant_rhymes": 0,
    "internal_rhymes": 2147483647, "multisyllabic_rhymes": -1, "alliteration": 0.25, "assonance": 1e21,
    "syllables_per_line": 8, "syllable_variance": -0.0, "pairs": [
        {"first_line": 1, "second_line": 2, "first_word": "one", "second_word": "two", "strength": 1},
        {"first_line": 3, "second_line": 4, "first_word": None, "second_word": "four", "strength": 0.3}],
}  # fmt: skip
DETAILS: dict[str, Row | None] = {
    "content": {"kind": "ContentDetails", "explicit": True, "severity": 0.125, "categories": LABELS},
    "emotion": {
        "kind": "EmotionDetails", "emotions": SCORES, "valence": -1, "arousal": 0.5, "arc": [0, 0.5, -1]},
    "own": {"kind": "CustomDetails", "data": {"z": [], "a": {"kind": "RhymeDetails"}}},
    "rhyme": RHYME,
    "themes": {"kind": "ThemeDetails", "themes": LABELS, "entities": []},
    "vocabulary": {
        "kind": "VocabularyDetails", "words": 120, "unique_words": 60, "type_token_ratio": 0.5, "mtld": 81.5,
        "readability": 3.25, "rare_word_share": 0.0625, "repetition": 0},
}  # fmt: skip
PROFILES: tuple[Row | None, ...] = tuple(
    {
        "sentiment": sentiment, "mood": mood, "themes": LABELS[: n % 3], "technique": n / 8,
        "vocabulary": None if n == 2 else n / 16, "emotion": 0.5, "originality": None,
        "agreement": None if n == 3 else 1 - n / 8, "analyzers": ANALYZERS[n % 3 : 4],
    }
    for n, (sentiment, mood) in enumerate(
        [("POSITIVE", "joy"), ("MIXED", None), ("MIXED", "joy"), (None, None), ("NEGATIVE", "fear")]
    )
)  # fmt: skip


def months() -> tuple[date, date]:
    """The first days of the last month and of this one, as the budgets of models have them."""
    this = datetime.now(UTC).date().replace(day=1)
    return (this - timedelta(days=1)).replace(day=1), this


def moment(minute: int) -> str:
    """Whole seconds, a tenth, or microseconds, by turns."""
    return f"2024-02-29T12:{minute:02}:00{('', '.1', '.123456')[minute % 3]}+00:00"


def named(tenant: UUID, kind: str, number: int | str) -> UUID:
    return uuid5(tenant, f"{kind} {number}")


def rows(tenant: UUID) -> dict[str, list[Row]]:
    """All of a tenant's rows, by table, parents first."""
    own = {"tenant_id": tenant}
    artists = [named(tenant, "artist", n) for n in range(len(ARTISTS))]
    tracks = [named(tenant, "track", n) for n in range(len(TRACKS))]
    runs = [named(tenant, "run", n) for n in range(3)]
    keys, members = ([named(tenant, kind, n) for n in range(3)] for kind in ("key", "member"))
    return {
        "tenants": [{
            "id": tenant, "slug": tenant.hex[:12], "name": "A tenant", "plan": "TEAM", "status": "ACTIVE",
            "created_at": moment(0), "models_below": 0.25, "shares_answers": True}],
        "api_keys": [{
            **own, "id": id_, "key_id": id_.hex, "secret_hash": "\\x00", "prefix": f"rap_{n}",
            "name": f"Key {n}", "scopes": ["tracks:read", "usage:read"][:n], "created_at": moment(n),
            "expires_at": moment(50) if n else None, "revoked_at": moment(40) if n == 2 else None,
            "replaced_by": keys[0] if n else None, "allowed_networks": ["10.0.0.0/8"][:n],
            "allowed_origins": []} for n, id_ in enumerate(keys)],
        "members": [{
            **own, "id": id_, "provider": "okta", "email": None if n == 1 else f"{n}@x.example",
            "subject": f"subject {n}" if n else None, "name": (None, "Robot", "Gone")[n],
            "role": ("OWNER", "ANALYST", "VIEWER")[n], "invited_at": moment(n // 2),
            "joined_at": moment(3) if n else None, "last_signed_in_at": moment(5) if n == 2 else None,
            "removed_at": moment(6) if n == 2 else None} for n, id_ in enumerate(members)],
        "audit_log": [{
            **own, "id": named(tenant, "entry", n), "at": moment(n // 2), "actor_name": f"Actor {n}",
            "actor_kind": ("KEY", "OPERATOR")[n % 2], "address": None if n else "::1",
            "action": ("tenant.created", "api_key.revoked", "member.invited")[n % 3],
            "target_id": (tenant, keys[1], members[0])[n % 3],
            "before": None if n else {"b": 1, "a": 2}, "after": [n]} for n in range(4)],
        "analyzers": [{
            **own, "name": name, "version": "1", "title": name.title(), "description": "…",
            # A service that starts withdraws the models that it does not offer.
            "kind": "MODEL" if "." in name else ("LOCAL", "AGENT")[n % 2], "offered": "." not in name,
            "languages": ["en", "ru"][: n % 3], "cost_per_track_usd": n / 3, "enabled": n % 2 == 0}
            for n, name in enumerate((*ANALYZERS, *MODELS))],
        "model_spend": [{**own, "month": month, "usd": 8 / n} for n, month in enumerate(months(), 1)],
        "runs": [{
            **own, "id": id_, "status": ("COMPLETED", "RUNNING", "QUEUED")[n], "total": n + 3, "completed": n,
            "analyzers": list(ANALYZERS[:n]), "failed": 1, "cached": 0, "cost_usd": n / 7,
            "created_at": moment(5), "finished_at": None if n else moment(9)} for n, id_ in enumerate(runs)],
        "artists": [{
            **own, "id": id_, "name": ARTISTS[n][0], "slug": ARTISTS[n][1], "created_at": moment(n // 2)}
            for n, id_ in enumerate(artists)],
        "tracks": [track(tenant, n) for n in range(len(TRACKS))],
        # The last track has no words.
        "lyrics": [{
            **own, "track_id": id_, "text": WORDS[n], "word_count": n,
            "sections": [{"kind": "verse", "start_line": 1, "end_line": n if n < 5 else None}][: n % 2]}
            for n, id_ in enumerate(tracks[:-1])],
        "external_ids": [{
            **own, "track_id": tracks[n // 2], "source": ("isrc", "spotify")[n % 2], "value": f"{n}",
            "url": None if n else "https://example.com"} for n in range(5)],
        "analyses": [analysis(tenant, tracks, runs, n) for n in range(18)],
    }  # fmt: skip


def track(tenant: UUID, number: int) -> Row:
    columns = ("title", "artist_id", "album", "released_on", "language", "explicit", "popularity", "tags")
    values = TRACKS[number]
    return {
        **dict(zip(columns, values, strict=False)), "tenant_id": tenant, "id": named(tenant, "track", number),
        "artist_id": named(tenant, "artist", values[1]), "metadata": METADATA[number],
        "fingerprint": f"\\x{number:02}", "profile": (*PROFILES, None, None, None)[number],
        "created_at": moment(values[8]), "updated_at": moment(30 + number),
    }  # fmt: skip


def analysis(tenant: UUID, tracks: list[UUID], runs: list[UUID], number: int) -> Row:
    """One of eighteen, of the tracks 0, 2 and 4, some of them made at the same moment."""
    name = ANALYZERS[number % 6]
    failed = number in (6, 7)
    return {
        "tenant_id": tenant, "id": named(tenant, "analysis", number), "track_id": tracks[number // 6 * 2],
        "analyzer": name, "run_id": None if number == 3 else runs[number // 6 % 2],
        "status": "FAILED" if failed else "COMPLETED", "sentiment": (None, "POSITIVE", "MIXED")[number % 3],
        "themes": ["loss", "night"][: number % 3], "scores": SCORES[: number % 6],
        "labels": [{**label, "confidence": 0.5 if number < 12 else None} for label in LABELS[: number % 3]],
        "evidence": [{"start_line": 1, "end_line": 2, "text": "one\ntwo", "supports": "loss"}][: number % 2],
        "details": None if failed else details(number), "error": "It failed." if failed else None,
        "analyzer_version": "1", "model": "m" if number % 2 else None, "prompt_hash": None,
        "input_hash": f"{number:064}", "tokens_in": number, "tokens_out": None,
        "cost_usd": number / 9 if number % 2 else None, "duration_ms": number, "cached": number % 4 == 0,
        "shared": number % 8 == 0,
        "created_at": moment(10 + number // 4),
    }  # fmt: skip


def details(number: int) -> Row | None:
    """Those of the last track's analyses are damaged: what may not be null is, or is not there."""
    whole = DETAILS[ANALYZERS[number % 6]]
    damage: dict[int, Row] = {
        12: {"severity": None}, 13: {"emotions": [{"name": "joy"}]}, 15: {"pairs": None},
        16: {"themes": [None]},
    }  # fmt: skip
    return {**(whole or {}), **damage.get(number, {})}


async def fill(owner: asyncpg.Connection) -> None:
    """Puts both tenants' rows into the database; `owner` has to be a login that policies do not bind."""
    for tenant in (TENANT, STRANGER):
        for table, its_rows in rows(tenant).items():
            columns = ", ".join(its_rows[0])
            await owner.execute(
                f"insert into {table} ({columns}) select {columns}"
                f" from jsonb_populate_recordset(null::{table}, $1)",
                orjson.dumps(its_rows, default=str).decode(),
            )
