"""Webhook endpoints, how far each was told, and the log of tries. SQL over a connection it is given."""

import json
from collections.abc import Sequence

from gateway.storage.sql import Sql
from gateway.webhooks.model import Delivery, Endpoint, Position

MAX_DELIVERIES = 1_000
"""Tries kept in each endpoint's log, about 200 kB."""

_COLUMNS = "id, url, types, stores, description, created_ns, generation, rotated_ns, disabled_reason"


def put_endpoint(sql: Sql, endpoint: Endpoint) -> None:
    """Store an endpoint, or its next state."""
    sql.execute(
        f"INSERT OR REPLACE INTO webhook_endpoints ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - a constant
        (
            endpoint.id,
            endpoint.url,
            json.dumps(endpoint.types),
            json.dumps(endpoint.stores),
            endpoint.description,
            endpoint.created_ns,
            endpoint.generation,
            endpoint.rotated_ns,
            endpoint.disabled_reason,
        ),
    )


def drop_endpoint(sql: Sql, endpoint_id: str) -> bool:
    """Delete an endpoint with its positions and its log; return whether there was one."""
    for table in ("webhook_positions", "webhook_deliveries"):
        sql.execute(f"DELETE FROM {table} WHERE endpoint = ?", (endpoint_id,))  # noqa: S608 - our own names
    return sql.execute("DELETE FROM webhook_endpoints WHERE id = ?", (endpoint_id,)).rowcount > 0


def endpoints(sql: Sql) -> list[Endpoint]:
    """Return all endpoints, oldest first."""
    rows = sql.execute(f"SELECT {_COLUMNS} FROM webhook_endpoints ORDER BY created_ns, id")  # noqa: S608 - a constant
    return [
        Endpoint(one, url, tuple(json.loads(types)), tuple(json.loads(stores)), *rest)
        for one, url, types, stores, *rest in rows
    ]


def put_positions(sql: Sql, positions: Sequence[Position]) -> None:
    """Note how far an endpoint was told."""
    sql.executemany(
        "INSERT OR REPLACE INTO webhook_positions VALUES (?, ?, ?, ?, ?)",
        [(p.endpoint, p.store, p.journal_id, p.seq, p.told) for p in positions],
    )


def positions(sql: Sql) -> list[Position]:
    """Return how far each endpoint was told of each store."""
    return [
        Position(*row)
        for row in sql.execute("SELECT endpoint, store, journal_id, seq, told FROM webhook_positions")
    ]


def add_delivery(sql: Sql, delivery: Delivery) -> None:
    """Log a try, and let the endpoint's oldest go."""
    sql.execute(
        "INSERT INTO webhook_deliveries (endpoint, message_id, type, at_ns, tries, status, reason, took_ms, bytes)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            delivery.endpoint,
            delivery.message_id,
            delivery.type,
            delivery.at_ns,
            delivery.tries,
            delivery.status,
            delivery.reason,
            delivery.took_ms,
            delivery.bytes,
        ),
    )
    sql.execute(
        "DELETE FROM webhook_deliveries WHERE endpoint = ? AND id <="
        " (SELECT id FROM webhook_deliveries WHERE endpoint = ? ORDER BY id DESC LIMIT 1 OFFSET ?)",
        (delivery.endpoint, delivery.endpoint, MAX_DELIVERIES),
    )


def deliveries(sql: Sql, endpoint_id: str, limit: int) -> list[Delivery]:
    """Return the newest tries of an endpoint, newest first."""
    rows = sql.execute(
        "SELECT endpoint, message_id, type, at_ns, tries, status, reason, took_ms, bytes FROM webhook_deliveries"
        " WHERE endpoint = ? ORDER BY id DESC LIMIT ?",
        (endpoint_id, max(limit, 0)),
    )
    return [Delivery(*row) for row in rows]
