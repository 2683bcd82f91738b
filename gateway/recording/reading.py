"""Lines in: a JSON object a line becomes an observation or a till event, or is refused by itself. Pure.

The format is in docs/replay.md. Keys that are not known are let be: a recording may bear notes.
"""

import json
import re
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from math import isfinite
from typing import Any

from gateway.ports.intake import TillEvent
from gateway.recording.instants import MAX_KNOWN_SECONDS, NS_PER_S, SCALE, Instants
from gateway.recording.recorded import LineRefused, Recorded, ToldEvent
from readers.observations import Heartbeat, Read, Reading, Scan

MAX_LINE_BYTES = 65_536
"""A line is some hundreds of bytes; one longer than this is some other file."""
MAX_KNOWN_EPCS = 1_000_000
"""EPCs whose upper-case form is kept: the tags of the largest store; beyond them all are let go at once."""
MAX_KNOWN_READERS = 10_000
MAX_ANTENNA = 65_535
MAX_COUNT = 1_000_000_000
"""Reads of a tag that one line may stand for: more is a mistake of units."""
BOM = b"\xef\xbb\xbf"
ONE_OBJECT = "write one JSON object a line"
EVENT_KINDS = ("sale", "return", "transfer", "receive", "count")

_TIME = rb"([0-9T:-]{19})(?:\.([0-9]{1,9}))?Z"
_LINES = re.compile(
    rb'\{"at": ?"' + _TIME + rb'", ?"received": ?"' + _TIME + rb'", ?"kind": ?"read", ?"reader": ?"([a-z0-9-]{1,32})", '
    rb'?"antenna": ?([1-9][0-9]{0,3}), ?"epc": ?"([0-9A-Fa-f]{4,124})", '
    rb'?"rssi_dbm": ?(-?[1-9][0-9]{0,2}(?:\.[0-9]{1,9})?|null), ?"count": ?([1-9][0-9]{0,8})\}[ \t\r]*\n'
    rb'|([^\n]*)\n'
)  # fmt: skip
"""A line each: a read as our own writer and most others write it, in its parts; or any other line, whole.
Reads are a thousand times as many as all else, and this takes a third of the time of JSON and its checks."""
_WHOLE = b'{"at":"%s.%sZ","received":"%s.%sZ","kind":"read","reader":"%s","antenna":%s,"epc":"%s","rssi_dbm":%s,"count":%s}'
_EPC = re.compile(r"(?:[0-9A-Fa-f]{2}){2,62}")
_decode = json.JSONDecoder().raw_decode
Fields = dict[str, Any]
_Maker = Callable[[Fields, int, int, int], Recorded]


class _Fault(Exception):  # noqa: N818 - a line's fault, before its number is known
    def __init__(self, reason: str, detail: str, remedy: str) -> None:
        super().__init__(detail)
        self.reason, self.detail, self.remedy = reason, detail, remedy


