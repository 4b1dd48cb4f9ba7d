"""The webhooks in the database: made, read, changed, removed, each time with the word of it in the log.

A principal of a tenant has its own only; what is another's is not there for it. What changes the planning takes the
planner's row first, so that no page of events is planned by a state of things that is gone.
"""

from datetime import timedelta
from typing import Any, LiteralString
from uuid import UUID, uuid4

import httpx
import msgspec
from psycopg import Connection
from psycopg.rows import class_row
from psycopg.sql import SQL, Identifier

from api.access.principal import Principal
from api.errors import Forbidden
from api.hooks.addresses import Policy, checked_url
from api.hooks.endpoint import NewWebhook, Webhook, WebhookChange, filter_of, without_nul
from api.hooks.errors import NoSuchWebhook, TooManyWebhooks
from api.hooks.places import place
from api.hooks.secrets import Secrets
from core.operating import record_action

MOST = 1000
"""webhooks of one company"""
CHANNEL = "harmony_webhooks"
"""where it is said that something may be due"""

_SELECT: LiteralString = """
    SELECT endpoint_id AS id, tenant, url, description, types, call, party, queue, direction, state, reason,
        failing_since, made_at, made_by, changed_at,
        (SELECT max(until) FROM hooks.secret s WHERE s.endpoint_id = e.endpoint_id AND until > now())
            AS old_secret_until,
        (SELECT count(*) FROM hooks.delivery d WHERE d.endpoint_id = e.endpoint_id AND d.state = 'pending') AS pending,
        (SELECT count(*) FROM hooks.delivery d WHERE d.endpoint_id = e.endpoint_id AND d.state = 'dead') AS dead
    FROM hooks.endpoint e WHERE (%(tenant)s::text IS NULL OR tenant = %(tenant)s)
"""
_INSERT = """
    INSERT INTO hooks.endpoint (endpoint_id, tenant, url, description, types, call, party, queue, direction, made_by,
        behind)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_ENABLE = """
    UPDATE hooks.endpoint SET state = 'enabled', reason = NULL, failing_since = NULL, changed_at = clock_timestamp()
    WHERE endpoint_id = %s AND state = 'disabled'
"""
_DISABLE = """
    UPDATE hooks.endpoint SET state = 'disabled', reason = %s, behind = coalesce(behind, %s),
        changed_at = clock_timestamp()
    WHERE endpoint_id = %s AND state = 'enabled' RETURNING tenant
"""
_DUE = """
    UPDATE hooks.delivery SET next_attempt_at = clock_timestamp()
    WHERE endpoint_id = %s AND state = 'pending' AND claimed_by IS NULL
