"""The few pages of signing in: plain HTML without scripts, readable at any width."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from urllib.parse import urlencode

from starlette.responses import HTMLResponse

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    # form-action is left out: browsers hold it against the redirect behind a form, which leaves this site.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none';"
    " frame-ancestors 'none'",
}
HTML = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} — rap-analyzer</title>
<style>
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }}
body {{ margin: 0; display: grid; min-height: 100vh; place-items: center; }}
main {{ box-sizing: border-box; width: 100%; max-width: 26rem; padding: 2rem; }}
h1 {{ font-size: 1.4rem; }}
a.button, button {{ display: block; box-sizing: border-box; width: 100%; margin: .6rem 0; padding: .7rem 1rem;
  border: 0; border-radius: .5rem; background: #c02672; color: #fff; font: inherit; font-weight: 600;
  text-align: center; text-decoration: none; cursor: pointer; }}
a.button:focus-visible, button:focus-visible, input:focus-visible {{ outline: 3px solid #e4468f88; }}
label {{ display: block; margin-top: 1.4rem; }}
input {{ box-sizing: border-box; width: 100%; padding: .6rem; border: 1px solid #8888; border-radius: .5rem;
  font: inherit; }}
small {{ opacity: .75; }}
</style>
</head>
<body><main>
<h1>{title}</h1>
{body}
</main></body>
</html>
"""


def page(title: str, body: str, status: int = 200) -> HTMLResponse:
    """`title` is text, `body` is HTML."""
    return HTMLResponse(HTML.format(title=escape(title), body=body), status, HEADERS)


def choice(providers: Sequence[tuple[str, str]], *, demo: bool, next_: str) -> HTMLResponse:
    """How one can sign in: `providers` are names and titles."""
    parts = [button(f"Sign in with {title}", provider=name, next=next_) for name, title in providers]
    if demo:
        parts.append(
            '<form method="post" action="/auth/demo"><label for="key">A demo key</label>'
            f'<input type="hidden" name="next" value="{escape(next_)}">'
            '<input id="key" name="key" required autocomplete="off" placeholder="rap_demo_…">'
            "<button>Sign in with the key</button></form>"
            "<p><small>This service runs as a demo: <code>up</code> printed the keys.</small></p>"
        )
    if not parts:
        parts = [
            "<p>Nobody can sign in here yet: no identity provider is set up."
            " Programs use an API key all the same.</p>"
        ]
    return page("Sign in", "\n".join(parts))


def signed_in(name: str, tenant: str) -> HTMLResponse:
    return page(
        f"Hello, {name}",
        f"<p>You are signed in to <b>{escape(tenant)}</b>.</p>"
        '<a class="button" href="/graphiql">Open GraphiQL</a>'
        '<form method="post" action="/auth/logout"><button>Sign out</button></form>',
    )


def tenants(found: Iterable[Mapping[str, str]], provider: str, next_: str) -> HTMLResponse:
    """Which of one's tenants to sign in to; each answer is a sign-in of its own."""
    parts = [button(one["name"], provider=provider, tenant=one["slug"], next=next_) for one in found]
    return page("Where to?", "<p>You belong to several tenants.</p>" + "\n".join(parts))


def refusal(message: str, code: str, status: int) -> HTMLResponse:
    return page(
        "You are not signed in",
        f'<p>{escape(message)}</p><a class="button" href="/auth">Back to sign-in</a>'
        f"<p><small>{escape(code)}</small></p>",
        status,
    )


def button(text: str, **parameters: str) -> str:
    return f'<a class="button" href="/auth/login?{escape(urlencode(parameters))}">{escape(text)}</a>'
