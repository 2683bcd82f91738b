"""A live shop: the simulated devices, Mosquitto and the gateway as the processes that they are in a shop.

    storefloor simulate ─ ptys ─────────────▶ storefloor run ─▶ HTTP, SSE ─▶ these tests
           │           └─ MQTT ─▶ Mosquitto ─▶      └─ alerts ─▶ Mosquitto ─▶
           └─ truth file ──────────────────────────────────────────────────▶

The shop runs once for all tests of this file, a hundred shop-minutes at 144 times real time; a third as fast
where the machine does not give its processes their turns at that, since a reader's words that wait are late by
minutes then, and what is said of them is no error of the gateway's.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.movements import MovementKind
from simulators.layout import load_site
from tests.support.figures import figure
from tests.support.mosquitto import Mosquitto
from tests.support.plain_mqtt import PlainMqtt
from tests.support.polling import eventually
from tests.support.ports import free_port
from tests.support.processes import EVERY_SCOPE, Gateway, ShopClockOrigin, SimulatedShop, write_demo_site
from tests.support.sse import EventListener
from tests.support.stock_truth import TrueConditions
from tests.support.stored import stored
from tests.support.truth import TruthTimeline

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(900)]

NS_PER_S = 1_000_000_000
SPEED, SLOWER = 144.0, 48.0
MAX_WAIT_SHARE, LOOK_BACK_S = 0.5, 8.0
"""A process that was ready to run and had no processor for more than so much of so many seconds has not kept up."""
AS_SHIPPED = ("autosave_on_changes false",)
"""The broker saves its queues each second. At this speed the shop's readers say 600 messages a second, and one
that saves at each of them takes some 350. What survives a killed broker is test_crash.py's to show.
"""
START_LEAD_S = 4.0
"""Real seconds until the shop opens: both processes are up by then, or they are started anew with more of them."""
WARM_UP_NS, LIVED_NS = 600 * NS_PER_S, 6_000 * NS_PER_S
SAMPLE_EVERY_S = 0.25
QUIET_NS = 180 * NS_PER_S
"""Quiet for 120 s, as in the virtual day, and half a real second more for two processes on a busy machine."""
LEAST_SHARE = 0.97
MARGIN_NS = 300 * NS_PER_S
BLIND_NS = 1_500 * NS_PER_S
"""Longer than most tags' silence may last (a longest gap of 150 s or so, six times)."""


@dataclass(slots=True)
class Asked:
    """The stock as the API told it between two moments of the shop's clock."""

    before_ns: int
    after_ns: int
    stock: dict[str, Any]


@dataclass(slots=True)
class LiveShop:
    """All the processes, what was heard of them, and what was asked while they ran."""

    site: Path
    clock: ShopClockOrigin
    gateway: Gateway
    shop: SimulatedShop
    listener: EventListener
    mqtt: PlainMqtt
    skus: list[str]
    heard_from_ns: int
    asked: list[Asked] = field(default_factory=list)
    waited: list[tuple[float, list[int]]] = field(default_factory=list)

    def truth(self) -> TruthTimeline:
        """Return the truth so far."""
        timeline = TruthTimeline()
        for line in self.shop.truth.read_text("utf-8").splitlines():
            change = json.loads(line)
            timeline.add(change["sku"], ns(change["at"]), change["zones"])
        return timeline

    def ask(self) -> Asked:
        """Ask the API for all of the stock."""
        before_ns = self.clock.now_ns()
        stock = self.gateway.stock(self.skus)
        return Asked(before_ns, self.clock.now_ns(), stock)

    def has_kept_up(self) -> bool:
        """Return whether gateway and devices had their turns lately; True where the kernel does not tell."""
        files = [Path(f"/proc/{command.pid}/schedstat") for command in (self.gateway, self.shop)]
        if not all(file.exists() for file in files):
            return True
        now_s, waits_ns = time.monotonic(), [int(file.read_text().split()[1]) for file in files]
        self.waited.append((now_s, waits_ns))
        earlier = [look for look in self.waited if look[0] <= now_s - LOOK_BACK_S]
        if not earlier:
            return True
        then_s, then_ns = earlier[-1]
        longest_ns = max(now - then for now, then in zip(waits_ns, then_ns, strict=True))
        return longest_ns <= MAX_WAIT_SHARE * (now_s - then_s) * NS_PER_S

    def fired_alerts(self) -> list[dict[str, Any]]:
        """Return the episodes that fired, as the API tells of them."""
        alerts: list[dict[str, Any]] = self.gateway.get("/v1/alerts", limit=200)["items"]
        return [alert for alert in alerts if alert["fired_at"] is not None]


