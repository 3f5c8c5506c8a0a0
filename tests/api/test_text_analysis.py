"""Analysing a text that is not stored."""

from __future__ import annotations

import pytest

from tenancy.database import Database
from tests.builders import UNNAMED, VERSE, new_key, new_tenant
from tests.service import Service

ANALYZE = """mutation ($i: AnalyzeTextInput!) { analyzeText(input: $i) { ... on AnalyzeTextPayload {
  language analyses { analyzer status error } profile { mood agreement analyzers } } } }"""


@pytest.mark.parametrize(
    ("lyrics", "analyzers"),
    [("我爱你中国\n亲爱的母亲\n我为你流泪", None), ("", None), ("no words for it", ["emotion"])],
)
async def test_a_text_that_nothing_can_judge_has_no_profile(
    service: Service, database: Database, lyrics: str, analyzers: list[str] | None
) -> None:
    key = await new_key(database, await new_tenant(database))
    found = (await service.data(key, ANALYZE, i={"lyrics": lyrics, "analyzers": analyzers}))["analyzeText"]
    assert {analysis["status"] for analysis in found["analyses"]} == {"DEGRADED"}
    assert all(analysis["error"] for analysis in found["analyses"])
    assert found["profile"] is None


async def test_a_profile_rests_on_what_completed(service: Service, database: Database) -> None:
    key = await new_key(database, await new_tenant(database))
    found = (await service.data(key, ANALYZE, i={"lyrics": VERSE}))["analyzeText"]
    completed = [a["analyzer"] for a in found["analyses"] if a["status"] == "COMPLETED"]
    assert found["profile"]["analyzers"] == completed != []


async def test_themes_are_judged_by_meaning_too(service: Service, database: Database) -> None:
    key = await new_key(database, await new_tenant(database))
    query = ANALYZE.replace("status error", "labels { name }")
    given = {"lyrics": UNNAMED, "language": "en", "analyzers": ["themes"]}
    (found,) = (await service.data(key, query, i=given))["analyzeText"]["analyses"]
    assert "migration" in {label["name"] for label in found["labels"]}
