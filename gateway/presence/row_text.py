"""What must survive a restart of one tag, as text and back. Pure.

A row is [state, store, zone, changed_ns, last_ns, false_exits, [quality shares in percent]]. Tags that are
followed go through columns both ways, thousands at a time.
"""

import json
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from gateway.presence.absent import GONE_SILENT, STRANGER, Absent
from gateway.presence.buckets import bucket_of
from gateway.presence.chunks import ChunkTags, absent_tenths, percent_tenths
from gateway.presence.columns import PRESENT
from gateway.presence.model import TagRow
from gateway.presence.rule import Floats, quality_shares
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
            (text,) = _percent_text(absent_tenths([tag]))
            times = tag.changed_ns, tag.last_ns
            value = TEXT % (tag.state, name, "", *times, tag.false_exits, text)
            yield TagRow(name, bucket_of(epc), epc, value)
    columns = store.columns
    rows = np.array([index[epc] for epc in followed], np.intp)
    states = np.where(columns.state[rows] == PRESENT, PRESENT, GONE_SILENT).tolist()
    zones = [store.places[place].zone for place in columns.place[rows].tolist()]
    times_ns = columns.changed_ns[rows].tolist(), columns.last_ns[rows].tolist()
    texts = _percent_text(percent_tenths(quality_shares(columns.states[rows])))
    buckets = columns.bucket[rows].tolist()
    for epc, bucket, state, zone, changed_ns, last_ns, text in zip(
        followed, buckets, states, zones, *times_ns, texts, strict=True
    ):
        yield TagRow(name, bucket, epc, TEXT % (state, name, zone, changed_ns, last_ns, 0, text))


def _percent_text(tenths: NDArray[np.uint16]) -> list[str]:
    return [",".join([f"{share // 10}.{share % 10}" for share in row]) for row in tenths.tolist()]


def read_rows(
    stores: dict[str, StoreBelief], rows: Iterable[TagRow], told: frozenset[tuple[str, str]]
) -> None:
    """Take up tags, but for the (store, EPC) in `told`; those of a store or zone that the site no longer has
    are left out.
    """
    kept = [(row.epc, row.value) for row in rows if row.value is not None]
    for start in range(0, len(kept), AT_ONCE):
        _read_some(stores, kept[start : start + AT_ONCE], told)


def _read_some(
    stores: dict[str, StoreBelief], rows: Sequence[tuple[str, str]], told: frozenset[tuple[str, str]]
) -> None:
    values = json.loads(f"[{','.join([value for _, value in rows])}]")
    present: dict[str, list[tuple[str, int, int, int, list[float]]]] = {}
    for (epc, _), (state, name, zone_name, changed_ns, last_ns, false_exits, percent) in zip(
        rows, values, strict=True
    ):
        store = stores.get(name)
        if store is None or (name, epc) in told:
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
            np.array([bucket_of(epc) for epc in epcs], np.uint16),
        )


def read_chunk(store: StoreBelief, tags: ChunkTags, bucket: int) -> None:
    """Take up the tags of a chunk, as their rows would be taken up."""
    here = tags.present
    known = np.array([store.zone_number.get(zone, -1) for zone in tags.zones], np.intp)
    zones = known[tags.zone] if here else np.zeros(0, np.intp)
    shares: Floats = tags.tenths[:here].astype(np.float32) / np.float32(10) / np.float32(100)
    is_there = zones >= 0
    epcs = tags.epcs[:here]
    if not is_there.all():
        epcs = [epc for epc, there in zip(epcs, is_there.tolist(), strict=True) if there]
    store.take_up(
        epcs,
        zones[is_there],
        tags.changed_ns[:here][is_there],
        tags.last_ns[:here][is_there],
        shares[is_there],
        np.full(len(epcs), bucket, np.uint16),
    )
    for epc, state, changed_ns, last_ns, false_exits, quality in zip(
        tags.epcs[here:],
        tags.states.tolist(),
        tags.changed_ns[here:].tolist(),
        tags.last_ns[here:].tolist(),
        tags.false_exits.tolist(),
        (tags.tenths[here:] / 10 / 100).tolist(),
        strict=True,
    ):
        store.absent.gone(
            epc, Absent(state, changed_ns, last_ns, false_exits=false_exits, quality=tuple(quality))
        )
