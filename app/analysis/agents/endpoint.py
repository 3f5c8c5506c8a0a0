"""One model's connection: a request at a time a turn, its answer as text, and what the answer took."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.analysis.agents import failures
from app.analysis.agents.language_model import LanguageModel

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

Message = tuple[str, str]  # role ("system", "user", "assistant") and text


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model said, and the tokens that it counted, if it counts."""

    text: str
    refused: bool
    tokens_in: int | None
    tokens_out: int | None


class Endpoint:
    """For one event loop. Take one of `turns` for each request: they are as many as the model's
    `max_concurrency`."""

    def __init__(self, model: LanguageModel) -> None:
        self.model = model
        self.turns = asyncio.Semaphore(model.max_concurrency)
        self._opening = asyncio.Lock()
        self._chat: BaseChatModel | None = None

    async def send(self, messages: Sequence[Message], schema: dict[str, Any]) -> Reply:
        """One request, never repeated by LangChain. Raises failures.Unanswered."""
        chat = await self._opened()
        # Included raw: what LangChain can't parse, the conversation has to see.
        asked = chat.with_structured_output(schema, method="json_schema", include_raw=True)
        from langsmith import tracing_context

        try:
            # Whatever the environment says, no lyrics go to a tracing service.
            with tracing_context(enabled=False):
                async with asyncio.timeout(self.model.timeout):
                    answer: Any = await asked.ainvoke(list(messages))
            return _reply(answer["raw"])
        except Exception as error:
            raise failures.of(error, self.model.timeout) from None

    async def _opened(self) -> BaseChatModel:
        async with self._opening:
            if self._chat is None:
                try:
                    # In a thread: the import would hold up everything else for a second.
                    self._chat = await asyncio.to_thread(self.model.chat)
                except Exception as error:
                    name = type(error).__name__
                    raise failures.Unanswered(f"The model could not be set up ({name}).") from None
            return self._chat


def _reply(message: Any) -> Reply:
    usage = message.usage_metadata
    return Reply(
        text=str(message.text),
        refused=bool(message.additional_kwargs.get("refusal"))
        or message.response_metadata.get("stop_reason") == "refusal",
        tokens_in=usage["input_tokens"] if usage else None,
        tokens_out=usage["output_tokens"] if usage else None,
    )
