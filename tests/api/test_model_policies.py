"""A tenant's policy about language models over GraphQL: read, changed, refused, and told to the audit log."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.dialects.postgresql import insert

from app.analysis.models import Analyzer
from tenancy.database import Database
from tests.builders import Tenant, new_key, new_tenant
from tests.service import Service

POLICY = "askBelow monthlyBudgetUsd spentUsd sharesAnswers switchedOff"
READ = (
    f"{{ viewer {{ tenant {{ id modelPolicy {{ {POLICY} offered {{ askBelow monthlyBudgetUsd }} }} }} }} }}"
)
CHANGE = f"""mutation ($i: ChangeModelPolicyInput!) {{ changeModelPolicy(input: $i) {{ __typename
  ... on ChangeModelPolicyPayload {{ tenant {{ modelPolicy {{ {POLICY} }} }} }}
  ... on InvalidInput {{ code field message }} }} }}"""
LOG = "{ viewer { tenant { id auditLog(first: 9) { nodes { actorKind action target before after } } } } }"
START: dict[str, Any] = {
    "askBelow": None, "monthlyBudgetUsd": None, "spentUsd": 0, "sharesAnswers": False, "switchedOff": [],
}  # fmt: skip


@pytest.fixture
async def tenant(database: Database) -> Tenant:
    """One that has been offered a model, as by a service with one in its settings."""
    id_ = await new_tenant(database)
    common = {"version": "1", "title": "t", "description": "d", "languages": ["en"], "kind": "MODEL"}
    names = ("emotion.house", "themes.house")
    async with database.transaction(id_) as session:
        await session.execute(
            insert(Analyzer).values([{"tenant_id": id_, "name": name, **common} for name in names])
        )
    return Tenant(id_, key=await new_key(database, id_))


async def policy(service: Service, tenant: Tenant) -> Any:
    found = (await service.data(tenant.key, READ))["viewer"]["tenant"]["modelPolicy"]
    del found["offered"]
    return found


async def change(service: Service, tenant: Tenant, **values: Any) -> Any:
    return (await service.data(tenant.key, CHANGE, i=values))["changeModelPolicy"]


async def test_what_is_left_out_stays_and_null_goes_back(
    service: Service, tenant: Tenant, database: Database
) -> None:
    found = (await service.data(tenant.key, READ))["viewer"]["tenant"]["modelPolicy"]
    offer = service.settings.offer()
    assert found == START | {
        "offered": {"askBelow": offer.ask_below, "monthlyBudgetUsd": offer.monthly_budget_usd}
    }
    changed = await change(service, tenant, askBelow=0.7, sharesAnswers=True, switchedOff=["themes.house"])
    expected = START | {"askBelow": 0.7, "sharesAnswers": True, "switchedOff": ["themes.house"]}
    assert changed["tenant"]["modelPolicy"] == expected
    expected["monthlyBudgetUsd"] = 2.5
    assert (await change(service, tenant, monthlyBudgetUsd=2.5))["tenant"]["modelPolicy"] == expected
    names = {each["name"]: each["enabled"] for each in await analyzers(service, tenant)}
    assert names == {"emotion.house": True, "themes.house": False}
    other = Tenant(id_ := await new_tenant(database), key=await new_key(database, id_))
    assert await policy(service, other) == START
    back = await change(
        service, tenant, askBelow=None, monthlyBudgetUsd=None, sharesAnswers=None, switchedOff=None
    )
    assert back["tenant"]["modelPolicy"] == START


async def analyzers(service: Service, tenant: Tenant) -> list[dict[str, Any]]:
    found = (await service.data(tenant.key, "{ analyzers { name kind enabled } }"))["analyzers"]
    return [each for each in found if each["kind"] == "MODEL"]


@pytest.mark.parametrize(
    ("values", "field", "says"),
    [
        ({"askBelow": 1.5}, "input.askBelow", "from 0 to 1; it is 1.5"),
        ({"askBelow": -1}, "input.askBelow", "from 0 to 1"),
        ({"monthlyBudgetUsd": 1e9}, "input.monthlyBudgetUsd", "from 0 to 1,000,000"),
        ({"monthlyBudgetUsd": -0.5}, "input.monthlyBudgetUsd", "from 0"),
        ({"switchedOff": ["themes"]}, "input.switchedOff", "There are: emotion.house, themes.house."),
        ({"switchedOff": ["no\0body"]}, "input.switchedOff", "No such analyzer of kind MODEL"),
    ],
)
async def test_what_can_not_hold_is_refused_with_its_place(
    service: Service, tenant: Tenant, values: dict[str, Any], field: str, says: str
) -> None:
    refused = await change(service, tenant, **{"sharesAnswers": True, **values})
    assert (refused["__typename"], refused["code"], refused["field"]) == (
        "InvalidInput", "BAD_USER_INPUT", field,
    )  # fmt: skip
    assert says in refused["message"]
    assert await policy(service, tenant) == START


async def test_the_audit_log_says_who_changed_what(service: Service, tenant: Tenant) -> None:
    await change(service, tenant, askBelow=0.7, monthlyBudgetUsd=3)
    await change(service, tenant, askBelow=0.7)  # is so already
    found = (await service.data(tenant.key, LOG))["viewer"]["tenant"]
    entries = [each for each in found["auditLog"]["nodes"] if each["action"] == "tenant.models_changed"]
    before: dict[str, Any] = {
        "ask_below": None,
        "monthly_budget_usd": None,
        "shares_answers": False,
        "switched_off": [],
    }
    after = before | {"ask_below": 0.7, "monthly_budget_usd": 3.0}
    assert entries == [
        {
            "actorKind": "KEY", "action": "tenant.models_changed", "target": found["id"],
            "before": before, "after": after,
        }
    ]  # fmt: skip


@pytest.mark.parametrize("role", ["reader", "analyst"])
async def test_it_is_an_admins_matter(
    service: Service, tenant: Tenant, database: Database, role: str
) -> None:
    key = await new_key(database, tenant.id, role=role)
    for document in (READ, CHANGE):
        errors = (await service.post(key, document, {"i": {"sharesAnswers": True}})).json()["errors"]
        assert errors[0]["extensions"] == {"code": "FORBIDDEN", "scope": "admin:models"}
    assert await policy(service, tenant) == START
