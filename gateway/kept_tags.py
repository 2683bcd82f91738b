"""The tags of the state in what a store keeps: rows, snapshots of many, and the rows of older stores. Pure.

item   "store/bucket/EPC" ─▶ a tag of that store, since its bucket's snapshot was written
tag    "EPC"              ─▶ a tag as the first version wrote it, until its bucket has a snapshot
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from gateway.catalogue.identify import Identifier
from gateway.presence.belief import BeliefPresence
from gateway.presence.buckets import bucket_of
from gateway.presence.columns import PRESENT
from gateway.presence.model import TagChunk, TagRow
from gateway.presence.store_belief import StoreBelief
from gateway.storage.ports import Snapshot, StateRow

FORGOTTEN = "null"
"""The text of a tag that its store forgot, where a snapshot or an old row may still tell of it."""


class KeptTags:
    """Writes tags down, and takes them up again. It remembers which buckets have snapshots or old rows."""

    def __init__(self) -> None:
        self._old: dict[tuple[str, int], list[str]] = {}
        self._with_snapshot: set[tuple[str, int]] = set()

    def written(self, presence: BeliefPresence) -> tuple[list[StateRow], list[Snapshot]]:
        """Return what of the tags is to be kept now, in one transaction."""
        tags, chunks = presence.written()
        rows = [
            StateRow("item", f"{_prefix(tag.store, tag.bucket)}{tag.epc}", tag.value or self._forgotten(tag))
            for tag in tags
        ]
        for chunk in chunks:
            bucket = chunk.store, chunk.bucket
            self._with_snapshot.add(bucket)
            rows += [StateRow("tag", epc, None) for epc in self._old.pop(bucket, ())]
        return rows, [Snapshot("item", _prefix(chunk.store, chunk.bucket), chunk.body) for chunk in chunks]

    def _forgotten(self, tag: TagRow) -> str | None:
        bucket = tag.store, tag.bucket
        return FORGOTTEN if bucket in self._with_snapshot or bucket in self._old else None

    def restore(
        self,
        presence: BeliefPresence,
        rows: Sequence[StateRow],
        snapshots: Iterable[Snapshot],
        old: Sequence[StateRow],
    ) -> None:
        """Take tags up. Raises BadChunk."""
        old_tags = [_old_tag(row) for row in old]
        for tag in old_tags:
            self._old.setdefault((tag.store, tag.bucket), []).append(tag.epc)
        presence.restore([_tag(row) for row in rows], self._chunks(snapshots), old_tags)

    def _chunks(self, snapshots: Iterable[Snapshot]) -> Iterator[TagChunk]:
        for snapshot in snapshots:
            store, bucket, _ = snapshot.prefix.split("/", 2)
            chunk = TagChunk(store, int(bucket, 16), snapshot.body)
            self._with_snapshot.add((chunk.store, chunk.bucket))
            yield chunk


def _prefix(store: str, bucket: int) -> str:
    return f"{store}/{bucket:03x}/"


def _tag(row: StateRow) -> TagRow:
    store, bucket, epc = row.key.split("/", 2)
    return TagRow(store, int(bucket, 16), epc, None if row.value == FORGOTTEN else row.value)


def _old_tag(row: StateRow) -> TagRow:
    """Return the tag of a row that tells its store in its text alone: [state, "store", …]."""
    store = (row.value or '""').split('"', 2)[1]
    return TagRow(store, bucket_of(row.key), row.key, row.value)


def lying(belief: StoreBelief, identifier: Identifier) -> Iterator[tuple[str, int, list[str]]]:
    """Yield (SKU, zone number, EPCs) of the tags that are believed in a store.

    All tags of the store are made known to the identifier, the absent ones too: a scan may name them.
    """
    identifier.articles(list(belief.absent.tags))
    columns = belief.columns
    rows = np.flatnonzero(columns.state[: columns.used] == PRESENT)
    if not len(rows):
        return
    epcs = [columns.epcs[row] for row in rows.tolist()]
    skus, numbers = identifier.articles(epcs)
    groups = numbers * columns.zones + columns.place[rows]
    groups = groups.astype(np.min_scalar_type(int(groups.max())))  # 16 bits are sorted six times as fast
    order = np.argsort(groups, kind="stable")
    ordered, groups = np.array(epcs, object)[order].tolist(), groups[order]
    ends = [*(np.flatnonzero(groups[1:] != groups[:-1]) + 1).tolist(), len(groups)]
    start = 0
    for end in ends:
        number, zone = divmod(int(groups[start]), columns.zones)
        yield skus[number], zone, ordered[start:end]
        start = end