class LineReader:
    """Reads the lines of one recording."""

    def __init__(self) -> None:
        self._parse_instant = Instants().parse
        self._epcs: dict[str, str] = {}
        self._seconds: dict[bytes, int] = {}
        self._plain_epcs: dict[bytes, str] = {}
        self._readers: dict[bytes, str] = {}
        self._kinds: dict[str, _Maker] = {
            "read": self._read,
            "scan": _scan,
            "reading": _reading,
            "heartbeat": _heartbeat,
            **dict.fromkeys(EVENT_KINDS, self._event),
        }

    def read_lines(self, lines: bytes, first: int) -> Iterator[Recorded | LineRefused]:
        """Yield what whole lines say, or why one is refused; `first`: the number of the first of them."""
        seconds, epcs, readers = self._seconds, self._plain_epcs, self._readers
        number = first - 1
        for parts in _LINES.findall(lines):
            number += 1
            at, at_digits, received, received_digits, reader, antenna, epc, rssi, count, other = parts
            if not at:
                if other and not other.isspace():
                    yield self._judged(other, number)
                continue
            try:
                at_ns, received_ns, known_epc, known_reader = (
                    seconds[at], seconds[received], epcs[epc], readers[reader],
                )  # fmt: skip
            except KeyError:
                yield self._learn(parts, number)
                continue
            if at_digits:
                at_ns += int(at_digits) * SCALE[len(at_digits)]
            if received_digits:
                received_ns += int(received_digits) * SCALE[len(received_digits)]
            rssi_dbm = None if rssi == b"null" else float(rssi)
            reads = 1 if count == b"1" else int(count)
            yield Read(known_reader, int(antenna), known_epc, at_ns, received_ns, rssi_dbm, None, reads)

    def _judged(self, line: bytes, number: int) -> Recorded | LineRefused:
        try:
            return self.read(line, number)
        except LineRefused as refused:
            return refused

    def _learn(self, parts: tuple[bytes, ...], number: int) -> Recorded | LineRefused:
        """Judge a read's parts with care, and remember them for the reads that share them."""
        at, at_digits, received, received_digits, reader, antenna, epc, rssi, count, _ = parts
        digits = at_digits or b"0", received_digits or b"0"
        judged = self._judged(
            _WHOLE % (at, digits[0], received, digits[1], reader, antenna, epc, rssi, count), number
        )
        if isinstance(judged, Read):
            for known, bound in ((self._seconds, MAX_KNOWN_SECONDS), (self._plain_epcs, MAX_KNOWN_EPCS)):
                if len(known) >= bound:
                    known.clear()
            if len(self._readers) >= MAX_KNOWN_READERS:
                self._readers.clear()
            self._seconds[at] = judged.at_ns // NS_PER_S * NS_PER_S
            self._seconds[received] = judged.received_ns // NS_PER_S * NS_PER_S
            self._plain_epcs[epc], self._readers[reader] = judged.epc, judged.reader
        return judged

    def read(self, line: bytes, number: int) -> Recorded:
        """Return what the line of this number says. Raises LineRefused."""
        try:
            fields = _object(line, number)
            kind = fields.get("kind")
            maker = self._kinds.get(kind) if type(kind) is str else None
            if maker is None:
                raise _bad_kind(kind)
            at, received = fields.get("at"), fields.get("received")
            try:
                at_ns = self._parse_instant(at)
                received_ns = at_ns if received == at else self._parse_instant(received)
            except ValueError:
                self._refuse_time(at, "at")
                self._refuse_time(received, "received")
                raise
            return maker(fields, at_ns, received_ns, number)
        except _Fault as fault:
            raise LineRefused(number, fault.reason, fault.detail, fault.remedy) from None

    def _refuse_time(self, value: object, key: str) -> None:
        """Raise the fault of a time, if it has one."""
        if value is None:
            raise _missing(key)
        try:
            self._parse_instant(value)
        except ValueError as error:
            remedy = "write it as 2026-11-21T18:02:11.123456789Z"
            raise _Fault("bad_time", f"{key!r}: {error}", remedy) from error

    def _read(self, fields: Fields, at_ns: int, received_ns: int, _number: int) -> Read:
        reader, antenna, epc = fields.get("reader"), fields.get("antenna", 1), fields.get("epc")
        rssi, count = fields.get("rssi_dbm"), fields.get("count", 1)
        if type(reader) is not str or not reader:
            reader = _text(fields, "reader")
        if type(antenna) is not int or not 0 <= antenna <= MAX_ANTENNA:
            raise _bad_field("antenna", antenna, f"a whole number up to {MAX_ANTENNA}")
        if type(count) is not int or not 1 <= count <= MAX_COUNT:
            raise _bad_field("count", count, "a whole number, 1 or more")
        if rssi is not None and type(rssi) is not float:
            rssi = _number_of(rssi, "rssi_dbm")
        elif rssi is not None and not isfinite(rssi):
            _number_of(rssi, "rssi_dbm")
        upper = self._epcs.get(epc) if type(epc) is str else None
        if upper is None:
            upper = self._upper(fields)
        return Read(reader, antenna, upper, at_ns, received_ns, rssi, None, count)

    def _upper(self, fields: Fields) -> str:
        epc = _text(fields, "epc")
        if _EPC.fullmatch(epc) is None:
            raise _bad_field("epc", epc, "4 to 124 hex digits, two for each byte")
        if len(self._epcs) >= MAX_KNOWN_EPCS:
            self._epcs.clear()
        upper = self._epcs[epc] = epc.upper()
        return upper

    def _event(self, fields: Fields, at_ns: int, received_ns: int, number: int) -> ToldEvent:
        kind, sku, gtin = fields["kind"], _text_or_none(fields, "sku"), _gtin(fields)
        epc = None if fields.get("epc") is None else self._upper(fields)
        if sku is None and gtin is None and epc is None:
            raise _missing("sku")
        qty, complete = fields.get("qty", 1), fields.get("complete", False)
        if type(qty) is not int or qty < 0:
            raise _bad_field("qty", qty, "a whole number")
        if type(complete) is not bool:
            raise _bad_field("complete", complete, "true or false")
        event = TillEvent(
            event_id=_text_or_none(fields, "event_id") or f"line-{number}",
            type=kind,
            store=_text(fields, "store"),
            sku=sku,
            gtin=gtin,
            epc=epc,
            qty=qty,
            at_ns=at_ns,
            zone=_text(fields, "zone") if kind == "count" else _text_or_none(fields, "zone"),
            to_store=_text(fields, "to_store") if kind == "transfer" else None,
            complete=complete,
        )
        return ToldEvent(event, received_ns, _text_or_none(fields, "source") or "")