"""


def create(
    connection: Connection[Any], who: Principal, new: NewWebhook, policy: Policy, secrets: Secrets
) -> tuple[Webhook, str]:
    """Make a webhook; the secret is told this once. Raises `BadArgument`, `BadFilter`, `BadUrl`, `BadCursor`."""
    without_nul(new)
    if who.tenant is not None and new.tenant not in (None, who.tenant):
        raise Forbidden(f"The token of {who.name!r} is for {who.tenant}: leave tenant out.")
    tenant = new.tenant if who.tenant is None else who.tenant
    checked_url(new.url, policy)
    filter_of(new)
    endpoint = uuid4()
    with connection.transaction():
        planned(connection)
        behind = place(connection, new.after)
        values = [endpoint, tenant, new.url, new.description, new.types, new.call, new.party, new.queue, new.direction]
        connection.execute(_INSERT, [*values, who.name, behind])
        row = connection.execute(
            "SELECT count(*) FROM hooks.endpoint WHERE tenant IS NOT DISTINCT FROM %s", [tenant]
        ).fetchone()
        if row is not None and int(row[0]) > MOST:
            raise TooManyWebhooks(f"There are {MOST} webhooks already: delete some that are not needed.")
        connection.execute("INSERT INTO hooks.secret (endpoint_id, generation) VALUES (%s, 1)", [endpoint])
        made = get(connection, who, endpoint)
        _say(connection, who, "webhook.created", made)
    return made, secrets.shown(endpoint, 1)


def listed(connection: Connection[Any], who: Principal) -> list[Webhook]:
    """All that the principal may see, the oldest first."""
    with connection.cursor(row_factory=class_row(Webhook)) as cursor:
        cursor.execute(_SELECT + " ORDER BY made_at, endpoint_id", {"tenant": who.tenant})
        return cursor.fetchall()


def get(connection: Connection[Any], who: Principal, endpoint: UUID) -> Webhook:
    """One; raises `NoSuchWebhook`."""
    with connection.cursor(row_factory=class_row(Webhook)) as cursor:
        cursor.execute(_SELECT + " AND endpoint_id = %(id)s", {"tenant": who.tenant, "id": endpoint})
        found = cursor.fetchone()
    if found is None:
        raise NoSuchWebhook(f"There is no webhook {endpoint}.")
    return found


def change(
    connection: Connection[Any], who: Principal, endpoint: UUID, asked: WebhookChange, policy: Policy
) -> Webhook:
    """Change what is given. An endpoint that is enabled again goes on where it was disabled, unless told otherwise."""
    without_nul(asked)
    if isinstance(asked.url, str):
        checked_url(asked.url, policy)
    columns = asked.columns()
    with connection.transaction():
        position = planned(connection)
        before = get(connection, who, endpoint)
        filter_of(msgspec.structs.replace(before, **columns))
        if columns:
            pairs = SQL(", ").join(SQL("{} = %s").format(Identifier(name)) for name in columns)
            query = SQL("UPDATE hooks.endpoint SET {}, changed_at = clock_timestamp() WHERE endpoint_id = %s")
            connection.execute(query.format(pairs), [*columns.values(), endpoint])
        if asked.state == "disabled":
            connection.execute(_DISABLE, [f"Disabled by {who.name}.", position, endpoint])
        elif asked.state == "enabled":
            connection.execute(_ENABLE, [endpoint])
            connection.execute(_DUE, [endpoint])
        if isinstance(asked.after, str):
            behind = place(connection, asked.after)
            connection.execute("UPDATE hooks.endpoint SET behind = %s WHERE endpoint_id = %s", [behind, endpoint])
        after = get(connection, who, endpoint)
        _say(connection, who, "webhook.changed", after, sorted(_given(asked)))
        connection.execute(f"NOTIFY {CHANNEL}")
    return after


def delete(connection: Connection[Any], who: Principal, endpoint: UUID) -> None:
    """Remove it, with all that was still to be delivered to it."""
    with connection.transaction():
        planned(connection)
        gone = get(connection, who, endpoint)
        connection.execute("DELETE FROM hooks.endpoint WHERE endpoint_id = %s", [endpoint])
        _say(connection, who, "webhook.deleted", gone)


def rotate(
    connection: Connection[Any], who: Principal, endpoint: UUID, secrets: Secrets, overlap: timedelta
) -> tuple[Webhook, str]:
    """Make the next secret; those before it sign as well until `overlap` is over (0: they end at once)."""
    with connection.transaction():
        planned(connection)
        get(connection, who, endpoint)
        connection.execute(
            "UPDATE hooks.secret SET until = least(until, now() + %s) WHERE endpoint_id = %s",
            [overlap, endpoint],
        )
        row = connection.execute(
            "INSERT INTO hooks.secret (endpoint_id, generation)"
            " SELECT %s, max(generation) + 1 FROM hooks.secret WHERE endpoint_id = %s RETURNING generation",
            [endpoint, endpoint],
        ).fetchone()
        assert row is not None
        rotated = get(connection, who, endpoint)
        _say(connection, who, "webhook.rotated", rotated)
    return rotated, secrets.shown(endpoint, int(row[0]))


def disable(connection: Connection[Any], endpoint: UUID, reason: str) -> bool:
    """What the sender does with an endpoint that is gone or fails for days; False when it is disabled already."""
    with connection.transaction():
        row = connection.execute(_DISABLE, [reason, planned(connection), endpoint]).fetchone()
        if row is not None:
            record_action(connection, "webhook.disabled", "harmony deliver", str(endpoint), reason, tenant=row[0])
    return row is not None


def planned(connection: Connection[Any]) -> int:
    """Lock the planner's row until the end of the transaction; the position up to which deliveries are planned."""
    row = connection.execute("SELECT position FROM hooks.planner FOR UPDATE").fetchone()
    assert row is not None, "hooks.planner has a row from its migration on"
    return int(row[0])


def _given(asked: WebhookChange) -> list[str]:
    return [name for name, value in msgspec.structs.asdict(asked).items() if value is not msgspec.UNSET]


def _say(
    connection: Connection[Any], who: Principal, action: str, about: Webhook, changed: list[str] | None = None
) -> None:
    """Only the host of the URL: the rest may be a secret of the receiver's."""
    details: dict[str, object] = {"host": httpx.URL(about.url).host}
    if changed:
        details["changed"] = changed
    record_action(connection, action, who.name, str(about.id), details=details, tenant=about.tenant)
