"""What devices post: decoded by their own codec, once, durable before the answer, poison put aside."""

import asyncio
import json
from collections.abc import Coroutine
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ingest import MAX_KEPT_REFUSALS, Ingest
from gateway.ports.intake import Ingested, IngestRefused
from readers.codecs.device_time import parse_time_ns
from readers.mqtt_intake import MqttIntake
from readers.mqtt_router import MqttRouter
from readers.observations import Read, Reading
from readers.registry import MQTT_KINDS
from tests.support.mqtt_kinds import device_settings
from tests.support.recording_intake import RecordingIntake
from tests.support.waiting import until

T = TypeVar("T")
NOW_TEXT = "2026-11-21T10:00:00Z"
NOW = parse_time_ns(NOW_TEXT) or 0


class Bench:
    """Two devices that post, behind one intake."""

    def __init__(self, intake: RecordingIntake | None = None) -> None:
        self.intake = intake or RecordingIntake(commits_at_once=True)
        codecs = {
            kind: MQTT_KINDS[kind].make(device_settings(kind, device=kind)) for kind in ("impinj", "esphome")
        }
        self.router = MqttRouter(codecs, unheard=codecs)
        glue = MqttIntake(self.router, self.intake)
        stores = dict.fromkeys(codecs, "lyon-1")
        self.ingest = Ingest(stores, self.router, glue.hand_in, self.intake, lambda: NOW)

    def post(self, device: str, body: bytes) -> Ingested:
        """Return the outcome of a posted body."""
        return run(self.ingest.ingest(device, body))


def run(work: Coroutine[None, None, T]) -> T:
    return asyncio.run(work)


def tag(epc: str = "E2AB", at: str = "2026-11-21T09:59:59Z") -> dict[str, object]:
    return {
        "eventType": "tagInventory",
        "timestamp": at,
        "tagInventoryEvent": {"epcHex": epc, "antennaPort": 1},
    }


EVENTS = [tag("E2AB"), tag("E2AC"), tag("E2AD")]
BODIES = {
    "array": json.dumps(EVENTS).encode(),
    "lines": b"\n".join(json.dumps(event).encode() for event in EVENTS),
    "concatenated": b"".join(json.dumps(event).encode() for event in EVENTS),
}


@pytest.mark.parametrize("form", BODIES)
def test_an_array_lines_and_objects_in_a_row_are_the_same_events(form: str) -> None:
    """Each event is a message of its device, at its own time."""
    bench = Bench()
    assert bench.post("impinj", BODIES[form]) == Ingested("impinj", 3, 3, 3, {})
    assert [read.epc for read in bench.intake.seen if isinstance(read, Read)] == ["E2AB", "E2AC", "E2AD"]
    assert {read.at_ns for read in bench.intake.seen if isinstance(read, Read)} == {NOW - 10**9}
    assert bench.router.device_counts["impinj"].passed == 3


def test_one_object_is_a_body_too() -> None:
    """And so is a plain number, where a device's format is one."""
    bench = Bench()
    assert bench.post("impinj", json.dumps(tag()).encode()).taken == 1
    assert bench.post("esphome", b"1.25").observations == 1
    assert bench.intake.seen[-1] == Reading("esphome", 1.25, NOW, NOW)


def test_a_body_sent_again_adds_nothing() -> None:
    """Events with times of their own are known; a sender that had no answer sends again."""
    bench = Bench()
    assert bench.post("impinj", BODIES["lines"]).taken == 3
    again = bench.post("impinj", BODIES["array"])
    assert (again.received, again.taken, again.observations, again.dropped) == (3, 0, 0, {"duplicate": 3})
    assert len(bench.intake.seen) == 3


def test_a_bad_event_spares_the_others_and_is_kept() -> None:
    """By reason in the answer, with a sample among the dead letters."""
    bench = Bench()
    outcome = bench.post("impinj", json.dumps([tag(), {"no": "event"}, tag("E2A"), 7]).encode())
    assert (outcome.received, outcome.taken, outcome.dropped) == (4, 1, {"event": 2, "epc_hex": 1})
    device, error = bench.intake.refused[0]
    assert (device, error.sample) == ("impinj", b'{"no": "event"}')


def test_a_flood_of_bad_events_keeps_a_few_samples() -> None:
    """All are counted, for the sender and for the device; the first ones are kept."""
    bench = Bench()
    outcome = bench.post("impinj", b"7 " * 1_000)
    assert outcome.dropped == {"event": 1_000}
    assert len(bench.intake.refused) == MAX_KEPT_REFUSALS
    assert bench.router.device_counts["impinj"].dropped["event"] == 1_000


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "bad_json"),
        (b"[]", "bad_json"),
        (b'{"a":1}{"a":', "bad_json"),
        (b"\xff", "bad_json"),
        (b"[" * 50_000, "bad_json"),
        (b"0 " * 20_001, "too_many_events"),
        (b" " * (1024 * 1024 + 1), "body_too_large"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_broken_body_is_refused_whole(body: bytes, code: str) -> None:
    """Nothing of it is taken: the sender can repair it and send it again."""
    bench = Bench()
    with pytest.raises(IngestRefused) as refused:
        bench.post("impinj", body)
    assert refused.value.code == code
    assert bench.intake.seen == []
    assert bench.intake.refused == []


def test_the_answer_waits_for_the_disk() -> None:
    """Not before all of the body, and all that was handed in before it, is durable."""

    async def test() -> None:
        bench = Bench(RecordingIntake())
        posting = asyncio.create_task(bench.ingest.ingest("impinj", BODIES["array"]))
        await until(lambda: len(bench.intake.seen) == 3, "the body to be handed in")
        assert not posting.done()
        bench.intake.commit()
        assert (await posting).taken == 3

    run(test())


def test_a_full_gateway_lets_a_body_wait() -> None:
    """It is taken once there is room, and not before."""

    async def test() -> None:
        bench = Bench(RecordingIntake(capacity=1, commits_at_once=True))
        await bench.ingest.ingest("esphome", b"1")
        waiting = asyncio.create_task(bench.ingest.ingest("esphome", b"2"))
        await until(lambda: bench.intake.in_line == 1, "it to wait")
        assert len(bench.intake.seen) == 1
        bench.intake.take()
        assert (await waiting).taken == 1

    run(test())


def test_only_devices_that_send_messages_have_a_store() -> None:
    """Others may not post."""
    assert Bench().ingest.store_of("impinj") == "lyon-1"
    assert Bench().ingest.store_of("m100-front") is None


@given(
    st.lists(
        st.sampled_from([tag(), tag("E2AC"), tag("E2A"), {}, 7, {"eventType": "x"}]), min_size=1, max_size=9
    )
)
def test_events_are_conserved(events: list[object]) -> None:
    """received == taken + dropped, in the answer and for the device."""
    bench = Bench()
    outcome = bench.post("impinj", json.dumps(events).encode())
    assert outcome.received == len(events) == outcome.taken + sum(outcome.dropped.values())
    assert bench.router.device_counts["impinj"].is_conserved()
