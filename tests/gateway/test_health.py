"""How the gateway is, as programs ask it: readiness with reasons, devices with counts, metrics that parse."""

import re
from collections import Counter
from types import SimpleNamespace

import pytest

from gateway.delivery.model import TargetCounts, TargetState
from gateway.health import Health, Links
from gateway.pipeline import Pipeline
from gateway.ports.health import Readiness
from gateway.storage.sizes import Sizes
from gateway.storage.upkeep import StoreUpkeep
from gateway.webhooks.model import WebhookCounts
from readers.counts import StageCounts
from readers.errors import Malformed
from readers.link import LinkHealth, LinkState
from readers.observations import Fault, Identified, Read, Reading, Scan
from tests.support.fake_notify import told_target
from tests.support.scripted_writer import ScriptedWriter
from tests.support.small_site import S, SmallShop, epc
from tests.support.virtual_loop import run_virtual

SAMPLE = re.compile(r'(?P<name>[a-z_]+)(?:\{(?P<labels>[a-z]+="[^"\\\n]*"(?:,[a-z]+="[^"\\\n]*")*)\})? (?P<value>-?\d+(?:\.\d+)?)')  # fmt: skip


class FakeLink:
    """A link as it is said to be."""

    def __init__(self, state: LinkState = "up", opened: int = 1, detail: str = "/dev/x") -> None:
        self._health = LinkHealth(state, detail, opened, None)

    def health(self) -> LinkHealth:
        """Return how it is."""
        return self._health


class Gateway:
    """A small shop with its health. `links` are filled by tests."""

    def __init__(self, links: Links | None = None) -> None:
        self.shop = SmallShop()
        clock = SimpleNamespace(speed=1.0, now_ns=lambda: self.shop.now, real_s=lambda s: s)
        self.writer = run_virtual(self._make_writer())
        self.pipeline = Pipeline(
            self.shop.engine, self.writer, self.writer, clock, max_held=10, on_committed=lambda *_: None
        )
        no_counts: dict[str, StageCounts] = {}
        self.health = Health(
            self.shop.engine, self.pipeline, links or Links({}, None, no_counts, no_counts, no_counts)
        )

    async def _make_writer(self) -> ScriptedWriter:
        return ScriptedWriter()

    def samples(self) -> dict[str, float]:
        """Return the metrics by name with labels."""
        return {f"{m['name']}{{{m['labels'] or ''}}}": float(m["value"]) for m in self.matches()}

    def matches(self) -> list[re.Match[str]]:
        """Return the sample lines; each of them must parse."""
        lines = [line for line in self.health.metrics().splitlines() if not line.startswith("#")]
        matches = [SAMPLE.fullmatch(line) for line in lines]
        assert None not in matches, lines[matches.index(None)]
        return [match for match in matches if match]


# -- metrics -------------------------------------------------------------------------------------------


def test_metrics_are_prometheus_text() -> None:
    """Each family is declared once, before its samples, which stand together; no sample is told twice."""
    gateway = Gateway()
    gateway.shop.run(60, epc("TEE", 1))
    text = gateway.health.metrics()
    assert text.endswith("\n")
    declared: dict[str, str] = {}
    current = ""
    seen: Counter[str] = Counter()
    for line in text.splitlines():
        if help_ := re.fullmatch(r"# HELP ([a-z_]+) \S.*", line):
            current = help_[1]
            assert current not in declared, f"{current} is declared twice"
        elif type_ := re.fullmatch(r"# TYPE ([a-z_]+) (counter|gauge)", line):
            assert type_[1] == current
            declared[current] = type_[2]
        else:
            match = SAMPLE.fullmatch(line)
            assert match, line
            assert match["name"] == current, f"{line}: stands in the family {current}"
            seen[line.rsplit(" ", 1)[0]] += 1
    assert set(seen.values()) == {1}
    assert all(name.startswith("storefloor_") for name in declared)
    assert {name for name, kind in declared.items() if kind == "counter"} == {
        name for name in declared if name.endswith("_total")
    }


def test_metrics_say_how_the_store_is_kept() -> None:
    """Sizes, rows let go by table, what holds that back, and the last look for damage, once there was one."""
    no_counts: dict[str, StageCounts] = {}
    upkeep = StoreUpkeep(sizes=Sizes(8_192, 4_120, 4_096), let_go={"levels": 7}, rounds=2, is_held=True)
    gateway = Gateway(Links({}, None, no_counts, no_counts, no_counts, upkeep=upkeep))
    samples = gateway.samples()
    assert samples["storefloor_store_file_bytes{}"] == 8_192
    assert samples["storefloor_store_wal_bytes{}"] == 4_120
    assert samples["storefloor_store_free_bytes{}"] == 4_096
    assert samples['storefloor_store_rows_let_go_total{table="levels"}'] == 7
    assert samples["storefloor_store_held{}"] == 1
    assert "storefloor_store_checked_timestamp_seconds{}" not in samples
    upkeep.checked_ns, upkeep.check_s = 5 * S, 0.25
    samples = gateway.samples()
    assert samples["storefloor_store_checked_timestamp_seconds{}"] == 5
    assert samples["storefloor_store_check_seconds{}"] == 0.25


