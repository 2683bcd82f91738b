"""Records to rows and back: movements, alerts and keys. Pure."""

import json
from dataclasses import asdict
from typing import Any

from gateway.alerts.records import AlertRecord, record_of
from gateway.movements import JournalEntry, Movement, MovementKind, ZoneDelta
from gateway.storage.ports import ApiKey
from gateway.storage.sql import SqlValue

MOVEMENT_COLUMNS = "kind, cause, sku, at_ns, recorded_ns, pieces, epc, from_zone, to_zone, deltas, ref, note"


def to_json(value: object) -> str:
    """Return compact JSON, the same for equal values, in ASCII."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def movement_row(movement: Movement) -> tuple[SqlValue, ...]:
    """Return the values of MOVEMENT_COLUMNS."""
    deltas = [[delta.zone, delta.pieces] for delta in movement.deltas]
    return (
        str(movement.kind),
        movement.cause,
        movement.sku,
        movement.at_ns,
        movement.recorded_ns,
        movement.pieces,
        movement.epc,
        movement.from_zone,
        movement.to_zone,
        to_json(deltas),
        movement.ref,
        movement.note,
    )


def journal_entry(journal_id: str, store: str, row: tuple[Any, ...]) -> JournalEntry:
    """Return the entry of a row (seq, *MOVEMENT_COLUMNS)."""
    seq, kind, cause, sku, at_ns, recorded_ns, pieces, epc, from_zone, to_zone, deltas, ref, note = row
    movement = Movement(
        kind=MovementKind(kind),
        cause=cause,
        store=store,
        sku=sku,
        at_ns=at_ns,
        recorded_ns=recorded_ns,
        pieces=pieces,
        epc=epc,
        from_zone=from_zone,
        to_zone=to_zone,
        deltas=tuple(ZoneDelta(zone, change) for zone, change in json.loads(deltas)),
        ref=ref,
        note=note,
    )
    return JournalEntry(journal_id, seq, movement)


def alert_json(record: AlertRecord) -> str:
    """Return the whole record as JSON."""
    return to_json(asdict(record))


def alert_of(text: str) -> AlertRecord:
    """Return the record that `alert_json` wrote."""
    return record_of(json.loads(text))


def key_row(key: ApiKey) -> tuple[SqlValue, ...]:
    """Return the row of an API key."""
    scopes, stores = to_json(key.scopes), to_json(key.stores)
    return key.id, key.name, key.hash, scopes, stores, key.created_at_ns, key.revoked_at_ns


def key_of(row: tuple[Any, ...]) -> ApiKey:
    """Return the API key of a row."""
    key_id, name, hash_, scopes, stores, created_at_ns, revoked_at_ns = row
    return ApiKey(
        key_id,
        name,
        hash_,
        tuple(json.loads(scopes)),
        tuple(json.loads(stores)),
        created_at_ns,
        revoked_at_ns,
    )
