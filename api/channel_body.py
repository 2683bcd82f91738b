"""The JSON of channels and of their rules. Pure."""

from api.encoding import Json
from gateway.channels.model import ChannelInfo, QuotaUse, SafetyStock, TypedSafety


def channel_body(channel: ChannelInfo, *, exact: bool) -> Json:
    """Return a channel; not `exact`: without the figures of its rules."""
    return {
        "id": channel.id,
        "name": channel.name,
        "stores": channel.stores,
        "fulfilment": channel.fulfilment,
        "rules": {
            "safety_stock": channel.safety_stock,
            "risk": channel.risk,
            "quota": channel.quota,
            "quota_share": channel.quota_share,
            "min_probability": channel.min_probability,
            "accept_unknown": channel.accept_unknown,
        }
        if exact
        else None,
    }


def safety_body(found: SafetyStock) -> Json:
    """Return what is kept back, and by which rule."""
    return {
        "pieces": found.pieces,
        "source": found.source,
        "window_s": None if found.window_s is None else round(found.window_s),
        "risk": found.risk,
        "expected_outflow": None if found.expected is None else round(found.expected, 2),
    }


def quota_body(found: QuotaUse) -> Json:
    """Return a quota and what is used of it."""
    return {"pieces": found.limit, "reserved": found.reserved, "left": found.left}


def typed_body(channel: str, sku: str, store: str | None, found: TypedSafety) -> Json:
    """Return a figure typed at run time, and what is in force where."""
    return {
        "channel": channel,
        "sku": sku,
        "store": store,
        "pieces": found.typed,
        "in_force": [{"store": name, **safety_body(rule)} for name, rule in found.in_force],
    }
