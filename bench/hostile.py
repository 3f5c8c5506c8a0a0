"""What hostile requests cost before they are refused, in ms of this process's CPU; the aim is 50 ms each.

Run: python -m bench.hostile. From the bytes of the body to the refusal, without network, key and quota.
The last lines are the dearest documents that are not refused, until they are planned.
"""

from __future__ import annotations

from collections.abc import Callable
from time import process_time

import orjson
from graphql import GraphQLError

from api.documents.document import DocumentInvalid
from api.execution.engine import Engine
from api.planner.planner import Planner
from api.request_body import GraphQLRequest
from api.schema import schema
from tenancy.scopes import ADMIN

TIMES = 5
planner = Planner(schema)


def doubling(levels: int) -> str:
    """A document whose fragments double with every level."""
    both = "a: replacedBy {{ ...F{0} }} b: replacedBy {{ ...F{0} }}"
    parts = [f"fragment F{n} on ApiKey {{ {both.format(n + 1)} }}" for n in range(levels)]
    start = "{ viewer { apiKey { ...F0 } } }"
    return f"{start} {' '.join(parts)} fragment F{levels} on ApiKey {{ id }}"


def aliases(count: int) -> str:
    return "{ " + " ".join(f"a{n}: __typename" for n in range(count)) + " }"


def many_fragments(count: int) -> str:
    spreads = " ".join(f"...F{n}" for n in range(count))
    parts = " ".join(f"fragment F{n} on Viewer {{ a{n}: principal b{n}: scopes }}" for n in range(count))
    return f"{{ viewer {{ {spreads} }} }} {parts}"


IDS = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
HOSTILE = {
    "doubling fragments, 20 levels": doubling(20),
    "doubling fragments, 90 levels": doubling(90),
    "10,000 aliases": aliases(10_000),
    "900 aliases": aliases(900),
    "10,000 directives": "{ __typename " + "@skip(if: false) " * 10_000 + "}",
    "1,400 directives": "{ __typename " + "@x " * 1_400 + "}",
    "500 repeated fields": "{ " + "viewer { principal } " * 500 + "}",
    "1 MB of names": "{ " + "viewer " * 150_000 + "}",
    "1 MB in one string": '{ artist(slug: "' + "x" * 1_000_000 + '") { id } }',
    "1 MB of brackets": "{a" * 350_000,
    "1,000 levels": "{" + "a{" * 1_000 + "b" + "}" * 1_001,
    "introspection in circles": "{ __schema { types { fields { type { fields { name } } } } } }",
    "300 fragments": many_fragments(300),
    "1 MB of variables": IDS,
    "1 MB of wrong variables": IDS,
    "180 unknown fields": "{ " + " ".join(f"x{n} {{ y }}" for n in range(180)) + " }",
}
VARIABLES = {
    "1 MB of variables": {"ids": ["x"] * 250_000},
    "1 MB of wrong variables": {"ids": [None] * 200_000},
}
ALLOWED = {
    "100 pages": "{ " + " ".join(f"a{n}: tracks(first: 1) {{ nodes {{ id }} }}" for n in range(100)) + " }",
    "100 aliases of an object": "{ " + " ".join(f"a{n}: viewer {{ scopes }}" for n in range(100)) + " }",
    "48 fragments in one selection": many_fragments(48),
    "100 objects of one name": "{ " + "viewer { principal } " * 100 + "}",
}  # fmt: skip


def answer(body: bytes, engine: Engine) -> str:
    """The code and the limit of the refusal, or what an accepted operation costs once it is planned."""
    request = GraphQLRequest.read(orjson.loads(body))
    text: str = request.parameters["query"]
    try:
        document = engine.documents.get(text)
        points = engine.cost(engine.bind(document, document.operation(None), request.variables)).requested
        planner.prepare(document, [ADMIN])
        return f"accepted, {points} points"
    except DocumentInvalid as error:
        return told(error.errors[0])
    except GraphQLError as error:
        return told(error)


def told(error: GraphQLError) -> str:
    extensions = error.extensions or {}
    figures = f" {extensions['limit']} {extensions['found']:,}" if "limit" in extensions else ""
    return f"{extensions['code']}{figures}"


def measured(work: Callable[[Engine], str]) -> tuple[float, str]:
    """The least ms of several times, each with an engine that has not seen the document."""
    engines = [Engine(schema) for _ in range(TIMES)]
    for engine in engines:
        engine.documents.get("{ __typename }")
    best, result = float("inf"), ""
    for engine in engines:
        began = process_time()
        result = work(engine)
        best = min(best, process_time() - began)
    return best * 1e3, result


def main() -> None:
    for title, documents in (("Refused", HOSTILE), ("Accepted", ALLOWED)):
        print(f"{title}:")
        for name, text in documents.items():
            body = orjson.dumps({"query": text, "variables": VARIABLES.get(name)})
            cpu, result = measured(lambda engine, body=body: answer(body, engine))  # type: ignore[misc]
            print(f"  {name:<32} {len(body):>9,} bytes {cpu:7.2f} ms  {result}")


if __name__ == "__main__":
    main()
