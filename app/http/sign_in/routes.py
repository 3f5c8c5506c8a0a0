"""Signing in and out: `/auth` and what is below it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from api.requests import SESSION_COOKIE, CrossSiteRequest, caller, check_same_origin
from app.http.sign_in import cookies, pages
from app.http.sign_in.demo import by_demo_key
from app.http.sign_in.forms import InvalidForm, fields_of
from app.lifespan import State
from tenancy import joining, sessions
from tenancy.joining import Identity, NotInvited
from tenancy.models import TenantStatus
from tenancy.oidc.addresses import path_here
from tenancy.oidc.attempts import AttemptsUnavailable, UnknownAttempt
from tenancy.oidc.flow import SignInRefused
from tenancy.oidc.providers import ProviderUnavailable, UnknownProvider
from tenancy.oidc.tokens import InvalidToken
from tenancy.principals import TenantSuspended, Unauthenticated
from tenancy.restrictions import CallerRefused

Handler = Callable[[Request[State]], Awaitable[Response]]
REFUSALS: dict[type[Exception], tuple[str, int]] = {
    UnknownProvider: ("UNKNOWN_PROVIDER", 404),
    UnknownAttempt: ("SIGN_IN_EXPIRED", 400),
    SignInRefused: ("SIGN_IN_REFUSED", 400),
    InvalidToken: ("INVALID_TOKEN", 400),
    Unauthenticated: ("UNAUTHENTICATED", 401),
    NotInvited: ("NOT_INVITED", 403),
    TenantSuspended: ("TENANT_SUSPENDED", 403),
    CallerRefused: ("FORBIDDEN", 403),
    CrossSiteRequest: ("FORBIDDEN", 403),
    InvalidForm: ("BAD_REQUEST", 400),
    ProviderUnavailable: ("PROVIDER_UNAVAILABLE", 503),
    AttemptsUnavailable: ("SIGN_IN_UNAVAILABLE", 503),
}


def sign_in_routes(*, demo: bool) -> list[BaseRoute]:
    """`demo` adds signing in by a demo key: pass it in development alone."""
    routes = [
        Route("/auth", refusing(home_of(demo=demo))),
        Route("/auth/login", refusing(login)),
        Route("/auth/callback/{provider}", refusing(callback)),
        Route("/auth/logout", refusing(logout), methods=["POST"]),
        Route("/auth/backchannel/{provider}", backchannel, methods=["POST"]),
    ]
    if demo:
        routes.append(Route("/auth/demo", refusing(demo_sign_in), methods=["POST"]))
    return list(routes)


def refusing(handler: Handler) -> Handler:
    """Expected failures become a page that says what to do, with their code and status."""

    async def handle(request: Request[State]) -> Response:
        try:
            return await handler(request)
        except tuple(REFUSALS) as error:
            code, status = next(of for type_, of in REFUSALS.items() if isinstance(error, type_))
            message = str(error) or " ".join((type(error).__doc__ or "").split())
            return pages.refusal(message, code, status)

    return handle


def home_of(*, demo: bool) -> Handler:
    async def home(request: Request[State]) -> Response:
        """Who is signed in, or how one can."""
        token = request.cookies.get(SESSION_COOKIE)
        if token:
            try:
                principal = await request.state["authenticator"].authenticate(f"Session {token}")
            except Unauthenticated:
                pass  # ended: sign in again
            else:
                return pages.signed_in(principal.name, principal.tenant_slug)
        providers = request.state["services"].sign_in.providers
        titles = [(provider.config.name, provider.config.title) for provider in providers]
        next_ = path_here(request.query_params.get("next"))
        return pages.choice(titles, demo=demo, next_=next_)

    return home


async def login(request: Request[State]) -> Response:
    """Off to the provider; `tenant` says where to sign in, `next` where to go then."""
    asked = request.query_params
    sign_in = request.state["services"].sign_in
    begun = await sign_in.begin(asked.get("provider"), asked.get("tenant"), asked.get("next"))
    response = RedirectResponse(begun.url, 303, pages.HEADERS)
    cookies.remember_attempt(response, begun.browser)
    return response


async def callback(request: Request[State]) -> Response:
    """Back from the provider: who they are is checked, and a session opened."""
    provider, sign_in = request.path_params["provider"], request.state["services"].sign_in
    browser = request.cookies.get(cookies.ATTEMPT_COOKIE, "")
    identity, attempt = await sign_in.finish(provider, request.query_params, browser)
    async with request.state["services"].database.unpinned() as connection:
        open_to = await connection.fetch(
            "select * from tenants_open_to($1, $2, $3)", identity.provider, identity.subject, identity.email
        )
    found = [one for one in open_to if attempt.tenant in (None, one["slug"])]
    if not found:
        raise NotInvited(not_invited(identity))
    if len(found) > 1:
        return pages.tenants(found, provider, attempt.next)
    if found[0]["status"] != TenantStatus.ACTIVE:
        raise TenantSuspended
    response = await opened(request, found[0]["tenant_id"], identity, attempt.next)
    cookies.forget_attempt(response)
    return response


async def opened(request: Request[State], tenant: UUID, identity: Identity, next_: str) -> Response:
    """A new session in the browser, in place of the one that it may have had. Raises NotInvited."""
    address = caller(request).address
    database = request.state["services"].database
    async with database.transaction(tenant) as session:
        member = await joining.join(session, tenant, identity, address)
        opened = await sessions.open_(session, member, identity, address)
    await end_session(request)
    response = RedirectResponse(next_ if next_ != "/" else "/auth", 303, pages.HEADERS)
    cookies.remember_session(response, opened)
    return response


async def logout(request: Request[State]) -> Response:
    """Ends this browser's session here, not at the provider."""
    check_same_origin(request)
    await end_session(request)
    response = RedirectResponse("/auth", 303, pages.HEADERS)
    cookies.forget_session(response)
    return response


