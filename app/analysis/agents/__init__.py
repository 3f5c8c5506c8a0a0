"""Analyzers that ask a language model, by way of LangChain; docs/models.md says how they are used."""

from __future__ import annotations

from collections.abc import Iterable

from app.analysis.agents.agent import ModelAgent
from app.analysis.agents.endpoint import Endpoint
from app.analysis.agents.language_model import LanguageModel
from app.analysis.agents.tasks import TASKS


def model_agents(models: Iterable[LanguageModel]) -> tuple[ModelAgent, ...]:
    """One a model and task, the models in their order; nothing is imported or asked yet."""
    endpoints = [Endpoint(model) for model in models]
    return tuple(ModelAgent(endpoint, task) for endpoint in endpoints for task in TASKS.values())


__all__ = ["LanguageModel", "ModelAgent", "model_agents"]
