"""Language models in the settings: what has to be said of one, and what is kept to ourselves."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from app.settings import Settings

HOUSE: dict[str, Any] = {
    "name": "house", "model": "ollama:qwen3", "input_usd_per_million": 0, "output_usd_per_million": 0.5,
    "api_key": "sk-secret",
}  # fmt: skip


def from_environment(monkeypatch: pytest.MonkeyPatch, *models: dict[str, Any]) -> Settings:
    monkeypatch.setenv("RAP_ANALYZER_MODELS", json.dumps(models))
    return Settings()


def test_models_come_from_the_environment_and_their_keys_are_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = from_environment(monkeypatch, HOUSE, {**HOUSE, "name": "other"})
    assert [agent.name for agent in settings.agents()][::6] == ["rhyme.house", "rhyme.other"]
    assert settings.models[0].language_model.api_key == "sk-secret"
    assert "sk-secret" not in repr(settings) + settings.model_dump_json()
    assert Settings.model_validate({"models": ()}).agents() == ()


@pytest.mark.parametrize(
    "models",
    [
        [HOUSE, HOUSE],
        [{**HOUSE, "name": "has.dot"}],  # the dot parts a task from its model
        [{**HOUSE, "model": "qwen3"}],
        [{name: value for name, value in HOUSE.items() if name != "output_usd_per_million"}],
        [{**HOUSE, "input_usd_per_million": -1}],
        [{**HOUSE, "modle": "ollama:qwen3"}],
    ],
    ids=["same name", "dot", "no provider", "no price", "negative price", "misspelt"],
)
def test_what_cannot_be_meant_is_refused(
    monkeypatch: pytest.MonkeyPatch, models: list[dict[str, Any]]
) -> None:
    with pytest.raises(ValidationError) as caught:
        from_environment(monkeypatch, *models)
    assert "sk-secret" not in str(caught.value)
