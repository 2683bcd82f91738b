"""Killed between the commit and the acknowledgement: what the broker tells again changes nothing.

The whole path but for the broker itself: messages through codecs, filters, pipeline and a store on disk. A life
ends without a word; the next one starts from the store, and is told the last messages again.
"""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from gateway.cli.serve import STATE_PARTS
from gateway.config.file import parse_catalogue, parse_site
from gateway.devices.of_site import mqtt_devices
from gateway.engine import Engine
from gateway.ingest import Ingest
from gateway.movements import MovementKind
from gateway.pipeline import Pipeline
from gateway.ports.intake import TillEvent
from gateway.site import Site
from gateway.storage.sqlite import STORE_FILE, SqliteStore
from gateway.storage.writer import Writer
from readers.mqtt_intake import MqttIntake
from readers.mqtt_router import MqttRouter
from readers.protocol import MqttMessage
from simulators.epc import sgtin96

S = 1_000_000_000
T0 = 1_795_255_200 * S
STORE = "lyon-1"
TEE, TOTE, CAN = "03012345678902", "04006381333931", "00012345678905"
TAGS = [sgtin96(TEE, 7, n) for n in range(6)]
CAN_G = 330.0
SITE = """
[mqtt]
[[stores]]
id = "lyon-1"
name = "Lyon"
zones = [{ id = "floor", role = "floor" }, { id = "back", role = "back_room" }, { id = "till", role = "till" }]

[[readers]]
id = "front"
kind = "mapping"
mapping = "shop"
store = "lyon-1"
topic = "front"
antennas = [{ port = 1, zone = "floor" }, { port = 2, zone = "back" }]

[[shelves]]
id = "shelf"
kind = "mapping"
mapping = "shop"
topic = "shelf"
store = "lyon-1"
zone = "floor"
sku = "CAN"
unit_weight_g = 330
settle_s = 3

[[mappings]]
name = "shop"
[[mappings.reads]]
topic = "{device}/reads"
items = "tags"
epc = "epc"
antenna = "antenna"
time = "at"
time_format = "unix_ms"
[[mappings.readings]]
topic = "{device}/weight"
value = "grams"
time = "at"
time_format = "unix_ms"
[[mappings.availability]]
topic = "{device}/status"
online = ["online"]
offline = ["offline"]
[[mappings]]
name = "codes"
[[mappings.scans]]
topic = "{device}/scan"
text = "code"
time = "at"
time_format = "unix_ms"
""" + "".join(
    f"""
[[scanners]]
id = "{name}"
kind = "mapping"
mapping = "codes"
store = "lyon-1"
zone = "{zone}"
role = "{role}"
topic = "{name}"
repeat_window_s = 0
"""
    for name, zone, role in (
        ("dock", "back", "receiving"), ("counter", "till", "till"), ("desk", "till", "return"), ("stocktake", "back", "count"),
    )
)  # fmt: skip
ARTICLES = f"sku,gtin,name_en,tracked_by\nTEE,{TEE},Tee,tag\nTOTE,{TOTE},Tote,count\nCAN,{CAN},Can,weight\n"


@dataclass
class Clock:
    """The time that the shop is told."""

    now: int = T0
    speed: float = 1.0

    def now_ns(self) -> int:
        return self.now

    def real_s(self, shop_s: float) -> float:
        return shop_s


@dataclass
class Message:
    """What a device publishes, and when it says that it was."""

    topic: str
    body: dict[str, object] | str
    at_ns: int

    @property
    def payload(self) -> bytes:
        body = self.body
        return body.encode() if isinstance(body, str) else json.dumps(body).encode()


