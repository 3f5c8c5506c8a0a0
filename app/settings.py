"""Everything that can be set from outside, by environment variables that start with RAP_ANALYZER_."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read once, by the command line; passed on from there."""

    model_config = SettingsConfigDict(
        env_prefix="RAP_ANALYZER_",
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        populate_by_name=True,
    )

    database_url: str | None = Field(
        default=None,
        description="postgresql://…, the login of the service. Without it an embedded Postgres starts.",
    )
    migration_database_url: str | None = Field(
        default=None,
        description="postgresql://…, a login that owns the tables; the service's own unless given.",
    )
    redis_url: str | None = Field(
        default=None,
        description="redis:// or rediss://, a Valkey 9 or Redis 7. Without it an embedded Valkey starts.",
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
    demo_key: str | None = Field(
        default=None,
        description="Shown in GraphiQL's header editor. `up` sets it; never set it in production.",
    )
    worker_processes: int = Field(
        default=2, ge=1, le=256, description="Processes that analyse, in each worker. About one a core."
    )
    quota_without_valkey: Literal["local", "refuse"] = Field(
        default="local",
        description="While Valkey is away: count points in each process by itself, or refuse requests.",
    )
    log_level: str = Field(
        default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="The least severe log line."
    )
