"""Scanner, R700 and Tasmota scale: what they send is what their sources say such devices send."""

import base64
import json

import pytest

from simulators.air import TagSeen
from simulators.devices.impinj import MAX_EVENTS_PER_MESSAGE, ImpinjOptions, ImpinjR700
from simulators.devices.scanner import LineScanner, ScannerOptions, Symbol
from simulators.devices.tasmota import TasmotaOptions, TasmotaScale
from simulators.epc import epc_crc, sgtin96
from tests.support.simulated import NS, START_NS, expected, json_vector, vector

R700 = ImpinjOptions(topic="impinj/r700-back/events", batch=False)


def test_sgtin_96_equals_published_examples() -> None:
    """EPCs equal the examples of GS1 and of public encoders."""
    assert sgtin96("09506000134352", 11, 123_456_789, 3) == vector("tds-sgtin-96").hex().upper()
    assert sgtin96("00037000302414", 7, 10_419_703, 1) == vector("epc-30340242").hex().upper()
    assert sgtin96("00846632286210", 12, 110, 1) == vector("epc-30204ed9").hex().upper()


@pytest.mark.parametrize("gtin", ["09506000134353", "0950600013435", "0950600013435x"])
def test_no_epc_for_a_wrong_gtin(gtin: str) -> None:
    """A GTIN with a wrong check digit or length has no EPC."""
    with pytest.raises(ValueError, match=gtin):
        sgtin96(gtin, 11, 1)


def test_the_tags_checksum_is_genibus() -> None:
    """CRC-16/GENIBUS has the catalogue's check value."""
    assert epc_crc(b"123456789") == 0xD64E


def test_an_ean_is_sent_as_printed() -> None:
    """A till scanner sends thirteen digits and CR LF; with AIM ids the symbology stands before."""
    assert LineScanner().scan("00123601057072") == b"0123601057072\r\n"
    with_aim = LineScanner(ScannerOptions(with_aim_id=True, terminator="\r"))
    assert with_aim.scan("00123601057072") == vector("scan-E0-0123601057072").encode() + b"\r"


def test_a_gs1_qr_code_is_an_element_string() -> None:
    """GTIN first, GS only between the variable-length fields; as the GS1 test suite's string begins."""
    scanner = LineScanner(ScannerOptions(symbol=Symbol.GS1_QR, with_aim_id=True, lot="ABC123"))
    sent = scanner.scan("12312312312333", "77")
    assert sent == b"]Q3011231231231233310ABC123\x1d2177\r\n"
    assert sent.startswith(vector("scan-Q3-37").encode().split(b"\x1d")[0])


def test_a_digital_link_is_an_ordinary_qr_code() -> None:
    """The link is the standard's own example, and its AIM id is ]Q1."""
    scanner = LineScanner(ScannerOptions(symbol=Symbol.DIGITAL_LINK, terminator=""))
    assert scanner.scan("09520123456788", "12345") == vector("dl-4").encode()
    with_lot = LineScanner(ScannerOptions(symbol=Symbol.DIGITAL_LINK, with_aim_id=True, lot="ABC123"))
    assert with_lot.scan("09520123456788") == b"]Q1" + vector("dl-3").encode() + b"\r\n"


def test_an_ean_13_holds_no_carton_number() -> None:
    """A GTIN-14 that begins with no 0 cannot be an EAN-13."""
    with pytest.raises(ValueError, match="12312312312333"):
        LineScanner().scan("12312312312333")


def test_a_tag_event_has_the_fields_of_a_real_one() -> None:
    """Each field that is sent has the name and form of the published event, the EPC base64url and hex alike."""
    real = json_vector("impinj-full")["payload"]
    tag = TagSeen(START_NS + 123_456_789, 4, expected("impinj-full")["epc"], -50.0)
    [sent] = ImpinjR700("r700-back", R700).emit([tag], START_NS + NS)
    event = json.loads(sent.payload)
    assert event.keys() == real.keys()
    assert event["tagInventoryEvent"].keys() <= real["tagInventoryEvent"].keys()
    for field in ("epc", "epcHex", "peakRssiCdbm", "transmitPowerCdbm"):
        assert event["tagInventoryEvent"][field] == real["tagInventoryEvent"][field]
    assert event["tagInventoryEvent"]["lastSeenTime"] == "2026-11-21T08:00:00.123456789Z"
    assert event["timestamp"] == "2026-11-21T08:00:01.000000000Z"
    assert base64.urlsafe_b64decode(event["tagInventoryEvent"]["pc"]) == b"\x30\x00"
    assert sent.topic == "impinj/r700-back/events"
    assert not sent.retain