def test_metrics_say_what_is() -> None:
    """Pieces, devices, drops and stages, from the engine as it is now."""
    gateway = Gateway()
    gateway.shop.run(60, epc("TEE", 1), epc("TEE", 2))
    gateway.shop.read(epc("TEE", 1), antenna=9)
    gateway.shop.beat("rear", online=False)
    samples = gateway.samples()
    assert samples["storefloor_pieces{}"] == 2
    assert samples["storefloor_ledger_imbalance{}"] == 0
    assert samples['storefloor_device_up{device="front"}'] == 1
    assert samples['storefloor_device_up{device="rear"}'] == 0
    assert samples['storefloor_device_dropped_total{device="front",reason="unknown_antenna"}'] == 1
    assert samples['storefloor_device_last_seen_seconds{device="front"}'] == gateway.shop.now / S
    received = samples['storefloor_stage_received_total{stage="observations"}']
    passed = samples['storefloor_stage_passed_total{stage="observations"}']
    dropped = samples['storefloor_stage_dropped_total{stage="observations",reason="unknown_antenna"}']
    assert received == passed + dropped


def test_metrics_say_what_became_of_webhooks() -> None:
    """Messages by outcome, our own faults, and how many endpoints nothing is sent to."""
    counts = WebhookCounts(delivered=5, failed=4, given_up=3, faults=2, endpoints=7, disabled=1)
    no_counts: dict[str, StageCounts] = {}
    samples = Gateway(Links({}, None, no_counts, no_counts, no_counts, webhooks=lambda: counts)).samples()
    assert {name: value for name, value in samples.items() if "webhook" in name} == {
        "storefloor_webhook_messages_delivered_total{}": 5,
        "storefloor_webhook_tries_failed_total{}": 4,
        "storefloor_webhook_messages_given_up_total{}": 3,
        "storefloor_webhook_faults_total{}": 2,
        "storefloor_webhook_endpoints{}": 7,
        "storefloor_webhook_endpoints_disabled{}": 1,
    }


def test_metrics_say_what_nobody_was_told() -> None:
    """Tasks that were not made, notices given up by target, alerts that the broker took and refused."""
    target = told_target("floor")
    state = TargetState(target, "failing", 2, 5, 4, TargetCounts(delivered=3, failed=9, given_up=6, faults=1))
    published = SimpleNamespace(published=8, refused=7)
    no_counts: dict[str, StageCounts] = {}
    links = Links({}, None, no_counts, no_counts, no_counts, notices=lambda: [state], published=published)
    gateway = Gateway(links)
    gateway.shop.engine.state.tasks.not_made["too_many_live"] += 2
    samples = gateway.samples()
    told = {name: value for name, value in samples.items() if "notice" in name or "notify" in name}
    assert told == {
        'storefloor_notices_waiting{target="floor"}': 2,
        'storefloor_notices_given_up{target="floor"}': 5,
        'storefloor_notices_given_up_total{target="floor"}': 6,
        'storefloor_notices_delivered_total{target="floor"}': 3,
        'storefloor_notices_failed_total{target="floor"}': 9,
        'storefloor_notify_target_failing{target="floor"}': 4,
        'storefloor_notices_faults_total{target="floor"}': 1,
    }
    assert samples['storefloor_tasks_not_made_total{reason="too_many_live"}'] == 2
    assert samples["storefloor_alerts_published_total{}"] == 8
    assert samples["storefloor_alerts_refused_total{}"] == 7


def test_metrics_say_how_clocks_are() -> None:
    """A device whose clock is ahead is told with its offset; one without a clock of its own has none."""
    gateway = Gateway()
    shop = gateway.shop
    for _ in range(120):
        shop.run(1)
        shop.engine.observe(Read("front", 1, epc("TEE", 1), shop.now + 2 * S, shop.now), shop.now)
    samples = gateway.samples()
    assert samples['storefloor_device_clock_offset_seconds{device="front"}'] == pytest.approx(2.0)
    assert 'storefloor_device_clock_offset_seconds{device="rear"}' not in samples
    assert samples['storefloor_device_clock_steps_total{device="front"}'] == 0


def test_labels_are_bounded_by_the_site() -> None:
    """A flood of foreign tags, codes and devices adds no line: no EPC, SKU, text or unknown id is a label."""
    gateway = Gateway()
    shop = gateway.shop

    def flood(first: int) -> None:
        for n in range(first, first + 200):
            shop.read(f"E280{n:020X}", epc("TEE", n))
            shop.engine.observe(Read(f"reader-{n}", 1, "00", shop.now, shop.now), shop.now)
            shop.engine.observe(Scan("checkout", f"garbage {n}", shop.now, shop.now), shop.now)
            shop.engine.observe(Scan(f"scanner-{n}", "x", shop.now, shop.now), shop.now)
            shop.engine.observe(Reading(f"shelf-{n}", 1.0, shop.now, shop.now), shop.now)
            shop.engine.refuse(f"device-{n}", Malformed("not_json", f"{n}"))
            shop.engine.observe(Fault("front", f"{n}", "detail", shop.now), shop.now)
        shop.run(1)

    flood(0)
    before = set(gateway.samples())
    flood(1_000)
    assert set(gateway.samples()) == before
    devices = {match["labels"].split('"')[1] for match in gateway.matches() if "device" in match["name"]}
    assert devices == set(shop.engine.state.devices)


