"""rap-analyzer operations: the trusted documents, and the hashes that clients name them by."""

from __future__ import annotations

from typing import Annotated

import typer


def operations(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs: hash to text.")] = False,
) -> None:
    """List the trusted documents: name, file and the documentId to send. It needs no database.

    They are those of the service and of the folder RAP_ANALYZER_TRUSTED_DOCUMENTS. Keys that run trusted
    documents alone (`keys create --trusted-documents-only`) run these.

    \b
    rap-analyzer operations
    """
    import orjson

    from api.persisted import trusted
    from app.settings import Settings

    more = Settings().trusted_documents
    found = trusted.read([trusted.OPERATIONS, *([more] if more is not None else [])])
    if as_json:
        typer.echo(orjson.dumps({hash_: text for hash_, (_, text) in found.items()}).decode())
        return
    for hash_, (path, _) in found.items():
        typer.echo(f"{path.stem:<24}sha256:{hash_}")
