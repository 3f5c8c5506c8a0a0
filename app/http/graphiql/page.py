import json
import secrets
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import BaseRoute, Route

from app.http.graphiql.assets import AssetBundle

DIST = Path(__file__).with_name("dist")

# style-src-attr: Monaco positions every line with a style attribute, which no nonce can cover.
# img-src data: is the icon of this page and the squiggles under mistakes.
POLICY = "; ".join(
    [
        "default-src 'self'",
        "style-src-elem 'self' 'nonce-{nonce}'",
        "style-src-attr 'unsafe-inline'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)

ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Crect width='16' height='16' rx='4' fill='%23e4468f'/%3E"
    "%3Cpath d='M3 9v-2m3 5V4m4 6V6m3 3v-2' stroke='white' stroke-width='1.6' stroke-linecap='round'/%3E"
    "%3C/svg%3E"
)

HTML = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>rap-analyzer — GraphiQL</title>
<link rel="icon" href="{icon}">
<link rel="stylesheet" href="{assets}/style.css">
<script type="application/json" id="config">{config}</script>
<script type="module" src="{assets}/main.js" nonce="{nonce}"></script>
</head>
<body>
<div id="graphiql"></div>
<noscript>GraphiQL needs JavaScript. The API itself does not: send a POST to the endpoint.</noscript>
</body>
</html>
"""


def graphiql_routes(*, endpoint: str = "/graphql", demo_key: str | None) -> list[BaseRoute]:
    """Serves `/graphiql` and, below `/graphiql/assets/`, its built files, with no other host involved.

    `demo_key` is a plain API key that is written into the page for everyone who can open it: pass one in
    demo mode alone, and None otherwise. `endpoint` is the path that takes both POST and WebSocket.

    Raises `RuntimeError` when `dist/` holds no build.
    """
    bundle = AssetBundle(DIST)
    config = _json_for_script({"endpoint": endpoint, "demoKey": demo_key})

    async def page(request: Request) -> HTMLResponse:
        nonce = secrets.token_urlsafe(16)
        html = HTML.format(icon=ICON, assets=f"/graphiql/assets/{bundle.version}", config=config, nonce=nonce)
        return HTMLResponse(
            html,
            headers={
                # The page may hold a key, and its nonce must serve only once.
                "cache-control": "no-store",
                "content-security-policy": POLICY.format(nonce=nonce),
                "referrer-policy": "no-referrer",
                "x-content-type-options": "nosniff",
            },
        )

    return [
        Route("/graphiql", page, name="graphiql"),
        Route("/graphiql/assets/{version}/{name}", bundle.serve, name="graphiql-assets"),
    ]


def _json_for_script(value: object) -> str:
    # Inside a script element only `<` can end the data early; & and > go with it so that the text
    # survives a careless copy into other markup.
    text = json.dumps(value)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
