"""Everything that can be set from outside, by environment variables that start with RAP_ANALYZER_."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.embedder_settings import EmbedderSettings
from app.model_settings import LanguageModelSettings
from tenancy.oidc.addresses import is_safe
from tenancy.oidc.providers import ProviderConfig
from tenancy.restrictions import origin

if TYPE_CHECKING:
    from app.analysis.agents import ModelAgent
    from app.analysis.policy import Offer
    from app.search.embeddings import Embedder

DEMO = "demo"  # the provider of members who sign in by a demo key


class IdentityProvider(BaseModel):
    """An OpenID Connect provider that people, and programs with access tokens, sign in with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern="^[a-z0-9][a-z0-9-]{0,30}$", description="Short, for addresses: okta.")
    title: str = Field(default="", max_length=60, description="What the sign-in page calls it.")
    issuer: str = Field(description="https://…, exactly as its tokens and its metadata have it.")
    client_id: str = Field(min_length=1, description="Ours, as the provider knows us.")
    client_secret: SecretStr | None = Field(
        default=None, description="None for a public client, which PKCE alone protects."
    )
    audience: str | None = Field(
        default=None, description="The aud of access tokens for this API; without it none are accepted."
    )
    algorithms: tuple[Literal["RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"], ...] = Field(
        default=("RS256", "PS256", "ES256", "EdDSA", "Ed25519"),
        min_length=1,
        description="Which signatures are accepted.",
    )
    token_types: tuple[str, ...] = Field(
        default=("at+jwt",), min_length=1, description="The typ of access tokens (RFC 9068)."
    )
    trusts_email: bool = Field(
        default=False,
        description="Take its e-mail addresses as verified though it does not say so. Only for a provider"
        " in which nobody can choose an address themselves.",
    )

    @field_validator("issuer")
    @classmethod
    def is_safe(cls, issuer: str) -> str:
        if not is_safe(issuer):
            raise ValueError("an issuer has to be https (http on this machine alone)")
        return issuer

    @property
    def config(self) -> ProviderConfig:
        secret = self.client_secret.get_secret_value() if self.client_secret is not None else None
        values = self.model_dump(exclude={"client_secret"})
        return ProviderConfig(**{**values, "title": self.title or self.name}, client_secret=secret)


