"""Killed gateways, killed brokers, readers that fall silent: stock is neither made nor lost by any of them.

Real processes, a scripted reader and shelf that know what was acknowledged to them, a minute of shop time per
real second. Kills under load, again and again, are in tests/durability.
"""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.movements import MovementKind
from tests.support.figures import figure
from tests.support.mosquitto import Mosquitto
from tests.support.plain_mqtt import PlainMqtt
from tests.support.polling import eventually
from tests.support.ports import free_port
from tests.support.processes import EVERY_SCOPE, Gateway, ShopClockOrigin
from tests.support.scripted_devices import (
    COUNTED,
    FRONT,
    READER,
    READER_TOPIC,
    TAGGED,
    WEIGHED,
    Scripted,
    epc,
    write_site,
)
from tests.support.stored import Stored, stored

pytestmark = [pytest.mark.broker, pytest.mark.slow]

SPEED = 60.0
SKUS = [*TAGGED, WEIGHED, COUNTED]
EVERY_S = 0.1
NS_PER_S = 1_000_000_000
KNOWN_NS = 180 * NS_PER_S
"""After so many reads a tag is known to be read well: its silence counts for more than a stranger's."""


@dataclass(slots=True)
class Site:
    """A gateway, its broker and its scripted devices."""

    gateway: Gateway
    broker: Mosquitto
    devices: Scripted

    def on_hand(self) -> dict[str, int]:
        """Return what the API says of each article."""
        return {sku: item["quantities"]["on_hand"] for sku, item in self.gateway.stock(SKUS).items()}

    def stored(self) -> Stored:
        """Return what the store on disk holds."""
        return stored(self.gateway.store_path)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A running gateway with a durable broker."""
    broker = Mosquitto(tmp_path)
    broker.start()
    try:
        api_port = free_port()
        path = write_site(tmp_path, api_port, broker.port)
        clock = ShopClockOrigin.starting_in(0.0, SPEED)
        with (
            Gateway(path, api_port, clock) as gateway,
            PlainMqtt(broker.port, "scripted") as mqtt,
        ):
            gateway.make_key(*EVERY_SCOPE)
            gateway.start()
            broker.until_holds(READER_TOPIC)  # it is ready before the broker has its subscriptions
            yield Site(gateway, broker, Scripted(mqtt, clock))
    finally:
        broker.stop()


@contextmanager
def being_read(site: Site, epcs: Sequence[str], port: int = FRONT) -> Iterator[None]:
    """Let the reader see these tags over and over."""
    stop = threading.Event()

    def read() -> None:
        while not stop.wait(EVERY_S):
            site.devices.see(epcs, port)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10.0)


def some_tags(n: int) -> list[str]:
    """Return pieces of both tagged articles."""
    return [epc(TAGGED[i % 2], 100 + i) for i in range(n)]


def until_all_came(site: Site, epcs: Sequence[str]) -> None:
    """Return once all these tags are stock."""
    eventually(
        lambda: sum(site.on_hand()[sku] for sku in TAGGED) == len(epcs), f"{len(epcs)} tags to be stock", 60.0
    )


def until_unknown(site: Site) -> None:
    """Return once the stock that nobody reads is told as unknown."""
    eventually(
        lambda: site.gateway.stock(list(TAGGED))[TAGGED[0]]["status"] == "UNKNOWN", "stock to be unknown"
    )


def departures(entries: Sequence[Any]) -> list[Any]:
    """Return the movements by which anything left."""
    return [e.movement for e in entries if e.movement.kind is MovementKind.DEPARTED]


def assert_taken_up(before: Stored, after: Stored) -> None:
    """The journal goes on where it was: nothing of it changed, nothing departed, nothing was put right."""
    assert after.journal_id == before.journal_id
    assert after.entries[: len(before.entries)] == before.entries
    since = [entry.movement for entry in after.entries[len(before.entries) :]]
    assert not [m for m in since if m.kind in {MovementKind.DEPARTED, MovementKind.ADJUSTED}], since


def assert_sums(kept: Stored) -> None:
    """The levels are the sum of the journal's deltas, and its sequence has no gap."""
    sums: Counter[tuple[str, str]] = Counter()
    for entry in kept.entries:
        for delta in entry.movement.deltas:
            sums[entry.movement.sku, delta.zone] += delta.pieces
    assert {key: pieces for key, pieces in sums.items() if pieces} == kept.latest
    assert [entry.seq for entry in kept.entries] == list(range(1, len(kept.entries) + 1))


