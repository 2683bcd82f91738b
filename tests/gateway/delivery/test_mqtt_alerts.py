"""Alerts to the broker: from the outbox, in order, each until the broker has it, and marked when it has."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

from gateway.alerts.records import AlertRecord, AlertState
from gateway.delivery.mqtt_alerts import BATCH, RETRY_S, MqttAlerts
from gateway.storage.errors import StoreFull
from gateway.storage.ports import Commit
from readers.errors import DeviceRefused, LinkLost
from tests.support.stores import a_store, alert
from tests.support.virtual_loop import loop_s, run_virtual

LOST = LinkLost("broker", "connection refused")
REFUSED = DeviceRefused("topic not authorised")
FULL = StoreFull("storefloor.db", "no space left")


class Outbox:
    """A store's outbox of alert changes; marking raises what is scripted first."""

    def __init__(self, alerts: int) -> None:
        self.waiting = [(n, alert(f"alert-{n}", n)) for n in range(1, alerts + 1)]
        self.marked: list[int] = []
        self.refusals: list[Exception] = []
        self.looks = 0

    def unpublished_alerts(self, limit: int) -> list[tuple[int, AlertRecord]]:
        """Return what is not marked, oldest first."""
        self.looks += 1
        return [(n, record) for n, record in self.waiting if n not in self.marked][:limit]

    async def mark_published(self, outbox_ids: Sequence[int]) -> None:
        """Mark as delivered."""
        if self.refusals:
            raise self.refusals.pop(0)
        self.marked += outbox_ids


class Broker:
    """Takes what is published, or raises what is scripted for that try."""

    def __init__(self, *refusals: Exception | None) -> None:
        self.took: list[tuple[str, bytes]] = []
        self.tries = 0
        self._refusals = list(refusals)

    async def publish(self, topic: str, payload: bytes, qos: int = 1, *, retain: bool = False) -> None:
        """Take a message with quality of service 1, not retained."""
        assert (qos, retain) == (1, False)
        self.tries += 1
        if self._refusals and (refusal := self._refusals.pop(0)) is not None:
            raise refusal
        self.took.append((topic, payload))

    @property
    def ids(self) -> list[int]:
        """Return the alerts that it has, in order."""
        return [int(payload) for _, payload in self.took]


@contextlib.asynccontextmanager
async def delivering(outbox: Outbox, broker: Broker) -> AsyncIterator[MqttAlerts]:
    """Give a running delivery."""
    alerts = MqttAlerts(
        outbox,  # type: ignore[arg-type]  # the part of a store that it asks
        outbox,
        broker,
        "storefloor/{store}/alerts",
        lambda record: record.id.removeprefix("alert-").encode(),
    )
    task = asyncio.create_task(alerts.run())
    try:
        yield alerts
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def test_the_outbox_is_published_in_order_and_marked() -> None:
    """All batches of it, each alert on its store's topic."""

    async def main() -> None:
        outbox, broker = Outbox(2 * BATCH + 5), Broker()
        async with delivering(outbox, broker) as alerts:
            await asyncio.sleep(1)
            assert broker.ids == outbox.marked == list(range(1, 2 * BATCH + 6))
            assert {topic for topic, _ in broker.took} == {"storefloor/lyon-1/alerts"}
            assert alerts.published == 2 * BATCH + 5

    run_virtual(main())


def test_a_new_alert_is_published_when_it_is_there() -> None:
    """Without polling: nothing is asked for while nothing is new."""

    async def main() -> None:
        outbox, broker = Outbox(0), Broker()
        async with delivering(outbox, broker) as alerts:
            await asyncio.sleep(3_600)
            looks = outbox.looks
            outbox.waiting.append((1, alert("alert-1")))
            alerts.wake()
            await asyncio.sleep(0.1)
            assert broker.ids == [1]
            assert looks == 1

    run_virtual(main())


def test_a_lost_broker_is_tried_again_and_nothing_is_skipped_or_overtaken() -> None:
    """The second alert waits for the broker, and the third behind it."""

    async def main() -> None:
        outbox, broker = Outbox(3), Broker(None, LOST, LOST, LOST)
        async with delivering(outbox, broker) as alerts:
            await asyncio.sleep(RETRY_S + 1)
            assert outbox.marked == [1]
            assert alerts.failures == 2
            await asyncio.sleep(3 * RETRY_S)
            assert broker.ids == outbox.marked == [1, 2, 3]
            assert alerts.failures == 0

    run_virtual(main())


def test_a_new_alert_does_not_wait_for_the_next_try() -> None:
    """It wakes the delivery at once; perhaps the broker is back."""

    async def main() -> None:
        outbox, broker = Outbox(1), Broker(LOST)
        async with delivering(outbox, broker) as alerts:
            await asyncio.sleep(RETRY_S / 10)
            alerts.wake()
            await asyncio.sleep(RETRY_S / 10)
            assert broker.ids == [1]
            assert loop_s() < RETRY_S

    run_virtual(main())


def test_what_the_broker_will_never_have_is_counted_and_left() -> None:
    """A topic that it forbids stops no other alert, and is not tried for ever."""

    async def main() -> None:
        outbox, broker = Outbox(3), Broker(None, REFUSED)
        async with delivering(outbox, broker) as alerts:
            await asyncio.sleep(10 * RETRY_S)
            assert broker.ids == [1, 3]
            assert outbox.marked == [1, 2, 3]
            assert (alerts.refused, broker.tries) == (1, 3)

    run_virtual(main())


def test_a_full_disk_ends_nothing() -> None:
    """The mark cannot be written: the alert is told once more when it can, and the gateway lives on."""

    async def main() -> None:
        outbox, broker = Outbox(2), Broker()
        outbox.refusals = [FULL, FULL]
        async with delivering(outbox, broker):
            await asyncio.sleep(10 * RETRY_S)
            assert broker.ids == [1, 1, 1, 2]
            assert outbox.marked == [1, 2]

    run_virtual(main())


def test_an_alert_is_told_again_after_a_crash_between_publishing_and_marking() -> None:
    """At least once: receivers tell a repeat by id and state."""

    async def main() -> None:
        outbox, broker = Outbox(1), Broker()
        outbox.refusals = [RuntimeError("killed")]
        with contextlib.suppress(RuntimeError):
            async with delivering(outbox, broker):
                await asyncio.sleep(1)
        async with delivering(outbox, broker):
            await asyncio.sleep(1)
        assert broker.ids == [1, 1]
        assert outbox.marked == [1]

    run_virtual(main())


def test_over_a_real_outbox_each_change_of_an_episode_is_published() -> None:
    """Firing and resolved are two messages of one alert, in the order of their commits."""
    with a_store() as store:
        store.commit(Commit(1, alerts=[alert("a1", 5)]))
        store.commit(Commit(2, alerts=[alert("a2", 6)]))

        class Marker:
            """Marks in the store itself."""

            async def mark_published(self, outbox_ids: Sequence[int]) -> None:
                store.mark_published(outbox_ids)

        async def main() -> None:
            broker = Broker()
            alerts = MqttAlerts(store, Marker(), broker, "t", lambda record: record.id[1:].encode())
            task = asyncio.create_task(alerts.run())
            await asyncio.sleep(1)
            store.commit(Commit(3, alerts=[alert("a1", 5, AlertState.RESOLVED)]))
            alerts.wake()
            await asyncio.sleep(1)
            task.cancel()
            assert broker.ids == [1, 2, 1]
            assert store.unpublished_alerts(10) == []

        run_virtual(main())