async def end_session(request: Request[State]) -> None:
    token = request.cookies.get(SESSION_COOKIE)
    if token:
        services = request.state["services"]
        whose = await sessions.end(services.database, token, caller(request).address)
        if whose is not None:
            await services.announce(*whose)


async def demo_sign_in(request: Request[State]) -> Response:
    """By a demo key, as a member with the key's scopes. Raises what authenticating does."""
    check_same_origin(request)
    form = await fields_of(request)
    key, next_ = form.get("key", "").strip(), form.get("next")
    principal = await request.state["authenticator"].authenticate(f"Bearer {key}", caller(request))
    identity = await by_demo_key(request.state["services"].database, principal, key)
    return await opened(request, principal.tenant, identity, path_here(next_))


async def backchannel(request: Request[State]) -> Response:
    """The provider says that somebody has signed out: their sessions end here as well.

    OpenID Connect Back-Channel Logout 1.0 §2.5 to §2.8: https://openid.net/specs/openid-connect-backchannel-1_0.html
    """
    services, provider = request.state["services"], request.path_params["provider"]
    try:
        token = (await fields_of(request)).get("logout_token", "")
        subject, session = await services.sign_in.signed_out(provider, token)
    except (UnknownProvider, InvalidToken, InvalidForm) as error:
        told = {"error": "invalid_request", "error_description": str(error) or InvalidForm.__doc__}
        return JSONResponse(told, 400, pages.HEADERS)
    except (ProviderUnavailable, AttemptsUnavailable) as error:
        told = {"error": "temporarily_unavailable", "error_description": str(error)}
        return JSONResponse(told, 503, {**pages.HEADERS, "Retry-After": "60"})
    for tenant, member in await sessions.end_at_provider(services.database, provider, subject, session):
        await services.announce(tenant, member)
    return Response(status_code=200, headers=pages.HEADERS)


def not_invited(identity: Identity) -> str:
    if identity.email is None:
        return (
            "You are not a member here, and your provider has not verified an e-mail address of yours:"
            " an invitation can't be found without one."
        )
    return f"Nobody has invited {identity.email} yet. Ask an admin of your tenant for an invitation."
