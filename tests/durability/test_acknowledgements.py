"""Each acknowledgement comes after the flush of its transaction: by strace, of a gateway at work."""

import json
from pathlib import Path

import pytest

from tests.durability.trace import Answer, answers_by_http, answers_by_mqtt, calls_of, too_early
from tests.durability.traced import EVENTS, HOLDS, SCANS, Traced, traced_work
from tests.support.figures import figure
from tests.support.scripted_devices import SCANNER

pytestmark = pytest.mark.broker


def scan_of(payload: bytes) -> bytes | None:
    """Return how the journal names a scan's message; None for other messages."""
    said = json.loads(payload)
    return f"{SCANNER}:{said['at']}".encode() if "code" in said else None


def answers_of(traced: Traced) -> tuple[list[Answer], list[Answer]]:
    """Return what was acknowledged by HTTP (events and holds), and to the broker."""
    names = [name.encode() for name in (*traced.acknowledged, *traced.holds)]
    return (
        answers_by_http(traced.calls, names),
        answers_by_mqtt(traced.calls, traced.mqtt_port, scan_of, is_v5=True),
    )


def test_each_acknowledgement_comes_after_the_flush_of_its_transaction(tmp_path: Path) -> None:
    """HTTP answers of events and holds, PUBACKs of scans: each one's bytes were in the store's log, and that was
    flushed, before the answer left.
    """
    traced = traced_work(tmp_path)
    http, mqtt = answers_of(traced)
    assert len(http) == len(traced.acknowledged) + len(traced.holds) >= EVENTS + HOLDS
    assert len(mqtt) >= SCANS
    wrong = too_early(traced.calls, [*http, *mqtt])
    figure("acknowledgements by HTTP seen by strace", len(http), "answers")
    figure("acknowledgements by MQTT seen by strace", len(mqtt), "scans")
    figure("acknowledgements before their flush", len(wrong), "acknowledgements")
    assert not wrong, wrong


def test_a_gateway_that_flushes_nothing_is_found_out(tmp_path: Path) -> None:
    """The control: with synchronous=OFF the same look at the same work finds every answer too early."""
    traced = traced_work(tmp_path, is_safe=False)
    http, mqtt = answers_of(traced)
    assert set(too_early(traced.calls, [*http, *mqtt]).values()) == {"was answered before it was flushed"}
    assert len(http) >= EVENTS
    assert len(mqtt) >= SCANS


LOG, CLIENT, BROKER = "7</d/storefloor.db-wal>", "9<TCP:[127.0.0.1:8480->127.0.0.1:5]>", "8<TCP:[127.0.0.1:6->127.0.0.1:1883]>"  # fmt: skip
NAME = b"till-1"


def text_of(data: bytes) -> str:
    """Return bytes as strace prints them."""
    return '"' + "".join(f"\\x{byte:02x}" for byte in data) + '"'


WRITE = f"11 pwrite64({LOG}, {text_of(b'..' + NAME + b'..')}, 10, 32) = 10"
FLUSH_BEGUN, FLUSHED = f"11 fdatasync({LOG} <unfinished ...>", "11 <... fdatasync resumed>) = 0"
HEAD, BODY = text_of(b"HTTP/1.1 200 OK"), text_of(b'{"event_id":"till-1"}')
ANSWER = f"10 writev({CLIENT}, [{{iov_base={HEAD}, iov_len=15}}, {{iov_base={BODY}, iov_len=21}}], 2) = 36"


@pytest.mark.parametrize(
    ("lines", "verdict"),
    [
        ([WRITE, FLUSH_BEGUN, FLUSHED, ANSWER], None),
        ([WRITE, f"11 fsync({LOG}) = 0", ANSWER], None),
        ([WRITE, FLUSH_BEGUN, ANSWER, FLUSHED], "was answered before it was flushed"),
        ([FLUSH_BEGUN, WRITE.replace("11 ", "12 "), FLUSHED, ANSWER], "was answered before it was flushed"),
        ([WRITE, ANSWER], "was answered before it was flushed"),
        ([WRITE, f"11 fdatasync({LOG}) = -1 EIO (Input/output error)", ANSWER], "was answered before it was flushed"),
        ([WRITE, "11 fdatasync(5</d/other>) = 0", ANSWER], "was answered before it was flushed"),
        ([ANSWER, WRITE, FLUSH_BEGUN, FLUSHED], "was answered before it was written"),
        ([FLUSH_BEGUN, FLUSHED, ANSWER], "was answered, and never written"),
    ],
)  # fmt: skip
def test_a_wrong_order_is_told(lines: list[str], verdict: str | None) -> None:
    """An answer counts as safe only behind a flush of the log that began behind its write and succeeded."""
    calls = calls_of(lines)
    answers = answers_by_http(calls, [NAME])
    assert [answer.name for answer in answers] == [NAME]
    assert too_early(calls, answers) == ({} if verdict is None else {NAME: verdict})


def test_a_puback_is_known_by_the_message_that_it_is_for() -> None:
    """Packets cut and joined in any way; an id that is used again is of the newest message before it."""

    def publish(packet_id: int, payload: bytes) -> bytes:
        body = b"\x00\x01t" + packet_id.to_bytes(2, "big") + b"\x00" + payload
        return bytes([0x32, len(body)]) + body

    stream = publish(1, b"a") + publish(2, b"b")
    lines = [
        f"10 recvfrom({BROKER}, {text_of(stream[:5])}, 5, 0, NULL, NULL) = 5",
        f"10 recvfrom({BROKER},  <unfinished ...>",
        f"10 <... recvfrom resumed>{text_of(stream[5:])}, 99, 0, NULL, NULL) = {len(stream) - 5}",
        f"10 sendto({BROKER}, {text_of(bytes.fromhex('40020001 40020002'))}, 8, 0, NULL, 0) = 8",
        f"10 recvfrom({BROKER}, {text_of(publish(1, b'c'))}, 99, 0, NULL, NULL) = {len(publish(1, b'c'))}",
        f"10 sendto({BROKER}, {text_of(bytes.fromhex('4003000100'))}, 5, 0, NULL, 0) = 5",
    ]
    answers = answers_by_mqtt(calls_of(lines), 1883, lambda payload: payload, is_v5=True)
    assert [(answer.name, answer.call.begun) for answer in answers] == [(b"a", 3), (b"b", 3), (b"c", 5)]