def test_a_gateway_killed_at_rest_comes_back_with_the_same_levels(site: Site) -> None:
    """After kill -9 the store holds, and the API tells from its first answer on, the levels of before."""
    tags = some_tags(40)
    with being_read(site, tags):
        until_all_came(site, tags)
        site.devices.weigh(3)

        def is_weighed() -> bool:
            site.devices.weigh(3)
            return site.on_hand()[WEIGHED] == 3

        eventually(is_weighed, "the shelf to settle", poll_s=EVERY_S)
    eventually(
        lambda: site.devices.mqtt.acknowledged == site.devices.mqtt.published, "all to be acknowledged"
    )
    eventually(  # a look-up is answered from memory, which is a commit ahead of the disk
        lambda: site.stored().latest.get((WEIGHED, "front")) == 3, "the shelf to be on disk"
    )
    before_api, before = site.on_hand(), site.stored()
    site.gateway.kill()
    assert site.stored().latest == before.latest
    site.gateway.start()
    assert site.on_hand() == before_api
    with being_read(site, tags):
        eventually(
            lambda: all(site.gateway.stock(list(TAGGED))[sku]["status"] == "IN_STOCK" for sku in TAGGED),
            "the tagged articles to be known again",
        )
        assert site.on_hand() == before_api
    assert_taken_up(before, site.stored())
    assert site.stored().latest == before.latest


def outcomes(site: Site, events: Sequence[dict[str, Any]]) -> Counter[str]:
    """Tell events once more; return what became of them."""
    tally: Counter[str] = Counter()
    for first in range(0, len(events), 500):
        answer = site.gateway.post("/v1/events", {"events": list(events[first : first + 500])})
        tally.update(result["outcome"] for result in answer["results"])
    return tally


def test_time_spent_down_is_no_silence(site: Site) -> None:
    """Nothing departs after minutes without gateway and reader; a tag that is really gone departs later."""
    tags = some_tags(30)
    with being_read(site, tags):
        until_all_came(site, tags)
        came_ns = site.devices.clock.now_ns()
        eventually(lambda: site.devices.clock.now_ns() > came_ns + KNOWN_NS, "each tag to be known well")
    site.gateway.kill()
    before = site.stored()
    down_from_ns = site.devices.clock.now_ns()
    eventually(lambda: site.devices.clock.now_ns() > down_from_ns + 240 * NS_PER_S, "minutes to go by")
    site.gateway.start()
    blind_from_ns = site.devices.clock.now_ns()
    eventually(lambda: site.devices.clock.now_ns() > blind_from_ns + 150 * NS_PER_S, "more, unread")
    assert_taken_up(before, site.stored())
    until_unknown(site)
    gone, *staying = tags
    with being_read(site, staying):
        eventually(lambda: departures(site.stored().entries), "the tag that is gone to depart", 90.0)
        assert [m.epc for m in departures(site.stored().entries)] == [gone]
        assert sum(site.on_hand()[sku] for sku in TAGGED) == len(staying)


def test_a_broker_that_is_down_costs_nothing_that_was_acknowledged(site: Site) -> None:
    """The broker is killed and stays away for minutes of shop time, amid reads: all of them arrive, once."""
    tags = some_tags(60)
    with being_read(site, tags):
        until_all_came(site, tags)
    # What the broker took and nobody read yet, a kill takes from it: it is killed while nothing is on its way.
    eventually(lambda: site.gateway.device(READER)["observations"] == site.devices.reads, "all to be taken")
    site.broker.until_kept(site.devices.mqtt)
    before = site.stored()
    site.broker.kill()
    with being_read(site, tags):
        down_from_ns = site.devices.clock.now_ns()
        eventually(
            lambda: (
                site.devices.clock.now_ns() > down_from_ns + 180 * NS_PER_S
                and site.gateway.device(READER)["state"] == "silent"
            ),
            "the reader to be silent for minutes",
        )
        until_unknown(site)
        event = {
            "event_id": "1",
            "type": "sale",
            "store": "lyon-1",
            "sku": COUNTED,
            "at": "2026-11-21T08:00:00Z",
        }
        assert outcomes(site, [event])["applied"] == 1, "tills do not depend on the broker"
        site.broker.start()
        late = [epc(TAGGED[0], 900 + i) for i in range(5)]
        with being_read(site, late):
            eventually(
                lambda: site.on_hand()[TAGGED[0]] == len(tags[::2]) + len(late), "the link to be back", 60.0
            )
    eventually(
        lambda: site.devices.mqtt.acknowledged == site.devices.mqtt.published, "all to be acknowledged"
    )
    eventually(
        lambda: site.gateway.device(READER)["observations"] == site.devices.reads,
        f"each of {site.devices.reads} reads to be taken once",
    )
    figure("broker outage reads acknowledged", site.devices.reads, "reads")
    assert site.devices.mqtt.connections >= 2
    assert_taken_up(before, site.stored())
    assert_sums(site.stored())


def test_what_the_broker_holds_survives_the_end_of_both(site: Site) -> None:
    """Messages acknowledged while the gateway is away arrive, once, though the broker is killed meanwhile too."""
    tags = some_tags(60)
    site.gateway.kill()
    for _ in range(3):
        site.devices.see(tags, FRONT)
    site.devices.weigh(2)
    site.broker.until_kept(site.devices.mqtt)
    site.broker.kill()
    site.broker.start()
    site.gateway.start()
    until_all_came(site, tags)
    eventually(lambda: site.gateway.device(READER)["observations"] == site.devices.reads, "each read once")
    assert not departures(site.stored().entries)
