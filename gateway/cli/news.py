"""What a pass changed, encoded once: for the log of changes before the commit, for the stream after it. Runtime.

pass ─▶ encode what may read differently ─▶ what does ─┬▶ log (in the commit)
                                                      └▶ stream (once it is durable)
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import cast

from api.encoding import encode_alert, encode_availability, encode_band, encode_device
from api.reservation_body import encode_reservation
from api.task_body import encode_told_task
from gateway.alerts.records import AlertRecord
from gateway.answers import availability
from gateway.changes.feed import Feed
from gateway.changes.model import ChangeNote, ChangeType
from gateway.changes.snapshots import Maker, Subject
from gateway.changes.subscription import Subscription
from gateway.engine import Changes, Engine
from gateway.health import Health
from gateway.reservations.model import Reservation
from gateway.storage.ports import Committed
from gateway.tasks.model import Task

LOGGED = ("availability", "alert", "reservation", "task")
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
        subjects += [_alert(a) for a in changes.alerts]
        subjects += [_reservation(r) for r in changes.reservations]
        subjects += [_task(task) for task in changes.tasks]
        self._news = [subject for subject in subjects if self._feed.is_news(subject)]
        return [
            ChangeNote(subject.store, cast("ChangeType", subject.type), subject.key.rpartition("|")[2])
            for subject in self._news
        ]

    def publish(self, changes: Changes, committed: Committed | None) -> None:
        """Give the stream what was noted, now that it is durable, and how the devices are."""
        news, self._news = self._news, []
        self._feed.publish([*news, *self._devices(sorted(changes.devices))], committed)
        self._feed.settle()

    def publish_devices(self) -> None:
        """Give the stream how all devices are."""
        self._feed.publish(self._devices(self._engine.state.devices), None)

    def _availability(self, store: str, sku: str, now_ns: int) -> Subject:
        found = availability(self._engine.state, store, sku, 1, now_ns, is_dated=False)
        banded = encode_band(found, self._engine.site.config.stock.limited_below)
        return Subject(f"a|{store}|{sku}", "availability", store, sku, encode_availability(found), banded)

    def _devices(self, device_ids: Iterable[str]) -> list[Subject]:
        return [self._device(device_id) for device_id in device_ids]

    def _device(self, device_id: str) -> Subject:
        found = self._health.device(device_id)
        return Subject(f"d|{found.id}", "device", found.store, None, encode_device(found))

    # -- all of it, for snapshots -----------------------------------------------------------------------

    def size(self, wanted: Subscription) -> int:
        """Return how many subjects a snapshot tells, at most."""
        state = self._engine.state
        stores = len(wanted.stores or state.site.roles)
        articles = len(wanted.skus) or len(state.catalogue)
        others = len(self._engine.alerts.live) + len(state.devices) + len(state.book.open())
        others += len(state.tasks.live())
        return (stores * articles if wanted.may_want("availability") else 0) + others

    def subjects(self, wanted: Subscription) -> Iterator[tuple[str, Maker]]:
        """Yield what is there now: articles in their stores, alerts that stand, devices, open reservations, tasks."""
        state = self._engine.state
        if wanted.may_want("availability"):
            skus = sorted(wanted.skus) if wanted.skus else [a.sku for a in state.catalogue.articles()]
            for store in sorted(wanted.stores or state.site.roles):
                for sku in skus:
                    if store in state.site.roles and state.catalogue.article(sku) is not None:
                        yield f"a|{store}|{sku}", partial(self._availability_now, store, sku)
        found = [_alert(record) for record in self._engine.alerts.standing()]
        found += [_reservation(reservation) for reservation in state.book.open()]
        found += [_task(task) for task in state.tasks.live()]
        for subject in found:
            if wanted.wants(subject.type, subject.store, subject.sku):
                yield subject.key, partial(_same, subject)
        for device in state.devices.values():
            if wanted.wants("device", device.store, None):
                yield f"d|{device.id}", partial(self._device, device.id)

    def _availability_now(self, store: str, sku: str) -> Subject:
        return self._availability(store, sku, self._now_ns())


def _alert(record: AlertRecord) -> Subject:
    return Subject(f"l|{record.id}", "alert", record.store, record.sku, encode_alert(record))


def _reservation(held: Reservation) -> Subject:
    return Subject(f"r|{held.id}", "reservation", held.store, None, encode_reservation(held))


def _task(task: Task) -> Subject:
    return Subject(f"t|{task.id}", "task", task.store, task.sku, encode_told_task(task))


def _same(subject: Subject) -> Subject:
    return subject
