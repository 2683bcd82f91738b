"""Lines out: an observation or a till event as one JSON object a line, as reading.py takes it. Pure."""

import json
from functools import lru_cache
from typing import TypeGuard

from gateway.recording.instants import rfc3339
from gateway.recording.recorded import Recorded, ToldEvent
from readers.observations import Heartbeat, Observation, Read, Reading, Scan


@lru_cache(maxsize=4_096)
def _quoted(text: str) -> str:
    return json.dumps(text)


def line_of(recorded: Recorded) -> str:
    """Return the line, without its end."""
    at = rfc3339(recorded.event.at_ns if isinstance(recorded, ToldEvent) else recorded.at_ns)
    head = f'{{"at":"{at}","received":"{rfc3339(recorded.received_ns)}","kind":'
    match recorded:
        case Read():
            rssi = "null" if recorded.rssi_dbm is None else repr(float(recorded.rssi_dbm))
            return (
                f'{head}"read","reader":{_quoted(recorded.reader)},"antenna":{recorded.antenna},'
                f'"epc":"{recorded.epc}","rssi_dbm":{rssi},"count":{recorded.count}}}'
            )
        case Scan():
            return f'{head}"scan","scanner":{_quoted(recorded.scanner)},"text":{json.dumps(recorded.text)}}}'
        case Reading():
            weight = repr(float(recorded.weight_g))
            return f'{head}"reading","sensor":{_quoted(recorded.sensor)},"weight_g":{weight}}}'
        case Heartbeat():
            online = "" if recorded.online else ',"online":false'
            return f'{head}"heartbeat","reader":{_quoted(recorded.device)}{online}}}'
        case ToldEvent():
            return f"{head}{_event_fields(recorded)}}}"


def _event_fields(told: ToldEvent) -> str:
    event = told.event
    fields: dict[str, object] = {"store": event.store, "sku": event.sku, "epc": event.epc, "qty": event.qty}
    extra = {"gtin": event.gtin, "zone": event.zone, "to_store": event.to_store}
    fields |= {key: value for key, value in extra.items() if value is not None}
    if event.type == "count":
        fields["complete"] = event.complete
    fields["event_id"] = event.event_id
    if told.source:
        fields["source"] = told.source
    return f"{_quoted(event.type)},{json.dumps(fields, separators=(',', ':'))[1:-1]}"


def is_recordable(observation: Observation) -> TypeGuard[Read | Scan | Reading | Heartbeat]:
    """Return whether the format has a line for it: what a device says of itself alone has none."""
    return isinstance(observation, Read | Scan | Reading | Heartbeat)
