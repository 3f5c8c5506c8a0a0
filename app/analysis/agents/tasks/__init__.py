"""What a language model can be asked about a song: one task a file."""

from __future__ import annotations

from app.analysis.agents.tasks import content, critic, emotion, rhyme, themes, vocabulary
from app.analysis.agents.tasks.base import Task

# The order of the local analyzers, and the critic after those that it judges.
TASKS: dict[str, Task] = {
    task.name: task
    for task in (rhyme.TASK, emotion.TASK, themes.TASK, vocabulary.TASK, content.TASK, critic.TASK)
}

__all__ = ["TASKS", "Task"]
