"""What a pass changed, encoded once: for the log of changes before the commit, for the stream after it. Runtime.

pass ─▶ encode what may read differently ─▶ what does ─┬▶ log (in the commit)
                                                      └▶ stream (once it is durable)
"""

from collections.abc import Callable, Iterable
from typing import cast

from api.encoding import encode_alert, encode_availability, encode_device
from api.reservation_body import encode_reservation
from gateway.answers import availability
from gateway.changes import ChangeNote, ChangeType
from gateway.engine import Changes, Engine
from gateway.feed import Feed, Subject
from gateway.health import Health
from gateway.storage.ports import Committed

LOGGED = ("availability", "alert", "reservation")
"""Types of the log: how devices are is told by the stream and by /v1/devices alone."""


class News:
    """One gateway's news. `note` and `publish` are called in turn, once a pass, on the loop."""

    def __init__(self, engine: Engine, health: Health, feed: Feed, now_ns: Callable[[], int]) -> None:
        self._engine = engine
        self._health = health
        self._feed = feed
        self._now_ns = now_ns
        self._news: list[Subject] = []

    def note(self, changes: Changes) -> list[ChangeNote]:
        """Return what reads differently after a pass, to be written with its commit."""
        now_ns = self._now_ns()
        subjects = [
            self._availability(store, sku, now_ns)
            for store, sku in sorted(changes.touched)
            if self._engine.state.catalogue.article(sku) is not None
        ]
        subjects += [Subject(f"l|{a.id}", "alert", a.store, a.sku, encode_alert(a)) for a in changes.alerts]
        subjects += [
            Subject(f"r|{r.id}", "reservation", r.store, None, encode_reservation(r))
            for r in changes.reservations
        ]
        self._news = [subject for subject in subjects if self._feed.is_news(subject)]
        return [
            ChangeNote(subject.store, cast("ChangeType", subject.type), subject.key.rpartition("|")[2])
            for subject in self._news
        ]

    def publish(self, changes: Changes, committed: Committed | None) -> None:
        """Give the stream what was noted, now that it is durable, and how the devices are."""
        news, self._news = self._news, []
        self._feed.publish([*news, *self._devices(sorted(changes.devices))], committed)

    def publish_devices(self) -> None:
        """Give the stream how all devices are."""
        self._feed.publish(self._devices(self._engine.state.devices), None)

    def _availability(self, store: str, sku: str, now_ns: int) -> Subject:
        found = availability(self._engine.state, store, sku, 1, now_ns, is_dated=False)
        return Subject(f"a|{store}|{sku}", "availability", store, sku, encode_availability(found))

    def _devices(self, device_ids: Iterable[str]) -> list[Subject]:
        devices = [self._health.device(device_id) for device_id in device_ids]
        return [Subject(f"d|{d.id}", "device", d.store, None, encode_device(d)) for d in devices]
