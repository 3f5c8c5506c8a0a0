"""Row-level security: the roles, the policy of every tenant table, and the few doors through it.

Three roles, none of which can log in or bypass policies:

- the login of `DATABASE_URL` acts as `rap_analyzer_app`, which owns nothing;
- `rap_analyzer_gate` owns the functions that answer before a tenant is known (whose key is this,
  which tenant has this slug, who has events waiting), and may read just the columns they need;
- the login that migrates owns the tables and is confined too (FORCE ROW LEVEL SECURITY).
"""

from __future__ import annotations

APP_ROLE = "rap_analyzer_app"
GATE_ROLE = "rap_analyzer_gate"

# A transaction-local setting reads '' after it ended, hence nullif; no tenant means no rows.
CURRENT_TENANT = "nullif(current_setting('app.tenant_id', true), '')::uuid"


def create_roles() -> list[str]:
    """Statements that create both roles unless the cluster has them (roles outlive a database)."""
    create = """
        do $$ begin
          create role {role} nologin noinherit nobypassrls;
        exception when duplicate_object or unique_violation then null;
        end $$"""
    grant = """
        do $$ begin
          if not pg_has_role(current_user, '{role}', 'SET') then
            execute format('grant {role} to %I with set true', current_user);
          end if;
        end $$"""
    return [
        statement.format(role=role) for role in (APP_ROLE, GATE_ROLE) for statement in (create, grant)
    ] + [f"grant usage on schema public to {APP_ROLE}, {GATE_ROLE}"]


def protect(
    table: str, *, key: str = "tenant_id", grants: str = "select, insert, update, delete"
) -> list[str]:
    """Statements that confine `table` to the tenant of the connection and let the application in."""
    return [
        f"alter table {table} enable row level security",
        f"alter table {table} force row level security",
        f"create policy tenant_isolation on {table} using ({key} = {CURRENT_TENANT})"
        f" with check ({key} = {CURRENT_TENANT})",
        f"grant {grants} on {table} to {APP_ROLE}",
    ]


def gate(table: str, columns: str) -> list[str]:
    """Statements that let the gate's functions read some columns of every tenant's rows of `table`."""
    return [
        f"grant select ({columns}) on {table} to {GATE_ROLE}",
        f"create policy gate on {table} for select to {GATE_ROLE} using (true)",
    ]


def gate_function(signature: str, returns: str, body: str) -> list[str]:
    """Statements for a function that runs as the gate and that the application may call."""
    name = signature.split("(", 1)[0]
    types = ", ".join(
        part.strip().split(" ", 1)[1] for part in signature.split("(", 1)[1][:-1].split(",") if part
    )
    return [
        f"create function {signature} returns {returns} language sql stable security definer"
        f" set search_path = pg_catalog, public as $$ {body} $$",
        f"grant create on schema public to {GATE_ROLE}",
        f"alter function {name}({types}) owner to {GATE_ROLE}",
        f"revoke create on schema public from {GATE_ROLE}",
        f"revoke all on function {name}({types}) from public",
        f"grant execute on function {name}({types}) to {APP_ROLE}",
    ]
