"""The tags of a store that share a bucket, as one block of bytes and back: a start reads a million. Pure.

A tag's bucket follows from its EPC alone (see buckets.py), so that it is in one chunk or in none,
whatever happened to it. A chunk says what the rows of its tags would say (see row_text.py), to the same digit: a line of JSON
(version, zones, tags present, tags absent), the EPCs, each ended by a line feed, then columns, the
present tags first: zone (int16, present alone), state (uint8) and false exits (uint16, absent alone),
changed_ns and last_ns (int64), quality shares in tenths of a percent (uint16, six a tag); then the CRC-32
of all that, for a database does not look into its blobs.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from gateway.presence.absent import GONE_SILENT, Absent, AbsentTags
from gateway.presence.columns import DOUBTFUL, PRESENT, Columns
from gateway.presence.rule import ALIVE, QUALITY_SHARE, Floats, quality_shares

VERSION = 1
SUM_BYTES = 4
MOST_FALSE_EXITS = 65_535
SHARES = ALIVE + 1


class BadChunk(ValueError):  # noqa: N818 - named after what it is, as the store's errors are
    """A chunk that this version cannot read: damage, or written by a newer one."""


@dataclass(frozen=True, slots=True)
class ChunkTags:
    """What a chunk holds. `zones` are names; present tags have `zone` numbers among them.

    `epcs`, `changed_ns`, `last_ns` and `tenths` have the present tags first, then the absent ones, to
    which `states` and `false_exits` belong. Shapes: (present,), (absent,), (present + absent,), tenths (…, 6).
    """

    zones: tuple[str, ...]
    epcs: list[str]
    zone: NDArray[np.int16]
    states: NDArray[np.uint8]
    false_exits: NDArray[np.uint16]
    changed_ns: NDArray[np.int64]
    last_ns: NDArray[np.int64]
    tenths: NDArray[np.uint16]

    @property
    def present(self) -> int:
        """How many of the tags are believed present."""
        return len(self.zone)


def percent_tenths(shares: Floats) -> NDArray[np.uint16]:
    """Return quality shares in tenths of a percent: more says nothing."""
    percent = 100 * shares / np.maximum(shares.sum(1, keepdims=True), 1e-9)
    tenths: NDArray[np.uint16] = np.rint(percent * 10).astype(np.uint16)
    return tenths


def absent_tenths(tags: Sequence[Absent]) -> NDArray[np.uint16]:
    """Return the quality shares of absent tags in tenths of a percent."""
    shares = np.array([tag.quality or QUALITY_SHARE for tag in tags], np.float32).reshape(len(tags), SHARES)
    tenths: NDArray[np.uint16] = np.rint(100 * shares * 10).astype(np.uint16)
    return tenths


def gather(columns: Columns, absent: AbsentTags, zones: Sequence[str], bucket: int) -> ChunkTags:
    """Return the tags of a bucket as they are believed now; of strangers nothing needs to be kept."""
    mine = np.flatnonzero(columns.bucket[: columns.used] == bucket)
    state = columns.state[mine]
    present, doubtful = mine[state == PRESENT], mine[state == DOUBTFUL]
    gone = sorted(absent.by_bucket.get(bucket, ()))
    tags, rows = [absent.tags[epc] for epc in gone], np.concatenate([present, doubtful])
    exits = [min(tag.false_exits, MOST_FALSE_EXITS) for tag in tags]
    return ChunkTags(
        tuple(zones),
        [columns.epcs[row] for row in rows.tolist()] + gone,
        columns.place[present],
        np.array([GONE_SILENT] * len(doubtful) + [tag.state for tag in tags], np.uint8),
        np.array([0] * len(doubtful) + exits, np.uint16),
        np.concatenate([columns.changed_ns[rows], np.array([tag.changed_ns for tag in tags], np.int64)]),
        np.concatenate([columns.last_ns[rows], np.array([tag.last_ns for tag in tags], np.int64)]),
        np.concatenate([percent_tenths(quality_shares(columns.states[rows])), absent_tenths(tags)]),
    )


def encode(tags: ChunkTags) -> bytes:
    """Return the chunk as bytes."""
    head = [VERSION, list(tags.zones), tags.present, len(tags.epcs) - tags.present]
    columns = (
        tags.zone.astype("<i2"), tags.states, tags.false_exits.astype("<u2"), tags.changed_ns.astype("<i8"),
        tags.last_ns.astype("<i8"), tags.tenths.astype("<u2"),
    )  # fmt: skip
    text = "".join([json.dumps(head), "\n", *(f"{epc}\n" for epc in tags.epcs)])
    body = b"".join([text.encode(), *(column.tobytes() for column in columns)])
    return body + crc32(body).to_bytes(SUM_BYTES)


def decode(body: bytes) -> ChunkTags:
    """Return what `encode` was given. Raises BadChunk."""
    try:
        return _decode(body)
    except (ValueError, TypeError, IndexError) as error:
        raise BadChunk(f"a chunk of {len(body)} bytes cannot be read: {error}") from error


def _decode(body: bytes) -> ChunkTags:
    if crc32(body[:-SUM_BYTES]) != int.from_bytes(body[-SUM_BYTES:]):
        raise BadChunk("its sum is not that of its bytes")
    line, _, rest = body[:-SUM_BYTES].partition(b"\n")
    version, zones, present, absent = json.loads(line)
    if version != VERSION:
        raise BadChunk(f"a chunk of version {version}, known is {VERSION}")
    n = present + absent
    at = len(rest) - 2 * present - 3 * absent - (8 + 8 + 2 * SHARES) * n
    epcs = rest[: max(at, 0)].decode().split("\n")[:-1]

    def column(kind: str, count: int) -> NDArray[np.generic]:
        nonlocal at
        values: NDArray[np.generic] = np.frombuffer(rest, kind, count, at)
        at += values.nbytes
        return values

    tags = ChunkTags(
        tuple(zones),
        epcs,
        column("<i2", present).astype(np.int16),
        column("u1", absent).astype(np.uint8),
        column("<u2", absent).astype(np.uint16),
        column("<i8", n).astype(np.int64),
        column("<i8", n).astype(np.int64),
        column("<u2", n * SHARES).astype(np.uint16).reshape(n, SHARES),
    )
    if len(epcs) != n or (present and not 0 <= tags.zone.min() <= tags.zone.max() < len(zones)):
        raise BadChunk(f"{n} tags announced, {len(epcs)} EPCs found, or a zone of no name")
    return tags


def without(tags: ChunkTags, told_since: set[str]) -> ChunkTags:
    """Return the chunk but for tags of which newer rows tell."""
    if not told_since or told_since.isdisjoint(tags.epcs):
        return tags
    keep = ~np.fromiter(map(told_since.__contains__, tags.epcs), np.bool_, len(tags.epcs))
    here, away = keep[: tags.present], keep[tags.present :]
    return ChunkTags(
        tags.zones,
        list(compress(tags.epcs, keep.tolist())),
        tags.zone[here],
        tags.states[away],
        tags.false_exits[away],
        tags.changed_ns[keep],
        tags.last_ns[keep],
        tags.tenths[keep],
    )
