"""What must survive a restart of one tag, as text and back. Pure.

A row is [state, store, zone, changed_ns, last_ns, false_exits, [quality shares in percent]].
"""

from typing import Any

import numpy as np

from gateway.presence.absent import GONE_SILENT, STRANGER, Absent
from gateway.presence.columns import PRESENT
from gateway.presence.rule import QUALITY_SHARE, quality_mark, quality_shares
from gateway.presence.store_belief import StoreBelief

TEXT = '[{},"{}","{}",{},{},{},[{},{},{},{},{},{}]]'


def write_row(name: str, store: StoreBelief, epc: str) -> str | None:
    """Return the text of a tag of a store; None where nothing of it needs to be kept."""
    row = store.columns.index.get(epc)
    if row is not None:
        columns = store.columns
        state = PRESENT if columns.state[row] == PRESENT else GONE_SILENT
        zone = store.places[int(columns.place[row])].zone
        shares = quality_shares(columns.states[row])
        whole = max(float(shares.sum()), 1e-9)
        percent = [round(100 * float(share) / whole, 1) for share in shares]
        return TEXT.format(
            state, name, zone, int(columns.changed_ns[row]), int(columns.last_ns[row]), 0, *percent
        )
    tag = store.absent.tags.get(epc)
    if tag is None or tag.state == STRANGER:
        return None
    percent = [round(100 * share, 1) for share in tag.quality or QUALITY_SHARE]
    return TEXT.format(tag.state, name, "", tag.changed_ns, tag.last_ns, tag.false_exits, *percent)


def read_row(stores: dict[str, StoreBelief], epc: str, value: list[Any]) -> None:
    """Take up one tag; one of a store or zone that the site no longer has is left out."""
    state, name, zone_name, changed_ns, last_ns, false_exits, percent = value
    store = stores.get(name)
    if store is None:
        return
    quality = tuple(share / 100 for share in percent)
    tag = Absent(state, changed_ns, last_ns, false_exits=false_exits, quality=quality)
    if state != PRESENT:
        store.absent.gone(epc, tag)
        return
    zone = store.zone_number.get(zone_name)
    if zone is not None:
        store.absent.tags[epc] = tag
        row = store.arrive(epc, zone, last_ns)
        store.columns.changed_ns[row] = changed_ns
        store.columns.last_ns[row] = last_ns
        store.columns.saved_quality[row] = quality_mark(np.array(quality, np.float32))
