"""Trusted documents: the operations that front-ends were built with, known by the hash of their text."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import api
from api.documents.document import DocumentInvalid
from api.execution.engine import Engine
from api.persisted.asked import hash_of
from tenancy.scopes import ROLES

HERE = Path(api.__file__ or "").parent
# Beside this package in a checkout, inside it in a wheel.
OPERATIONS = next(path for path in (HERE / "operations", HERE.parent / "operations") if path.is_dir())


class TrustedDocumentInvalid(ValueError):
    """A trusted document does not fit the schema; the message says which and why."""


def read(folders: Iterable[Path]) -> dict[str, tuple[Path, str]]:
    """Every `*.graphql` of these folders, by the SHA-256 of its bytes."""
    found: dict[str, tuple[Path, str]] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.graphql")):
            text = path.read_bytes().decode()  # not read_text: the hash is that of the file as it is
            found[hash_of(text)] = path, text
    return found


def load(engine: Engine, *more: Path) -> dict[str, str]:
    """The service's own operations and those of `more` folders, planned ahead for every role.

    Raises TrustedDocumentInvalid.
    """
    texts: dict[str, str] = {}
    for hash_, (path, text) in read([OPERATIONS, *more]).items():
        try:
            engine.prepare(text, ROLES.values())
        except DocumentInvalid as error:
            raise TrustedDocumentInvalid(f"{path}: {error}") from error
        texts[hash_] = text
    return texts
