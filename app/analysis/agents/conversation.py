"""Asking one question: again when the server is busy, once more when the answer does not fit, never beyond
what the purse allows."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from pydantic import ValidationError

from app.analysis import evidence
from app.analysis.agents.endpoint import Endpoint, Message, Reply
from app.analysis.agents.failures import Unanswered
from app.analysis.agents.sheet import Checker
from app.analysis.agents.tasks import Task
from app.analysis.agents.tasks.base import Unfounded
from app.analysis.results import ModelUse, Result, Score, Status
from app.lyrics.text import Lyrics

log = logging.getLogger(__name__)

ATTEMPTS = 3  # requests for one answer, when the server is busy
PAID_ATTEMPTS = 2  # when it keeps silent: each may be on the bill, and takes the whole timeout
REPAIRS = 1
FIRST_WAIT = 0.5  # seconds before the second request; doubled before the third
NO_BUDGET = "This month's budget for language models does not allow another request."


class Purse(Protocol):
    """Money is set aside before a request and settled after it, so that it can't be spent twice.

    `owner` tells the purse of one tenant from that of another.
    """

    @property
    def owner(self) -> Hashable: ...

    async def reserve(self, usd: float) -> Callable[[float], Any] | None:
        """Sets `usd` aside; None when there is not as much. The answer takes what was really spent."""
        ...


class Shared(Protocol):
    """Where others' answer to the question may be, and where ours is left for them."""

    async def find(self) -> str | None: ...

    async def keep(self, answer: str) -> None: ...


class _Broke(Exception):
    pass


@dataclass(slots=True)
class _Bill:
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0
    counted: bool = False
    shared: bool = False  # others have paid

    def add(self, reply: Reply, cost: float) -> None:
        self.counted = self.counted or reply.tokens_in is not None
        self.tokens_in += reply.tokens_in or 0
        self.tokens_out += reply.tokens_out or 0
        self.cost += cost


@dataclass(slots=True)
class Conversation:
    """One question about one song. `use` has the model, the prompt's hash and the hash of what is sent."""

    endpoint: Endpoint
    purse: Purse
    task: Task
    use: ModelUse
    shared: Shared | None = None
    _bill: _Bill = field(default_factory=_Bill)

    async def ask(self, lyrics: Lyrics, question: str) -> Result:
        """COMPLETED, FAILED with the reason, or DEGRADED where there is no money left; with its bill."""
        try:
            result = await self._told(lyrics) or await self._ask(lyrics, question)
        except _Broke:
            result = Result.degraded(NO_BUDGET)
        except Unanswered as failure:
            result = Result(Status.FAILED, error=failure.reason)
        except Exception as error:
            # Raised, it would bring the job back, and every other answer of the slice be paid for again.
            # Its name alone: the message may quote the lyrics.
            log.error("asking about %s failed: %s", self.task.name, type(error).__name__)
            result = Result(Status.FAILED, error="Asking the model stopped on an unexpected error.")
        bill = self._bill
        use = replace(
            self.use,
            tokens_in=bill.tokens_in if bill.counted else None,
            tokens_out=bill.tokens_out if bill.counted else None,
            cost_usd=bill.cost,
            cached=bill.shared,
            shared=bill.shared,
        )
        return replace(result, use=use)

    async def _told(self, lyrics: Lyrics) -> Result | None:
        """By what the model has told others; None where that is nothing, or does not fit this song."""
        answer = await self.shared.find() if self.shared is not None else None
        if answer is None:
            return None
        try:
            result = self._read(answer, lyrics)
        except (ValidationError, Unfounded):
            return None
        self._bill.counted = self._bill.shared = True
        return result

    async def _ask(self, lyrics: Lyrics, question: str) -> Result:
        messages: list[Message] = [("system", self.task.prompt.text), ("user", question)]
        for repair in range(REPAIRS + 1):
            reply = await self._reply(messages)
            if reply.refused:
                return Result(Status.FAILED, error="The model refused to answer.")
            try:
                result = self._read(reply.text, lyrics)
            except (ValidationError, Unfounded) as error:
                if repair == REPAIRS:
                    return Result(Status.FAILED, error=f"The answer was no use, twice: {_shown(error)}")
                messages += [("assistant", reply.text or "(nothing)"), ("user", _correction(error))]
            else:
                if self.shared is not None and result.status is Status.COMPLETED:
                    await self.shared.keep(reply.text)
                return result
        raise AssertionError("unreachable")

    def _read(self, answer: str, lyrics: Lyrics) -> Result:
        """Raises ValidationError or Unfounded."""
        checker = Checker(lyrics)
        result = self.task.read(self.task.answer.model_validate_json(answer), lyrics, checker)
        if not all(evidence.holds(lyrics, item) for item in result.evidence):
            raise Unfounded("It rests on lines that the song lacks.")
        dropped = Score("dropped_quotes", float(checker.dropped), "quotes")
        return replace(result, scores=(*result.scores, dropped))

    async def _reply(self, messages: list[Message]) -> Reply:
        schema = self.task.answer.model_json_schema()
        schema["title"] = self.task.name
        most = self.endpoint.model.most(str(schema) + "".join(text for _, text in messages))
        for attempt in range(1, ATTEMPTS + 1):
            try:
                # Set aside in turn: what waits in line would take the money of what comes before it.
                async with self.endpoint.turns:
                    return await self._paid(messages, schema, most)
            except Unanswered as failure:
                if failure.wait is None or attempt >= (PAID_ATTEMPTS if failure.paid else ATTEMPTS):
                    raise
                await asyncio.sleep(max(failure.wait, _rhythm(attempt)))
        raise AssertionError("unreachable")

    async def _paid(self, messages: list[Message], schema: dict[str, Any], most: float) -> Reply:
        settle = await self.purse.reserve(most)
        if settle is None:
            raise _Broke
        # A request that is cut short by the end of its worker stays paid for: it may be on the bill.
        try:
            reply = await self.endpoint.send(messages, schema)
        except Unanswered as failure:
            spent = most if failure.paid else 0.0
            self._bill.cost += spent
            await settle(spent)
            raise
        cost = most
        if reply.tokens_in is not None and reply.tokens_out is not None:
            cost = self.endpoint.model.cost(reply.tokens_in, reply.tokens_out)
        self._bill.add(reply, cost)
        await settle(cost)
        return reply


def _rhythm(attempt: int) -> float:
    # Spread out: many songs fail together, and would come back together.
    return FIRST_WAIT * float(2 ** (attempt - 1)) * random.uniform(0.75, 1.25)  # noqa: S311


def _shown(error: ValidationError | Unfounded) -> str:
    """The kinds of mistakes alone: messages and places may hold what the model wrote, and so lyrics."""
    if isinstance(error, Unfounded):
        return str(error)
    kinds = sorted({mistake["type"] for mistake in error.errors(include_input=False, include_url=False)})
    if "json_invalid" in kinds:
        return "it is not JSON, or only half of it."
    return f"it does not fit its schema ({', '.join(kinds)})."


def _correction(error: ValidationError | Unfounded) -> str:
    if isinstance(error, Unfounded):
        wrong = str(error)
    else:
        mistakes = error.errors(include_input=False, include_url=False)[:10]
        wrong = "\n".join(f"- {'.'.join(map(str, m['loc'])) or 'answer'}: {m['msg']}" for m in mistakes)
    return f"Your answer can't be used:\n{wrong}\nAnswer again, whole, with the JSON of the schema alone."
