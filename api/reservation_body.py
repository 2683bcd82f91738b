"""The JSON of a reservation, for answers and for the stream. Pure."""

from api.encoding import Json, dump
from api.times import rfc3339, rfc3339_or_none
from gateway.reservations.model import Reservation


def encode_reservation(reservation: Reservation) -> bytes:
    """Return the data of a `reservation` event: as in GET /v1/reservations, without whose it is."""
    body = reservation_body(reservation)
    body["owner_ref"] = None
    return dump(body)


def reservation_body(reservation: Reservation) -> Json:
    """Return a reservation."""
    confirmed = reservation.confirmed_ns is not None
    return {
        "id": reservation.id,
        "store": reservation.store,
        "state": reservation.state,
        "channel": reservation.channel,
        "fulfilment": reservation.fulfilment,
        "owner_ref": reservation.owner_ref,
        "lines": [
            {
                "sku": line.sku,
                "requested": line.requested,
                "secured": line.secured,
                "picked": line.picked,
                "epcs": line.epcs,
            }
            for line in reservation.lines
        ],
        "min_probability": reservation.min_probability,
        "created_at": rfc3339(reservation.created_ns),
        "expires_at": None if confirmed else rfc3339(reservation.expires_ns),
        "collect_by": rfc3339(reservation.expires_ns) if confirmed else None,
        "confirmed_at": rfc3339_or_none(reservation.confirmed_ns),
        "ready_at": rfc3339_or_none(reservation.ready_ns),
        "closed_at": rfc3339_or_none(reservation.closed_ns),
        "at_risk": bool(reservation.risks),
        "risks": [{"sku": risk.sku, "reason": risk.reason} for risk in reservation.risks],
        "version": reservation.version,
    }


def etag_of_version(version: int) -> str:
    """Return the strong ETag of a reservation: each change of one has a version of its own."""
    return f'"{version}"'