def ns(text: str) -> int:
    """Return an RFC 3339 time in ns."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    seconds = round(datetime.fromisoformat(f"{whole}+00:00").timestamp())
    return seconds * NS_PER_S + int(fraction.ljust(9, "0") or 0)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveShop]:
    """The shop after a hundred minutes."""
    speed, lead_s = SPEED, START_LEAD_S
    while True:
        with begun(tmp_path_factory.mktemp("live"), speed, lead_s) as shop:
            if shop.heard_from_ns > shop.clock.shop_ns:
                lead_s *= 3
            elif live_on(shop, may_give_up=speed != SLOWER):
                yield shop
                return
            else:
                speed, lead_s = SLOWER, 3 * lead_s


@contextmanager
def begun(folder: Path, speed: float, lead_s: float) -> Iterator[LiveShop]:
    """Give a shop whose processes are all up."""
    broker = Mosquitto(folder, *AS_SHIPPED)
    broker.start()
    try:
        api_port = free_port()
        site = write_demo_site(folder, api_port, broker.port)
        skus = [article.sku for article in load_site(site).articles]
        clock = ShopClockOrigin.starting_in(lead_s, speed)
        with Gateway(site, api_port, clock) as gateway, SimulatedShop(site, broker.port, clock) as shop:
            shop.launch()
            gateway.launch()
            gateway.make_key(*EVERY_SCOPE)
            shop.until_said("ready")
            gateway.until_ready()
            with (
                EventListener(gateway.url, gateway.key) as listener,
                PlainMqtt(broker.port, "alerts", "storefloor/+/alerts") as mqtt,
            ):
                yield LiveShop(site, clock, gateway, shop, listener, mqtt, skus, clock.now_ns())
    finally:
        broker.stop()


def live_on(live: LiveShop, *, may_give_up: bool) -> bool:
    """Let a hundred minutes go by, asking for the stock all the while; return whether the shop kept up with its clock."""
    start_ns = live.clock.shop_ns
    has_kept_up = True

    def is_over() -> bool:
        nonlocal has_kept_up
        if live.clock.now_ns() >= start_ns + WARM_UP_NS:
            live.asked.append(live.ask())
            has_kept_up = live.has_kept_up() or not may_give_up
        return not has_kept_up or live.clock.now_ns() >= start_ns + LIVED_NS

    eventually(is_over, "a hundred shop-minutes to go by", 600.0, SAMPLE_EVERY_S)
    figure("live speed", live.clock.speed, "times real time")
    return has_kept_up


def test_answers_over_http_are_the_truth_of_quiet_articles(live: LiveShop) -> None:
    """on_hand equals the truth file in nearly all answers about articles at rest, and of each article at some time."""
    truth = live.truth()
    samples: list[tuple[str, bool]] = []
    for asked in live.asked:
        for sku, item in asked.stock.items():
            if not truth.changed_within(sku, asked.before_ns - QUIET_NS, asked.after_ns):
                true_zones = truth.at(sku, asked.before_ns)
                is_equal = item["quantities"]["on_hand"] == sum(true_zones.values())
                samples.append((sku, is_equal))
                if not is_equal:
                    minute = (asked.before_ns - live.clock.shop_ns) // (60 * NS_PER_S)
                    print(f"  minute {minute} {sku}: {item['zones']}, in truth {true_zones}")
    share = sum(is_equal for _, is_equal in samples) / max(len(samples), 1)
    figure("live quiet samples", len(samples), "samples")
    figure("live on_hand equal to the truth", 100 * share, "%")
    assert {sku for sku, is_equal in samples if is_equal} == set(live.skus)
    assert share >= LEAST_SHARE


def test_no_alert_fires_for_a_shelf_that_was_never_low(live: LiveShop) -> None:
    """For each stock alert, truth met its condition at some moment near the hold's begin; and some fired."""
    truth, conditions = live.truth(), TrueConditions(load_site(live.site))
    alerts = [alert for alert in live.fired_alerts() if alert["type"] in conditions.by_type]
    false = [
        alert
        for alert in alerts
        if not truth.spans(
            alert["sku"],
            conditions.by_type[alert["type"]],
            ns(alert["since"]) - MARGIN_NS,
            ns(alert["since"]) + MARGIN_NS,
        )
    ]
    figure("live stock alerts", len(alerts), "alerts")
    assert "shelf_empty_backroom_has_stock" in {alert["type"] for alert in alerts}
    assert not false, false


def test_each_alert_is_told_on_the_stream_and_over_mqtt(live: LiveShop) -> None:
    """Whatever fired is told to a page over SSE and to a plain MQTT client, in the API's own words.

    Stock alerts are told as they fire; a reader that was down for a moment alone may be told with its end.
    """
    heard = [alert for alert in live.fired_alerts() if ns(alert["fired_at"]) > live.heard_from_ns]
    fired = {alert["id"] for alert in heard}
    held = {alert["id"] for alert in heard if alert["sku"] is not None}

    def are_told() -> bool:
        streamed = [event.data for event in live.listener.of("alert")]
        published = [json.loads(message.payload) for message in list(live.mqtt.heard)]
        return all(
            fired <= {alert["id"] for alert in told}
            and held <= {alert["id"] for alert in told if alert["state"] == "firing"}
            for told in (streamed, published)
        )

    eventually(are_told, f"{len(fired)} alerts on both ways")
    by_id = {alert["id"]: alert for alert in live.fired_alerts()}
    for message in live.mqtt.heard:
        assert message.topic == "storefloor/lyon-1/alerts"
        assert not message.retained, "a retained alert would be told again to everyone who comes"
        alert = json.loads(message.payload)
        assert {*alert, "title", "body", "action"} == set(by_id[alert["id"]])


