"""What a reservation is, what may be asked of one, and what is answered. Plain values. Pure.

held ─ confirm ─▶ confirmed ─ pick ─▶ picking ─ ready ─▶ ready ─ collect ─▶ collected
  └─────────────────┴────────────────────┴────────────────┴─▶ released | expired | short
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic_core import to_json

from gateway.channels.model import Fulfilment

ReservationState = Literal[
    "held", "confirmed", "picking", "ready", "collected", "released", "expired", "short"
]  # fmt: skip
RiskReason = Literal["not_enough", "stock_unknown", "not_sure", "picked_piece_left"]
OPEN_STATES: frozenset[ReservationState] = frozenset({"held", "confirmed", "picking", "ready"})
"""States whose pieces are subtracted from what is available, until the reservation expires."""


@dataclass(frozen=True, slots=True)
class LineAsked:
    """So many pieces of an article."""

    sku: str
    qty: int


@dataclass(frozen=True, slots=True)
class ReservedLine:
    """The pieces of one article. `secured` ≤ `requested`; `picked` ≤ `secured`, the tags `epcs` among them."""

    sku: str
    requested: int
    secured: int
    picked: int = 0
    epcs: tuple[str, ...] = ()

    @property
    def is_picked(self) -> bool:
        """Return whether all its pieces lie ready for the customer."""
        return self.picked >= self.secured


@dataclass(frozen=True, slots=True)
class Risk:
    """Why the pieces of one line may not be there."""

    sku: str
    reason: RiskReason


@dataclass(frozen=True, slots=True)
class Reservation:
    """A reservation as it stands after its last change. Times in ns.

    `expires_ns`: from then on it holds nothing (the end of the hold, later of the time to collect).
    `version` grows with each change. `owner_ref` is opaque, and None once it was erased.
    """

    id: str
    store: str
    state: ReservationState
    lines: tuple[ReservedLine, ...]
    channel: str
    owner_ref: str | None
    min_probability: float
    created_ns: int
    changed_ns: int
    expires_ns: int
    confirmed_ns: int | None = None
    ready_ns: int | None = None
    closed_ns: int | None = None
    risks: tuple[Risk, ...] = ()
    version: int = 1
    fulfilment: Fulfilment = "pickup"

    @property
    def is_open(self) -> bool:
        """Return whether it was neither collected nor ended when it last changed; it may have expired since."""
        return self.state in OPEN_STATES

    def counts_at(self, now_ns: int) -> bool:
        """Return whether its pieces are taken: expiry is decided here, at the time of the question."""
        return self.state in OPEN_STATES and now_ns < self.expires_ns

    def line(self, sku: str) -> ReservedLine | None:
        """Return the line of an article."""
        return next((line for line in self.lines if line.sku == sku), None)

    def changed(self, now_ns: int, **fields: Any) -> "Reservation":
        """Return it with `fields` set, as its next version."""
        return replace(self, **fields, changed_ns=now_ns, version=self.version + 1)

    def as_of(self, now_ns: int) -> "Reservation":
        """Return what it is now: one whose time is over is expired, whether or not that was written down."""
        if not self.is_open or self.counts_at(now_ns):
            return self
        return self.changed(self.expires_ns, state="expired", closed_ns=self.expires_ns, risks=())

    def to_json(self) -> str:
        """Return all of it but for `owner_ref`, which is stored (and erased) apart."""
        fields = self.fields()
        fields["owner_ref"] = None
        return _compact(fields)

    def fields(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "id": self.id,
            "store": self.store,
            "state": self.state,
            "lines": [[x.sku, x.requested, x.secured, x.picked, x.epcs] for x in self.lines],
            "channel": self.channel,
            "owner_ref": self.owner_ref,
            "min_probability": self.min_probability,
            "created_ns": self.created_ns,
            "changed_ns": self.changed_ns,
            "expires_ns": self.expires_ns,
            "confirmed_ns": self.confirmed_ns,
            "ready_ns": self.ready_ns,
            "closed_ns": self.closed_ns,
            "risks": [[risk.sku, risk.reason] for risk in self.risks],
            "version": self.version,
            "fulfilment": self.fulfilment,
        }


def reservation_of(fields: Mapping[str, Any], owner_ref: str | None = None) -> Reservation:
    """Return the reservation that `Reservation.fields` wrote; `owner_ref` where that was stored apart."""
    return Reservation(
        **{
            **fields,
            "lines": tuple(
                ReservedLine(sku, requested, secured, picked, tuple(epcs))
                for sku, requested, secured, picked, epcs in fields["lines"]
            ),
            "risks": tuple(Risk(*risk) for risk in fields["risks"]),
            "owner_ref": owner_ref if owner_ref is not None else fields["owner_ref"],
        }
    )


def _compact(value: object) -> str:
    """Return JSON without blanks, in a quarter of the standard library's time: each hold is written thrice."""
    return to_json(value).decode()


# -- what may be asked --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NewReservation:
    """Pieces asked for: in the first of `stores` that can give all of them.

    `ttl_ns` None: the site's default. `others`: stores that may be named as alternatives, in that order.
    With `allow_partial` what there is of them is taken, at least one piece. `min_probability` None: as the
    channel's, else as the site promises.
    """

    stores: tuple[str, ...]
    lines: tuple[LineAsked, ...]
    channel: str
    owner_ref: str | None = None
    ttl_ns: int | None = None
    allow_partial: bool = False
    min_probability: float | None = 0.9
    others: tuple[str, ...] = ()
    fulfilment: Fulfilment = "pickup"


