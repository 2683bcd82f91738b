"""One line of stock: an article in a store, and every reason to believe in a piece of it. Pure.

    level(zone) = tags there + pool there (pieces known by a scan or a count alone)
                + shelf there + credits there (announced, tag not yet seen) - debts charged to it
                - corrections there (tags or weighed pieces that a person says are not there)
    in-hand     = pieces that a weight shelf lost and no till has sold yet
    incoming    = pieces on their way from another store: of no level until they are scanned in or seen

A debt is a sale whose piece has not been seen leaving; a credit is a return or a receipt whose tag
has not been seen. Both are pieces that events announced before (or after) readers noticed, and are
paired with exactly one tag each, so that a piece is counted once. Debts never exceed what could pay
for them, hence no level is ever negative.
"""

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from gateway.config.stores import IN_HAND

CHARGE_ORDER = ("till", "exit", "fitting_room", "floor", "receiving", "back_room")
"""Where a sold piece most likely stood when no tag of it has left yet: on its way, then on the floor."""
CORRECTION = "correction"
"""Kind of a piece that a person says is there, or is not, whatever is read (gateway/stock/correction.py)."""
REFILL_ORDER = ("back_room", "receiving", "till", "fitting_room", "floor", "exit")


@dataclass(slots=True)
class Announced:
    """A piece that an event told of. `reopened`: the tag that it was paired with came back, so that may
    be a return that no scan has announced yet.
    """

    ref: str
    kind: str
    at_ns: int
    zone: str = ""
    epc: str | None = None
    reopened: bool = False

    def fields(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "ref": self.ref,
            "kind": self.kind,
            "at_ns": self.at_ns,
            "zone": self.zone,
            "epc": self.epc,
            "reopened": self.reopened,
        }


@dataclass(slots=True)
class Lone:
    """An arrival or a departure that no event has announced (yet). `delivered`: a delivery or a transfer has
    counted it; `from_other`: it was in another store before, so it is brought back, or sent.
    """

    epc: str
    at_ns: int
    last_seen_ns: int = 0
    cause: str = ""
    came_back: bool = False
    delivered: bool = False
    from_other: bool = False

    def fields(self) -> dict[str, Any]:
        """Return it for JSON; asdict takes ten times as long, and a store opens with thousands of these."""
        return {
            "epc": self.epc,
            "at_ns": self.at_ns,
            "last_seen_ns": self.last_seen_ns,
            "cause": self.cause,
            "came_back": self.came_back,
            "delivered": self.delivered,
            "from_other": self.from_other,
        }


