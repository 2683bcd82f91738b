"""Intel RSP Controller: where its rule places tags, and which events it sends. Pure.

Source: the public Java sources (`inventory/{InventoryManager,RssiAdjuster,MobilityProfile}.java`,
`tag/{Tag,TagStats}.java`, `config/controller.cfg`), restated; the traces in tests/vectors/baselines are its
own program's output, and are reproduced event for event.

Rule. A place is an alias, so antennas of one alias share their window: the last 20 powers in mW, whose
mean is taken in mW. The first read places a tag; another alias takes it over with at least 3 reads and
`mean_new > mean_old + min(T, m * (now - last read there) + T - m * H)` (T alone for a deep scan). Ways out
are two: seen by an EXIT sensor as its place, then unread for 30 s; or read by a POS sensor more than an
hour after it came, which then holds for a day. Silence anywhere else never departs a tag.

Not used: heartbeats, sales, returns and deliveries from outside; a read's time only as the tag's last read.

    UNKNOWN ── not POS ──▶ PRESENT ⇄ EXITING ── unread 30 s ──▶ DEPARTED_EXIT ── not POS ──▶ PRESENT
                              └──────────┴──── POS, came > 1 h ago ──▶ DEPARTED_POS ── not POS, > 24 h ──▶ PRESENT
"""

import math
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

WINDOW_READS = 20
MIN_READS_TO_MOVE = 3
EXIT_DEPARTURE_MS = 30_000
EXIT_CHECKS_PER_DEPARTURE = 5
POS_DEPARTED_THRESHOLD_MS = 3_600_000
POS_RETURN_THRESHOLD_MS = 86_400_000
AGE_OUT_MS = 336 * 3_600_000
NO_FLOOR_DBM10 = -(2**31)


@dataclass(frozen=True, slots=True)
class MobilityProfile:
    """How much stronger another alias must be: the weight falls with the silence of the present one."""

    slope_db_per_ms: float
    threshold_db: float
    holdoff_ms: float

    def weight_db(self, silent_ms: int) -> float:
        """Return the weight after `silent_ms` without a read at the tag's present alias."""
        intercept_db = self.threshold_db - self.slope_db_per_ms * self.holdoff_ms
        return min(self.threshold_db, self.slope_db_per_ms * silent_ms + intercept_db)


ASSET = MobilityProfile(slope_db_per_ms=-0.008, threshold_db=6.0, holdoff_ms=0.0)
GARMENT = MobilityProfile(slope_db_per_ms=-0.0005, threshold_db=6.0, holdoff_ms=60_000.0)


class Personality(StrEnum):
    """What a sensor is there for; most have none."""

    EXIT = "EXIT"
    POS = "POS"


@dataclass(frozen=True, slots=True)
class Sensor:
    """One sensor as it is configured."""

    device: str
    facility: str
    personality: Personality | None = None
    deep_scan: bool = False
    floor_dbm10: int = NO_FLOOR_DBM10
    aliases: Mapping[int, str] = field(default_factory=dict)

    def alias(self, antenna: int) -> str:
        """Return the name of an antenna's place: its alias, or "device-antenna"."""
        return self.aliases.get(antenna, f"{self.device}-{antenna}")


class TagState(StrEnum):
    """What the rule says of a tag."""

    UNKNOWN = "UNKNOWN"
    PRESENT = "PRESENT"
    EXITING = "EXITING"
    DEPARTED_EXIT = "DEPARTED_EXIT"
    DEPARTED_POS = "DEPARTED_POS"


class EventKind(StrEnum):
    """What happened to a tag."""

    ARRIVAL = "arrival"
    MOVED = "moved"
    RETURNED = "returned"
    DEPARTED = "departed"


@dataclass(frozen=True, slots=True)
class Event:
    """One event that the peer sends upstream."""

    kind: EventKind
    epc: str
    facility: str
    place: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class TagRead:
    """One entry of a sensor's data message; power in tenths of a dBm."""

    epc: str
    antenna: int
    rssi_dbm10: int
    read_ms: int


