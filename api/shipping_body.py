"""The JSON of ways to send a basket. Pure."""

from collections.abc import Sequence

from api.encoding import Json, rounded_km, shown_p, shown_p_or_none
from api.shipping import FAR, LOST, LOW, SPLIT, Parcel, ShipLine, ShipOption


def ship_options_body(options: Sequence[ShipOption], unknown_skus: list[str], *, exact: bool) -> Json:
    """Return ways to send a basket; not `exact`: without a figure that tells of the stock."""
    return {
        "items": [_option(option, exact=exact) for option in options],
        "weights": {"lost_share": LOST, "low_share": LOW, "far_share": FAR, "more_parcels": SPLIT},
        "unknown_skus": unknown_skus,
    }


def _option(option: ShipOption, *, exact: bool) -> Json:
    return {
        "coverable": option.missing == 0,
        "probability": shown_p_or_none(option.probability) if exact else None,
        "distance_km": rounded_km(option.distance_km),
        "score": round(option.score, 4) if exact else None,
        "terms": {
            "probability": shown_p(option.counted_probability),
            "lost_share": round(option.lost_share, 4),
            "low_share": round(option.low_share, 4),
            "far_share": round(option.far_share, 4),
            "more_parcels": len(option.parcels) - 1,
        }
        if exact
        else None,
        "parcels": [_parcel(parcel, exact=exact) for parcel in option.parcels],
    }


def _parcel(parcel: Parcel, *, exact: bool) -> Json:
    return {
        "store": parcel.placed.store.id,
        "distance_km": rounded_km(parcel.placed.distance_km),
        "lines": [_line(line, exact=exact) for line in parcel.lines],
    }


def _line(line: ShipLine, *, exact: bool) -> Json:
    cost = line.cost if exact else None
    days = None if cost is None else cost.days_left
    return {
        "sku": line.answer.sku,
        "qty": line.qty,
        "status": line.answer.status,
        "ship": line.answer.pickup,
        "p_at_least_requested": shown_p_or_none(line.p) if exact else None,
        "lost_pieces": None if cost is None else round(cost.lost, 3),
        "days_left": None if days is None else round(days, 1),
        "is_low": None if cost is None else cost.is_low,
        "reasons": line.answer.reasons,
    }
