"""A task given to a model: an analyzer of kind MODEL."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from app.analysis.agents.conversation import Conversation, Purse
from app.analysis.agents.endpoint import Endpoint
from app.analysis.agents.shared import SharedAnswers
from app.analysis.agents.sheet import MAX_CHARS, block, lyrics_block
from app.analysis.agents.tasks import Task, critic
from app.analysis.analyzers.base import unfit
from app.analysis.results import ModelUse, Result
from app.lyrics.text import Lyrics


@dataclass(frozen=True, slots=True)
class Question:
    """What will be sent about a song, and the result's provenance as far as it is known before."""

    lyrics: Lyrics
    task: Task
    text: str
    use: ModelUse


class ModelAgent:
    """Named `<task>.<model>`, so that it stands beside the local analyzer of its task."""

    kind = "MODEL"
    languages = ("en", "ru")

    def __init__(self, endpoint: Endpoint, task: Task) -> None:
        self._endpoint = endpoint
        self._asking: dict[tuple[Hashable, ModelUse], asyncio.Future[Result]] = {}
        self.task = task
        self.name = f"{task.name}.{endpoint.model.name}"
        self.version = task.version
        self.title = f"{task.title} ({endpoint.model.name})"
        self.description = f"{task.description} By the language model {endpoint.model.model}."
        self.cost_per_track_usd = endpoint.model.typical_cost

    def question(self, lyrics: Lyrics, results: Mapping[str, Result]) -> Question | Result:
        """What to ask, or the degraded result of a song that can't be judged. Only the critic reads
        the `results` of the others."""
        reason = unfit(lyrics, self.languages, words=self.task.words, lines=self.task.lines)
        if reason is not None:
            return reason
        text, task = lyrics_block(lyrics), self.task
        if len(text) > MAX_CHARS:
            return Result.degraded(f"Too long for a language model: more than {MAX_CHARS:,} characters.")
        if task.name == critic.TASK.name:
            claimed = critic.claims(results)
            if not claimed:
                return Result.degraded("There is nothing to check: no other analyzer has labelled the song.")
            text, task = f"{text}\n\n{block('claims', critic.listed(claimed))}", critic.reader(claimed)
        model = self._endpoint.model.model
        use = ModelUse(model, task.prompt.hash, sha256(text.encode()).hexdigest())
        return Question(lyrics, task, text, use)

    async def judge_once(
        self, question: Question, purse: Purse, shared: SharedAnswers | None = None
    ) -> tuple[Result, bool]:
        """Asks, or waits for the answer where a song with the same words is just being asked about for the
        same purse; then the second part is False."""
        key = (purse.owner, question.use)
        asking = self._asking.get(key)
        if asking is not None:
            return await asyncio.shield(asking), False
        asking = self._asking[key] = asyncio.ensure_future(self.judge(question, purse, shared))
        try:
            return await asking, True
        finally:
            del self._asking[key]

    async def judge(self, question: Question, purse: Purse, shared: SharedAnswers | None = None) -> Result:
        """Asks, unless there is an answer among the `shared` ones, where the tenant allows it.

        Never raises for what a model or its server may do: see `Conversation.ask`.
        """
        use, place = question.use, None
        if shared is not None:
            place = shared.to(self.name, self.version, use.prompt_hash, use.model, question.text)
        conversation = Conversation(self._endpoint, purse, question.task, use, place)
        return await conversation.ask(question.lyrics, question.text)