def test_batches_are_bounded() -> None:
    """With batching, events come in arrays of at most a hundred; without, one object per message."""
    tags = [TagSeen(START_NS, 1, f"{n:024X}", -60.0) for n in range(250)]
    batching = ImpinjR700("r700-back", ImpinjOptions(topic="t", batch=True))
    sizes = [len(json.loads(sent.payload)) for sent in batching.emit(tags, START_NS)]
    assert sizes == [MAX_EVENTS_PER_MESSAGE, MAX_EVENTS_PER_MESSAGE, 50]
    assert len(ImpinjR700("r700-back", R700).emit(tags, START_NS)) == 250
    assert batching.emit([], START_NS) == []


def test_the_reader_says_when_it_runs() -> None:
    """At its start the reader publishes an inventory status event."""
    [sent] = ImpinjR700("r700-back", R700).power_on(START_NS)
    event = json.loads(sent.payload)
    assert event["eventType"] == "inventoryStatus"
    assert event["inventoryStatusEvent"] == {"inventoryStatus": "running"}


def scale(load_g: float = 840.0, **options: float) -> TasmotaScale:
    """Return a scale without noise."""
    quiet = {"noise_g": 0.0, "swing_g": 0.0, "tare_g": 394.0} | options
    return TasmotaScale("shelf-candles", TasmotaOptions(topic="tasmota_3F2A10", **quiet), load_g)  # type: ignore[arg-type] # all are floats


def test_a_weight_message_is_as_the_driver_writes_it() -> None:
    """Same topic, same keys in the same order, kilograms with three digits, local time without a zone."""
    real = json_vector("tasmota-hx711")
    [sent] = scale(item_weight_g=420.0).sample(START_NS)
    message = json.loads(sent.payload)
    assert sent.topic == real["topic"]
    assert list(message) == list(real["payload"])
    assert list(message["HX711"]) == list(real["payload"]["HX711"])
    assert (message["HX711"]["Weight"], message["HX711"]["WeightRaw"]) == (1.234, 1234)
    assert message["Time"] == "2026-11-21T09:00:00"


def test_no_count_below_two_pieces() -> None:
    """Count appears only from two pieces on, and only where an item weight is set."""
    for a_scale in (scale(0.0, item_weight_g=420.0), scale()):
        [sent] = a_scale.sample(START_NS)
        assert "Count" not in json.loads(sent.payload)["HX711"]


def test_it_reports_periodically_and_on_change() -> None:
    """Unchanged: each ten seconds; changed by more than 4 g: at once."""
    a_scale = scale()
    reported = [second for second in range(31) if a_scale.sample(START_NS + second * NS)]
    assert reported == [0, 10, 20, 30]
    a_scale.touch(843.0, START_NS, 0.0)
    assert a_scale.sample(START_NS + 31 * NS) == []
    a_scale.touch(845.0, START_NS, 0.0)
    assert len(a_scale.sample(START_NS + 32 * NS)) == 1


def test_a_hand_disturbs_until_it_is_gone() -> None:
    """While touched the readings swing; afterwards they tell the new load."""
    a_scale = scale(swing_g=150.0)
    a_scale.touch(420.0, START_NS + 5 * NS, 300.0)
    swings = [
        json.loads(s.payload)["HX711"]["WeightRaw"]
        for n in range(5)
        for s in a_scale.sample(START_NS + n * NS)
    ]
    assert max(swings) - min(swings) > 50
    [settled] = a_scale.sample(START_NS + 5 * NS)
    assert json.loads(settled.payload)["HX711"]["WeightRaw"] == 814


def test_negative_weight_is_reported_as_zero() -> None:
    """A hand that lifts the shelf gives 0, never less."""
    a_scale = scale(0.0, tare_g=0.0)
    a_scale.touch(0.0, START_NS + NS, -100.0)
    [sent] = a_scale.sample(START_NS)
    assert json.loads(sent.payload)["HX711"]["Weight"] == 0


def test_its_will_is_the_documented_one() -> None:
    """LWT is retained, on the documented topic, with the documented words."""
    real = json_vector("tasmota-lwt")
    will, (birth,) = scale().will(), scale().births(START_NS)
    assert (will.topic, will.payload.decode(), will.retain) == (real["topic"], real["payload"], True)
    assert (birth.topic, birth.payload, birth.retain) == (real["topic"], b"Online", True)