@dataclass(frozen=True, slots=True)
class Confirm:
    """The order is placed. `collect_by_ns` None: the site's default from now."""

    collect_by_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """The pieces are not wanted any more."""


@dataclass(frozen=True, slots=True)
class Short:
    """The pieces were looked for and not found."""


@dataclass(frozen=True, slots=True)
class Pick:
    """Pieces were taken from where they were: these tags, and so many of articles without."""

    epcs: tuple[str, ...] = ()
    lines: tuple[LineAsked, ...] = ()


@dataclass(frozen=True, slots=True)
class Ready:
    """All pieces lie ready for the customer."""


@dataclass(frozen=True, slots=True)
class Collect:
    """The customer has the pieces. `sold_by_till`: a till tells of their sale itself."""

    sold_by_till: bool = False


@dataclass(frozen=True, slots=True)
class Transfer:
    """Another store is to give the pieces."""

    store: str


@dataclass(frozen=True, slots=True)
class Amend:
    """More time, or other quantities (0 takes a line out). `version` must be the reservation's."""

    version: int
    ttl_ns: int | None = None
    collect_by_ns: int | None = None
    lines: tuple[LineAsked, ...] = ()


Command = Confirm | Release | Short | Pick | Ready | Collect | Transfer | Amend


# -- what is answered -----------------------------------------------------------------------------------

RefusalCode = Literal[
    "insufficient_availability", "stock_unknown", "unknown_sku", "unknown_store", "unknown_reservation",
    "wrong_state", "reservation_changed", "beyond_limit", "not_of_reservation", "idempotency_in_progress",
    "idempotency_key_reused", "overloaded", "unknown_channel", "fulfilment_not_offered",
]  # fmt: skip
LASTING_REFUSALS: frozenset[RefusalCode] = frozenset({"insufficient_availability", "stock_unknown"})
"""Refusals by the state of the shop: a repeat of the same request gets the same answer. The others are the
caller's to mend, or pass by themselves."""


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A line that cannot be had. `obtainable`: pieces that could be; `probability` of as many as asked for."""

    store: str
    sku: str
    requested: int
    obtainable: int
    reason: str
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class OtherVariant:
    """Another size or colour of an article that cannot be had, and the stores that have as many of it."""

    instead_of: str
    sku: str
    stores: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing was done. `faults`: (JSON pointer, reason); `alternatives`: stores that could give all;
    `variants`: what the stores asked could give instead.
    """

    code: RefusalCode
    detail: str
    shortfalls: tuple[Shortfall, ...] = ()
    alternatives: tuple[str, ...] = ()
    faults: tuple[tuple[str, str], ...] = ()
    variants: tuple[OtherVariant, ...] = ()


Outcome = Reservation | Refusal


@dataclass(frozen=True, slots=True)
class Decided:
    """An outcome, and whether it is the stored one of an earlier request with the same key."""

    outcome: Outcome
    replayed: bool = False


def outcome_json(outcome: Outcome) -> str:
    """Return an outcome as JSON."""
    if isinstance(outcome, Reservation):
        return _compact({"reservation": outcome.fields()})
    refusal = {
        "code": outcome.code,
        "detail": outcome.detail,
        "shortfalls": [
            [x.store, x.sku, x.requested, x.obtainable, x.reason, x.probability] for x in outcome.shortfalls
        ],
        "alternatives": outcome.alternatives,
        "faults": outcome.faults,
        "variants": [[x.instead_of, x.sku, x.stores] for x in outcome.variants],
    }
    return _compact({"refusal": refusal})


def ownerless_json(outcome: Outcome) -> str:
    """Return an outcome as JSON, without whose reservation it is."""
    return (
        f'{{"reservation":{outcome.to_json()}}}'
        if isinstance(outcome, Reservation)
        else outcome_json(outcome)
    )


def outcome_of(text: str) -> Outcome:
    """Return the outcome that `outcome_json` wrote."""
    raw = json.loads(text)
    if "reservation" in raw:
        return reservation_of(raw["reservation"])
    refusal = raw["refusal"]
    return Refusal(
        refusal["code"],
        refusal["detail"],
        tuple(Shortfall(*fields) for fields in refusal["shortfalls"]),
        tuple(refusal["alternatives"]),
        tuple((pointer, reason) for pointer, reason in refusal["faults"]),
        tuple(OtherVariant(of, sku, tuple(stores)) for of, sku, stores in refusal.get("variants", ())),
    )


@dataclass(frozen=True, slots=True)
class ReservationQuery:
    """Which reservations to list, newest first. Empty: all. `due_ns`: open ones that end by then.

    `before` = (created_ns, id) of the last one of the page before.
    """

    stores: tuple[str, ...] = ()
    states: tuple[ReservationState, ...] = ()
    owner_ref: str | None = None
    due_ns: int | None = None
    before: tuple[int, str] | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Forgetting:
    """What the tables let go with a commit, at most `most` rows of each kind: owner references of
    reservations closed before, closed reservations, and answered requests."""

    owners_before_ns: int
    closed_before_ns: int
    answered_before_ns: int
    most: int
