"""A whole day against the known truth: device bytes in, answers of the HTTP API out, in virtual time.

    simulated shop ─ bytes, messages ─▶ codecs ─▶ pipeline, engine ─▶ SQLite ─▶ HTTP API ─▶ compared
          └────────────────────────────── truth ────────────────────────────────────────────────▶

Run with `-s` to see the samples and figures.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.alerts.records import AlertType
from gateway.backtest.judge import TRIED
from gateway.cli.serve import STATE_PARTS
from gateway.movements import LevelPoint
from gateway.storage.sqlite import SqliteStore
from simulators.params import Pace, ShopParams, shop_params
from tests.support.figures import figure
from tests.support.stock_truth import TrueConditions
from tests.support.truth import TruthTimeline
from tests.support.virtual_gateway import VirtualGateway, virtual_gateway
from tests.support.virtual_shop import NS_PER_S, VirtualShop

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1_200),
]  # forty seconds of CPU each, and it steps back for others

STORE = "lyon-1"
DAY_S, WARM_UP_S, SAMPLE_EVERY_S = 12 * 3_600, 600, 60
QUIET_NS = 120 * NS_PER_S
"""A sample counts where nothing about its article changed in truth for this long."""
LEAST_SHARE = 0.99
MOST_UNKNOWN = 0.01
MARGIN_NS = 180 * NS_PER_S
"""A hold may begin this much after (silence, belief) or before (a scan, ahead of the legs) its truth."""
MARGIN_OF_BELIEF_NS = 900 * NS_PER_S
"""What was believed of each piece is not stored: a rule of beliefs is tried by the pieces alone."""
PAGE = 100
SHOWN = 40

USUAL = shop_params(Pace.DAY)
LEAN = replace(USUAL, tagged_pieces=90, delivered_share=0.5, customers_per_h=30.0)
"""Little stock, half of the deliveries and more customers: the day on which things run out."""
DAYS: dict[str, tuple[int, ShopParams]] = {"usual-1": (1, USUAL), "usual-2": (2, USUAL), "lean-5": (5, LEAN)}


@dataclass(slots=True)
class Sample:
    """One answer in a quiet moment, beside the truth."""

    minute: int
    sku: str
    status: str
    on_hand: int
    zones: dict[str, int]
    true_zones: dict[str, int]

    @property
    def is_equal(self) -> bool:
        """Whether the API's on_hand is the truth."""
        return self.on_hand == sum(self.true_zones.values())


@dataclass(slots=True)
class Day:
    """All that a day left behind."""

    name: str
    samples: list[Sample] = field(default_factory=list)
    alerts: list[dict[str, Any]] = field(default_factory=list)
    tried: dict[AlertType, dict[str, Any]] = field(default_factory=dict)
    truth: TruthTimeline = field(default_factory=TruthTimeline)
    conditions: TrueConditions | None = None
    span_ns: tuple[int, int] = (0, 0)
    engine_levels: dict[tuple[str, str], int] = field(default_factory=dict)
    messages: tuple[int, int] = (0, 0)
    store: Path = Path()