class PowerWindow:
    """The last 20 powers of a tag at one alias, in mW."""

    __slots__ = ("_powers_mw", "last_read_ms")

    def __init__(self) -> None:
        self._powers_mw: deque[float] = deque(maxlen=WINDOW_READS)
        self.last_read_ms = 0

    def __len__(self) -> int:
        return len(self._powers_mw)

    def add(self, rssi_dbm10: int, read_ms: int) -> None:
        """Take in a power: whole dBm, rounded towards zero as the peer's integer division does."""
        self._powers_mw.append(10.0 ** (int(rssi_dbm10 / 10) / 10.0))
        self.last_read_ms = read_ms

    @property
    def mean_dbm(self) -> float:
        """The mean power held, in dBm; there must be one."""
        return 10.0 * math.log10(sum(self._powers_mw) / len(self._powers_mw))


class Tag:
    """What is kept of one EPC."""

    __slots__ = ("device", "epc", "facility", "last_arrived_ms", "last_departed_ms", "last_read_ms", "location",
                 "state", "windows")  # fmt: skip

    def __init__(self, epc: str) -> None:
        self.epc = epc
        self.state = TagState.UNKNOWN
        self.location = ""
        self.device = ""
        self.facility = ""
        self.last_read_ms = 0
        self.last_arrived_ms = 0
        self.last_departed_ms = 0
        self.windows: dict[str, PowerWindow] = {}

    def place(self, sensor: Sensor, read: TagRead, now_ms: int, profile: MobilityProfile) -> None:
        """Count a read, and move the tag to its alias if the rule says so."""
        alias = sensor.alias(read.antenna)
        self.last_read_ms = read.read_ms
        window = self.windows.get(alias)
        if window is None:
            window = self.windows[alias] = PowerWindow()
        window.add(read.rssi_dbm10, read.read_ms)
        if self.location == alias:
            return
        present = self.windows.get(self.location)
        if present is not None:
            if len(window) < MIN_READS_TO_MOVE:
                return
            silent_ms = now_ms - present.last_read_ms
            weight_db = profile.threshold_db if sensor.deep_scan else profile.weight_db(silent_ms)
            if window.mean_dbm <= present.mean_dbm + weight_db:
                return
        self.location, self.device, self.facility = alias, sensor.device, sensor.facility


@dataclass(frozen=True, slots=True)
class _Before:
    """What the rule must remember of a tag from before a read."""

    state: TagState
    location: str
    facility: str
    last_read_ms: int


