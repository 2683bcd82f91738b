"""The JSON of stock, alerts and devices: one builder each, for answers and for the stream. Pure.

Times are whole seconds of UTC. `valid_until` is rounded down to the minute where that leaves at
least half of the validity: a promise may be shortened and never lengthened, and an answer that
did not change keeps its bytes (and so its ETag) while the end of its validity moves on.
"""

from collections.abc import Mapping, Sequence
from math import floor
from typing import Literal

from pydantic_core import to_json

from api.baskets import Option
from api.times import NS_PER_S, rfc3339, rfc3339_or_none
from gateway.alert_rules.model import default_id
from gateway.alerts.records import AlertRecord
from gateway.devices.clocks import ClockJudgement
from gateway.explanation import ZoneSight
from gateway.ports.health import DeviceHealth
from gateway.ports.inventory import ArticleInfo, Availability, StoreInfo, ZoneInfo

Json = dict[str, object]
Band = Literal["OK", "LOW", "NONE", "UNKNOWN"]
VALID_UNTIL_GRID_NS = 60 * NS_PER_S
P_STEPS = 10_000
"""Probabilities are shown in steps of 0.0001: finer ones are noise, and change answers that did not change."""


def dump(body: object) -> bytes:
    """Return JSON as UTF-8 bytes; what is no number becomes null."""
    return to_json(body, inf_nan_mode="null")


def encode_availability(availability: Availability) -> bytes:
    """Return the data of an `availability` event of the stream."""
    return dump(availability_event(availability))


def encode_band(availability: Availability, limited_below: int) -> bytes:
    """Return the data of an `availability` event for a caller who may not see quantities."""
    return dump(
        {
            "store": availability.store,
            "sku": availability.sku,
            "status": availability.status,
            "band": band_of(availability, limited_below),
        }
    )


def encode_alert(record: AlertRecord) -> bytes:
    """Return the data of an `alert` event: the same JSON as in GET /v1/alerts."""
    return dump(alert_body(record))


def encode_device(health: DeviceHealth) -> bytes:
    """Return the data of a `device` event: the same JSON as in GET /v1/devices."""
    return dump(device_body(health))


def shown_valid_until_ns(valid_until_ns: int, now_ns: int) -> int:
    """Return the end of validity as it is shown: never later than the true one."""
    floored = valid_until_ns - valid_until_ns % VALID_UNTIL_GRID_NS
    return floored if 2 * (floored - now_ns) >= valid_until_ns - now_ns else valid_until_ns


def shown_p(p: float) -> float:
    """Return a probability as it is shown: rounded down, so that 0.99996 is never told as certain."""
    return floor(p * P_STEPS + 1e-6) / P_STEPS


def shown_p_or_none(p: float | None) -> float | None:
    """Return a probability as it is shown, or None."""
    return None if p is None else shown_p(p)


def interval_of(availability: Availability) -> tuple[int, int] | None:
    """Return the least and most pieces that hold nine tenths; None where nothing is believed of it."""
    unknown = availability.status == "UNKNOWN" or availability.belief is None
    return None if unknown or availability.belief is None else availability.belief.interval_90


def belief_body(availability: Availability) -> Json | None:
    """Return how sure the number is. Of what is UNKNOWN nothing is believed."""
    belief, p = availability.belief, availability.p_at_least_requested
    if availability.status == "UNKNOWN" or belief is None or p is None:
        return None
    return {
        "expected": round(belief.expected, 2),
        "p_at_least_requested": shown_p(p),
        "interval_90": belief.interval_90,
    }


def quantities_body(availability: Availability) -> Json:
    """Return the terms of `available`, in pieces."""
    return {
        "on_hand": availability.on_hand,
        "not_pickable": availability.not_pickable,
        "reserved": availability.reserved,
        "safety_stock": availability.safety_stock,
        "available": availability.available,
        "incoming": availability.incoming,
        "shortfall": availability.shortfall,
        "quota_left": availability.quota_left,
    }


def zones_body(availability: Availability) -> Json:
    """Return the pieces by zone; they sum to on_hand."""
    return {level.zone: level.pieces for level in availability.zones}


