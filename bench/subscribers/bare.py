"""The peer: a Starlette WebSocket that authenticates nobody, reads nothing, and passes on what it is given.

It runs on the server that ours runs on. `/graphql?room=N` joins a room; `/tell` takes messages such as
`N text`, whose text goes to all who are in the room.
"""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict

import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

ROOMS: defaultdict[str, list[WebSocket]] = defaultdict(list)


async def join(socket: WebSocket) -> None:
    await socket.accept("graphql-transport-ws")
    room = ROOMS[socket.query_params["room"]]
    room.append(socket)
    await socket.receive()
    room.remove(socket)


async def tell(source: WebSocket) -> None:
    await source.accept()
    try:
        while True:
            room, _, text = (await source.receive_text()).partition(" ")
            for socket in list(ROOMS[room]):
                await socket.send_text(text)
    except WebSocketDisconnect:
        return


def main() -> None:
    app = Starlette(routes=[WebSocketRoute("/graphql", join), WebSocketRoute("/tell", tell)])
    config = uvicorn.Config(
        app,
        port=int(sys.argv[1]),
        loop="none",
        lifespan="off",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        log_config=None,
        access_log=False,
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(uvicorn.Server(config).serve())


if __name__ == "__main__":
    main()
