"""Stores and records for tests: opened in a folder of their own, with short builders."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from gateway.alerts.records import AlertRecord, AlertState, AlertType, Severity
from gateway.movements import Movement, MovementKind, ZoneDelta
from gateway.storage.ports import GatewayStore
from gateway.storage.sqlite import STORE_FILE, SqliteStore

STORES: dict[str, Callable[[Path], GatewayStore]] = {"sqlite": SqliteStore.open}
"""Every GatewayStore: the contracts of the store, its journal and its tables run on each."""
Reopen = Callable[[], GatewayStore]


@contextmanager
def reopened(open_store: Callable[[Path], GatewayStore], path: Path) -> Iterator[Reopen]:
    """Give a function that closes the store at `path`, if it is open, and opens the same one again."""
    opened: list[GatewayStore] = []

    def open_again() -> GatewayStore:
        if opened:
            opened.pop().close()
        opened.append(open_store(path))
        return opened[0]

    yield open_again
    for store in opened:
        store.close()


@cache
def _empty_store() -> bytes:
    with tempfile.TemporaryDirectory(prefix="storefloor-") as folder:
        path = Path(folder) / STORE_FILE
        SqliteStore.open(path).close()
        return path.read_bytes()


@contextmanager
def a_store() -> Iterator[SqliteStore]:
    """Give an open store in a new folder, without the cost of flushes: for properties of many examples.

    All of them are copies of one empty store, with its journal id: making one anew is mostly flushes.
    """
    with tempfile.TemporaryDirectory(prefix="storefloor-") as folder:
        path = Path(folder) / STORE_FILE
        path.write_bytes(_empty_store())
        store = SqliteStore.open(path, synchronous="OFF")
        try:
            yield store
        finally:
            store.close()


def movement(store: str = "lyon-1", at_ns: int = 1, sku: str = "DEN-501-32", note: str = "") -> Movement:
    """Return a movement of one tagged piece with every field set."""
    return Movement(
        kind=MovementKind.MOVED,
        cause="rfid",
        store=store,
        sku=sku,
        at_ns=at_ns,
        recorded_ns=at_ns + 1,
        epc="3034257BF7194E4000001A85",
        from_zone="front",
        to_zone="denim",
        deltas=(ZoneDelta("front", -1), ZoneDelta("denim", 1)),
        ref="till-7",
        note=note,
    )


def alert(alert_id: str, since_ns: int = 1, state: AlertState = AlertState.FIRING, **kw: str) -> AlertRecord:
    """Return a low-stock alert; further fields by name (store, type)."""
    store = kw.get("store", "lyon-1")
    return AlertRecord(
        id=alert_id,
        fingerprint=f"low_stock/{store}/DEN-501-32",
        type=AlertType(kw.get("type", "low_stock")),
        severity=Severity.WARNING,
        store=store,
        state=state,
        since_ns=since_ns,
        sku="DEN-501-32",
        evidence={"available": 1, "threshold": 2, "share": 0.5, "note": "é", "none": None},
    )
