"""All commands under one name."""

from __future__ import annotations

import typer

from app.cli import (
    analyze,
    embeddings,
    importing,
    keys,
    members,
    migrate,
    operations,
    schema,
    serve,
    tenants,
    trends,
    up,
    worker,
)

program = typer.Typer(
    name="rap-analyzer",
    help="Lyrics intelligence as a multi-tenant GraphQL service: rhyme, emotion, themes, vocabulary and"
    " explicit content of songs, with search by meaning.\n\n"
    "Begin with `rap-analyzer up`: it needs nothing else and prints an address, keys and a query.\n\n"
    "Settings are environment variables: RAP_ANALYZER_DATABASE_URL, RAP_ANALYZER_REDIS_URL,"
    " RAP_ANALYZER_DATA_DIR (.data), RAP_ANALYZER_HOST, PORT (8000), RAP_ANALYZER_WORKER_PROCESSES,"
    " RAP_ANALYZER_LOG_LEVEL, and for sign-in RAP_ANALYZER_PUBLIC_URL and RAP_ANALYZER_IDENTITY_PROVIDERS."
    " Without the two URLs, commands use the servers that `up` runs.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
)
program.command("up", short_help="Start everything on this machine.")(up.up)
program.command("import", short_help="Import songs from a file.")(importing.import_)
program.command("analyze", short_help="Analyse a file's songs without storing.")(analyze.analyze)
program.add_typer(tenants.commands, name="tenants")
program.add_typer(keys.commands, name="keys")
program.add_typer(members.commands, name="members")
program.add_typer(trends.commands, name="trends")
program.add_typer(embeddings.commands, name="embeddings")
program.command("serve", short_help="Serve the API, for production.")(serve.serve)
program.command("worker", short_help="Analyse what is queued, for production.")(worker.worker)
program.command("migrate", short_help="Bring the database up to date.")(migrate.migrate)
program.command("operations", short_help="List the trusted documents.")(operations.operations)
program.command("schema", short_help="Print the GraphQL schema.")(schema.schema)
