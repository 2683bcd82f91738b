"""One tag as the silence rule sees it: its states, its memory, and what the rule's numbers mean. Pure."""

from dataclasses import dataclass
from math import exp

from gateway.presence.model import PlaceId

NS_PER_S = 1_000_000_000
CANDIDATE, PRESENT, GONE_SILENT, GONE_EXIT, GONE_TOLD = range(5)
NOWHERE: PlaceId = -1
PRIOR_GAP_NS = 150 * NS_PER_S
"""The longest gap expected of a tag that we know nothing of: half of the shadows of a shop floor pass
in a minute, nine in ten in five (public store traces; a prior that works on the first day)."""
GAP_MEMORY_NS = 4 * 3600 * NS_PER_S
"""1/e time of the longest gap: shadows come every quarter of an hour, so hours hold a few of them."""
RETURN_SPAN_NS = (0, 0, 0, 20 * NS_PER_S, 1_800 * NS_PER_S)
"""By state: how long an absent tag's reads must go on to bring it (back) into the store."""
RETURN_READS = 3
GONE_MEMORY_NS = 30 * 86_400 * NS_PER_S
STRAY_MEMORY_NS = 86_400 * NS_PER_S
"""Departed tags are remembered for a usual return period, strays for a day."""
LEAVING_NS = 45 * NS_PER_S
"""Reads this soon after a departure by the exit are those of the leaving piece."""
CANDIDATE_NS = 600 * NS_PER_S
"""Reads of an absent tag must come within this of its span, or their count starts again: strays are rare."""
MAX_TAGS = 2_000_000
"""One gateway's tags, gone ones included (DESIGN: costs are measured up to 1 M)."""
EXIT_WEIGHT = 4.0
"""A passage through a gate is several strong reads; a shelf near the gate is read there now and then."""
EXIT_FADE_NS = 10 * NS_PER_S
EXIT_CANCEL_WEIGHT = 2.0
EXIT_DOUBT_FACTOR, MAX_EXIT_DOUBT = 3.0, 30.0
EXIT_RETURN_NS = 900 * NS_PER_S
"""Back this soon after an exit: it never was one."""
USUAL_SHARE = 0.25
MOVE_DOUBT_FACTOR, MAX_MOVE_DOUBT = 1.6, 8.0
FLAP_NS = 1_200 * NS_PER_S
"""Back where it was this soon: not a customer's walk, but a border (a browse and its return are one of them)."""
WEIGHT_AT_DBM = -65.0
WEIGHT_DB_PER_E = 12.0
MIN_WEIGHT, MAX_WEIGHT = 0.3, 3.0
"""RSSI says little of distance on a shop floor (tags differ by dBs): how often a tag is read counts more."""
GAP_ROW_RATIO = 1.5
"""A learned gap is written down again when it changed by this factor."""


@dataclass(frozen=True, slots=True)
class SilenceRule:
    """The debouncer's settings; the names are those of the site file's [presence] table."""

    min_silence_ns: int
    max_silence_ns: int
    silence_gaps: float
    exit_hold_ns: int
    memory_ns: int
    move_ratio: float
    arrive_reads: int


class Tag:
    """What is known of one tag. Slots: there may be a million."""

    __slots__ = (
        "challenger",
        "challenger_ns",
        "challenger_reads",
        "challenger_weight",
        "changed_ns",
        "epc",
        "exit_doubt",
        "exit_heard_ns",
        "exit_ns",
        "exit_reads",
        "exit_weight",
        "exit_weight_since",
        "gap_ns",
        "last_clock_ns",
        "last_ns",
        "left_place",
        "move_doubt",
        "place",
        "reads",
        "row_gap_ns",
        "since_ns",
        "state",
        "ticket",
        "usual_weight",
        "weight",
    )  # fmt: skip

    def __init__(self, epc: str) -> None:
        self.epc = epc
        self.state = CANDIDATE
        self.place: PlaceId = NOWHERE
        self.weight = 0.0
        self.last_ns = 0
        self.last_clock_ns = 0
        self.gap_ns = float(PRIOR_GAP_NS)
        self.row_gap_ns = 0.0
        self.changed_ns = 0
        self.since_ns = 0
        self.reads = 0
        self.challenger: PlaceId = NOWHERE
        self.challenger_weight = 0.0
        self.challenger_ns = 0
        self.challenger_reads = 0
        self.usual_weight = 0.0
        self.left_place: PlaceId = NOWHERE
        self.move_doubt = 1.0
        self.exit_ns = 0
        self.exit_weight_since = 0.0
        self.exit_weight = 0.0
        self.exit_heard_ns = 0
        self.exit_reads = 0
        self.exit_doubt = 1.0
        self.ticket = 0


def read_weight(rssi_dbm: float | None, count: int) -> float:
    """Return how much a read speaks for its place: 1 at -65 dBm, e-fold per 12 dB, clamped."""
    if rssi_dbm is None:
        return float(count)
    weight = exp((rssi_dbm - WEIGHT_AT_DBM) / WEIGHT_DB_PER_E)
    return min(max(weight, MIN_WEIGHT), MAX_WEIGHT) * count
