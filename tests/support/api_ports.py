"""An in-memory gateway behind the ports of the API, and ways to ask its app: small, and honest.

It keeps what it is given and answers by the ports' contracts; it knows no rule of the product.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
from fastapi import FastAPI

from api.app import ApiSettings, Ports, create_app
from gateway.alerts.records import AlertRecord, AlertState, AlertType, Severity
from gateway.answered import Answered
from gateway.audit import Actor, AuditEntry, AuditQuery, AuditRow
from gateway.calibration import CalibrationReport
from gateway.catalogue.codes import Named, named_by
from gateway.changes.model import ChangeType
from gateway.changes.ports import ChangeInfo, ChangesPage
from gateway.changes.subscription import Subscription
from gateway.channels.model import (
    ANYBODY,
    Asker,
    ChannelFault,
    ChannelInfo,
    ChannelRefused,
    Fulfilment,
    SafetyStock,
    Taken,
    TypedSafety,
)
from gateway.devices.clocks import ClockJudgement
from gateway.explanation import (
    Explanation,
    ItemEvidence,
    OpenEvent,
    ShelfEvidence,
    ZoneSight,
    ZoneTerms,
)
from gateway.ports.callers import Caller
from gateway.ports.health import DeviceHealth, Readiness, UnmatchedTopicInfo
from gateway.ports.intake import EventResult, Ingested, IngestRefused, TillEvent
from gateway.ports.inventory import ArticleInfo, Availability, StoreInfo, ZoneInfo, ZoneLevel
from gateway.ports.records import DeadLetterInfo, HistoryPoint
from gateway.reservations.model import (
    Command,
    Decided,
    NewReservation,
    Outcome,
    Refusal,
    Reservation,
    ReservationQuery,
    ReservedLine,
)
from gateway.staff.roles import scopes_of_key
from gateway.webhooks.model import Delivery, Endpoint
from gateway.webhooks.ports import WebhookRefused, WebhookState
from tests.support.fake_alerts import FakeAlerts
from tests.support.fake_backtests import FakeBacktests
from tests.support.fake_books import FakeCatalogue, FakeLedger
from tests.support.fake_counting import Counted
from tests.support.fake_documents import Documents
from tests.support.fake_forecasts import FakeForecasts
from tests.support.fake_notify import FakeNotify
from tests.support.kpi_days import PlainKpis
from tests.support.plain_staff import PlainStaff, desk_of

S = 1_000_000_000
NOW_NS = 1_795_284_131 * S
"""2026-11-21T18:02:11Z."""

LYON_SIGHT = (
    ZoneSight("denim", 0.97, "learned", NOW_NS - 86_400 * S),
    ZoneSight("back-room", 1.0, "learning", NOW_NS - 3_600 * S),
    ZoneSight("fitting-room", 0.0, None, None),
)

READ = "key-read"
EXACT = "key-exact"
INGEST = "key-ingest"
ADMIN = "key-admin"
LYON_EXACT = "key-lyon-exact"
LYON_INGEST = "key-lyon-ingest"
RESERVE = "key-reserve"
LYON_RESERVE = "key-lyon-reserve"
COUNT = "key-count"
COUNT_EXACT = "key-count-exact"
LYON_COUNT = "key-lyon-count"


def availability(**changes: Any) -> Availability:
    """Return an answer that keeps the invariants; `changes` replace its fields."""
    plain = Availability(
        store="lyon-1",
        sku="DEN-501-32",
        gtin="03012345000024",
        status="IN_STOCK",
        on_hand=6,
        not_pickable=1,
        reserved=0,
        safety_stock=1,
        available=4,
        shortfall=0,
        incoming=0,
        zones=(
            ZoneLevel("denim", 4, True, NOW_NS - 10 * S),
            ZoneLevel("back-room", 1, True, NOW_NS - 60 * S),
            ZoneLevel("fitting-room", 1, True, None),
        ),
        pickup="yes",
        reasons=(),
        last_seen_at_ns=NOW_NS - 10 * S,
        last_changed_at_ns=NOW_NS - 600 * S,
        coverage=0.97,
        readers_ok=True,
        sources=("rfid", "pos"),
        valid_until_ns=NOW_NS + 600 * S,
        version=8841,
    )
    return replace(plain, **changes)


def explanation(**changes: Any) -> Explanation:
    """Return the explanation of `availability()`: its terms sum to on_hand."""
    plain = Explanation(
        store="lyon-1",
        sku="DEN-501-32",
        at_ns=NOW_NS,
        on_hand=6,
        not_pickable=1,
        reserved=0,
        safety_stock=1,
        available=4,
        reasons=(),
        terms=(
            ZoneTerms("denim", 4, 0, 0, 1, 1),
            ZoneTerms("back-room", 0, 1, 0, 0, 0),
            ZoneTerms("fitting-room", 1, 0, 0, 0, 0),
        ),
        items=(
            ItemEvidence("3034257BF400B7800004CB2F", "fitting-room", 0.71, 0.9832, NOW_NS - 60 * S),
            ItemEvidence("3034257BF400B7800004CB30", "denim", 0.99, 0.99999, NOW_NS - 10 * S),
        ),
        more_items=3,
        open_sales=(OpenEvent("sale", "till-1:000184:1", NOW_NS - 40 * S, None, None),),
        announced=(OpenEvent("return", "till-1:000179:1", NOW_NS - 90 * S, "denim", None),),
        incoming=(OpenEvent("transfer", "paris-2:77", NOW_NS - 7_200 * S, "back-room", None),),
        shelves=(ShelfEvidence("shelf-1", "denim", 4, False, NOW_NS - 5 * S, ((3, 0.02), (4, 0.98))),),
        zones=LYON_SIGHT,
        p_at_least=(1.0, 1.0, 0.9999, 0.9941, 0.9702, 0.8811),
        model="belief/1",
    )
    return replace(plain, **changes)


def alert(number: int = 1, **changes: Any) -> AlertRecord:
    """Return a firing alert that began `number` seconds ago."""
    plain = AlertRecord(
        id=f"a{number:04d}",
        fingerprint="low_stock|lyon-1||DEN-501-32",
        type=AlertType.LOW_STOCK,
        severity=Severity.WARNING,
        store="lyon-1",
        state=AlertState.FIRING,
        since_ns=NOW_NS - number * S,
        sku="DEN-501-32",
        fired_at_ns=NOW_NS - number * S,
        evidence={"available": 1, "threshold": 2},
    )
    return replace(plain, **changes)


def reservation(number: int = 1, **changes: Any) -> Reservation:
    """Return a hold of one pair of jeans in Lyon; each `number` has an id of its own."""
    plain = Reservation(
        id=f"{number:023x}",
        store="lyon-1",
        state="held",
        lines=(ReservedLine("DEN-501-32", 1, 1),),
        channel="web",
        owner_ref="cart-1",
        min_probability=0.9,
        created_ns=NOW_NS,
        changed_ns=NOW_NS,
        expires_ns=NOW_NS + 600 * S,
    )
    return replace(plain, **changes)


def device(**changes: Any) -> DeviceHealth:
    """Return a healthy reader."""
    plain = DeviceHealth(
        id="m100-denim",
        kind="m100",
        role="reader",
        store="lyon-1",
        zones=("denim",),
        state="online",
        last_seen_at_ns=NOW_NS - S,
        detail="M100 V2.3",
        observations=900,
        reconnects=1,
        received=1_000,
        passed=990,
        held=2,
        dropped={"bad_checksum": 8},
        clock=ClockJudgement("offset", -2.04, 11.6, 0),
    )
    return replace(plain, **changes)


def article(sku: str, **changes: Any) -> ArticleInfo:
    """Return an article that is tracked by tag."""
    return replace(ArticleInfo(sku, ("03012345000024",), {"en": f"Article {sku}"}, "tag", True), **changes)


LYON = StoreInfo(
    "lyon-1",
    "Lyon Part-Dieu",
    "Europe/Paris",
    (
        ZoneInfo("denim", "floor", {"en": "Denim wall", "fr": "Mur denim"}, (8, 5, 6, 5)),
        ZoneInfo("back-room", "back_room", {"en": "Back room"}, None),
        ZoneInfo("fitting-room", "fitting_room", {}, None),
    ),
)
PARIS = StoreInfo("paris-2", "Paris Rivoli", "Europe/Paris", (ZoneInfo("floor", "floor", {}, None),))


@dataclass
class FakeClock:
    """Implements ClockPort: time stands still until it is set."""

    at_ns: int = NOW_NS
    speed: float = 1.0

    def now_ns(self) -> int:
        return self.at_ns


class FakeInventory:
    """Implements InventoryPort over dictionaries."""

    def __init__(self) -> None:
        self.places = [LYON, PARIS]
        self.listed = [article("DEN-501-32"), article("TEE-WHT-M"), article("gtin-1", known=False)]
        self.found = {
            ("lyon-1", "DEN-501-32"): availability(),
            ("lyon-1", "TEE-WHT-M"): availability(
                sku="TEE-WHT-M", status="LIMITED", on_hand=3, available=1,
                zones=(ZoneLevel("denim", 2, True, NOW_NS), ZoneLevel("in-hand", 1, True, None)),
            ),
            ("paris-2", "DEN-501-32"): availability(store="paris-2", zones=(ZoneLevel("floor", 6, True, None),)),
        }  # fmt: skip
        self.explained = {("lyon-1", "DEN-501-32"): explanation()}
        self.seen = {"lyon-1": LYON_SIGHT}
        self.proved: dict[str, CalibrationReport] = {}
        self.asked_qty: list[int] = []
        self.excluded: list[str | None] = []
        self.askers: list[Asker] = []

    def stamp(self, store: str, sku: str) -> object:
        return self.found.get((store, sku))

    def stores(self) -> Sequence[StoreInfo]:
        return self.places

    def articles(self) -> Sequence[ArticleInfo]:
        return self.listed

    def variants(self, sku: str) -> Sequence[ArticleInfo]:
        found = [a for a in self.listed if a.sku == sku]
        model = found[0].model if found else None
        return [*found, *(a for a in self.listed if model and a.model == model and a.sku != sku)]

    def sku_of(self, gtin: str) -> str | None:
        return next((a.sku for a in self.listed if gtin in a.gtins), None)

    def article(self, sku: str) -> ArticleInfo | None:
        return next((a for a in self.listed if a.sku == sku), None)

    def sku_of_epc(self, epc: str) -> str | None:
        return next((a.sku for a in self.listed if epc in a.epcs), None)

    def named_by(self, code: str) -> Named:
        return named_by(code, self, lambda *_: None)

    def availability(self, store: str, sku: str, qty: int = 1, asker: Asker = ANYBODY) -> Availability | None:
        self.asked_qty.append(qty)
        self.excluded.append(asker.exclude)
        self.askers.append(asker)
        return self.found.get((store, sku))

    def explain(self, store: str, sku: str, asker: Asker = ANYBODY) -> Explanation | None:
        self.askers.append(asker)
        return self.explained.get((store, sku))

    def sight(self, store: str) -> Sequence[ZoneSight]:
        return self.seen.get(store, ())

    def calibration(self, store: str) -> CalibrationReport | None:
        return self.proved.get(store)


class FakeRecords:
    """Implements RecordsPort over lists."""

    def __init__(self) -> None:
        self.kept = [alert(n) for n in range(1, 6)]
        self.spans: list[tuple[int, int, int, str | None]] = []
        self.letters = [
            DeadLetterInfo("m100-denim", "bad_checksum", "", b"\xbb\x00\xff", NOW_NS),
            DeadLetterInfo("paris-r", "json", "Expecting value", b"{", NOW_NS - S),
            DeadLetterInfo(
                "long-gone", "weight", "no number in value", '{"w": "é"}'.encode(), NOW_NS - 2 * S
            ),
        ]

    async def history(
        self, store: str, sku: str, from_ns: int, to_ns: int, step_ns: int, zone: str | None
    ) -> list[HistoryPoint]:
        self.spans.append((from_ns, to_ns, step_ns, zone))
        return [HistoryPoint(from_ns, 4, 4.56789, 5)]

    async def levels_at(self, store: str, sku: str, at_ns: int) -> dict[str, int]:
        return {"denim": 5, "back-room": 2}

    async def alerts(
        self,
        *,
        stores: Sequence[str],
        states: Sequence[AlertState],
        types: Sequence[str],
        before: tuple[int, str] | None,
        limit: int,
        severities: Sequence[str] = (),
        assignee: str | None = None,
    ) -> list[AlertRecord]:
        newest_first = sorted(self.kept, key=lambda a: (a.since_ns, a.id), reverse=True)
        return [
            a
            for a in newest_first
            if (not stores or a.store in stores)
            and (not states or a.state in states)
            and (not types or a.type in types)
            and (not severities or a.severity in severities)
            and (assignee is None or a.assignee == assignee)
            and (before is None or (a.since_ns, a.id) < before)
        ][:limit]

    async def dead_letters(self, limit: int) -> list[DeadLetterInfo]:
        return self.letters[:limit]


class FakeReservations:
    """Implements ReservationsPort: each request is granted whole, but for SKUs that begin with NO."""

    def __init__(self) -> None:
        self.kept: dict[str, Reservation] = {}
        self.answers: dict[tuple[str, str], Decided] = {}
        self.refuses: Refusal | None = None
        self.asked: list[NewReservation] = []
        self.commands: list[tuple[str, Command]] = []
        self.queries: list[ReservationQuery] = []

    async def reserve(self, actor: Actor, key: str, asked: NewReservation) -> Decided:
        if before := self.answers.get((actor.key_id, key)):
            return Decided(before.outcome, replayed=True)
        self.asked.append(asked)
        self.answers[actor.key_id, key] = Decided(self.refuses or self._made(asked))
        return self.answers[actor.key_id, key]

    def _made(self, asked: NewReservation) -> Reservation:
        made = reservation(len(self.kept) + 1, store=asked.stores[0], channel=asked.channel,
                           owner_ref=asked.owner_ref,
                           lines=tuple(ReservedLine(x.sku, x.qty, x.qty) for x in asked.lines))  # fmt: skip
        self.kept[made.id] = made
        return made

    async def change(
        self, actor: Actor, reservation_id: str, command: Command, stores: frozenset[str]
    ) -> Outcome:
        found = self.kept.get(reservation_id)
        if found is None or (stores and found.store not in stores):
            return Refusal("unknown_reservation", "there is no such reservation")
        self.commands.append((reservation_id, command))
        return self.refuses or found

    async def reservation(self, reservation_id: str) -> Reservation | None:
        return self.kept.get(reservation_id)

    async def reservations(self, query: ReservationQuery) -> list[Reservation]:
        self.queries.append(query)
        newest_first = sorted(self.kept.values(), key=lambda r: (r.created_ns, r.id), reverse=True)
        return [
            r
            for r in newest_first
            if r.store in query.stores and (query.before is None or (r.created_ns, r.id) < query.before)
        ][: query.limit]


class FakeIntake:
    """Implements IntakePort: each id once per source; SKUs that begin with NO are unknown."""

    def __init__(self) -> None:
        self.applied: dict[tuple[str, str], TillEvent] = {}

    async def record(self, source: str, events: Sequence[TillEvent]) -> list[EventResult]:
        return [self._one(source, event) for event in events]

    def _one(self, source: str, event: TillEvent) -> EventResult:
        if event.sku is not None and event.sku.startswith("NO"):
            return EventResult(event.event_id, "refused", None, "unknown_sku", "no such article", "/sku")
        if (source, event.event_id) in self.applied:
            return EventResult(event.event_id, "duplicate", event.sku)
        self.applied[source, event.event_id] = event
        return EventResult(event.event_id, "applied", event.sku)


@dataclass
class FakeIngest:
    """Implements IngestPort for two devices, one per store; bodies of `broken` or `full` are refused."""

    stores: dict[str, str] = field(default_factory=lambda: {"r700-back": "lyon-1", "paris-r": "paris-2"})
    bodies: list[tuple[str, bytes]] = field(default_factory=list)

    def store_of(self, device: str) -> str | None:
        return self.stores.get(device)

    async def ingest(self, device: str, body: bytes) -> Ingested:
        if body == b"broken":
            raise IngestRefused("bad_json", "Expecting value: line 1 column 1 (char 0)")
        if body == b"full":
            raise IngestRefused("overloaded", "no room within 10 s")
        self.bodies.append((device, body))
        return Ingested(device, 3, 1, 1, {"duplicate": 1, "epc_hex": 1})


class FakeChanges:
    """Implements ChangesPort over lists of one journal, `j`."""

    def __init__(self) -> None:
        self.logs: dict[str, list[ChangeInfo]] = {}

    async def now(self, store: str) -> str:
        return f"j:{len(self.logs.get(store, []))}"

    async def after(self, store: str, position: str, limit: int) -> ChangesPage | None:
        journal, _, seq = position.rpartition(":")
        log = self.logs.get(store, [])
        if journal != "j" or not seq.isdigit() or int(seq) > len(log):
            return None
        page = tuple(log[int(seq) : int(seq) + limit])
        return ChangesPage(page, f"j:{int(seq) + len(page)}", more=int(seq) + len(page) < len(log))


class FakeWebhooks:
    """Implements WebhooksPort: keeps endpoints, sends nothing; URLs of `.lan` are refused."""

    def __init__(self) -> None:
        self.kept: dict[str, WebhookState] = {}
        self.answers: dict[tuple[str, str], tuple[WebhookState, str]] = {}
        self.outcome = Delivery("wh_000000000001", "msg_1", "webhook.test", NOW_NS, 1, 204, "", 12, 90)
        self.replayed: list[tuple[str, str, int]] = []

    def endpoints(self) -> Sequence[WebhookState]:
        return list(self.kept.values())

    def endpoint(self, endpoint_id: str) -> WebhookState | None:
        return self.kept.get(endpoint_id)

    async def create(
        self,
        actor: Actor,
        key: str,
        *,
        url: str,
        types: tuple[ChangeType, ...],
        stores: tuple[str, ...],
        description: str,
    ) -> Answered[tuple[WebhookState, str]]:
        if (actor.key_id, key) in self.answers:
            return Answered(self.answers[actor.key_id, key], replayed=True)
        self._check(url)
        endpoint = Endpoint(f"wh_{len(self.kept) + 1:012x}", url, types, stores, description, NOW_NS)
        self.answers[actor.key_id, key] = self._keep(endpoint), "whsec_1"
        return Answered(self.answers[actor.key_id, key])

    async def change(self, actor: Actor, endpoint_id: str, **changes: Any) -> WebhookState:
        given = {name: value for name, value in changes.items() if value is not None}
        self._check(given.get("url", ""))
        if "enabled" in given:
            given["disabled_reason"] = "" if given.pop("enabled") else "by hand"
        return self._keep(replace(self.kept[endpoint_id].endpoint, **given))

    async def rotate(self, actor: Actor, endpoint_id: str) -> tuple[WebhookState, str]:
        endpoint = self.kept[endpoint_id].endpoint
        later = replace(endpoint, generation=endpoint.generation + 1, rotated_ns=NOW_NS)
        return self._keep(later), f"whsec_{later.generation}"

    async def drop(self, actor: Actor, endpoint_id: str) -> bool:
        return self.kept.pop(endpoint_id, None) is not None

    async def test(self, endpoint_id: str) -> Delivery:
        return self.outcome

    async def replay(self, actor: Actor, endpoint_id: str, store: str, seq: int) -> bool:
        self.replayed.append((endpoint_id, store, seq))
        return seq < 100

    async def deliveries(self, endpoint_id: str, limit: int) -> Sequence[Delivery]:
        return [self.outcome, replace(self.outcome, status=None, reason="nobody there")][:limit]

    def _check(self, url: str) -> None:
        if url.endswith(".lan"):
            raise WebhookRefused("/url", "not a public address")

    def _keep(self, endpoint: Endpoint) -> WebhookState:
        self.kept[endpoint.id] = WebhookState(endpoint, 0, dict.fromkeys(endpoint.stores, 7))
        return self.kept[endpoint.id]


@dataclass
class FakeFeed:
    """Implements FeedPort: gives `frames`, then ends, or stays open until `close` is set."""

    frames: list[bytes] = field(default_factory=lambda: [b"id: j:1\nevent: device\ndata: {}\n\n"])
    stays_open: bool = False
    fails: bool = False
    size: int = 0
    subscriptions: list[tuple[Subscription, str | None]] = field(default_factory=list)
    open: int = 0
    followed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once somebody follows."""

    def snapshot_size(self, wanted: Subscription) -> int:
        return self.size

    @asynccontextmanager
    async def subscribe(
        self, wanted: Subscription, last_event_id: str | None
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        if self.fails:
            raise RuntimeError("the feed is broken")
        self.subscriptions.append((wanted, last_event_id))
        self.open += 1
        self.followed.set()
        try:
            yield self._frames()
        finally:
            self.open -= 1

    async def _frames(self) -> AsyncIterator[bytes]:
        for frame in self.frames:
            yield frame
        if self.stays_open:
            await asyncio.Event().wait()


@dataclass
class FakeHealth:
    """Implements HealthPort."""

    ready: Readiness = field(default_factory=lambda: Readiness(True, ()))
    listed: list[DeviceHealth] = field(
        default_factory=lambda: [device(), device(id="paris-r", store="paris-2", zones=("floor",))]
    )

    unmatched: list[UnmatchedTopicInfo] = field(
        default_factory=lambda: [UnmatchedTopicInfo("shop/scale-7/weight", 12, False, b"12.5", NOW_NS)]
    )

    def readiness(self) -> Readiness:
        return self.ready

    def unmatched_topics(self) -> Sequence[UnmatchedTopicInfo]:
        return self.unmatched

    def devices(self) -> Sequence[DeviceHealth]:
        return self.listed

    def metrics(self) -> str:
        return "# TYPE storefloor_reads_total counter\nstorefloor_reads_total 7\n"


@dataclass
class FakeAuth:
    """Implements AuthPort over a dictionary of keys."""

    callers: dict[str, Caller] = field(
        default_factory=lambda: {
            key: Caller(key.replace("key", "id"), scopes_of_key(scopes), frozenset(stores))
            for key, scopes, stores in [
                (READ, ["availability:read"], []),
                (EXACT, ["availability:read", "availability:exact"], []),
                (INGEST, ["ingest:write"], []),
                (ADMIN, ["admin"], []),
                (LYON_EXACT, ["availability:read", "availability:exact"], ["lyon-1"]),
                (LYON_INGEST, ["ingest:write"], ["lyon-1"]),
                (RESERVE, ["reservations:write"], []),
                (COUNT, ["counts:write"], []),
                (COUNT_EXACT, ["counts:write", "availability:exact"], []),
                (LYON_COUNT, ["counts:write"], ["lyon-1"]),
                (LYON_RESERVE, ["reservations:write"], ["lyon-1"]),
            ]
        }
    )

    async def caller(self, token: str) -> Caller | None:
        return self.callers.get(token)

    def known(self, token: str) -> Caller | None:
        return self.callers.get(token)


class FakeAudit:
    """Implements AuditPort over a list, oldest first."""

    def __init__(self) -> None:
        self.entries: list[AuditEntry] = []

    async def rows(self, query: AuditQuery) -> list[AuditRow]:
        found = [AuditRow(number, entry) for number, entry in enumerate(self.entries, 1)]
        return [
            row
            for row in sorted(found, key=lambda row: (row.entry.at_ns, row.id), reverse=True)
            if (query.stores is None or row.entry.store in query.stores)
            and query.action in (None, row.entry.action)
            and query.key_id in (None, row.entry.key_id)
            and (query.from_ns is None or row.entry.at_ns >= query.from_ns)
            and (query.to_ns is None or row.entry.at_ns < query.to_ns)
            and (query.before is None or (row.entry.at_ns, row.id) < query.before)
        ][: query.limit]

    def note(self, actor: Actor, action: str, store: str, subject: str, detail: str = "") -> None:
        self.entries.append(AuditEntry(NOW_NS, actor.key_id, actor.address, action, store, subject, detail))


WEB = ChannelInfo("web", "Web shop", ("lyon-1", "paris-2"), ("pickup", "ship"), 1, None, 5, None, 0.95, False)


class FakeChannels:
    """Implements ChannelsPort over lists; without channels every name goes, as the port says."""

    def __init__(self, *listed: ChannelInfo) -> None:
        self.listed = list(listed)
        self.typed: dict[tuple[str, str, str | None], int] = {}
        self.actors: list[Actor] = []
        self.cost: dict[tuple[str, str], Taken] = {}
        self.refuses: ChannelRefused | None = None

    def channels(self) -> Sequence[ChannelInfo]:
        return self.listed

    def fault(self, channel: str | None, fulfilment: Fulfilment) -> ChannelFault | None:
        found = next((c for c in self.listed if c.id == channel), None)
        if channel is None or not self.listed:
            return None
        if found is None:
            return ChannelFault("unknown_channel", f"there is no channel {channel!r}", ("web",))
        if fulfilment not in found.fulfilment:
            return ChannelFault("fulfilment_not_offered", f"{channel!r} does not offer {fulfilment!r}")
        return None

    def safety(self, channel: str, sku: str, store: str | None) -> TypedSafety:
        typed = self.typed.get((channel, sku, store))
        in_force = SafetyStock(1, "site") if typed is None else SafetyStock(typed, "typed")
        stores = next(c.stores for c in self.listed if c.id == channel) if store is None else (store,)
        return TypedSafety(typed, tuple((name, in_force) for name in stores))

    async def set_safety(
        self, actor: Actor, channel: str, sku: str, store: str | None, pieces: int | None
    ) -> TypedSafety:
        if self.refuses is not None:
            raise self.refuses
        self.actors.append(actor)
        self.typed.pop((channel, sku, store), None)
        if pieces is not None:
            self.typed[channel, sku, store] = pieces
        return self.safety(channel, sku, store)

    def taken(self, store: str, sku: str, qty: int, channel: str | None) -> Taken | None:
        return self.cost.get((store, sku), Taken(3, 0.5, 7.0, is_low=False))


@dataclass
class Floor:
    """A gateway in memory with its app. Change its parts, then ask."""

    settings: ApiSettings = field(default_factory=ApiSettings)
    clock: FakeClock = field(default_factory=FakeClock)
    inventory: FakeInventory = field(default_factory=FakeInventory)
    records: FakeRecords = field(default_factory=FakeRecords)
    intake: FakeIntake = field(default_factory=FakeIntake)
    ingest: FakeIngest = field(default_factory=FakeIngest)
    reservations: FakeReservations = field(default_factory=FakeReservations)
    changes: FakeChanges = field(default_factory=FakeChanges)
    webhooks: FakeWebhooks = field(default_factory=FakeWebhooks)
    feed: FakeFeed = field(default_factory=FakeFeed)
    health: FakeHealth = field(default_factory=FakeHealth)
    auth: FakeAuth = field(default_factory=FakeAuth)
    ledger: FakeLedger = field(default_factory=FakeLedger)
    catalogue: FakeCatalogue = field(default_factory=FakeCatalogue)
    audit: FakeAudit = field(default_factory=FakeAudit)
    kpis: PlainKpis = field(default_factory=lambda: PlainKpis(NOW_NS))
    channels: FakeChannels = field(default_factory=FakeChannels)
    documents: Documents = field(default_factory=Documents)
    counted: Counted = field(default_factory=Counted)
    alerts: FakeAlerts = field(default_factory=lambda: FakeAlerts(NOW_NS))
    notify: FakeNotify = field(default_factory=lambda: FakeNotify(NOW_NS))
    backtests: FakeBacktests = field(default_factory=FakeBacktests)
    forecasts: FakeForecasts = field(default_factory=lambda: FakeForecasts(NOW_NS))
    staff: PlainStaff = field(default_factory=PlainStaff)
    real_s: float = 0.0
    pages: Callable[[FastAPI], None] | None = None
    app: FastAPI = field(init=False)

    def __post_init__(self) -> None:
        ports = Ports(
            self.clock,
            self.inventory,
            self.records,
            self.intake,
            self.ingest,
            self.reservations,
            self.changes,
            self.webhooks,
            self.feed,
            self.health,
            self.auth,
            self.audit,
            self.kpis,
            self.channels,
            ledger=self.ledger,
            catalogue=self.catalogue,
            counting=self.counted.office,
            alerts=self.alerts,
            notify=self.notify,
            forecasts=self.forecasts,
            deliveries=self.documents.deliveries,
            transfers=self.documents.transfers,
            tasks=self.documents.tasks,
            alert_rules=self.documents.alert_rules,
            backtests=self.backtests,
            staff=desk_of(self.staff, self.real_ns, lambda: self.real_s),
        )
        self.app = create_app(ports, self.settings, pages=self.pages, monotonic_s=lambda: self.real_s)

    def real_ns(self) -> int:
        """Return the real time, which is not the shop's."""
        return NOW_NS + int(self.real_s * S)

    def ask(
        self, method: str, path: str, key: str | None = None, *, host: str = "127.0.0.1:8480", **more: Any
    ) -> httpx.Response:
        """Return the answer to one request; `key` goes into the Authorization header."""
        return self.ask_all([(method, path, key, more)], host=host)[0]

    def get(self, path: str, key: str | None = EXACT, **more: Any) -> httpx.Response:
        """Return the answer to a GET, by a key that may see quantities."""
        return self.ask("GET", path, key, **more)

    def ask_all(
        self, requests: list[tuple[str, str, str | None, dict[str, Any]]], *, host: str = "127.0.0.1:8480"
    ) -> list[httpx.Response]:
        """Return the answers to requests of one client, which keeps its cookies."""

        async def run(client: httpx.AsyncClient) -> list[httpx.Response]:
            answers = []
            for method, path, key, more in requests:
                headers = {**({} if key is None else {"authorization": f"Bearer {key}"})}
                headers |= more.pop("headers", {})
                answers.append(await client.request(method, path, headers=headers, **more))
            return answers

        answers: list[httpx.Response] = self.with_client(run, host=host)
        return answers

    def with_client(
        self, run: Callable[[httpx.AsyncClient], Awaitable[Any]], *, host: str = "127.0.0.1:8480"
    ) -> Any:
        """Return what `run` returns for a client of the app."""

        async def inner() -> Any:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
                return await run(client)

        return asyncio.run(inner())


def http_scope(
    path: str, key: str | None = EXACT, query: str = "", method: str = "GET", **headers: str
) -> dict[str, Any]:
    """Return an ASGI scope as uvicorn makes it, for driving the app without a client."""
    fields = [(b"host", b"127.0.0.1:8480")]
    if key is not None:
        fields.append((b"authorization", f"Bearer {key}".encode()))
    fields += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": fields,
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8480),
        "state": {},
    }


@dataclass
class RawExchange:
    """One ASGI exchange, for what a client library hides: streams, disconnects, chunked bodies."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    incoming: list[dict[str, Any]] = field(
        default_factory=lambda: [{"type": "http.request", "body": b"", "more_body": False}]
    )
    sent: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self) -> dict[str, Any]:
        if self.incoming:
            return self.incoming.pop(0)
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.messages.append(dict(message))
        self.sent.set()

    @property
    def status(self) -> int:
        """The status of the response."""
        return int(self.messages[0]["status"])

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the response."""
        return {name.decode(): value.decode() for name, value in self.messages[0]["headers"]}

    @property
    def body(self) -> bytes:
        """The body of the response, so far."""
        return b"".join(message.get("body", b"") for message in self.messages[1:])

    def json(self) -> Any:
        """The body of the response as JSON."""
        return json.loads(self.body)