def promise_body(availability: Availability) -> Json:
    """Return what may be promised now."""
    is_pickup = availability.fulfilment == "pickup"
    return {
        "pickup": availability.pickup if is_pickup else None,
        "ship": None if is_pickup else availability.pickup,
        "ready_by": rfc3339_or_none(availability.ready_by_ns),
        "incoming_at": rfc3339_or_none(availability.incoming_at_ns),
        "reasons": availability.reasons,
    }


def availability_body(availability: Availability, now_ns: int) -> Json:
    """Return the full answer but for `version`, which is no part of what an ETag covers."""
    path = f"/v1/stores/{availability.store}/availability/{availability.sku}"
    return {
        "store": availability.store,
        "sku": availability.sku,
        "gtin": availability.gtin,
        "status": availability.status,
        "quantities": quantities_body(availability),
        "zones": zones_body(availability),
        "zone_details": [
            {
                "zone": level.zone,
                "pieces": level.pieces,
                "watched": level.watched,
                "last_seen_at": rfc3339_or_none(level.last_seen_at_ns),
                "coverage": None if level.coverage is None else round(level.coverage, 2),
            }
            for level in availability.zones
        ],
        "belief": belief_body(availability),
        "promise": promise_body(availability),
        "evidence": {
            "last_seen_at": rfc3339_or_none(availability.last_seen_at_ns),
            "last_changed_at": rfc3339_or_none(availability.last_changed_at_ns),
            "coverage": round(availability.coverage, 2),
            "readers_ok": availability.readers_ok,
            "sources": availability.sources,
        },
        "valid_until": rfc3339(shown_valid_until_ns(availability.valid_until_ns, now_ns)),
        "links": {"history": f"{path}/history", "explain": f"{path}/explain"},
    }


def banded_body(availability: Availability, limited_below: int, now_ns: int) -> Json:
    """Return the answer for a caller who may not see quantities."""
    return {
        "store": availability.store,
        "sku": availability.sku,
        "gtin": availability.gtin,
        "status": availability.status,
        "band": band_of(availability, limited_below),
        "promise": promise_body(availability),
        "valid_until": rfc3339(shown_valid_until_ns(availability.valid_until_ns, now_ns)),
    }


def versioned(visible: bytes, found: Availability) -> bytes:
    """Return an exact answer with its version, which no ETag covers."""
    return b'%b,"version":%d}' % (visible[:-1], found.version)


def encode_seen(found: Availability, now_ns: int, limited_below: int, *, exact: bool) -> bytes:
    """Return an answer as its caller may see it: with quantities, or banded."""
    if exact:
        return versioned(dump(availability_body(found, now_ns)), found)
    return dump(banded_body(found, limited_below, now_ns))


def rounded_km(distance_km: float | None) -> float | None:
    """Return a distance as it is told, to 0.1 km."""
    return None if distance_km is None else round(distance_km, 1)


def pickup_option_body(option: Option, pieces: Sequence[int], *, exact: bool) -> Json:
    """Return what a store can do for a basket; `pieces` wanted, by line. Not `exact`: without probabilities."""
    probability = option.probability
    return {
        "store": option.placed.store.id,
        "distance_km": rounded_km(option.placed.distance_km),
        "coverable": option.missing == 0,
        "probability": None if probability is None or not exact else shown_p(probability),
        "ready_by": rfc3339_or_none(option.ready_by_ns),
        "lines": [
            {
                "sku": answer.sku,
                "qty": qty,
                "status": answer.status,
                "pickup": answer.pickup,
                "p_at_least_requested": _shown_p_of(answer) if exact else None,
                "ready_by": rfc3339_or_none(answer.ready_by_ns),
                "reasons": answer.reasons,
            }
            for answer, qty in zip(option.answers, pieces, strict=True)
        ],
    }


def _shown_p_of(answer: Availability) -> float | None:
    p = answer.p_at_least_requested
    return None if p is None or answer.status == "UNKNOWN" else shown_p(p)


def band_of(availability: Availability, limited_below: int) -> Band:
    """Return how much there is, without saying how many."""
    if availability.status == "UNKNOWN":
        return "UNKNOWN"
    if availability.available == 0:
        return "NONE"
    is_low = availability.status == "LIMITED" or availability.available < limited_below
    return "LOW" if is_low else "OK"


