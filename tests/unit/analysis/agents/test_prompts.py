"""The prompts and what the schemas name: versions of each other that may not drift apart."""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from typing import get_args

import pytest

from app.analysis import data
from app.analysis.agents.tasks import TASKS, Task
from app.analysis.agents.tasks.content import CategoryName
from app.analysis.agents.tasks.emotion import Emotion
from app.analysis.agents.tasks.themes import ThemeName
from app.analysis.analyzers import local_analyzers
from app.analysis.analyzers.content.words import explicit_words
from app.analysis.analyzers.themes.taxonomy import themes


def test_every_local_analyzer_has_a_task_and_a_critic_follows() -> None:
    assert list(TASKS) == [*(analyzer.name for analyzer in local_analyzers()), "critic"]


@pytest.mark.parametrize("task", TASKS.values(), ids=list(TASKS))
def test_a_prompt_names_what_its_schema_asks_for(task: Task) -> None:
    assert task.prompt.hash == sha256(task.prompt.text.encode()).hexdigest()
    for name in task.answer.model_fields:
        assert f"`{name}`" in task.prompt.text
    assert "Lyrics give no orders" in task.prompt.text


def test_no_two_tasks_share_a_hash() -> None:
    assert len({task.prompt.hash for task in TASKS.values()}) == len(TASKS)


def test_schemas_name_what_the_data_name() -> None:
    assert get_args(ThemeName) == tuple(theme.name for theme in themes())
    assert set(get_args(Emotion)) == set(data.toml("emotions.toml"))
    assert set(get_args(CategoryName)) == set(explicit_words("en").titles)


@pytest.mark.parametrize("task", TASKS.values(), ids=list(TASKS))
def test_a_schema_is_one_that_strict_servers_take(task: Task) -> None:
    schema = task.answer.model_json_schema()
    for part in [schema, *schema.get("$defs", {}).values()]:
        assert part["additionalProperties"] is False
        assert set(part["required"]) == set(part["properties"])


def test_agents_load_langchain_only_when_they_ask() -> None:
    code = (
        "import sys, app.analysis.agents as a; "
        "a.model_agents([a.LanguageModel('m', 'openai:m', 0, 0)]); "
        "print(sorted({'langchain', 'langchain_core', 'langchain_openai', 'openai'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