@dataclass
class Life:
    """A gateway from its start to its end."""

    pipeline: Pipeline
    engine: Engine
    intake: MqttIntake
    ingest: Ingest
    clock: Clock
    store: SqliteStore
    acknowledged: list[Message] = field(default_factory=list)

    async def hear(self, messages: Iterable[Message]) -> None:
        """Take messages in as they come, a tenth of a second late, and make each pass durable."""
        for message in messages:
            self.clock.now = max(self.clock.now, message.at_ns + S // 10)
            received = MqttMessage(message.topic, message.payload, False, self.clock.now)
            self.intake.on_message(received, lambda message=message: self.acknowledged.append(message))  # type: ignore[misc]  # bound now
            await self.pipeline.pass_once()

    async def wait(self, seconds: int) -> None:
        """Let time pass with nothing to hear."""
        for _ in range(seconds):
            self.clock.now += S
            await self.pipeline.pass_once()

    def on_hand(self) -> dict[str, int]:
        """Return the pieces of each article."""
        ledger = self.engine.state.ledger
        return {sku: sum(ledger.levels(STORE, sku).values()) for sku in ("TEE", "TOTE", "CAN")}

    def movements(self) -> Counter[tuple[MovementKind, str]]:
        """Return how often each thing happened to each article, but for what tags move from zone to zone: their reads
        are evidence, of which a restart forgets some.
        """
        moved = [entry.movement for entry in self.store.entries_after(STORE, 0, 10_000)]
        return Counter((m.kind, m.sku) for m in moved if (m.kind, m.sku) != (MovementKind.MOVED, "TEE"))


@contextlib.asynccontextmanager
async def a_life(folder: Path, clock: Clock, parts: Sequence[str] = STATE_PARTS) -> AsyncIterator[Life]:
    """Give a gateway that starts from what is on disk; its end is a crash: nothing more is written."""
    site = parse_site(SITE, "site.toml")
    store = SqliteStore.open(folder / STORE_FILE, synchronous="OFF")
    try:
        async with Writer(store) as writer:
            engine = Engine(Site(site), parse_catalogue(ARTICLES, "articles.csv"))
            rows = [row for part in parts for row in store.state_rows(part)]
            engine.restore(rows, store.latest_levels(), clock.now, store.snapshots("item"))
            assert engine.imbalanced == 0
            pipeline = Pipeline(engine, writer, store, clock, max_held=10_000, on_committed=lambda *_: None)
            devices = {device.id: device for device in mqtt_devices(site)}
            router = MqttRouter({device: one.codec for device, one in devices.items()})
            intake = MqttIntake(router, pipeline)
            stores = {device: one.store for device, one in devices.items()}
            ingest = Ingest(stores, router, intake.hand_in, pipeline, clock.now_ns)
            yield Life(pipeline, engine, intake, ingest, clock, store)
    finally:
        store.close()


def at(seconds: float) -> int:
    """Return a time since the shop opened."""
    return T0 + round(seconds * S)


def scan(scanner: str, code: str, seconds: float) -> Message:
    """Return a scan with the scanner's own time."""
    return Message(f"{scanner}/scan", {"code": code, "at": at(seconds) // 10**6}, at(seconds))


def weigh(grams: float, seconds: float) -> Message:
    """Return a weight with the cell's own time."""
    return Message("shelf/weight", {"grams": grams, "at": at(seconds) // 10**6}, at(seconds))


def read(epcs: Sequence[str], seconds: float, antenna: int = 1) -> Message:
    """Return reads with the reader's own time."""
    tags = [{"epc": epc, "antenna": antenna, "at": at(seconds) // 10**6} for epc in epcs]
    return Message("front/reads", {"tags": tags}, at(seconds))


def a_morning() -> list[Message]:
    """Return messages of every kind, in order: goods come in, are sold, brought back, counted and weighed."""
    heard = [Message("front/status", "online", at(0))]
    heard += [read(TAGS, second) for second in range(1, 11)]
    heard += [scan("dock", TOTE, 12 + n) for n in range(12)]
    heard += [weigh(10 * CAN_G, 25 + n) for n in range(6)]
    heard += [scan("counter", TOTE, 32 + n) for n in range(3)]
    heard += [weigh(9 * CAN_G, 36 + n) for n in range(6)]
    heard += [scan("desk", TOTE, 43), scan("counter", TEE, 44)]
    heard += [scan("stocktake", TOTE, 46 + n) for n in range(10)]
    heard += [read(TAGS[:5], 58 + n, antenna=2) for n in range(4)]
    return sorted(heard, key=lambda message: message.at_ns)


async def story(folder: Path, cuts: Sequence[tuple[int, int]], parts: Sequence[str] = STATE_PARTS) -> tuple[dict[str, int], Counter[tuple[MovementKind, str]]]:  # fmt: skip
    """Live a morning with crashes: (after so many messages, so many of them are told again). Return its stock
    and movements when all counts are closed.
    """
    heard, clock, done = a_morning(), Clock(), 0
    for upto, again in (*cuts, (len(heard), 0)):
        async with a_life(folder, clock, parts) as life:
            await life.hear(heard[done:upto])
            assert len(life.acknowledged) == len(heard[done:upto])
            done = max(0, upto - again)
            if upto == len(heard):
                await life.wait(60)
                await life.wait(1)
                return life.on_hand(), life.movements()
    raise AssertionError("the last life lives on to the end")


@pytest.fixture(scope="module")
def whole(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[dict[str, int], Counter[tuple[MovementKind, str]]]:
    """Return the stock and movements of a morning without a crash."""
    return asyncio.run(story(tmp_path_factory.mktemp("whole"), ()))


def test_the_morning_is_what_it_should_be(whole: tuple[dict[str, int], object]) -> None:
    """Ten totes were counted in the back and one was brought back, of ten cans one is in
    somebody's hands, one of six tees was sold."""
    on_hand, movements = whole
    assert on_hand == {"TEE": 5, "TOTE": 11, "CAN": 10}
    assert isinstance(movements, Counter)
    assert movements[MovementKind.ARRIVED, "TOTE"] == 12
    assert movements[MovementKind.SOLD, "TOTE"] == 3


@pytest.mark.parametrize("seed", range(8))
def test_what_is_told_again_after_a_crash_is_applied_once(
    tmp_path: Path, whole: tuple[dict[str, int], Counter[tuple[MovementKind, str]]], seed: int
) -> None:
    """Wherever the lives end, and however much was committed and not acknowledged: the same stock, and of all that
    people did, the same movements.
    """
    rng, n = Random(seed), len(a_morning())
    ends = sorted(rng.sample(range(1, n), 4))
    cuts = [(end, rng.randint(0, min(end, 30))) for end in ends]
    on_hand, movements = asyncio.run(story(tmp_path, cuts))
    assert on_hand == whole[0]
    assert movements == whole[1]


@pytest.mark.parametrize(
    ("kind", "first", "last"), [("scans", 12, 24), ("sales", 32, 35), ("returns", 43, 44), ("counts", 46, 56)]
)
def test_each_kind_told_twice_is_one(
    tmp_path: Path,
    whole: tuple[dict[str, int], Counter[tuple[MovementKind, str]]],
    kind: str,
    first: int,
    last: int,
) -> None:
    """All scans of a role come again after a crash that took their acknowledgements."""
    heard = a_morning()
    upto = sum(message.at_ns < at(last) for message in heard)
    again = sum(at(first) <= message.at_ns < at(last) for message in heard)
    assert again, kind
    on_hand, movements = asyncio.run(story(tmp_path, [(upto, again)]))
    assert on_hand == whole[0]
    assert movements == whole[1]


def test_without_its_memory_of_scans_a_gateway_doubles_them(
    tmp_path: Path, whole: tuple[dict[str, int], Counter[tuple[MovementKind, str]]]
) -> None:
    """What the tests above rest on: were the rows of scans not taken up, twelve totes would be twenty-four."""
    upto = sum(message.at_ns < at(24) for message in a_morning())
    parts = [part for part in STATE_PARTS if part != "scan"]
    _, movements = asyncio.run(story(tmp_path, [(upto, 12)], parts))
    assert movements[MovementKind.ARRIVED, "TOTE"] == 2 * whole[1][MovementKind.ARRIVED, "TOTE"]


def test_a_weight_that_was_taken_away_does_not_come_back(tmp_path: Path) -> None:
    """Readings of before a settled count come again: the count is not told anew, up and down."""
    heard = [*(weigh(10 * CAN_G, n) for n in range(6)), *(weigh(7 * CAN_G, 10 + n) for n in range(6))]

    async def main() -> None:
        clock = Clock()
        async with a_life(tmp_path, clock) as life:
            await life.hear(heard)
            before = life.movements()
            assert life.engine.state.shelves["shelf"].pieces == 7
        async with a_life(tmp_path, clock) as life:
            await life.hear(heard)
            assert life.engine.state.shelves["shelf"].pieces == 7
            assert life.movements() == before

    asyncio.run(main())


def test_a_sold_tag_is_not_brought_back_by_reads_of_before(tmp_path: Path) -> None:
    """Its reads were committed and come again after its sale by tag: it stays sold."""
    reads = [read(TAGS, second) for second in range(1, 11)]

    async def main() -> None:
        clock = Clock()
        async with a_life(tmp_path, clock) as life:
            await life.hear(reads)
            sale = TillEvent("e1", "sale", STORE, at_ns=at(11), qty=1, sku=None, gtin=None, epc=TAGS[0])
            (result,) = await asyncio.gather(told(life, sale))
            assert result == ["applied"]
            assert life.on_hand()["TEE"] == 5
        async with a_life(tmp_path, clock) as life:
            await life.hear(reads)
            assert await told(life, sale) == ["duplicate"]
            await life.wait(30)
            assert life.on_hand()["TEE"] == 5
            assert life.movements()[MovementKind.SOLD, "TEE"] == 1

    asyncio.run(main())


async def told(life: Life, event: TillEvent) -> list[str]:
    """Tell an event; return what became of it."""
    asking = asyncio.ensure_future(life.pipeline.record("till", [event]))
    while not asking.done():
        await asyncio.sleep(0.001)
        await life.pipeline.pass_once()
    return [result.outcome for result in asking.result()]


async def post(life: Life, device: str, body: bytes) -> dict[str, int]:
    """Post a body as a device does; return what was dropped of it."""
    asking = asyncio.ensure_future(life.ingest.ingest(device, body))
    while not asking.done():
        await asyncio.sleep(0.001)
        await life.pipeline.pass_once()
    return dict(asking.result().dropped)


def test_what_is_posted_again_is_applied_once(tmp_path: Path) -> None:
    """A device that got no answer posts the same scans to the next life: not one piece more."""
    body = json.dumps([{"code": TOTE, "at": at(n) // 10**6} for n in range(5)]).encode()

    async def main() -> None:
        clock = Clock(at(10))
        async with a_life(tmp_path, clock) as life:
            assert await post(life, "dock", body) == {}
            assert await post(life, "dock", body) == {"duplicate": 5}
            assert life.on_hand()["TOTE"] == 5
        async with a_life(tmp_path, clock) as life:
            await post(life, "dock", body)
            assert life.on_hand()["TOTE"] == 5
            assert life.engine.state.devices["dock"].dropped == {"duplicate": 5}

    asyncio.run(main())


def test_a_code_without_a_time_is_taken_as_it_comes(tmp_path: Path) -> None:
    """Nothing tells it from another scan of that code: it counts each time, and health says that it has no clock."""
    message = Message("dock/scan", {"code": TOTE}, at(1))

    async def main() -> None:
        clock = Clock()
        for pieces in (1, 2):
            async with a_life(tmp_path, clock) as life:
                await life.hear([message])
                assert life.on_hand()["TOTE"] == pieces
                assert life.engine.state.clocks.judge("dock", clock.now).state == "no_clock"

    asyncio.run(main())
