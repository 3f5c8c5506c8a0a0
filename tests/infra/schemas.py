"""What Kubernetes and the makers of custom resources accept."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate

OLDEST, NEWEST = "1.31", "1.37"
CRDS = Path(__file__).parent / "crds"


def check(thing: dict[str, Any], version: str) -> None:
    """Raises for a kind that nobody knows, a field that is none, and a value that does not fit."""
    group, _, of = thing["apiVersion"].partition("/")
    if (path := CRDS / f"{group}_{of}_{thing['kind']}.json").exists():
        jsonschema.validate(thing, custom(path), cls=jsonschema.Draft202012Validator)
    else:
        kubernetes_validate.validate(thing, version, strict=True)


@cache
def custom(path: Path) -> Any:
    schema = closed(json.loads(path.read_text()))
    schema["properties"] |= {
        "apiVersion": {},
        "kind": {},
        "metadata": {"type": "object", "required": ["name"]},
    }
    return schema


def closed(schema: Any) -> Any:
    """The API server drops fields that it does not know; a typo should not pass here."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: closed(value) for key, value in schema.items()}
    if schema.get("x-kubernetes-int-or-string"):
        found.pop("type", None)
    if isinstance(pattern := schema.get("pattern"), str):
        found["pattern"] = pattern.replace("^(?i)", "(?i)^")  # Go takes flags anywhere
    open_ = schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object" and not open_:
        found["additionalProperties"] = False
    return found
