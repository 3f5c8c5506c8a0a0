"""A language model as it is configured: where it is, what it costs, and how LangChain reaches it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

# Tokens of one song in and out, for the price of a track that is shown before anything was asked:
# the prompt, its schema and 60 lines; an answer of a dozen quotes.
TYPICAL_TOKENS = (2_500, 700)
# What a provider adds around the messages (roles, separators), in tokens; more than any is known to.
_FRAMING = 200


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """`model` is LangChain's "provider:model"; prices are US dollars a million tokens, 0 for one of your own.

    Without `base_url` the provider's own address is asked, with its own environment variable for a key.
    """

    name: str
    model: str
    input_usd_per_million: float
    output_usd_per_million: float
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    timeout: float = 60.0
    max_concurrency: int = 4
    max_output_tokens: int = 4_000
    temperature: float | None = 0.0

    def cost(self, tokens_in: int, tokens_out: int) -> float:
        """US dollars."""
        millions = tokens_in * self.input_usd_per_million + tokens_out * self.output_usd_per_million
        return millions / 1_000_000

    def most(self, sent: str) -> float:
        """What a request that sends `sent` can cost at most: no tokenizer makes more tokens than bytes."""
        return self.cost(len(sent.encode()) + _FRAMING, self.max_output_tokens)

    @property
    def typical_cost(self) -> float:
        """US dollars of one song and one task."""
        return self.cost(*TYPICAL_TOKENS)

    def chat(self) -> BaseChatModel:
        """LangChain's model, which asks once a call: retries are ours, so that each is paid for and counted.

        Imports LangChain (about a second). Raises what LangChain raises for a provider that it does not
        know, or whose package is not installed.
        """
        from langchain.chat_models import init_chat_model

        made: BaseChatModel = init_chat_model(self.model, **self._options())
        return made

    def _options(self) -> dict[str, Any]:
        options: dict[str, Any] = {}
        provider = self.model.split(":", 1)[0]
        if provider == "ollama":
            options = {"num_predict": self.max_output_tokens, "client_kwargs": {"timeout": self.timeout}}
        else:
            options = {"max_tokens": self.max_output_tokens, "timeout": self.timeout, "max_retries": 0}
        if self.temperature is not None:
            options["temperature"] = self.temperature
        if self.base_url is not None:
            options["base_url"] = self.base_url
        if self.api_key is not None:
            options["api_key"] = self.api_key
        elif self.base_url is not None and provider != "ollama":
            # Else the key in OPENAI_API_KEY would go to whoever answers at base_url.
            options["api_key"] = "none"
        return options
