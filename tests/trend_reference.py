"""What trends have to say, worked out of tracks and analyses with none of the service's code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

ONE = Decimal(1)
Counted = dict[tuple[str, str, str, str, str], tuple[int, Decimal]]


def observed(profile: Mapping[str, Any] | None, details: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """By metric and key the value of a track ; `details` are its newest ones, by analyzer."""
    profile = profile or {}
    found: dict[str, dict[str, Decimal]] = {"TRACKS": {"tracks": ONE}}
    if "themes" in (profile.get("analyzers") or ()):
        found["THEME"] = {"": ONE, **{t["name"]: ONE for t in profile.get("themes") or () if t}}
    if profile.get("sentiment"):
        found["SENTIMENT"] = {"": ONE, profile["sentiment"]: ONE}
    if "content" in details:
        found["EXPLICITNESS"] = {"": ONE, **({"explicit": ONE} if details["content"].get("explicit") else {})}
    if "emotion" in details:
        found["EMOTION"] = {
            e["name"]: six(e["value"])
            for e in details["emotion"].get("emotions") or ()
            if e.get("value") is not None
        }
    for metric, analyzer, name, key in (
        ("RHYME_DENSITY", "rhyme", "density", "rhyme_density"),
        ("VOCABULARY", "vocabulary", "mtld", "mtld"),
    ):
        if details.get(analyzer, {}).get(name) is not None:
            found[metric] = {key: six(details[analyzer][name])}
    return found


def six(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(Decimal("0.000001"), ROUND_HALF_UP, Context(prec=400))


def newest(analyses: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The details of the newest completed analysis of each analyzer."""
    done = sorted(
        (a for a in analyses if a["status"] == "COMPLETED"), key=lambda a: (a["created_at"], a["id"])
    )
    return {a["analyzer"]: a["details"] or {} for a in done}


def rollups(
    tracks: Iterable[Mapping[str, Any]], details: Mapping[Any, Mapping[str, Mapping[str, Any]]]
) -> Counted:
    """By metric, granularity, period, key and language: how many tracks, and their total."""
    found: Counted = {}
    for track in tracks:
        day = track["released_on"]
        if day is None:
            continue
        periods = {"month": day.replace(day=1), "year": day.replace(month=1, day=1)}
        for metric, keys in observed(track["profile"], details.get(track["id"], {})).items():
            for key, value in keys.items():
                for granularity, period in periods.items():
                    at = metric, granularity, period.isoformat(), key, track["language"] or ""
                    tracks_, total = found.get(at, (0, Decimal(0)))
                    found[at] = tracks_ + 1, total + value
    return found