@dataclass(slots=True)
class Line:
    """All that is believed of one article in one store. Counts in pieces, times in ns."""

    store: str
    sku: str
    roles: dict[str, str]
    tags: Counter[str] = field(default_factory=Counter)
    pool: Counter[str] = field(default_factory=Counter)
    shelves: dict[str, tuple[str, int]] = field(default_factory=dict)
    picks_ns: list[int] = field(default_factory=list)
    debts: list[Announced] = field(default_factory=list)
    credits: list[Announced] = field(default_factory=list)
    paired: dict[str, Announced] = field(default_factory=dict)
    lone_departures: list[Lone] = field(default_factory=list)
    lone_arrivals: list[Lone] = field(default_factory=list)
    incoming: list[Announced] = field(default_factory=list)
    named: dict[str, str] = field(default_factory=dict)
    """Pieces of the pool that were announced by their tags: where each is, should its tag be read after all."""
    corrections: list[Announced] = field(default_factory=list)

    def levels(self) -> dict[str, int]:
        """Return the pieces per zone; zones with none are left out."""
        levels = self.standing()
        self.charge(levels, self.corrections)
        self.charge(levels, self.debts)
        if self.picks_ns:
            levels[IN_HAND] += len(self.picks_ns)
        return {zone: pieces for zone, pieces in levels.items() if pieces}

    def standing(self) -> Counter[str]:
        """Return the pieces per zone before anything is charged to them, those in hand left out."""
        levels = Counter(self.tags) + Counter(self.pool)
        for zone, pieces in self.shelves.values():
            levels[zone] += pieces
        for credit in self.credits:
            levels[credit.zone] += 1
        return levels

    def charge(self, levels: Counter[str], pieces: list[Announced]) -> list[tuple[Announced, str]]:
        """Take announced pieces out of `levels`; return each with the zone that it was taken from: its own
        first, else the likeliest (but for a weight shelf: what a scale says is of one zone).
        """
        taken = []
        for piece in pieces:
            zone: str | None = piece.zone
            if not levels[piece.zone] > 0:
                weighed = piece.kind == CORRECTION and self.shelves
                zone = None if weighed else self.first_zone(levels, CHARGE_ORDER)
            if zone is not None:
                levels[zone] -= 1
                taken.append((piece, zone))
        return taken

    def pin(self) -> None:
        """Let what is charged now stay charged to its zone, and what is charged to no piece be let go."""
        levels = self.standing()
        corrections, debts = self.charge(levels, self.corrections), self.charge(levels, self.debts)
        for piece, zone in corrections + debts:
            piece.zone = zone
        self.corrections = [piece for piece, _ in corrections]
        self.debts = [piece for piece, _ in debts]

    def first_zone(self, levels: Counter[str], order: tuple[str, ...]) -> str | None:
        """Return the zone with pieces that comes first in `order` of roles; the fullest among equals."""
        best: tuple[int, int, str] | None = None
        for zone, pieces in levels.items():
            if pieces > 0 and zone != IN_HAND:
                rank = (order.index(self.roles[zone]), -pieces, zone)
                best = rank if best is None or rank < best else best
        return best[2] if best else None

    def is_open(self) -> bool:
        """Return whether anything waits to be paired or given up."""
        return bool(
            self.picks_ns
            or self.debts
            or self.credits
            or self.paired
            or self.lone_departures
            or self.lone_arrivals
            or self.incoming
            or self.corrections
        )

    def payable(self) -> int:
        """Return how many more debts could still be paid by a piece leaving."""
        shelf = sum(pieces for _, pieces in self.shelves.values())
        return self.tags.total() + shelf - len(self.debts) - len(self.corrections)

    def take_incoming(
        self, epc: str | None, *, by_name_alone: bool = False, ref: str | None = None
    ) -> Announced | None:
        """Take the piece on its way that has come: the one of this tag, else the oldest of no named tag; where
        a `ref` is given, that very one.
        """
        if ref is not None:
            found = next((piece for piece in self.incoming if piece.ref == ref), None)
            if found is not None:
                self.incoming.remove(found)
            return found
        for wanted in (epc,) if by_name_alone else dict.fromkeys((epc, None)):
            for piece in self.incoming:
                if piece.epc == wanted:
                    self.incoming.remove(piece)
                    return piece
        return None

    def take_any_incoming(self) -> Announced | None:
        """Take a piece on its way for one that was scanned in by its article: of no named tag if there is one."""
        oldest = self.incoming[0].epc if self.incoming else None
        return self.take_incoming(None) or self.take_incoming(oldest, by_name_alone=True)

    def unname_incoming(self, epc: str) -> None:
        """Take note that this tag is here: what is on its way under its name is another, which was taken for it."""
        for piece in self.incoming:
            if piece.epc == epc:
                piece.epc = None

    def take_from_pool(self, order: tuple[str, ...]) -> str | None:
        """Take one piece out of the pool; return the zone it came from, None where the pool is empty."""
        zone = self.first_zone(self.pool, order)
        if zone is not None:
            self.pool[zone] -= 1
        return zone

    def to_json(self) -> str:
        """Return what must survive a restart (tags are presence's own)."""
        state: dict[str, Any] = {
            "pool": {zone: pieces for zone, pieces in self.pool.items() if pieces},
            "shelves": self.shelves,
            "picks": self.picks_ns,
            "debts": [a.fields() for a in self.debts],
            "credits": [a.fields() for a in self.credits],
            "paired": {epc: a.fields() for epc, a in self.paired.items()},
            "lone_departures": [entry.fields() for entry in self.lone_departures],
            "lone_arrivals": [entry.fields() for entry in self.lone_arrivals],
            "incoming": [a.fields() for a in self.incoming],
            "named": self.named,
            "corrections": [a.fields() for a in self.corrections],
        }
        return json.dumps({key: value for key, value in state.items() if value}, separators=(",", ":"))

    def load(self, text: str) -> None:
        """Take up what `to_json` wrote; zones that the site no longer has are let go."""
        state = json.loads(text)
        self.pool = Counter({z: n for z, n in state.get("pool", {}).items() if z in self.roles})
        self.shelves = {d: (z, n) for d, (z, n) in state.get("shelves", {}).items() if z in self.roles}
        self.picks_ns = state.get("picks", [])
        self.debts = [Announced(**a) for a in state.get("debts", [])]
        self.credits = [Announced(**a) for a in state.get("credits", []) if a["zone"] in self.roles]
        self.paired = {epc: Announced(**a) for epc, a in state.get("paired", {}).items()}
        self.lone_departures = [Lone(**entry) for entry in state.get("lone_departures", [])]
        self.lone_arrivals = [Lone(**entry) for entry in state.get("lone_arrivals", [])]
        self.incoming = [Announced(**a) for a in state.get("incoming", [])]
        self.named = {epc: z for epc, z in state.get("named", {}).items() if z in self.roles}
        self.corrections = [Announced(**a) for a in state.get("corrections", []) if a["zone"] in self.roles]
