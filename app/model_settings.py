"""A language model as the settings describe it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, SecretStr

if TYPE_CHECKING:
    from app.analysis.agents import LanguageModel


class LanguageModelSettings(BaseModel):
    """A chat model that LangChain can reach; docs/models.md says which, and what it is sent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(
        pattern="^[a-z0-9][a-z0-9-]{0,30}$",
        description="Short: its analyzers are emotion.<name> and so on, and results are stored by that.",
    )
    model: str = Field(
        pattern="^[a-z0-9_]+:.+$", description="provider:model, as LangChain's init_chat_model has it."
    )
    input_usd_per_million: float = Field(ge=0, description="Price of tokens sent; 0 for a model of your own.")
    output_usd_per_million: float = Field(ge=0, description="Price of tokens answered.")
    base_url: str | None = Field(
        default=None, description="Where the server is, unless it is the provider's own: http://host:11434."
    )
    api_key: SecretStr | None = Field(
        default=None, description="Without it and without base_url, the provider's own variable counts."
    )
    timeout: float = Field(default=60.0, gt=0, le=600, description="Seconds that an answer may take.")
    max_concurrency: int = Field(
        default=4, ge=1, le=256, description="Requests under way at a time, in each worker."
    )
    max_output_tokens: int = Field(default=4_000, ge=100, description="The longest answer that is paid for.")
    temperature: float | None = Field(
        default=0.0, ge=0, le=2, description="null leaves it to models that take none."
    )

    @property
    def language_model(self) -> LanguageModel:
        from app.analysis.agents import LanguageModel  # most commands need no analyzers

        key = self.api_key.get_secret_value() if self.api_key is not None else None
        return LanguageModel(**self.model_dump(exclude={"api_key"}), api_key=key)
