"""rap-analyzer schema: the contract as text."""

from __future__ import annotations

import typer


def schema() -> None:
    """Print the GraphQL schema (SDL). It needs no database.

    \b
    rap-analyzer schema > graphql/schema.graphql
    """
    from api.schema import schema as composed

    typer.echo(composed.as_str())