def test_the_stream_tells_each_change_of_stock(live: LiveShop) -> None:
    """The newest availability event of each article says what the API says, and events are whole and in order."""

    def is_up_to_date() -> bool:
        newest = {event.data["sku"]: event.data for event in live.listener.of("availability")}
        stock = live.ask().stock
        return all(
            newest[sku]["quantities"] == stock[sku]["quantities"]
            and newest[sku]["zones"] == stock[sku]["zones"]
            for sku in live.skus
        )

    eventually(is_up_to_date, "the stream and the API to agree")
    events = live.listener.of("availability")
    assert all(sum(e.data["zones"].values()) == e.data["quantities"]["on_hand"] for e in events)
    versions = [int(e.id.rpartition(":")[2]) for e in live.listener.events if e.id]
    assert versions == sorted(versions)
    for kind in ("availability", "alert", "device"):
        figure(f"live stream events, {kind}", len(live.listener.of(kind)), "events")


def test_a_stream_that_was_cut_goes_on_where_it_was(live: LiveShop) -> None:
    """With Last-Event-ID a client gets first what it missed: the newest state of all that changed since."""
    ids = [event.id for event in live.listener.of("availability") if event.id]
    early, newest = ids[0], int(ids[-1].rpartition(":")[2])
    with EventListener(live.gateway.url, live.gateway.key, last_event_id=early) as again:
        eventually(
            lambda: any(e.id and int(e.id.rpartition(":")[2]) >= newest for e in list(again.events)),
            "the newest event",
        )
        assert not again.of("reset")
        assert {event.data["sku"] for event in again.of("availability")} == set(live.skus)


@pytest.mark.parametrize(
    ("verb", "undo", "device", "zone", "state"),
    [
        ("unplug", "replug", "m100-denim", "denim", "offline"),
        ("silence", "resume", "m100-front", "front", "silent"),
    ],
)
def test_a_blind_zone_makes_stock_unknown_and_takes_none_of_it(
    live: LiveShop, verb: str, undo: str, device: str, zone: str, state: str
) -> None:
    """A reader that dies: its articles are UNKNOWN with their last quantities, nothing departs by its silence,
    reader_down fires, stock alerts of them do not; and when it is back they are known again.
    """
    seen_by_it = [
        sku for sku, item in live.ask().stock.items() if item["zones"].get(zone) and "rfid" in sources(item)
    ]
    assert seen_by_it
    live.shop.obey(f"{verb} {device}")
    eventually(lambda: live.gateway.device(device)["state"] == state, f"{device} to be {state}")
    blind_from_ns = live.clock.now_ns()
    eventually(lambda: reader_down(live, device, "firing"), "reader_down to fire")
    unknown = set(seen_by_it)

    def stay_unknown() -> bool:
        asked = live.ask()
        unknown.intersection_update(s for s, i in asked.stock.items() if i["zones"].get(zone))
        for sku in unknown:
            assert asked.stock[sku]["status"] == "UNKNOWN", asked.stock[sku]
            assert asked.stock[sku]["promise"]["pickup"] == "no"
        return asked.before_ns >= blind_from_ns + BLIND_NS

    eventually(stay_unknown, "half a shop-hour to go by", 200.0, SAMPLE_EVERY_S)
    assert unknown, "every article of the zone was sold out meanwhile"
    back_ns = live.clock.now_ns()
    alerts = live.fired_alerts()
    live.shop.obey(f"{undo} {device}")
    told_while_blind = [
        alert
        for alert in alerts
        if alert["sku"] in unknown and alert["fired_at"] and blind_from_ns < ns(alert["fired_at"]) < back_ns
    ]
    assert not told_while_blind
    assert not silent_departures(live, zone, blind_from_ns, back_ns)
    still_unknown = set(unknown)

    def are_known() -> bool:
        still_unknown.difference_update(s for s, i in live.ask().stock.items() if i["status"] != "UNKNOWN")
        return not still_unknown

    eventually(are_known, f"{sorted(unknown)} to be known again")
    eventually(lambda: reader_down(live, device, "resolved"), "reader_down to resolve")


def sources(item: dict[str, Any]) -> list[str]:
    """Return what an answer rests on."""
    found: list[str] = item["evidence"]["sources"]
    return found


def reader_down(live: LiveShop, device: str, state: str) -> bool:
    """Return whether the newest reader_down of a device is in a state."""
    episodes = [
        alert
        for alert in live.gateway.get("/v1/alerts", type="reader_down")["items"]
        if alert["device"] == device
    ]
    return bool(episodes) and episodes[0]["state"] == state


def silent_departures(live: LiveShop, zone: str, from_ns: int, to_ns: int) -> list[Any]:
    """Return the departures by silence from a zone, out of the journal."""
    return [
        entry.movement
        for entry in stored(live.gateway.store_path).entries
        if entry.movement.kind is MovementKind.DEPARTED
        and entry.movement.cause == "silence"
        and entry.movement.from_zone == zone
        and from_ns < entry.movement.recorded_ns < to_ns
    ]
