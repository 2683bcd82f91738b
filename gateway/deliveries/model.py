"""A delivery as a value: what is expected, when, and how much of it has come. Pure.

    expected ─▶ partly_received ─▶ received
       │               └──────────▶ closed      (what did not come will not come)
       └─▶ cancelled

arrived + still expected = quantity, for every line, whatever came in which order. Times in ns.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

DeliveryState = Literal["expected", "partly_received", "received", "closed", "cancelled"]
Ending = Literal["closed", "cancelled"]

MAX_LINES = 1_000
"""Articles of one delivery: a lorry's, for a shop."""
MAX_LINE_QTY = 1_000
"""Pieces of one line, as of one event: more is a typing error."""
MAX_PIECES = 20_000
"""Pieces of one delivery: a shop unpacks a tenth of that in a day."""
MAX_EPCS = 5_000
"""Tags that one delivery names: its row on disk stays under 150 kB."""


@dataclass(frozen=True, slots=True)
class LineAsked:
    """Pieces of one article, named by `sku` or `gtin`; `epcs`: the tags of some or all of them."""

    sku: str | None
    gtin: str | None
    qty: int
    epcs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExpectedLine:
    """Pieces of one article. `seen`: those of its `epcs` that have come, which are among those `arrived`."""

    sku: str
    qty: int
    epcs: tuple[str, ...] = ()
    arrived: int = 0
    seen: frozenset[str] = frozenset()

    @property
    def missing(self) -> int:
        """Return the pieces that have not come."""
        return self.qty - self.arrived

    @property
    def unnamed(self) -> int:
        """Return the pieces that have not come and of which no tag is named."""
        return max(0, (self.qty - len(self.epcs)) - (self.arrived - len(self.seen)))

    def names(self, epc: str | None) -> bool:
        """Return whether this tag is named, and has not come."""
        return epc is not None and epc not in self.seen and epc in self.epcs

    def one_more(self, epc: str | None) -> "ExpectedLine":
        """Return the line after one piece of it came."""
        seen = self.seen | {epc} if epc is not None and epc in self.epcs else self.seen
        return replace(self, arrived=self.arrived + 1, seen=seen)

    def known(self, epc: str) -> "ExpectedLine":
        """Return the line where one of the pieces that came turns out to bear this tag, which it names."""
        return replace(self, seen=self.seen | {epc})


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery to `store`, expected from `from_ns` to `due_ns`. `source`: who sends, in the sender's words.

    `closed_ns`: when the last piece came, or it was ended. `version` grows with each change.
    """

    id: str
    store: str
    lines: tuple[ExpectedLine, ...]
    from_ns: int
    due_ns: int
    created_ns: int
    changed_ns: int
    reference: str | None = None
    source: str | None = None
    ending: Ending | None = None
    closed_ns: int | None = None
    version: int = 1

    @property
    def state(self) -> DeliveryState:
        """Return where it stands."""
        if self.closed_ns is not None:
            return self.ending or "received"
        return "partly_received" if any(line.arrived for line in self.lines) else "expected"

    @property
    def is_open(self) -> bool:
        """Return whether pieces of it may still come."""
        return self.closed_ns is None

    @property
    def pieces(self) -> int:
        """Return all its pieces."""
        return sum(line.qty for line in self.lines)

    @property
    def arrived(self) -> int:
        """Return the pieces that have come."""
        return sum(line.arrived for line in self.lines)

    @property
    def missing(self) -> int:
        """Return the pieces that have not come."""
        return sum(line.qty - line.arrived for line in self.lines)

    def is_late(self, now_ns: int) -> bool:
        """Return whether pieces are missing after the time at which they were expected."""
        return self.is_open and now_ns > self.due_ns

    def line_of(self, sku: str) -> int | None:
        """Return the number of an article's line; each article has one."""
        return next((n for n, line in enumerate(self.lines) if line.sku == sku), None)

    def with_line(self, number: int, line: ExpectedLine, now_ns: int) -> "Delivery":
        """Return it with another line in the place of one."""
        lines = (*self.lines[:number], line, *self.lines[number + 1 :])
        return self.changed(now_ns, lines=lines)

    def changed(self, now_ns: int, **changes: Any) -> "Delivery":
        """Return it after a change: one version on, and closed where nothing of it is to come any more."""
        after = replace(self, changed_ns=now_ns, version=self.version + 1, **changes)
        is_over = after.ending is not None or not after.missing
        return replace(after, closed_ns=now_ns) if is_over and after.is_open else after


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """What is asked to be expected."""

    store: str
    lines: tuple[LineAsked, ...]
    from_ns: int
    due_ns: int
    reference: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class AmendDelivery:
    """Another time, or other quantities, for a delivery that is known at `version`; None and empty: as it was."""

    version: int
    from_ns: int | None = None
    due_ns: int | None = None
    lines: tuple[LineAsked, ...] = ()


@dataclass(frozen=True, slots=True)
class DeliveryQuery:
    """Which deliveries, in the order in which they are due: after the place (due_ns, id), where one is given."""

    stores: tuple[str, ...]
    states: tuple[str, ...] = ()
    due_before_ns: int | None = None
    after: tuple[int, str] | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Pieces of an article that cannot be had."""

    store: str
    sku: str
    requested: int
    obtainable: int


@dataclass(frozen=True, slots=True)
class DocumentRefused:
    """Why nothing was done. `code` is of the API's catalogue; `faults` are (pointer, reason)."""

    code: str
    detail: str
    faults: tuple[tuple[str, str], ...] = ()
    shortfalls: tuple[Shortfall, ...] = ()


DeliveryOutcome = Delivery | DocumentRefused


def line_fields(line: ExpectedLine) -> list[Any]:
    """Return a line for JSON; its `seen` tags as their places among its `epcs`."""
    seen = [place for place, epc in enumerate(line.epcs) if epc in line.seen]
    return [line.sku, line.qty, list(line.epcs), line.arrived, seen]


def line_of_fields(fields: Sequence[Any]) -> ExpectedLine:
    """Return the line that `line_fields` wrote."""
    sku, qty, epcs, arrived, seen = fields
    return ExpectedLine(sku, qty, tuple(epcs), arrived, frozenset(epcs[place] for place in seen))


def delivery_json(delivery: Delivery) -> str:
    """Return a delivery as JSON."""
    fields = {
        "id": delivery.id,
        "store": delivery.store,
        "lines": [line_fields(line) for line in delivery.lines],
        "from_ns": delivery.from_ns,
        "due_ns": delivery.due_ns,
        "created_ns": delivery.created_ns,
        "changed_ns": delivery.changed_ns,
        "reference": delivery.reference,
        "source": delivery.source,
        "ending": delivery.ending,
        "closed_ns": delivery.closed_ns,
        "version": delivery.version,
    }
    return json.dumps(fields, separators=(",", ":"))


def delivery_of(text: str) -> Delivery:
    """Return the delivery that `delivery_json` wrote."""
    fields = json.loads(text)
    return Delivery(**fields | {"lines": tuple(line_of_fields(line) for line in fields["lines"])})
