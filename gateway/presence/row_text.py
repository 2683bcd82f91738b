"""What must survive a restart of one tag, as text and back. Pure.

A row is [state, store, zone, changed_ns, last_ns, false_exits, [quality shares in percent]]. Tags that are
followed go through columns both ways, thousands at a time.
"""

import json
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from gateway.presence.absent import GONE_SILENT, STRANGER, Absent
from gateway.presence.columns import PRESENT
from gateway.presence.model import TagRow
from gateway.presence.rule import QUALITY_SHARE, Floats, quality_shares
from gateway.presence.store_belief import StoreBelief

TEXT = '[%d,"%s","%s",%d,%d,%d,[%s]]'
AT_ONCE = 50_000
"""Rows that are read at once: their parsed text is let go before the next."""


def write_rows(name: str, store: StoreBelief, epcs: Iterable[str]) -> Iterator[TagRow]:
    """Yield the rows of tags of a store; none of those of which nothing needs to be kept."""
    index, followed = store.columns.index, []
    for epc in epcs:
        if epc in index:
            followed.append(epc)
        elif (tag := store.absent.tags.get(epc)) is not None and tag.state != STRANGER:
            (text,) = _percent_text(100 * np.array([tag.quality or QUALITY_SHARE], np.float32))
            times = tag.changed_ns, tag.last_ns
            yield TagRow(epc, TEXT % (tag.state, name, "", *times, tag.false_exits, text))
    columns = store.columns
    rows = np.array([index[epc] for epc in followed], np.intp)
    shares = quality_shares(columns.states[rows])
    percent = 100 * shares / np.maximum(shares.sum(1, keepdims=True), 1e-9)
    states = np.where(columns.state[rows] == PRESENT, PRESENT, GONE_SILENT).tolist()
    zones = [store.places[place].zone for place in columns.place[rows].tolist()]
    times_ns = columns.changed_ns[rows].tolist(), columns.last_ns[rows].tolist()
    for epc, state, zone, changed_ns, last_ns, text in zip(
        followed, states, zones, *times_ns, _percent_text(percent), strict=True
    ):
        yield TagRow(epc, TEXT % (state, name, zone, changed_ns, last_ns, 0, text))


def _percent_text(percent: Floats) -> list[str]:
    """Return each row's shares with one digit: more says nothing."""
    tenths = np.rint(percent * 10).astype(np.int64).tolist()
    return [",".join([f"{share // 10}.{share % 10}" for share in row]) for row in tenths]


def read_rows(stores: dict[str, StoreBelief], rows: Iterable[TagRow]) -> None:
    """Take up tags; those of a store or zone that the site no longer has are left out."""
    kept = [(row.epc, row.value) for row in rows if row.value is not None]
    for start in range(0, len(kept), AT_ONCE):
        _read_some(stores, kept[start : start + AT_ONCE])


def _read_some(stores: dict[str, StoreBelief], rows: Sequence[tuple[str, str]]) -> None:
    values = json.loads(f"[{','.join([value for _, value in rows])}]")
    present: dict[str, list[tuple[str, int, int, int, list[float]]]] = {}
    for (epc, _), (state, name, zone_name, changed_ns, last_ns, false_exits, percent) in zip(
        rows, values, strict=True
    ):
        store = stores.get(name)
        if store is None:
            continue
        if state != PRESENT:
            quality = tuple(share / 100 for share in percent)
            store.absent.gone(
                epc, Absent(state, changed_ns, last_ns, false_exits=false_exits, quality=quality)
            )
        elif (zone := store.zone_number.get(zone_name)) is not None:
            present.setdefault(name, []).append((epc, zone, changed_ns, last_ns, percent))
    for name, tags in present.items():
        epcs, zones, changed, last, percents = zip(*tags, strict=True)
        stores[name].take_up(
            epcs,
            np.array(zones, np.intp),
            np.array(changed, np.int64),
            np.array(last, np.int64),
            np.array(percents, np.float32) / np.float32(100),
        )
