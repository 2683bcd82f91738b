"""What a gateway with an [influxdb] table has more than another: encoder, delivery, sampler. Wiring."""

import random
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from gateway.cli.influx_settings import influx_settings
from gateway.clock import Clock
from gateway.config.influx import InfluxSection
from gateway.storage.influx.delivery import Delivery
from gateway.storage.influx.lines import LineEncoder
from gateway.storage.influx.ports import DeliveryRules
from gateway.storage.influx.sending import LineServer
from gateway.storage.influx.settings import InfluxSettings
from gateway.storage.sqlite import SqliteStore
from gateway.storage.writer import Writer
from readers.off_loop import off_loop

T = TypeVar("T")


def open_store(section: InfluxSection | None, path: Path) -> SqliteStore:
    """Return the gateway's store, which tells its commits to an outbox where there is an InfluxDB."""
    if section is None:
        return SqliteStore.open(path)
    return SqliteStore.open(path, encoder=LineEncoder(), max_outbox_bytes=section.max_outbox_bytes)


def make_delivery(
    section: InfluxSection | None, base: Path, store: SqliteStore, writer: Writer, clock: Clock
) -> Delivery | None:
    """Return the delivery to a site's InfluxDB; None where it has none. Raises ConfigError."""
    if section is None:
        return None
    rules = DeliveryRules(section.batch_points, section.flush_s, tells_gaps=section.backfill)
    connect = partial(connected, influx_settings(section, base))
    return Delivery(store, writer, connect, LineEncoder(), clock.now_ns, _off_loop, random.uniform, rules)


def connected(settings: InfluxSettings) -> LineServer:
    """Return the client of a site's InfluxDB; nothing is asked of it yet."""
    from gateway.storage.influx.client import InfluxClient  # half a second, and only where it is needed

    return InfluxClient(settings)


def _off_loop(call: Callable[[], T]) -> Awaitable[T]:
    """Run it in a thread of its own: a server that hangs holds up neither requests nor the end."""
    return off_loop(call, name="influxdb", discard=lambda _: None)
