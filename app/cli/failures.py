"""Expected failures in one sentence; what is not expected keeps its traceback."""

from __future__ import annotations

import errno
import inspect
from urllib.parse import urlsplit

NOT_A_URL = "The database's URL has to look like postgresql://user:password@host:5432/name."


class Failure(Exception):
    """A command can't do what it was asked to do; the message says why and what helps."""


def sentence(error: BaseException) -> str | None:
    """What to tell the person at the terminal, or None for a bug."""
    import asyncpg
    from pydantic import ValidationError
    from pydantic_settings import SettingsError
    from sqlalchemy.exc import DBAPIError

    from api.persisted.trusted import TrustedDocumentInvalid
    from app.catalog.new_track import InvalidTrack
    from app.embedded.errors import EmbeddedError
    from app.importers.entries import Unreadable
    from app.search.embeddings import EmbedderUnusable
    from tenancy.api_keys import ApiKeyEnded, ApiKeyNotFound
    from tenancy.database import UnsafeDatabaseRole
    from tenancy.members import InvalidMember, LastOwner, MemberExists, MemberNotFound
    from tenancy.names import InvalidName
    from tenancy.oidc.providers import UnknownProvider
    from tenancy.restrictions import InvalidRestriction
    from tenancy.scopes import UnknownScope
    from tenancy.tenants import InvalidSlug, TenantClosed, TenantExists, TenantNotFound

    ours = Failure | EmbeddedError | Unreadable | InvalidTrack | TrustedDocumentInvalid | EmbedderUnusable
    of_tenants = InvalidName | InvalidSlug | TenantClosed | TenantExists | TenantNotFound
    of_keys = UnknownScope | ApiKeyEnded | ApiKeyNotFound | InvalidRestriction
    of_members = InvalidMember | LastOwner | MemberExists | MemberNotFound | UnknownProvider
    if isinstance(error, ours | UnsafeDatabaseRole | of_tenants | of_keys | of_members):
        return " ".join((str(error) or inspect.getdoc(error) or "").split())
    if isinstance(error, SettingsError):  # "error parsing value for field "identity_providers" from …"
        name = str(error).split('"')[1]
        return f"The setting {name} can't be used: it has to be JSON."
    if isinstance(error, ValidationError):
        wrong = error.errors(include_input=False, include_url=False)[0]
        what = f"The setting {'.'.join(map(str, wrong['loc']))}" if wrong["loc"] else "The settings"
        return f"{what} can't be used: {wrong['msg'].removeprefix('Value error, ')}."
    if isinstance(error, DBAPIError):
        error = error.orig.__cause__ or error.orig if error.orig is not None else error
    if isinstance(error, asyncpg.DiskFullError):
        return "The database's disk is full. Free some space and try again."
    if isinstance(error, asyncpg.UndefinedTableError | asyncpg.UndefinedFunctionError):
        return "The database is not set up for this version. Run: rap-analyzer migrate"
    if isinstance(
        error, asyncpg.PostgresConnectionError | asyncpg.InterfaceError | asyncpg.OperatorInterventionError
    ):
        return "The connection to the database broke off. What was done before is kept: try again."
    if isinstance(error, OSError):
        return of_os_error(error)
    return None


def of_os_error(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "The disk is full. Free some space and try again."
    what = f"{error.filename}: " if error.filename else ""
    return f"{what}{error.strerror or error}."


def of_database(error: Exception, url: str) -> str:
    """Why the database at `url` can't be used; never shows its password."""
    import asyncpg

    try:
        parts = urlsplit(url)
        address = f"{parts.hostname}:{parts.port or 5432}"
    except ValueError:
        return NOT_A_URL
    if parts.scheme not in ("postgresql", "postgres") or not parts.hostname:
        return NOT_A_URL
    if isinstance(error, asyncpg.InvalidPasswordError | asyncpg.InvalidAuthorizationSpecificationError):
        return f"The database at {address} refuses the login {parts.username}: check its name and password."
    if isinstance(error, asyncpg.InvalidCatalogNameError):
        return f"There is no database {parts.path.lstrip('/')} at {address}. Create it first."
    if isinstance(error, asyncpg.InvalidParameterValueError | asyncpg.UndefinedObjectError):
        return f"The database at {address} is not set up. Run: rap-analyzer migrate"
    if isinstance(error, asyncpg.InsufficientPrivilegeError):
        return (
            f"The login {parts.username} may not act as rap_analyzer_app at {address}."
            " Run rap-analyzer migrate with RAP_ANALYZER_MIGRATION_DATABASE_URL set to the owner's login."
        )
    if isinstance(error, OSError):
        return f"The database at {address} does not answer ({no_answer(error)}). Is it running?"
    return f"The database at {address} can't be used: {error}."


def no_answer(error: OSError) -> str:
    import socket

    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, socket.gaierror):
        return "no such host"
    return "no answer in time" if isinstance(error, TimeoutError) else (error.strerror or str(error)).lower()
