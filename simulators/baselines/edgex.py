"""EdgeX app-rfid-llrp-inventory: where its rule places tags, and which events it sends. Pure.

Source: the public Go sources (`internal/inventory/{tagprocessor,tag,tagstats,circularbuffer}.go`,
`res/configuration.yaml`), restated; the traces in tests/vectors/baselines are its own program's output,
and are reproduced event for event.

Rule. A tag is placed by an antenna, not by a zone: each (device, antenna) keeps the last 20 RSSI values
of the tag in dBm, and their plain mean. The first read places the tag. Another antenna takes it over with
at least 2 values and `mean_new > mean_old + min(T, m * (now - last read there) + T - m * H)`. Windows have
no expiry, and the loser's is not cleared. A tag unread for the departed threshold is Departed at the next
check (each 30 s), and its windows are dropped.

Not used: heartbeats, sales, returns, deliveries, which zone is an exit or a till, and device time except
to order the reads of one report: the newest read of a report is taken to be as young as its arrival.

    Unknown ── any read ──▶ Present ── unread ≥ threshold, at a check ──▶ Departed ── any read ──▶ Present
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

WINDOW_READS = 20
MIN_READS_TO_MOVE = 2
DEPARTED_THRESHOLD_MS = 600_000
DEPARTED_CHECK_MS = 30_000
AGE_OUT_MS = 336 * 3_600_000
AGE_OUT_CHECK_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class MobilityProfile:
    """How much stronger another antenna must be: the offset falls with the silence of the present one."""

    slope_db_per_ms: float
    threshold_db: float
    holdoff_ms: float

    def offset_db(self, silent_ms: int) -> float:
        """Return the offset after `silent_ms` without a read at the tag's present antenna."""
        intercept_db = self.threshold_db - self.slope_db_per_ms * self.holdoff_ms
        return min(self.threshold_db, self.slope_db_per_ms * silent_ms + intercept_db)


ASSET = MobilityProfile(slope_db_per_ms=-0.008, threshold_db=6.0, holdoff_ms=500.0)
GARMENT = MobilityProfile(slope_db_per_ms=-0.0005, threshold_db=6.0, holdoff_ms=60_000.0)


class TagState(StrEnum):
    """What the rule says of a tag."""

    UNKNOWN = "Unknown"
    PRESENT = "Present"
    DEPARTED = "Departed"


@dataclass(frozen=True, slots=True)
class TagRead:
    """One tag entry of a report; what a reader left out is None."""

    epc: str
    antenna: int | None
    rssi_dbm: float | None
    last_seen_us: int | None


@dataclass(frozen=True, slots=True)
class Arrived:
    """A tag came, or came back."""

    epc: str
    at_ms: int
    place: str


@dataclass(frozen=True, slots=True)
class Moved:
    """A tag changed to an antenna of another alias."""

    epc: str
    at_ms: int
    previous_place: str
    place: str


@dataclass(frozen=True, slots=True)
class Departed:
    """A tag was unread for too long."""

    epc: str
    at_ms: int
    last_read_ms: int
    last_place: str


Event = Arrived | Moved | Departed
Antenna = tuple[str, int]
NOWHERE: Antenna = ("", 0)  # a read without an antenna makes a tag present, and places it nowhere


class RssiWindow:
    """The last 20 RSSI values of a tag at one antenna, with the running total that the peer keeps."""

    __slots__ = ("_total_dbm", "_values_dbm", "last_read_ms")

    def __init__(self) -> None:
        self._values_dbm: deque[float] = deque()
        self._total_dbm = 0.0
        self.last_read_ms = 0

    def __len__(self) -> int:
        return len(self._values_dbm)

    def add(self, rssi_dbm: float) -> None:
        """Take in a value; the oldest of 20 makes room."""
        if len(self._values_dbm) == WINDOW_READS:
            self._total_dbm -= self._values_dbm.popleft()
        self._values_dbm.append(rssi_dbm)
        self._total_dbm += rssi_dbm

    @property
    def mean_dbm(self) -> float:
        """The mean of the values held; there must be one."""
        return self._total_dbm / len(self._values_dbm)