# -- readiness -----------------------------------------------------------------------------------------


def test_a_gateway_is_ready_after_its_first_pass() -> None:
    """Before it, answers would be of an empty shop."""
    gateway = Gateway()
    assert gateway.health.readiness().reasons == ("starting",)
    run_virtual(gateway.pipeline.pass_once())
    assert gateway.health.readiness() == Readiness(True, ())


@pytest.mark.parametrize(
    ("reason", "said"), [("disk", "store: "), ("flood", "overloaded: input is held back")]
)
def test_why_it_is_not_ready(reason: str, said: str) -> None:
    """A disk that refuses, input beyond what fits; each is named."""
    gateway = Gateway()
    run_virtual(gateway.pipeline.pass_once())
    if reason == "disk":
        gateway.pipeline.store_failure = "storefloor.db: no space left"
    else:
        gateway.pipeline.offer([Read("front", 1, "00", gateway.shop.now, gateway.shop.now)] * 10)
    readiness = gateway.health.readiness()
    assert not readiness.ready
    assert any(text.startswith(said) for text in readiness.reasons)


def test_a_dead_reader_is_no_reason() -> None:
    """Its zones say UNKNOWN, and that is true."""
    gateway = Gateway()
    gateway.shop.beat("front", online=False)
    run_virtual(gateway.pipeline.pass_once())
    assert gateway.health.readiness().ready


# -- devices -------------------------------------------------------------------------------------------


def test_a_device_is_told_with_its_link_its_codec_and_its_drops() -> None:
    """Counts of port, codec and gateway come together under one device."""
    frames = StageCounts(received=10, passed=7, held=1)
    frames.drop("bad_checksum", 2)
    inside, repeats, line = StageCounts(), StageCounts(), StageCounts()
    inside.drop("no_epc", 3)
    repeats.drop("duplicate", 4)
    line.drop("bad_checksum", 40)
    line.drop("no_frame", 50)
    links = Links(
        serial={"front": FakeLink(opened=3, detail="/dev/ttyUSB0")},
        mqtt=FakeLink("down", detail="connection refused"),
        frames={"front": frames},
        inside={"front": inside},
        repeats={"front": repeats},
        lines={"front": line},
    )
    gateway = Gateway(links)
    shop = gateway.shop
    shop.read(epc("TEE", 1), antenna=9)
    shop.engine.observe(Identified("front", "M100 V1.0", shop.now), shop.now)
    shop.engine.observe(Fault("front", "20", "antenna missing", shop.now), shop.now)
    front = gateway.health.device("front")
    assert (front.received, front.passed, front.held, front.reconnects) == (10, 7, 1, 2)
    assert front.dropped == {
        "bad_checksum": 2, "no_epc": 3, "duplicate": 4, "unknown_antenna": 1, "no_frame": 50,
    }  # fmt: skip
    assert front.detail == "M100 V1.0; 20: antenna missing; /dev/ttyUSB0"
    rear = gateway.health.device("rear")
    assert (rear.reconnects, rear.detail, rear.state) == (0, "", "never")
    assert gateway.samples()["storefloor_mqtt_up{}"] == 0


def test_every_configured_device_is_told() -> None:
    """Those that were never heard too."""
    gateway = Gateway()
    assert [device.id for device in gateway.health.devices()] == list(gateway.shop.engine.state.devices)
    assert {device.state for device in gateway.health.devices()} == {"never"}
    roles = {device.id: device.role for device in gateway.health.devices()}
    assert (roles["front"], roles["checkout"], roles["candles"]) == ("rfid", "till", "weight")


@pytest.mark.parametrize(("seconds", "state"), [(0, "online"), (60, "online"), (61, "silent")])
def test_a_reader_that_is_not_heard_is_silent(seconds: int, state: str) -> None:
    """After the time that its site file gives it."""
    gateway = Gateway()
    gateway.shop.beat("front")
    gateway.shop.now += seconds * S
    assert gateway.health.device("front").state == state


def test_a_scanner_lives_as_long_as_its_port() -> None:
    """Nobody scans all night: it is not silent, until its port says that it is gone."""
    gateway = Gateway()
    gateway.shop.beat("checkout")
    gateway.shop.now += 12 * 3_600 * S
    assert gateway.health.device("checkout").state == "online"
    gateway.shop.beat("checkout", online=False)
    assert gateway.health.device("checkout").state == "offline"
    gateway.shop.beat("checkout")
    assert gateway.health.device("checkout").state == "online"