def _object(line: bytes, number: int) -> Fields:
    if len(line) > MAX_LINE_BYTES:
        raise _Fault("line_too_long", f"it has more than {MAX_LINE_BYTES} bytes", ONE_OBJECT)
    try:
        text = (line if number > 1 else line.removeprefix(BOM)).strip().decode()
        value, end = _decode(text)
    except UnicodeDecodeError as error:
        raise _Fault("not_utf8", f"at byte {error.start} of it", "write it as UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise _Fault("not_json", str(error)[:200], ONE_OBJECT) from error
    if type(value) is not dict:
        raise _Fault("not_an_object", f"it is {text[:40]!r}", ONE_OBJECT)
    if end != len(text):
        raise _Fault("not_json", f"{text[end : end + 40]!r} follows the object", ONE_OBJECT)
    return value


def _scan(fields: Fields, at_ns: int, received_ns: int, _number: int) -> Scan:
    return Scan(_text(fields, "scanner"), _text(fields, "text"), at_ns, received_ns)


def _reading(fields: Fields, at_ns: int, received_ns: int, _number: int) -> Reading:
    weight = fields.get("weight_g")
    if weight is None:
        raise _missing("weight_g")
    return Reading(_text(fields, "sensor"), _number_of(weight, "weight_g"), at_ns, received_ns)


def _heartbeat(fields: Fields, at_ns: int, received_ns: int, _number: int) -> Heartbeat:
    online = fields.get("online", True)
    if type(online) is not bool:
        raise _bad_field("online", online, "true or false")
    return Heartbeat(_text(fields, "reader"), online, at_ns, received_ns)


def _text(fields: Fields, key: str) -> str:
    value = fields.get(key)
    if value is None:
        raise _missing(key)
    if type(value) is not str or not value:
        raise _bad_field(key, value, "a text")
    return value


def _text_or_none(fields: Fields, key: str) -> str | None:
    return None if fields.get(key) is None else _text(fields, key)


def _gtin(fields: Fields) -> str | None:
    """Return the GTIN as the catalogue has it: 14 digits, however few were written."""
    gtin = _text_or_none(fields, "gtin")
    return gtin.zfill(14) if gtin is not None and len(gtin) in {8, 12, 13} and gtin.isdigit() else gtin


def _number_of(value: object, key: str) -> float:
    if type(value) is float and isfinite(value):
        return value
    if type(value) is int and abs(value) < MAX_COUNT:
        return float(value)
    raise _bad_field(key, value, "a number")


def _missing(key: str) -> _Fault:
    return _Fault("missing_field", f"there is no {key!r}", f"add {key!r}")


def _bad_field(key: str, value: object, wanted: str) -> _Fault:
    return _Fault("bad_field", f"{key!r} is {repr(value)[:60]}", f"write {wanted}")


def _bad_kind(kind: object) -> _Fault:
    if kind is None:
        return _missing("kind")
    known = ["read", "scan", "reading", "heartbeat", *EVENT_KINDS]
    near = get_close_matches(str(kind)[:32], known, n=1)
    remedy = f"did you mean {near[0]!r}?" if near else f"write one of {', '.join(known)}"
    return _Fault("unknown_kind", f"'kind' is {repr(kind)[:60]}", remedy)
