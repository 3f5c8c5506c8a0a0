"""A browser as far as signing in needs one: cookies, redirects, and forms that somebody fills in."""

from __future__ import annotations

import re
from collections.abc import Callable
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx

from api.requests import SESSION_COOKIE

MOVED = (302, 303)
NAVIGATION = {"Sec-Fetch-Site": "none", "Accept": "text/html"}


class Browser:
    """Keeps Secure cookies for loopback, as browsers do. `at` is the last page's address."""

    def __init__(self) -> None:
        self._http = httpx.AsyncClient(timeout=20)
        self._cookies = httpx.Cookies()
        self._cookies.jar = CookieJar(DefaultCookiePolicy(secure_protocols=("http", "https")))
        self.at = ""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, type_: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    @property
    def session(self) -> str | None:
        """The cookie of the service's session."""
        return next((cookie.value for cookie in self._cookies.jar if cookie.name == SESSION_COOKIE), None)

    async def send(self, method: str, url: str, **content: Any) -> httpx.Response:
        request = self._http.build_request(method, url, **content)
        self._cookies.set_cookie_header(request)
        response = await self._http.send(request)
        self._cookies.extract_cookies(response)
        self._http.cookies.clear()  # its own jar keeps no Secure cookie for loopback
        return response

    async def follow(
        self, url: str, stop: Callable[[str], bool] = lambda _: False, **form: str
    ) -> httpx.Response:
        """Goes where redirects lead, and no further than the first address that `stop` names.

        With fields of a form, the first request posts them.
        """
        headers = {**NAVIGATION}
        if form:
            headers |= {"Sec-Fetch-Site": "same-origin", "Origin": "null"}
            response = await self.send("POST", url, data=form, headers=headers)
        else:
            response = await self.send("GET", url, headers=headers)
        while response.status_code in MOVED:
            self.at = urljoin(str(response.url), response.headers["location"])
            if stop(self.at):
                return response
            response = await self.send("GET", self.at, headers=NAVIGATION)
        self.at = str(response.url)
        return response

    async def sign_in(
        self, url: str, login: str, stop: Callable[[str], bool] = lambda _: False
    ) -> httpx.Response:
        """From a sign-in address of the service, through the provider's forms, and back again."""
        response = await self.follow(url, stop)
        for _ in range(4):
            action = re.search(r'<form[^>]* action="([^"]+)"', response.text)
            if response.status_code != 200 or action is None or "/interaction/" not in action[1]:
                break
            prompt = re.search(r'name="prompt" value="(\w+)"', response.text)
            assert prompt is not None
            fields = {"login": login, "password": "x"} if prompt[1] == "login" else {}
            response = await self.follow(action[1], stop, prompt=prompt[1], **fields)
        return response

    async def ask(self, url: str, query: str, **headers: str) -> httpx.Response:
        """GraphQL as a page of the service sends it: with cookies alone."""
        sent = {"Sec-Fetch-Site": "same-origin", **headers}
        return await self.send("POST", f"{url}/graphql", json={"query": query}, headers=sent)


def parameters(url: str) -> dict[str, Any]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def is_callback(url: str) -> bool:
    """The address at which an answer of a provider comes back to us."""
    return "/auth/callback/" in url