class Inventory:
    """The rule: data messages and the ticks of its tasks in, events out."""

    def __init__(self, profile: MobilityProfile, *, exit_departure_ms: int = EXIT_DEPARTURE_MS) -> None:
        self._profile: Final = profile
        self._exit_departure_ms: Final = exit_departure_ms
        self._tags: dict[str, Tag] = {}
        self._exiting: dict[str, dict[str, Tag]] = {}  # by facility and EPC; an older object of an EPC stays

    @property
    def tags(self) -> Mapping[str, Tag]:
        """Every tag that is remembered, departed ones too."""
        return self._tags

    def data(self, sensor: Sensor, now_ms: int, reads: Iterable[TagRead]) -> list[Event]:
        """Take in one data message of a sensor."""
        events: list[Event] = []
        for read in reads:
            if read.rssi_dbm10 >= sensor.floor_dbm10:
                self._read(sensor, now_ms, read, events)
        return events

    def _read(self, sensor: Sensor, now_ms: int, read: TagRead, events: list[Event]) -> None:
        tag = self._tags.get(read.epc)
        if tag is None:
            tag = self._tags[read.epc] = Tag(read.epc)
        before = _Before(tag.state, tag.location, tag.facility, tag.last_read_ms)
        tag.place(sensor, read, now_ms, self._profile)
        if sensor.personality is Personality.POS:
            self._read_by_pos(tag, before, events)
        else:
            self._read_by_another(tag, before, sensor, events)

    def _read_by_pos(self, tag: Tag, before: _Before, events: list[Event]) -> None:
        if before.state not in (TagState.PRESENT, TagState.EXITING):
            return
        if tag.last_arrived_ms < tag.last_read_ms - POS_DEPARTED_THRESHOLD_MS:
            tag.state = TagState.DEPARTED_POS
            tag.last_departed_ms = tag.last_read_ms
            events.append(_event(EventKind.DEPARTED, tag))
        elif before.state is TagState.PRESENT:
            _tell_movement(tag, before, events)

    def _read_by_another(self, tag: Tag, before: _Before, sensor: Sensor, events: list[Event]) -> None:
        match before.state:
            case TagState.UNKNOWN:
                _arrive(tag, EventKind.ARRIVAL, events)
            case TagState.PRESENT:
                self._note_exit(tag, sensor)
                _tell_movement(tag, before, events)
            case TagState.EXITING:
                if sensor.personality is not Personality.EXIT and tag.device == sensor.device:
                    tag.state = TagState.PRESENT
                    tag.last_arrived_ms = tag.last_read_ms
                _tell_movement(tag, before, events)
            case TagState.DEPARTED_EXIT | TagState.DEPARTED_POS:
                held_until_ms = tag.last_departed_ms + POS_RETURN_THRESHOLD_MS
                if before.state is TagState.DEPARTED_POS and tag.last_read_ms <= held_until_ms:
                    return
                same = tag.facility == before.facility
                _arrive(tag, EventKind.RETURNED if same else EventKind.ARRIVAL, events)
                self._note_exit(tag, sensor)

    def _note_exit(self, tag: Tag, sensor: Sensor) -> None:
        if sensor.personality is Personality.EXIT and tag.device == sensor.device:
            tag.state = TagState.EXITING
            self._exiting.setdefault(sensor.facility, {}).setdefault(tag.epc, tag)

    def check_exiting(self, now_ms: int) -> list[Event]:
        """Let go of the tags that an exit saw last and long enough ago: the task of each 6 s."""
        events: list[Event] = []
        expiry_ms = now_ms - self._exit_departure_ms
        for exiting in self._exiting.values():
            for epc in sorted(exiting):
                tag = exiting[epc]
                if tag.state is not TagState.EXITING:
                    del exiting[epc]
                elif tag.last_read_ms < expiry_ms:
                    del exiting[epc]
                    tag.state = TagState.DEPARTED_EXIT
                    tag.last_departed_ms = now_ms
                    events.append(_event(EventKind.DEPARTED, tag))
        return events

    def age_out(self, now_ms: int) -> int:
        """Forget the tags that are unread for 336 h: the peer does so at its start and stop alone."""
        expiry_ms = now_ms - AGE_OUT_MS
        old = [epc for epc, tag in self._tags.items() if tag.last_read_ms < expiry_ms]
        for epc in old:
            del self._tags[epc]
        return len(old)


def _event(kind: EventKind, tag: Tag) -> Event:
    return Event(kind, tag.epc, tag.facility, tag.location, tag.last_read_ms)


def _arrive(tag: Tag, kind: EventKind, events: list[Event]) -> None:
    tag.state = TagState.PRESENT
    tag.last_arrived_ms = tag.last_read_ms
    events.append(_event(kind, tag))


def _tell_movement(tag: Tag, before: _Before, events: list[Event]) -> None:
    if tag.location == before.location:
        return
    if tag.facility == before.facility:
        events.append(_event(EventKind.MOVED, tag))
        return
    events.append(Event(EventKind.DEPARTED, tag.epc, before.facility, before.location, before.last_read_ms))
    events.append(_event(EventKind.ARRIVAL, tag))
