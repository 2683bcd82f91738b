"""What a process asked of the kernel, in order, from strace's own words: did each acknowledgement wait for its flush? Pure.

    received   PUBLISH(id, scan) · POST(event)
    written    pwrite64(store's log, … the event's name …)
    flushed    fdatasync(store's log) = 0          begun behind the write, returned before the
    answered   PUBACK(id) · HTTP 200(event)        answer was begun

The order is that of the lines: strace prints a call as it begins, and again as it returns where others came
between. Wanted: `-f -yy -xx`, so that a line bears its thread, what its file is, and bytes in hexadecimal.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

CALLS = ("pwrite64", "fdatasync", "fsync", "write", "writev", "sendto", "sendmsg", "recvfrom")
"""What is to be traced. Python's own sockets use sendto and recvfrom, those of uvloop write, writev and sendmsg."""
FLUSHES = frozenset({"fdatasync", "fsync"})
SENDS = frozenset({"write", "writev", "sendto", "sendmsg"})

_LINE = re.compile(r"(?P<thread>\d+) +(?P<rest>.*)")
_BEGUN = re.compile(r"(?P<name>\w+)\(\d+<(?P<file>.*?)>(?=[,) ])(?P<rest>.*)")
_RESUMED = re.compile(r"<\.\.\. \w+ resumed>(?P<rest>.*)")
_RESULT = re.compile(r"= (-?\d+)[^=]*$")
_ESCAPED = re.compile(r"\\x([0-9a-f]{2})")
_BYTES = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
UNFINISHED = "<unfinished ...>"
PUBLISH, PUBACK = 3, 4


@dataclass(slots=True)
class Call:
    """One call: `begun` and `done` are numbers of lines; `file` is its path, or the ends of its connection."""

    name: str
    file: str
    begun: int
    done: int | None = None
    result: int = -1
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """An acknowledgement: what it is for, as the store's log names it, and the call that it left with."""

    name: bytes
    call: Call


def calls_of(lines: Iterable[str]) -> list[Call]:
    """Return the calls of a trace, in the order in which they began."""
    calls: list[Call] = []
    open_calls: dict[str, Call] = {}
    for number, line in enumerate(lines):
        found = _LINE.match(line)
        if found is None:
            continue
        thread, rest = found["thread"], found["rest"]
        if resumed := _RESUMED.match(rest):
            if call := open_calls.pop(thread, None):
                _finish(call, number, resumed["rest"])
        elif begun := _BEGUN.match(rest):
            file = _ESCAPED.sub(lambda one: chr(int(one[1], 16)), begun["file"])
            call = Call(begun["name"], file, number, data=_bytes(begun["rest"]))
            calls.append(call)
            if rest.endswith(UNFINISHED):
                open_calls[thread] = call
            else:
                _finish(call, number, begun["rest"])
    return calls


def _finish(call: Call, number: int, rest: str) -> None:
    call.done = number
    call.data = call.data or _bytes(rest)  # what was received is known at the end
    if found := _RESULT.search(rest):
        call.result = int(found[1])


def _bytes(text: str) -> bytes:
    return b"".join(bytes.fromhex(part.replace("\\x", "")) for part in _BYTES.findall(text))


def answers_by_http(calls: Iterable[Call], names: Iterable[bytes]) -> list[Answer]:
    """Return who of `names` was answered on a connection: an answer names the event that it is for."""
    sends = [call for call in calls if call.name in SENDS and call.file.startswith("TCP")]
    found = (
        (name, next((call for call in sends if b'"' + name + b'"' in call.data), None)) for name in names
    )
    return [Answer(name, call) for name, call in found if call is not None]


def answers_by_mqtt(
    calls: Iterable[Call], port: int, name_of: Callable[[bytes], bytes | None], *, is_v5: bool
) -> list[Answer]:
    """Return what was acknowledged to the broker at `port`; `name_of` names a message by its payload."""
    ours = [call for call in calls if call.file.startswith("TCP") and call.file.endswith(f":{port}]")]
    published: dict[int, list[tuple[int, bytes]]] = {}
    for call, packet in _packets(call for call in ours if call.name == "recvfrom" and call.result > 0):
        if packet[0] >> 4 == PUBLISH and packet[0] & 6:
            packet_id, payload = _publish(packet, is_v5=is_v5)
            published.setdefault(packet_id, []).append((call.begun, payload))
    answers: list[Answer] = []
    for call, packet in _packets(call for call in ours if call.name in SENDS):
        if packet[0] >> 4 != PUBACK:
            continue
        before = [payload for begun, payload in published.get(_number(packet, 1), ()) if begun < call.begun]
        name = name_of(before[-1]) if before else None
        if name is not None:
            answers.append(Answer(name, call))
    return answers


def _packets(calls: Iterable[Call]) -> Iterator[tuple[Call, bytes]]:
    """Yield the MQTT packets of one direction without their length, each with the call that brought its end."""
    buffer = b""
    for call in calls:
        buffer += call.data if call.name != "recvfrom" else call.data[: call.result]
        while (cut := _packet(buffer)) is not None:
            packet, buffer = cut
            yield call, packet


def _packet(buffer: bytes) -> tuple[bytes, bytes] | None:
    """Return (first byte and body, what follows), None where the packet is not whole yet."""
    length, shift = 0, 0
    for place, byte in enumerate(buffer[1:5], start=1):
        length |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            end = place + 1 + length
            return (buffer[:1] + buffer[place + 1 : end], buffer[end:]) if len(buffer) >= end else None
    return None


def _number(packet: bytes, place: int) -> int:
    return int.from_bytes(packet[place : place + 2], "big")


def _publish(packet: bytes, *, is_v5: bool) -> tuple[int, bytes]:
    """Return (packet id, payload); properties are below 128 bytes here."""
    place = 3 + _number(packet, 1)
    packet_id = _number(packet, place)
    place += 2
    if is_v5:
        place += 1 + packet[place]
    return packet_id, packet[place:]


def too_early(
    calls: Iterable[Call], answers: Iterable[Answer], log_suffix: str = "-wal"
) -> Mapping[bytes, str]:
    """Return the answers that did not wait for the flush of what they acknowledge, with what is wrong."""
    log = [call for call in calls if call.file.endswith(log_suffix)]
    wrong: dict[bytes, str] = {}
    for answer in answers:
        written = next((c for c in log if c.name == "pwrite64" and answer.name in c.data), None)
        if written is None:
            wrong[answer.name] = "was answered, and never written"
        elif written.begun > answer.call.begun:
            wrong[answer.name] = "was answered before it was written"
        elif not any(_flushes(call, written, answer.call) for call in log):
            wrong[answer.name] = "was answered before it was flushed"
    return wrong


def _flushes(call: Call, written: Call, answered: Call) -> bool:
    """Return whether a call flushed what was written, and had returned before the answer was begun."""
    return (
        call.name in FLUSHES
        and call.result == 0
        and written.done is not None
        and call.done is not None
        and written.done < call.begun
        and call.done < answered.begun
    )
