"""One whole instance: servers, demo tenants, API and worker, from first to last."""

from __future__ import annotations

import shlex
import socket
from pathlib import Path

import orjson
import typer

from app.cli import demo_tenants
from app.cli.demo_tenants import DemoTenant
from app.cli.hosting import hosting
from app.cli.listening import listen, url
from app.cli.servers import data_dir_of, running_servers
from app.cli.services import open_database
from app.cli.stopping import Stopping
from app.cli.terminal import say, step
from app.settings import Settings
from app.telemetry.logs import configure_logs

QUERY = """{ searchTracks(query: "songs about losing someone", first: 5) {
  edges { score passage { text } node { title language artist { name } } } } }"""


async def run(settings: Settings) -> None:
    """Returns after a signal, with everything stopped. Raises EmbeddedError or Failure."""
    stopping = Stopping()
    stopping.listen()
    # Its own progress is what a person reads here; a log they have to ask for.
    if "log_level" not in settings.model_fields_set:
        settings = settings.model_copy(update={"log_level": "WARNING"})
    configure_logs(settings.log_level, plain_libraries=True)
    async with data_dir_of(settings):
        with listen(settings.host, settings.port) as sock:
            await stopping.unless_stopped(serve(settings, sock))


async def serve(settings: Settings, sock: socket.socket) -> None:
    async with running_servers(settings) as located, open_database(located) as database:
        with step("Preparing the demo tenants"):
            demo = await demo_tenants.ensure(database, settings.data_dir)
            queued = {tenant.id: await demo_tenants.load_catalogue(database, tenant) for tenant in demo}
        shown = located.model_copy(
            update={
                "demo_key": demo[0].keys["analyst"],
                "environment": "development",
                "suggestions": True,
            }
        )
        say("Starting the service …")
        async with hosting(shown, sock=sock, worker=True) as running:
            waiting = {tenant: run for tenant, run in queued.items() if run is not None}
            if waiting:
                await demo_tenants.analysed(database, waiting)
            address = url(settings.host, settings.port)
            file = demo_tenants.write(demo, address, settings.data_dir)
            typer.echo(told(demo, address, file))
            await running


def told(demo: list[DemoTenant], address: str, file: Path) -> str:
    """What a person needs next: addresses, keys and one command to paste."""
    lines = [
        "",
        "rap-analyzer is ready.",
        "",
        f"  GraphiQL  {address}/graphiql",
        f"  API       {address}/graphql",
        "",
    ]
    for tenant in demo:
        lines.append(f"  {tenant.name}, tenant {tenant.slug}")
        lines += [f"    {role:<8}{key}" for role, key in tenant.keys.items()]
    body = orjson.dumps({"query": " ".join(QUERY.split())}).decode()
    lines += [
        f"  The keys are in {file}, too.",
        "",
        "Try it:",
        "",
        f"  curl -s {address}/graphql \\",
        f"    -H 'Authorization: Bearer {demo[0].keys['analyst']}' \\",
        "    -H 'Content-Type: application/json' \\",
        f"    -d {shlex.quote(body)}",
        "",
        f"Ctrl-C stops everything. The data stay in {file.parent}.",
    ]
    return "\n".join(lines)
