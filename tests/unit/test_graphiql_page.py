"""GraphiQL: what the page lets in, whom it gives a key to, and that the committed build is current."""

import gzip
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from graphql import OperationDefinitionNode, build_schema, parse, validate
from graphql.execution.values import get_variable_values
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.http.graphiql.assets import MEDIA_TYPES, AssetBundle
from app.http.graphiql.page import DIST, graphiql_routes

PROJECT = Path(__file__).parents[2]
OPERATIONS = PROJECT / "graphql" / "operations"
EXAMPLES = ["AddTracks", "Feed", "SearchByMeaning", "WatchAnalyses"]
AWKWARD_KEY = "rap_</script><script>alert(1)</script>&\"'\u2028<!--"


class Page(HTMLParser):
    """The scripts of a page (attributes, text) and every address that it refers to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self._in_script = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "action")]
        self.handlers += [name for name, _ in attrs if name.startswith("on") or name == "style"]
        self._in_script = tag == "script"
        if self._in_script:
            self.scripts.append((dict(attrs), ""))

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script:
            attributes, text = self.scripts[-1]
            self.scripts[-1] = (attributes, text + data)

    @property
    def config(self) -> dict[str, str | None]:
        [text] = [text for attributes, text in self.scripts if attributes.get("id") == "config"]
        return dict(json.loads(text))


def client(demo_key: str | None = None, endpoint: str = "/graphql") -> TestClient:
    return TestClient(Starlette(routes=graphiql_routes(endpoint=endpoint, demo_key=demo_key)))


def policy(header: str) -> dict[str, list[str]]:
    return {name: sources for name, *sources in (directive.split() for directive in header.split(";"))}


def test_page_is_served_and_never_cached() -> None:
    response = client().get("/graphiql")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert "<title>rap-analyzer — GraphiQL</title>" in response.text


def test_policy_runs_scripts_of_this_origin_alone() -> None:
    rules = policy(client().get("/graphiql").headers["content-security-policy"])
    assert rules["default-src"] == ["'self'"]
    # With these absent, default-src is what holds for scripts, workers, sockets and fonts.
    assert not {"script-src", "script-src-elem", "worker-src", "connect-src", "font-src", "style-src"} & set(
        rules
    )
    assert rules["frame-ancestors"] == ["'none'"]
    assert rules["style-src-attr"] == ["'unsafe-inline'"]
    assert [name for name, sources in rules.items() if "'unsafe-inline'" in sources] == ["style-src-attr"]
    assert not any("http" in source or source == "*" for sources in rules.values() for source in sources)


def test_every_response_has_a_nonce_of_its_own() -> None:
    caller = client()
    nonces = set()
    for _ in range(2):
        response = caller.get("/graphiql")
        [nonce] = [a["nonce"] for a, _ in Page(response.text).scripts if "nonce" in a]
        assert policy(response.headers["content-security-policy"])["style-src-elem"] == [
            "'self'",
            f"'nonce-{nonce}'",
        ]
        nonces.add(nonce)
    assert len(nonces) == 2


def test_page_has_no_inline_script_and_no_address_elsewhere() -> None:
    page = Page(client(demo_key=AWKWARD_KEY).get("/graphiql").text)
    assert [a.get("type") for a, _ in page.scripts] == ["application/json", "module"]
    assert not page.handlers
    assert [text for a, text in page.scripts if a["type"] == "module"] == [""]
    assert len(page.addresses) == 3
    assert all(re.match(r"/graphiql/assets/|data:image/svg\+xml,", address) for address in page.addresses)


def test_demo_key_arrives_whole_and_only_in_demo_mode() -> None:
    demo = client(demo_key=AWKWARD_KEY).get("/graphiql").text
    assert Page(demo).config == {"endpoint": "/graphql", "demoKey": AWKWARD_KEY}
    assert "alert(1)</script>" not in demo
    plain = client(endpoint="/api/graphql").get("/graphiql").text
    assert Page(plain).config == {"endpoint": "/api/graphql", "demoKey": None}


def test_every_asset_of_the_page_is_served_with_its_type() -> None:
    caller = client()
    page = Page(caller.get("/graphiql").text)
    for address in page.addresses:
        if address.startswith("/"):
            response = caller.get(address)
            assert response.status_code == 200
            assert response.headers["content-type"] == MEDIA_TYPES[Path(address).suffix]


@pytest.mark.parametrize("name", ["main.js", "style.css", "codicon.ttf", "worker-graphql.worker.js"])
def test_asset_is_the_file_compressed_or_not(name: str) -> None:
    caller = client()
    url = f"/graphiql/assets/{AssetBundle(DIST).version}/{name}"
    content = (DIST / name).read_bytes()

    plain = caller.get(url, headers={"accept-encoding": "gzip;q=0, br"})
    assert "content-encoding" not in plain.headers
    assert plain.content == content

    for _ in range(2):  # the second answer comes from memory
        with caller.stream("GET", url, headers={"accept-encoding": "br, gzip;q=0.8"}) as packed:
            raw = b"".join(packed.iter_raw())
        assert packed.headers["content-encoding"] == "gzip"
        assert gzip.decompress(raw) == content

    for response in (plain, packed):
        assert response.headers["content-type"] == MEDIA_TYPES[Path(name).suffix]
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert response.headers["vary"] == "accept-encoding"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["content-security-policy"] == "default-src 'self'"


@pytest.mark.parametrize("path", ["0000000000000000/main.js", "{version}/page.py", "{version}/..%2fpage.py"])
def test_nothing_but_this_build_is_served(path: str) -> None:
    path = path.format(version=AssetBundle(DIST).version)
    assert client().get(f"/graphiql/assets/{path}").status_code == 404


def test_version_follows_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "main.js").write_text("one")
    before = AssetBundle(tmp_path).version
    assert AssetBundle(tmp_path).version == before
    (tmp_path / "main.js").write_text("two")
    assert AssetBundle(tmp_path).version != before


def test_missing_build_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"No build of GraphiQL in .*README\.md"):
        AssetBundle(tmp_path)


def test_build_loads_only_files_that_it_has() -> None:
    loads = re.compile(r"""(?:from|import\(?|new URL\()\s*["'`](\.[^"'`]*|https?:[^"'`]*|//[^"'`]*)["'`]""")
    targets = {match for file in DIST.glob("*.js") for match in loads.findall(file.read_text())}
    workers = {
        "./" + name
        for file in DIST.glob("*.js")
        for name in re.findall(r"new URL\([`\"']([\w.-]+)[`\"'],\s*import\.meta\.url\)", file.read_text())
    }
    assert {"./worker-graphql.worker.js", "./worker-json.worker.js"} <= workers
    assert "./monaco-editor.js" in targets
    targets |= workers
    assert sorted(t for t in targets if not (t.startswith("./") and (DIST / t).is_file())) == []
    styles = re.findall(r"url\(([^)]*)\)|@import\s+(\S+)", (DIST / "style.css").read_text())
    assert styles
    assert all(re.match(r"[\"']?(data:|\./)", url) and not imported for url, imported in styles)


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("suffix", ["graphql", "variables.json"])
def test_build_holds_the_current_operations(name: str, suffix: str) -> None:
    text = (OPERATIONS / f"{name}.{suffix}").read_text()
    literal = text.replace("\\", "\\\\").replace("`", "\\`").replace("${", "\\${")
    assert literal in (DIST / "main.js").read_text()


def test_build_was_made_from_the_current_sources() -> None:
    folder = DIST.parent
    recorded = dict(line.split("  ")[::-1] for line in (DIST / "SOURCES.sha256").read_text().splitlines())
    actual = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in recorded}
    assert actual == recorded, "run `npm ci && npm run build` in app/http/graphiql and commit dist/"
    assert {f"src/{file.name}" for file in (folder / "src").iterdir()} <= set(recorded)


@pytest.mark.parametrize("name", EXAMPLES)
def test_operations_and_their_variables_fit_the_schema(name: str) -> None:
    contract = PROJECT / "graphql" / "schema.graphql"
    if not contract.exists():
        pytest.skip("graphql/schema.graphql has not been printed yet")
    schema = build_schema(contract.read_text())
    document = parse((OPERATIONS / f"{name}.graphql").read_text())
    assert validate(schema, document) == []
    [operation] = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    assert operation.name is not None
    assert operation.name.value == name
    variables = json.loads((OPERATIONS / f"{name}.variables.json").read_text())
    definitions = operation.variable_definitions or ()
    assert set(variables) <= {definition.variable.name.value for definition in definitions}
    # A list is what it returns when it found mistakes.
    values = get_variable_values(schema, definitions, variables)
    assert not isinstance(values, list), values


def test_lock_file_names_no_registry() -> None:
    lock = json.loads((DIST.parent / "package-lock.json").read_text())
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
