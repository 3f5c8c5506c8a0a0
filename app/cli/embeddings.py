"""rap-analyzer embeddings: the models that search by meaning compares with."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from app.search.index import TrackLyrics

commands = typer.Typer(
    help="See how far each tenant's tracks are with the models of RAP_ANALYZER_EMBEDDERS, and try a new one."
    " docs/search.md says what there is.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@commands.command("list")
def list_(
    tenant: Annotated[str, typer.Option(metavar="SLUG", help="Only this tenant's. [all tenants]")] = "",
) -> None:
    """List each tenant's spaces: how many of its tracks are in it, and whether searches ask it.

    \b
    rap-analyzer embeddings list
    """
    from app.cli.failures import Failure
    from app.cli.services import open_database
    from app.search.progress import progress
    from app.search.spaces import Spaces
    from app.settings import Settings
    from tenancy import tenants

    async def run() -> None:
        settings = Settings()
        spaces = Spaces(settings.text_embedders())
        async with open_database(settings) as database:
            chosen = [row for row in await tenants.every(database) if tenant in ("", row["slug"])]
            if tenant and not chosen:
                raise Failure(f"There is no tenant {tenant}. `rap-analyzer tenants list` shows them.")
            for row in chosen:
                for each in await progress(database, row["id"], spaces):
                    state = "answers" if each.answers else "is being filled"
                    counted = f"{each.done:,} of {each.of:,}"
                    typer.echo(f"{row['slug']:<24}{each.space:<40}{counted:>20}  {state}")

    asyncio.run(run())


@commands.command()
def measure(
    model: Annotated[str, typer.Argument(metavar="PROVIDER:MODEL", help="Such as ollama:bge-m3.")],
    base_url: Annotated[
        str | None, typer.Option(help="Where the server is, unless it is the provider's.")
    ] = None,
    api_key: Annotated[
        str | None,
        typer.Option(
            envvar="RAP_ANALYZER_EMBEDDER_KEY", show_envvar=True, help="Better given in the environment."
        ),
    ] = None,
    passage_prefix: Annotated[str, typer.Option(help="What the model wants before each passage.")] = "",
    query_prefix: Annotated[str, typer.Option(help="What the model wants before each query.")] = "",
) -> None:
    """Ask a server's model about 64 songs of ours and print its entry for RAP_ANALYZER_EMBEDDERS.

    How alike two texts are by its numbers differs from model to model: searches have to know its scale.

    \b
    rap-analyzer embeddings measure openai:bge-m3 --base-url http://127.0.0.1:8080/v1
    """
    import orjson

    from app.cli.failures import Failure
    from app.search.embeddings import EmbedderAway, EmbedderUnusable, TextsRefused, WrongDimension
    from app.search.measuring import measure
    from app.search.provider import ProviderEmbedder

    if ":" not in model:
        raise typer.BadParameter("it has to look like provider:model", param_hint="PROVIDER:MODEL")
    given = {
        "model": model,
        "base_url": base_url,
        "passage_prefix": passage_prefix,
        "query_prefix": query_prefix,
    }

    embedder = ProviderEmbedder(model, 1, 0, 1, 0, base_url, api_key, 120.0, passage_prefix, query_prefix)
    try:
        try:
            embedder.warm()
        except WrongDimension as wrong:
            embedder.dimension = wrong.found
        scale = measure(embedder.embed, embedder.embed_queries, songs(), questions())
    except (EmbedderAway, EmbedderUnusable, TextsRefused) as error:
        raise Failure(f"{model} can't be measured: {error}") from error
    finally:
        embedder.close()
    entry = {name: value for name, value in given.items() if value} | scale.settings()
    typer.echo(orjson.dumps(entry).decode())


def songs() -> list[TrackLyrics]:
    from uuid import UUID

    from app.cli import demo
    from app.search.index import TrackLyrics

    return [
        TrackLyrics(UUID(int=0), b"", song.lyrics, song.title, song.language, song.tags)
        for song in (*demo.tracks("northside"), *demo.tracks("aurora"))
    ]


def questions() -> list[str]:
    from app.analysis.analyzers.themes.taxonomy import themes
    from app.search.query_vectors import topic

    return [topic(text) for theme in themes() for text in theme.about.values()]
