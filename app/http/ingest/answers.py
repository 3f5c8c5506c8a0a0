"""What /ingest says: one JSON object before anything is read, or one a line as songs are stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

import orjson
from starlette.responses import Response

from api import ids
from app.importers.entries import Rejected
from app.importers.ingestion import Standing

MEDIA_TYPE = "application/x-ndjson"


def failed(status: int, code: str, message: str, headers: Mapping[str, str], **data: Any) -> Response:
    """Nothing was read."""
    body = orjson.dumps({"error": {"code": code, "message": message, **data}})
    return Response(body, status, {**headers, "Cache-Control": "no-store"}, "application/json")


def line(value: Mapping[str, Any]) -> bytes:
    return orjson.dumps(value) + b"\n"


def rejection(rejected: Rejected) -> bytes:
    field = {} if rejected.field is None else {"field": rejected.field}
    return line({"line": rejected.line, "code": "BAD_USER_INPUT", "message": rejected.reason, **field})


def standing(now: Standing, run: UUID | None, **more: Any) -> bytes:
    """How far it has come; `run` is the global id of the one that analyses what is new."""
    about = {} if run is None else {"run": ids.make("AnalysisRun", run)}
    return line({**asdict(now), **about, **more})