class Tag:
    """What is kept of one EPC."""

    __slots__ = ("epc", "last_arrived_ms", "last_departed_ms", "last_read_ms", "location", "state", "windows")

    def __init__(self, epc: str) -> None:
        self.epc = epc
        self.state = TagState.UNKNOWN
        self.location = NOWHERE
        self.last_read_ms = 0
        self.last_arrived_ms = 0
        self.last_departed_ms = 0
        self.windows: dict[Antenna, RssiWindow] = {}

    def _window(self, antenna: Antenna) -> RssiWindow:
        window = self.windows.get(antenna)
        if window is None:
            window = self.windows[antenna] = RssiWindow()
        return window

    def place(self, antenna: Antenna, rssi_dbm: float | None, read_ms: int, now_ms: int,
              profile: MobilityProfile) -> None:  # fmt: skip
        """Count a read at `antenna`, and move the tag there if the rule says so; `read_ms` 0: no time."""
        window = self._window(antenna)
        if rssi_dbm is not None:
            window.add(rssi_dbm)
        window.last_read_ms = max(window.last_read_ms, read_ms)
        if self.location in (antenna, NOWHERE):
            self.location = antenna
            return
        present = self._window(self.location)
        if not len(present):
            self.location = antenna
        elif len(window) >= MIN_READS_TO_MOVE:
            offset_db = profile.offset_db(now_ms - present.last_read_ms)
            if window.mean_dbm > present.mean_dbm + offset_db:
                self.location = antenna


class Inventory:
    """The rule: reports and the ticks of its two tasks in, events out."""

    def __init__(self, profile: MobilityProfile, aliases: Mapping[str, str], *,
                 departed_threshold_ms: int = DEPARTED_THRESHOLD_MS) -> None:  # fmt: skip
        self._profile = profile
        self._aliases = aliases
        self._departed_threshold_ms = departed_threshold_ms
        self._tags: dict[str, Tag] = {}

    @property
    def tags(self) -> Mapping[str, Tag]:
        """Every tag that is remembered, departed ones too."""
        return self._tags

    def alias(self, antenna: Antenna) -> str:
        """Return the name of an antenna's place: its alias, or "device_antenna"."""
        name = f"{antenna[0]}_{antenna[1]}"
        return self._aliases.get(name, name)

    def report(self, device: str, origin_ns: int, reads: Iterable[TagRead]) -> list[Event]:
        """Take in one report of a device that came at `origin_ns`."""
        reads = tuple(reads)
        newest_us = max((read.last_seen_us or 0 for read in reads), default=0)
        shift_us = origin_ns // 1_000 - newest_us if newest_us > 0 else 0
        events = []
        for read in reads:
            event = self._read(device, origin_ns // 1_000_000, shift_us, read)
            if event is not None:
                events.append(event)
        return events

    def _read(self, device: str, now_ms: int, shift_us: int, read: TagRead) -> Event | None:
        tag = self._tags.get(read.epc)
        if tag is None:
            tag = self._tags[read.epc] = Tag(read.epc)
        previous = tag.location
        read_ms = 0 if read.last_seen_us is None else (read.last_seen_us + shift_us) // 1_000
        tag.last_read_ms = max(tag.last_read_ms, read_ms)
        if read.antenna is not None:
            tag.place((device, read.antenna), read.rssi_dbm, read_ms, now_ms, self._profile)
        if tag.state is not TagState.PRESENT:
            tag.state = TagState.PRESENT
            tag.last_arrived_ms = tag.last_read_ms
            return Arrived(tag.epc, tag.last_read_ms, self.alias(tag.location))
        if previous not in (NOWHERE, tag.location):
            before, after = self.alias(previous), self.alias(tag.location)
            if before != after:
                return Moved(tag.epc, tag.last_read_ms, before, after)
        return None

    def check_departed(self, now_ms: int) -> list[Departed]:
        """Let go of the tags that are unread for the threshold: the task of each 30 s."""
        expiry_ms = now_ms - self._departed_threshold_ms
        events = []
        for tag in self._tags.values():
            if tag.state is TagState.PRESENT and tag.last_read_ms < expiry_ms:
                tag.state = TagState.DEPARTED
                tag.last_departed_ms = now_ms
                tag.windows.clear()
                events.append(Departed(tag.epc, now_ms, tag.last_read_ms, self.alias(tag.location)))
        return events

    def age_out(self, now_ms: int) -> int:
        """Forget the tags that departed long ago: the task of each hour. Return how many."""
        expiry_ms = now_ms - AGE_OUT_MS
        old = [
            epc
            for epc, tag in self._tags.items()
            if tag.state is TagState.DEPARTED and tag.last_read_ms < expiry_ms
        ]
        for epc in old:
            del self._tags[epc]
        return len(old)