def availability_event(availability: Availability) -> Json:
    """Return the data of an `availability` event. `at`: when the stock last changed."""
    return {
        "store": availability.store,
        "sku": availability.sku,
        "status": availability.status,
        "quantities": quantities_body(availability),
        "zones": zones_body(availability),
        "interval_90": interval_of(availability),
        "at": rfc3339_or_none(availability.last_changed_at_ns),
    }


def alert_body(record: AlertRecord) -> Json:
    """Return one episode of an alert."""
    return {
        "id": record.id,
        "fingerprint": record.fingerprint,
        "type": record.type.value,
        "severity": record.severity.value,
        "state": record.state.value,
        "store": record.store,
        "zone": record.zone,
        "sku": record.sku,
        "device": record.device,
        "since": rfc3339(record.since_ns),
        "fired_at": rfc3339_or_none(record.fired_at_ns),
        "resolved_at": rfc3339_or_none(record.resolved_at_ns),
        "suppressed_by": record.suppressed_by,
        "evidence": record.evidence,
        "assignee": record.assignee,
        "snoozed_until": rfc3339_or_none(record.snoozed_until_ns),
        "changed_at": rfc3339_or_none(record.changed_at_ns),
        "changed_by": record.changed_by,
        "resolved_reason": record.resolved_reason,
        "useful": record.useful,
        "rule": record.rule or default_id(record.type),
        "comments": [{"at": rfc3339(c.at_ns), "by": c.by, "text": c.text} for c in record.comments],
    }


def device_body(health: DeviceHealth) -> Json:
    """Return the health of one device."""
    return {
        "id": health.id,
        "kind": health.kind,
        "role": health.role,
        "store": health.store,
        "zones": health.zones,
        "state": health.state,
        "last_seen_at": rfc3339_or_none(health.last_seen_at_ns),
        "detail": health.detail,
        "observations": health.observations,
        "reconnects": health.reconnects,
        "received": health.received,
        "passed": health.passed,
        "held": health.held,
        "dropped": health.dropped,
        "clock": None if health.clock is None else clock_body(health.clock),
    }


def clock_body(clock: ClockJudgement) -> Json:
    """Return how a device's clock is; in steps that do not change with every message."""
    return {
        "state": clock.state,
        "offset_s": None if clock.offset_s is None else round(clock.offset_s, 1),
        "drift_ppm": None if clock.drift_ppm is None else round(clock.drift_ppm),
        "steps": clock.steps,
    }


def zone_body(zone: ZoneInfo, sight: ZoneSight | None) -> Json:
    """Return a zone's description, and how well its readers are known by now."""
    return {
        "id": zone.id,
        "role": zone.role,
        "name": zone.name,
        "rect": zone.rect,
        "coverage": None if sight is None else round(sight.coverage, 2),
        "phase": None if sight is None else sight.phase,
        "phase_since": None if sight is None else rfc3339_or_none(sight.phase_since_ns),
    }


def sight_by_zone(seen: Sequence[ZoneSight]) -> dict[str, ZoneSight]:
    """Return how well zones are seen, by their ids."""
    return {sight.zone: sight for sight in seen}


def position_body(position: tuple[float, float] | None) -> Json | None:
    """Return where a store is; null where nobody said."""
    return None if position is None else {"latitude": position[0], "longitude": position[1]}


def store_body(store: StoreInfo, sights: Mapping[str, ZoneSight]) -> Json:
    """Return a store's description with its zones."""
    return {
        "id": store.id,
        "name": store.name,
        "timezone": store.timezone,
        "source": store.source,
        "place": {"address": store.address, "position": position_body(store.position)},
        "channels": store.channels,
        "fulfilment": store.fulfilment,
        "hours": store.hours,
        "special_hours": store.special_hours,
        "zones": [zone_body(zone, sights.get(zone.id)) for zone in store.zones],
    }


def article_body(article: ArticleInfo, *, exact: bool) -> Json:
    """Return an article of the catalogue, or a product that no catalogue names. Not `exact`: without quantities."""
    return {
        "sku": article.sku,
        "gtins": article.gtins,
        "name": article.name,
        "tracked_by": article.tracked_by,
        "known": article.known,
        "department": article.department,
        "model": article.model,
        "size": article.size,
        "colour": article.colour,
        "source": article.source,
        "low_stock_at": article.low_stock_at if exact else None,
        "safety_stock": article.safety_stock if exact else None,
        "epcs": article.epcs if exact else None,
    }
