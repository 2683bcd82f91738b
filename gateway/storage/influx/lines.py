"""Changes of stock as InfluxDB's line protocol: one documented schema, docs/influxdb.md. Pure.

    stock,store=lyon-1,sku=DEN-501-32,zone=front pieces=3i 1767261600000000000
    ───┬─ ───────────────────┬────────────────── ────┬──── ─────────┬─────────
    measurement            tags                   fields        nanoseconds

Field types are fixed for good: a server keeps the type that it met first. EPCs, till references and
notes are never written: a sold piece is not to be followed outside of the store.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from gateway.alerts.records import STANDING, AlertRecord, AlertState
from gateway.movements import JournalEntry, LevelPoint

FieldValue = int | float | str | None

MAX_REMEMBERED_SERIES: Final = 200_000
"""Stock series whose beginning of the line is kept as text (about 60 MB); beyond it they are made again."""
NO_TAG: Final = "-"
"""A tag that has no value: InfluxDB 3 fixes a measurement's tags with its first line, so all are told always."""
MAX_TEXT: Final = 256
"""Characters of a text field: words for a person, in a database for numbers."""
NS_PER_MS: Final = 1_000_000
MIN_INTEGER, MAX_INTEGER = -(2**63), 2**63 - 1

_PLAIN = re.compile(r"[A-Za-z0-9._-]+")
_TAG_UNSAYABLE = re.compile(r"[\\%\x00-\x20\x7f]")
_TAG_SPECIAL = re.compile(r"([,= ])")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_FIELD_SPECIAL = re.compile(r'(["\\])')


def tag_value(text: str) -> str:
    """Return a tag's value as it stands in a line; no two texts give the same.

    Line protocol has no way to say a backslash at the end of a tag, nor a line break: those, other
    control characters and the per cent sign are told by their number, as in a URL (`%5C`).
    """
    if _PLAIN.fullmatch(text):
        return text
    if not text:
        return "%"  # a tag has at least one character
    text = text.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair is no text
    text = _TAG_UNSAYABLE.sub(lambda found: found[0] if found[0] == " " else f"%{ord(found[0]):02X}", text)
    return _TAG_SPECIAL.sub(r"\\\1", text)


def text_value(text: str) -> str:
    """Return a text field's value as it stands in a line, in quotes; a control character becomes a space."""
    text = text[:MAX_TEXT].encode("utf-8", "replace").decode("utf-8")
    said = _FIELD_SPECIAL.sub(r"\\\1", _CONTROLS.sub(" ", text))
    return f'"{said}"'


def line(
    measurement: str, tags: Mapping[str, str | None], fields: Mapping[str, FieldValue], at_ns: int
) -> str:
    """Return one line; empty text where no field has a value that can be said.

    `measurement` and the keys are our own words. A field that is None, a number that is none, or an
    integer beyond 64 bits is left out; a tag without value is told as NO_TAG.
    """
    said = [f"{key}={value}" for key, value in ((k, _field(v)) for k, v in fields.items()) if value]
    if not said:
        return ""
    series = "".join(f",{key}={tag_value(value or NO_TAG)}" for key, value in tags.items())
    return f"{measurement}{series} {','.join(said)} {at_ns}"


def _field(value: FieldValue) -> str:
    if isinstance(value, str):
        return text_value(value)
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else ""
    if value is None or not MIN_INTEGER <= value <= MAX_INTEGER:
        return ""
    return f"{int(value)}i"


def joined(lines: Iterable[str]) -> bytes:
    """Return lines as one body, without the empty ones and without a line break at its end."""
    return "\n".join(text for text in lines if text).encode()


class LineEncoder:
    """Encodes what one commit changed. Remembers the beginnings of lines: one owner calls it."""

    def __init__(self, max_series: int = MAX_REMEMBERED_SERIES) -> None:
        self._max_series = max_series
        self._stock: dict[tuple[str, str, str], str] = {}

    def encode(
        self,
        entries: Sequence[JournalEntry],
        levels: Sequence[LevelPoint],
        alerts: Sequence[AlertRecord],
    ) -> bytes:
        """Return a commit's lines; never raises for what the types allow: it runs inside of the commit."""
        lines = [f"{self._stock_series(point)}{point.pieces}i {point.at_ns}" for point in levels]
        lines += [movement_line(entry) for entry in entries]
        lines += [alert_line(record) for record in alerts]
        return joined(lines)

    def _stock_series(self, point: LevelPoint) -> str:
        key = (point.store, point.sku, point.zone)
        known = self._stock.get(key)
        if known is None:
            if len(self._stock) >= self._max_series:
                self._stock.clear()
            known = self._stock[key] = (
                f"stock,store={tag_value(point.store)},sku={tag_value(point.sku)},zone={tag_value(point.zone)} pieces="
            )
        return known


def movement_line(entry: JournalEntry) -> str:
    """Return the line of a movement.

    Points of one series and time replace each other, and movements of one article may share their
    instant: so the time is told to the millisecond, and the digits below it are those of `seq`.
    """
    movement = entry.movement
    at_ns = movement.at_ns - movement.at_ns % NS_PER_MS + entry.seq % NS_PER_MS
    return line(
        "movement",
        {"store": movement.store, "sku": movement.sku, "kind": movement.kind, "cause": movement.cause},
        {
            "pieces": movement.pieces,
            "net": sum(delta.pieces for delta in movement.deltas),
            "seq": entry.seq,
            "journal": entry.journal_id,
            "from_zone": movement.from_zone,
            "to_zone": movement.to_zone,
            "recorded_ns": movement.recorded_ns,
        },
        at_ns,
    )


def alert_line(record: AlertRecord) -> str:
    """Return the line of an alert's newest change, at the time of that change."""
    at_ns = {
        AlertState.PENDING: record.since_ns,
        AlertState.FIRING: record.changed_at_ns or record.fired_at_ns,
        AlertState.ACKNOWLEDGED: record.changed_at_ns,
        AlertState.SNOOZED: record.changed_at_ns,
        AlertState.RESOLVED: record.resolved_at_ns,
    }[record.state]
    return line(
        "alert",
        {
            "store": record.store,
            "type": record.type,
            "sku": record.sku,
            "device": record.device,
        },
        {
            "state": str(record.state),
            "firing": int(record.state in STANDING),
            "severity": str(record.severity),
            "id": record.id,
            "zone": record.zone,
            "suppressed_by": record.suppressed_by,
        },
        record.since_ns if at_ns is None else at_ns,
    )
