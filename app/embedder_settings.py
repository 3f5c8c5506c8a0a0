"""An embedder as the settings describe it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

if TYPE_CHECKING:
    from app.search.embeddings import Embedder

OF_SERVERS = ("dimension", "background", "foreground", "unrelated")


class EmbedderSettings(BaseModel):
    """A model that makes vectors of texts: one that comes with a package, by its name alone, or one of a
    server that LangChain can reach; docs/search.md says which."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = Field(
        pattern="^[A-Za-z0-9_-]+(:.+)?$",
        max_length=80,
        description="use-multilingual-v3, multilingual-e5-small, or provider:model as LangChain's"
        " init_embeddings has it.",
    )
    dimension: int | None = Field(
        default=None, ge=2, le=4000, description="How many numbers a vector of a server's model has."
    )
    background: float | None = Field(
        default=None, ge=-1, le=1, description="How alike a query and most tracks are, by its cosines."
    )
    foreground: float | None = Field(
        default=None, ge=-1, le=1, description="How alike a query and a track that answers it clearly are."
    )
    unrelated: float | None = Field(
        default=None, ge=-1, lt=1, description="How alike two songs are that have nothing in common."
    )
    base_url: str | None = Field(
        default=None, description="Where the server is, unless it is the provider's own: http://host:8080/v1."
    )
    api_key: SecretStr | None = Field(
        default=None, description="Without it and without base_url, the provider's own variable counts."
    )
    timeout: float = Field(default=20.0, gt=0, le=600, description="Seconds that an answer may take.")
    passage_prefix: str = Field(default="", max_length=200, description="Put before each passage.")
    query_prefix: str = Field(default="", max_length=200, description="Put before each query.")

    @model_validator(mode="before")
    @classmethod
    def may_be_a_name(cls, given: Any) -> Any:
        return {"model": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def fits_together(self) -> Self:
        from app.search.e5 import PACKAGE, SmallE5Embedder
        from app.search.spaces import LOCAL

        if ":" in self.model:
            if missing := [name for name in OF_SERVERS if getattr(self, name) is None]:
                raise ValueError(
                    f"{self.model} needs {', '.join(missing)}; `rap-analyzer embeddings measure` finds them"
                )
            if self.background >= self.foreground:  # type: ignore[operator]  # neither is missing
                raise ValueError(f"{self.model}: background has to be below foreground")
        elif self.model not in LOCAL:
            known = ", ".join(LOCAL)
            raise ValueError(f"there is no embedder {self.model}: use {known}, or provider:model")
        elif others := self.model_fields_set - {"model"}:
            raise ValueError(f"{self.model} comes with a package and takes no {', '.join(sorted(others))}")
        elif self.model == SmallE5Embedder().space and not SmallE5Embedder.installed():
            raise ValueError(
                f"{self.model} needs the package {PACKAGE}: install rap-analyzer[multilingual-e5]"
                " (Linux on x86-64)"
            )
        return self

    @property
    def embedder(self) -> Embedder:
        from app.search.provider import ProviderEmbedder
        from app.search.spaces import LOCAL

        if self.model in LOCAL:
            return LOCAL[self.model]()
        key = self.api_key.get_secret_value() if self.api_key is not None else None
        return ProviderEmbedder(**self.model_dump(exclude={"api_key"}), api_key=key)