class Settings(BaseSettings):
    """Read once, by the command line; passed on from there."""

    model_config = SettingsConfigDict(
        env_prefix="RAP_ANALYZER_",
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        hide_input_in_errors=True,  # it may be a secret
    )

    database_url: str | None = Field(
        default=None,
        description="postgresql://…, the login of the service. Without it an embedded Postgres starts.",
    )
    pooler: Literal["none", "transaction"] = Field(
        default="none",
        description="transaction where database_url is that of a PgBouncer (1.24 or newer) that pools them."
        " Not for workers: they listen, which needs a connection of one's own.",
    )
    replica_database_url: str | None = Field(
        default=None,
        description="postgresql://…, the service's login on a standby: queries read there, and nothing else"
        " does. Without it everything is read from the primary.",
    )
    replica_lag_seconds: float = Field(
        default=5.0, gt=0, le=3600, description="How far a standby may be behind before the primary is read."
    )
    migration_database_url: str | None = Field(
        default=None,
        description="postgresql://…, a login that owns the tables; the service's own unless given.",
    )
    redis_url: str | None = Field(
        default=None,
        description="redis:// or rediss://, a Valkey 9 or Redis 7; redis+cluster://host:port,host:port is a"
        " cluster of them. Without it an embedded Valkey starts.",
    )
    data_dir: Path = Field(default=Path(".data"), description="Where embedded servers keep their data.")
    host: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(
        default=8000,
        ge=1,
        le=65535,
        description="The port to listen on.",
        validation_alias=AliasChoices("RAP_ANALYZER_PORT", "PORT", "port"),
    )
    environment: Literal["production", "development"] = Field(
        default="production",
        description="`up` is development; everything else is production unless this says otherwise.",
    )
    demo_key: str | None = Field(
        default=None,
        description="Shown in GraphiQL's header editor, and demo keys sign people in. `up` sets it;"
        " in production it is refused.",
    )
    public_url: str | None = Field(
        default=None,
        description="https://…, where browsers find this service: needed for signing in by providers.",
    )
    origins: tuple[str, ...] = Field(
        default=(),
        description="Pages of other sites that may use the API from a browser, with a key or a token of"
        ' theirs, as a JSON array: ["https://app.example.com"]. Cookies stay with our own pages.',
    )
    identity_providers: tuple[IdentityProvider, ...] = Field(
        default=(),
        description="OpenID Connect providers, as a JSON array of objects; docs/sign-in.md describes them.",
    )
    worker_processes: int = Field(
        default=2, ge=1, le=256, description="Processes that analyse, in each worker. About one a core."
    )
    tenant_sockets: int = Field(
        default=2_000, ge=1, description="WebSockets that one tenant may hold open in each process."
    )
    tenant_operations: int = Field(
        default=4_000,
        ge=1,
        description="Operations over WebSocket and streams of events of one tenant in each process.",
    )
    tenant_lanes: int = Field(
        default=8,
        ge=1,
        le=1000,
        description="Slices of one tenant that are analysed at once, in all workers together.",
    )
    models: tuple[LanguageModelSettings, ...] = Field(
        default=(),
        description="Language models that may be asked, as a JSON array of objects; docs/models.md has them.",
    )
    models_below: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Models are asked where a local analyzer is less confident; 0 asks only where a run names"
        " them.",
    )
    model_budget_usd: float = Field(
        default=10.0, ge=0, description="What models may cost each tenant in a calendar month (UTC)."
    )
    embedders: tuple[EmbedderSettings, ...] = Field(
        default=(EmbedderSettings(model="use-multilingual-v3"),),
        min_length=1,
        max_length=4,
        description="The models that search by meaning compares with, as a JSON array of names or objects,"
        " the fast one first: each joins once all tracks have its vectors. docs/search.md has them.",
    )
    own_partition_above: int = Field(
        default=8_000,
        ge=100,
        description="Passages of a tenant, about ten a track, above which they get a partition and an HNSW"
        " index of their own; below half as many they go back to those of others, which are all compared.",
    )
    quota_without_valkey: Literal["local", "refuse"] = Field(
        default="local",
        description="While Valkey is away: count points in each process by itself, or refuse requests.",
    )
    introspection: Literal["everyone", "scope", "nobody"] = Field(
        default="everyone",
        description="Who may read the schema: every key, those with the scope schema:read, or none.",
    )
    graphiql: bool = Field(default=True, description="Serve GraphiQL at /graphiql.")
    suggestions: bool = Field(
        default=False,
        description="Say what a misspelt name may have meant. It tells the schema; `up` sets it.",
    )
    trusted_documents: Path | None = Field(
        default=None,
        description="A folder of *.graphql files that are trusted, beside those that the service brings.",
    )
    statement_seconds: float = Field(
        default=10.0, gt=0, le=3600, description="How long one statement of a request may take in Postgres."
    )
    query_seconds: float = Field(
        default=30.0, gt=0, le=3600, description="How long all statements of a query may take together."
    )
    show_plans: Literal["off", "sql", "explain"] = Field(
        default="off",
        description="Show each answer's SQL, without values, or Postgres's plan too, under `extensions.plan`."
        " In production it is refused.",
    )
    worker_port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="Where `worker` answers /livez, /readyz and /metrics, on RAP_ANALYZER_HOST; nowhere"
        " without it. The API answers them on its own port.",
    )
    drain_seconds: float = Field(
        default=5.0,
        gt=0,
        le=3600,
        description="How long requests and jobs at hand get to finish when the service is stopped.",
    )
    otlp_endpoint: str | None = Field(
        default=None,
        pattern="^https?://[^/?#]+$",
        description="http://collector:4318: an OpenTelemetry collector that gets traces by OTLP over HTTP."
        " Without it no traces are made.",
    )
    trace_ratio: float = Field(
        default=0.1, ge=0, le=1, description="The share of requests that are traced, where traces are made."
    )
    log_level: str = Field(
        default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="The least severe log line."
    )

    @field_validator("origins")
    @classmethod
    def are_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(origin, origins))

    @model_validator(mode="after")
    def fits_together(self) -> Self:
        if self.demo_key is not None and self.environment == "production":
            raise ValueError("demo_key can't be set in production: everybody could use the key")
        if self.show_plans != "off" and self.environment == "production":
            raise ValueError("show_plans can't be set in production: it shows how the database is built")
        if self.public_url is not None and (not is_safe(self.public_url) or self.public_url.endswith("/")):
            raise ValueError(
                "public_url has to be https (http on this machine alone), without a / at its end"
            )
        if self.identity_providers and self.public_url is None:
            raise ValueError("identity_providers need public_url: they send browsers back there")
        models = [model.name for model in self.models]
        if len(models) != len(set(models)):
            raise ValueError("two models have the same name")
        spaces = [embedder.embedder.space for embedder in self.embedders]
        if len(spaces) != len(set(spaces)):
            raise ValueError("two embedders have the same model and dimension")
        for part in ("name", "issuer"):
            values = [getattr(provider, part) for provider in self.identity_providers]
            if len(values) != len(set(values)) or (part == "name" and DEMO in values):
                raise ValueError(f"two identity_providers have the same {part}, or one is named {DEMO}")
        return self

    def text_embedders(self) -> tuple[Embedder, ...]:
        """What makes the vectors of passages and queries, the first space first."""
        return tuple(embedder.embedder for embedder in self.embedders)

    def agents(self) -> tuple[ModelAgent, ...]:
        """The analyzers that ask the `models`, for one event loop."""
        from app.analysis.agents import model_agents

        return model_agents(model.language_model for model in self.models)

    def offer(self) -> Offer:
        """What tenants get of these models unless they decide otherwise."""
        from app.analysis.policy import Offer

        return Offer(self.models_below, self.model_budget_usd)