@pytest.fixture(scope="module", params=DAYS)
def day(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Day:
    """One day, lived once for all tests of this file."""
    name = str(request.param)
    seed, params = DAYS[name]
    return asyncio.run(live_a_day(name, seed, params, tmp_path_factory.mktemp(name)))


async def live_a_day(name: str, seed: int, params: ShopParams, folder: Path) -> Day:
    """Run shop and gateway from opening to closing, asking the API every minute."""
    shop = VirtualShop(seed=seed, params=params)
    day = Day(name)
    async with virtual_gateway(shop, folder) as gateway:
        await gateway.run(WARM_UP_S)
        for _ in range(WARM_UP_S, DAY_S, SAMPLE_EVERY_S):
            await gateway.run(SAMPLE_EVERY_S)
            day.samples += await quiet_samples(gateway)
        day.alerts = await all_alerts(gateway)
        day.tried = {kind: await tried_rule(gateway, kind) for kind in TRIED}
        ledger = gateway.engine.state.ledger
        day.engine_levels = {
            (sku, zone): pieces
            for _, sku in ledger.line_keys()
            for zone, pieces in ledger.levels(STORE, sku).items()
        }
        day.store = gateway.store.path
    day.truth = TruthTimeline(shop.site.shop.changes)
    day.conditions = TrueConditions(shop.site.layout)
    day.span_ns = (shop.start_ns, shop.now_ns)
    day.messages = (shop.messages_published, shop.messages_acknowledged)
    return day


async def quiet_samples(gateway: VirtualGateway) -> list[Sample]:
    """Ask for every article in one request, and keep the answers about those that lie still."""
    shop = gateway.shop
    skus = [article.sku for article in shop.site.layout.articles]
    answer = await gateway.client.get("/v1/availability", params={"store": STORE, "sku": skus})
    assert answer.status_code == 200, answer.text
    return [
        Sample(
            round((shop.now_ns - shop.start_ns) / 60e9),
            item["sku"],
            item["status"],
            item["quantities"]["on_hand"],
            {zone: pieces for zone, pieces in item["zones"].items() if pieces},
            dict(shop.site.shop.truth(item["sku"]).zones),
        )
        for item in answer.json()["items"]
        if shop.now_ns - shop.site.shop.last_change_ns(item["sku"]) >= QUIET_NS
    ]


async def all_alerts(gateway: VirtualGateway) -> list[dict[str, Any]]:
    """Return every episode that the API tells of, page by page."""
    alerts: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        params: dict[str, str | int] = {"limit": PAGE} | ({} if cursor is None else {"cursor": cursor})
        page = (await gateway.client.get("/v1/alerts", params=params)).json()
        alerts += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return alerts


async def tried_rule(gateway: VirtualGateway, kind: AlertType) -> dict[str, Any]:
    """Return what a rule that is as the built-in one of its type would have told of the day."""
    answer = await gateway.client.post("/v1/alert-rules/test", json={"type": kind.value})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def ns(text: str) -> int:
    """Return an RFC 3339 time in ns."""
    return round(datetime.fromisoformat(text).timestamp()) * NS_PER_S


def stock_alerts(day: Day) -> list[dict[str, Any]]:
    """Return the episodes that fired of what the truth of each moment can judge: pieces, not forecasts or sales."""
    assert day.conditions is not None
    return [
        alert
        for alert in day.alerts
        if alert["type"] in day.conditions.by_type and alert["fired_at"] is not None
    ]


def test_the_answers_of_quiet_moments_are_the_truth(day: Day) -> None:
    """The API's on_hand equals the truth in at least 99 % of the samples, a sample per quiet article and minute."""
    wrong = [sample for sample in day.samples if not sample.is_equal]
    print(f"\n{day.name}: {len(day.samples)} samples, {len(wrong)} differ" + (":" if wrong else ""))
    for sample in wrong[:SHOWN]:
        print(f"  minute {sample.minute} {sample.sku}: {sample.zones}, in truth {sample.true_zones}")
    share = 1 - len(wrong) / len(day.samples)
    in_zones = sum(s.zones == s.true_zones for s in day.samples) / len(day.samples)
    unknown = sum(s.status == "UNKNOWN" for s in day.samples) / len(day.samples)
    figure(f"day {day.name} quiet samples", len(day.samples), "samples")
    figure(f"day {day.name} on_hand equal to the truth", 100 * share, "%")
    figure(f"day {day.name} every zone equal to the truth", 100 * in_zones, "%")
    figure(f"day {day.name} UNKNOWN", 100 * unknown, "%")
    assert len(day.samples) > 5_000
    assert share >= LEAST_SHARE
    assert unknown <= MOST_UNKNOWN


def test_no_alert_fires_for_a_shelf_that_was_never_low(day: Day) -> None:
    """For each stock alert, truth met its condition at some moment within 3 minutes of the hold's begin."""
    assert day.conditions is not None
    false = [
        f"{alert['type']} {alert['sku']} since {alert['since']}"
        for alert in stock_alerts(day)
        if not day.truth.spans(
            alert["sku"],
            day.conditions.by_type[alert["type"]],
            ns(alert["since"]) - MARGIN_NS,
            ns(alert["since"]) + MARGIN_NS,
        )
    ]
    fired = Counter(alert["type"] for alert in stock_alerts(day))
    print(f"\n{day.name}: {dict(fired)}")
    figure(f"day {day.name} stock alerts", fired.total(), "alerts")
    figure(f"day {day.name} false stock alerts", len(false), "alerts")
    assert fired, "a day without any alert proves nothing"
    assert not false, false


def test_what_stays_low_is_told(day: Day) -> None:
    """Of the shelves that truly stayed low for twice the hold, at least nine in ten had their alert in time.

    Not all: while its reader is silent (an empty room without a tag to see), an article is UNKNOWN, and
    no alert about it may fire.
    """
    assert day.conditions is not None
    episodes = told = 0
    for sku in {sample.sku for sample in day.samples}:
        for alert_type, holds in day.conditions.by_type.items():
            for begin_ns, end_ns in day.truth.spans(sku, holds, *day.span_ns):
                if end_ns - begin_ns < 1_200 * NS_PER_S or is_unwatched_shelf(alert_type, sku):
                    continue
                episodes += 1
                told += any(
                    alert["type"] == alert_type
                    and alert["sku"] == sku
                    and ns(alert["fired_at"]) <= end_ns
                    and (alert["resolved_at"] is None or ns(alert["resolved_at"]) >= begin_ns)
                    for alert in stock_alerts(day)
                )
    figure(f"day {day.name} true shortages of 20 min", episodes, "episodes")
    figure(f"day {day.name} shortages told", 100 * told / max(episodes, 1), "%")
    assert told >= 0.9 * episodes


def is_unwatched_shelf(alert_type: str, sku: str) -> bool:
    """An article that only scans track has no shelf that anything watches."""
    return alert_type.startswith("shelf_empty") and sku == "TOTE-CANVAS"


def test_a_lean_day_fires_every_kind_of_stock_alert(day: Day) -> None:
    """The days of this file put every rule to the test, or the test above would be empty."""
    if day.name.startswith("lean"):
        assert {alert["type"] for alert in stock_alerts(day)} == {
            "low_stock",
            "stock_out",
            "shelf_empty_backroom_has_stock",
        }


def test_the_journal_sums_to_the_levels_and_the_levels_are_the_engines(day: Day) -> None:
    """The deltas of all movements sum to the stored latest levels, and these are what the engine believes."""
    store = SqliteStore.attach(day.store)
    try:
        latest = nonzero(store.latest_levels())
        sums: Counter[tuple[str, str]] = Counter()
        seq = 0
        while entries := store.entries_after(STORE, seq, 1_000):
            assert [entry.seq for entry in entries] == list(range(seq + 1, seq + 1 + len(entries)))
            seq = entries[-1].seq
            for entry in entries:
                for delta in entry.movement.deltas:
                    sums[entry.movement.sku, delta.zone] += delta.pieces
    finally:
        store.close()
    figure(f"day {day.name} movements", seq, "movements")
    assert {key: pieces for key, pieces in sums.items() if pieces} == latest
    assert day.engine_levels == latest


@pytest.mark.parametrize("kind", TRIED)
def test_a_rule_tried_on_the_day_tells_what_the_gateway_told(day: Day, kind: AlertType) -> None:
    """Beliefs in single pieces are not stored, so what the gateway told may be told later when tried, by the doubt that it
    rested on: low_stock each time and until the same second, of the others nine of ten, within a quarter of an hour.
    """
    told = [alert for alert in day.alerts if alert["type"] == kind and alert["fired_at"] is not None]
    tried = day.tried[kind]["episodes"]
    alike = alike_of(told, tried, "since", MARGIN_OF_BELIEF_NS)
    figure(f"day {day.name} {kind} told", len(told), "alerts")
    figure(f"day {day.name} {kind} told when tried", len(tried), "alerts")
    figure(f"day {day.name} {kind} told alike", alike, "alerts")
    assert day.tried[kind]["alerts"]["n"] == len(tried)
    if kind is AlertType.LOW_STOCK:
        ended = {(alert["sku"], alert["resolved_at"]): ns(alert["fired_at"]) for alert in told}
        late_ns = {
            key: ns(episode["fired_at"]) - ended[key]
            for episode in tried
            if (key := (episode["sku"], episode["cleared_at"])) in ended
        }
        assert len(late_ns) == len(told) == len(tried)
        assert all(0 <= late <= MARGIN_OF_BELIEF_NS for late in late_ns.values()), late_ns
    assert alike >= 0.9 * max(len(told), len(tried)) - 1


def alike_of(told: list[dict[str, Any]], tried: list[dict[str, Any]], name: str, within_ns: int) -> int:
    """Return how many of what was told were told when tried, each of them once."""
    left = list(tried)
    alike = 0
    for alert in told:
        for episode in left:
            if episode["sku"] == alert["sku"] and abs(ns(episode[name]) - ns(alert[name])) <= within_ns:
                left.remove(episode)
                alike += 1
                break
    return alike


def nonzero(points: list[LevelPoint]) -> dict[tuple[str, str], int]:
    """Return the levels of one store that are not 0."""
    return {(point.sku, point.zone): point.pieces for point in points if point.pieces}


def test_every_message_was_acknowledged(day: Day) -> None:
    """What a broker delivered was acknowledged, once each, after the commit that holds it."""
    published, acknowledged = day.messages
    assert published == acknowledged > 10_000


def test_a_restart_takes_the_day_up_as_it_was(day: Day) -> None:
    """A gateway that starts from the day's store believes the same levels, and corrects none."""
    engine = VirtualShop().new_engine()
    store = SqliteStore.attach(day.store)
    try:
        rows = [row for part in STATE_PARTS for row in store.state_rows(part)]
        engine.restore(rows, store.latest_levels(), day.span_ns[1], store.snapshots("item"))
    finally:
        store.close()
    ledger = engine.state.ledger
    levels = {
        (sku, zone): pieces
        for _, sku in ledger.line_keys()
        for zone, pieces in ledger.levels(STORE, sku).items()
    }
    assert levels == day.engine_levels
    assert engine.imbalanced == 0
