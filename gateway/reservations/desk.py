"""Reservations decided on the stock as it is at this instant: grants, changes, collecting, expiry. Pure.

    request ─▶ lines summed ─▶ room of each article for its channel ─┬─ enough ─▶ held
                                                                     └─ short, unsure, unknown ─▶ refused, with
                                                                                     what could be had

What is granted here is committed with the pass, before it is answered.
"""

from collections.abc import Callable
from dataclasses import replace

from gateway.answered import ANSWERED_KEPT_NS
from gateway.config.reservations import ReservationsSection
from gateway.reservations import lifecycle
from gateway.reservations.grant import summed
from gateway.reservations.lifecycle import TimeLimits
from gateway.reservations.model import (
    Amend,
    Collect,
    Command,
    Confirm,
    Forgetting,
    LineAsked,
    NewReservation,
    Outcome,
    Pick,
    Ready,
    Refusal,
    Release,
    Reservation,
    ReservedLine,
    Transfer,
)
from gateway.reservations.offers import Offers, is_whole
from gateway.reservations.risk import RiskWatch
from gateway.site import ns
from gateway.state import State
from gateway.till import Till

FIRST_FORGET_NS, FORGET_EVERY_NS = 60 * 1_000_000_000, 3_600 * 1_000_000_000
FORGET_AT_ONCE, FORGOTTEN_PER_COMMIT = 20_000, 500
"""Rows let go by the hour, and with each commit that has reservations besides twice what that adds: none stalls."""


class ReservationDesk:
    """Decides on reservations of one state. `depart_now` has departures take effect that were told just now."""

    def __init__(self, state: State, till: Till, depart_now: Callable[[int], None]) -> None:
        config: ReservationsSection = state.site.config.reservations
        self._state = state
        self._till = till
        self._depart_now = depart_now
        self._config = config
        self._limits = TimeLimits(
            ns(config.ttl_s), ns(config.max_held_s), ns(config.collect_s), ns(config.max_collect_s)
        )
        self._offers = Offers(state)
        self.risk = RiskWatch(state, config)
        self._forget_due_ns = 0

    # -- a new one ------------------------------------------------------------------------------------

    def reserve(self, reservation_id: str, asked: NewReservation, now_ns: int) -> Outcome:
        """Hold pieces in the first of the stores asked that has all, else (if allowed) where there is most."""
        lines = summed(asked.lines)
        ttl_ns = self._limits.ttl_ns if asked.ttl_ns is None else asked.ttl_ns
        refusal = (
            self._offers.no_channel(asked)
            or self._offers.unknown(asked.stores, asked.lines)
            or lifecycle.too_long(ttl_ns, self._limits)
        )
        if refusal is not None:
            return refusal
        self._depart_now(now_ns)
        tried = [(store, self._offers.secured(store, lines, asked, now_ns)) for store in asked.stores]
        store, found = next(
            ((store, found) for store, found in tried if not isinstance(found, Refusal) and is_whole(found)),
            ("", None),
        )
        if found is None and asked.allow_partial:
            partial = [(store, found) for store, found in tried if not isinstance(found, Refusal)]
            store, found = max(partial, key=lambda got: _pieces(got[1]), default=("", None))
        if found is None or not _pieces(found):
            return self._offers.shortage(tried, lines, asked, now_ns)
        made = Reservation(
            id=reservation_id,
            store=store,
            state="held",
            lines=found,
            channel=asked.channel,
            owner_ref=asked.owner_ref,
            min_probability=self._offers.least(asked),
            created_ns=now_ns,
            changed_ns=now_ns,
            expires_ns=now_ns + ttl_ns,
            risks=self._offers.accepted(store, found, asked, now_ns),
            fulfilment=asked.fulfilment,
        )
        self._put(made)
        return made

    # -- a change of one ------------------------------------------------------------------------------

    def change(self, stored: Reservation, command: Command, now_ns: int) -> Outcome:
        """Let a command take effect on a reservation as it is now."""
        found = stored.as_of(now_ns)
        if lifecycle.is_done(found, command):
            return found
        refusal = lifecycle.wrong_state(found, command)
        if refusal is not None:
            return self._done_pick(found, command) or refusal
        after = self._changed(found, command, now_ns)
        if isinstance(after, Reservation) and after is not found:
            self._put(after)
            self._state.touched.update((found.store, line.sku) for line in found.lines)
        return after

    def _changed(self, found: Reservation, command: Command, now_ns: int) -> Outcome:
        match command:
            case Confirm():
                return lifecycle.confirm(found, command, self._limits, now_ns)
            case Pick():
                return self._pick(found, command, now_ns)
            case Ready():
                return lifecycle.make_ready(found, now_ns)
            case Collect():
                return self._collect(found, command, now_ns)
            case Release():
                return lifecycle.end(found, "released", now_ns)
            case Transfer():
                return self._transfer(found, command, now_ns)
            case Amend():
                return self._amend(found, command, now_ns)
            case _:
                return lifecycle.end(found, "short", now_ns)

    def _done_pick(self, found: Reservation, command: Command) -> Reservation | None:
        """Return the reservation where all tags of a pick are picked for it already."""
        if not isinstance(command, Pick) or found.state not in {"ready", "collected"} or not command.epcs:
            return None
        have = {epc for line in found.lines for epc in line.epcs}
        return found if have.issuperset(command.epcs) and not command.lines else None

    def _pick(self, found: Reservation, command: Pick, now_ns: int) -> Outcome:
        epcs = {epc: self._state.identifier.tag(epc) for epc in command.epcs}
        for epc, sku in epcs.items():
            other = self._state.book.picked_by(found.store, sku, epc)
            if other is not None and other != found.id:
                detail = f"{epc} is picked for another reservation"
                return Refusal("not_of_reservation", detail, faults=(("/epcs", detail),))
        for line in command.lines:
            if self._state.ledger.tracked_by(found.store, line.sku) == "tag":
                detail = f"pieces of {line.sku} bear tags: name their EPCs"
                return Refusal("not_of_reservation", detail, faults=(("/lines", detail),))
        return lifecycle.pick(found, epcs, command.lines, now_ns)

    def _collect(self, found: Reservation, command: Collect, now_ns: int) -> Reservation:
        """The pieces leave with the customer: by their tags, else by their articles as sales paid already."""
        if not command.sold_by_till:
            for ref, sku, epc in leaving(found):
                self._till.sell(found.store, sku, epc, ref, now_ns, now_ns)
            self._depart_now(now_ns)
        return lifecycle.end(found, "collected", now_ns)

    def _transfer(self, found: Reservation, command: Transfer, now_ns: int) -> Outcome:
        if command.store == found.store:
            return found
        if found.state not in {"held", "confirmed", "picking"}:
            return Refusal(
                "wrong_state", f"a reservation that is {found.state} is not given to another store"
            )
        asked = NewReservation(
            (command.store,),
            tuple(LineAsked(line.sku, line.secured) for line in found.lines if line.secured),
            found.channel,
            min_probability=found.min_probability,
            fulfilment=found.fulfilment,
        )
        refusal = self._offers.unknown(asked.stores, asked.lines)
        if refusal is not None:
            return refusal
        self._depart_now(now_ns)
        lines = self._offers.secured(command.store, asked.lines, asked, now_ns)
        if isinstance(lines, Refusal) or not is_whole(lines):
            return self._offers.shortage([(command.store, lines)], asked.lines, asked, now_ns)
        return lifecycle.moved_to(found, command.store, lines, now_ns)

    def _amend(self, found: Reservation, command: Amend, now_ns: int) -> Outcome:
        if found.version != command.version:
            return Refusal("reservation_changed", f"it is at version {found.version}, not {command.version}")
        if not found.is_open:
            return Refusal("wrong_state", f"a reservation that is {found.state} is not changed any more")
        extended = lifecycle.extended(found, command, self._limits, now_ns)
        if isinstance(extended, Refusal):
            return extended
        lines = self._amended(found, command.lines, now_ns)
        if isinstance(lines, Refusal):
            return lines
        if lines == found.lines and extended.expires_ns == found.expires_ns:
            return found
        kept = {line.sku for line in lines}
        risks = tuple(risk for risk in found.risks if risk.sku in kept)
        return found.changed(now_ns, expires_ns=extended.expires_ns, lines=lines, risks=risks)

    def _amended(
        self, found: Reservation, wanted: tuple[LineAsked, ...], now_ns: int
    ) -> tuple[ReservedLine, ...] | Refusal:
        """Return the lines with other quantities: fewer are given back, more are granted as new ones are."""
        asked = NewReservation(
            (found.store,),
            summed(wanted),
            found.channel,
            min_probability=found.min_probability,
            fulfilment=found.fulfilment,
        )
        refusal = self._offers.unknown(asked.stores, wanted)
        if refusal is not None:
            return refusal
        if wanted and found.state == "ready":
            return Refusal("wrong_state", "its pieces lie ready: quantities are changed before")
        lines = {line.sku: line for line in found.lines}
        more = []
        for line in asked.lines:
            before = lines.get(line.sku, ReservedLine(line.sku, 0, 0))
            if line.qty < before.picked:
                detail = f"{before.picked} pieces of {line.sku} are picked already"
                return Refusal("not_of_reservation", detail, faults=(("/lines", detail),))
            if line.qty > before.secured:
                more.append(LineAsked(line.sku, line.qty - before.secured))
            lines[line.sku] = replace(before, requested=line.qty, secured=line.qty)
        if more:
            self._depart_now(now_ns)
            gained = self._offers.secured(found.store, tuple(more), asked, now_ns)
            if isinstance(gained, Refusal) or not is_whole(gained):
                return self._offers.shortage([(found.store, gained)], tuple(more), asked, now_ns)
        left = tuple(line for line in lines.values() if line.requested)
        if not left:
            return Refusal("not_of_reservation", "no line is left: release the reservation instead")
        return left

    # -- time -----------------------------------------------------------------------------------------

    def advance(self, now_ns: int) -> None:
        """Write down what expired, and look which holds are at risk. Answers do not wait for this."""
        for reservation in self._state.book.expired(now_ns):
            self._put(reservation.as_of(now_ns))
        self.risk.advance(now_ns)

    def forgetting(self, now_ns: int) -> Forgetting | None:
        """Return what the tables let go with the next commit; None: that has nothing to do with them."""
        changed = self._state.book.unwritten
        self._forget_due_ns = self._forget_due_ns or now_ns + FIRST_FORGET_NS
        is_due = now_ns >= self._forget_due_ns
        if not is_due and not changed:
            return None
        if is_due:
            self._forget_due_ns = now_ns + FORGET_EVERY_NS
        return Forgetting(
            owners_before_ns=now_ns - ns(self._config.erase_owner_after_s),
            closed_before_ns=now_ns - ns(self._config.forget_after_s),
            answered_before_ns=now_ns - ANSWERED_KEPT_NS,
            most=FORGET_AT_ONCE if is_due else FORGOTTEN_PER_COMMIT + 2 * changed,
        )

    def _put(self, reservation: Reservation) -> None:
        self._state.book.put(reservation)
        keys = [(reservation.store, line.sku) for line in reservation.lines]
        self._state.touched.update(keys)
        self.risk.look_at(keys)


def _pieces(lines: tuple[ReservedLine, ...]) -> int:
    return sum(line.secured for line in lines)


def leaving(found: Reservation) -> list[tuple[str, str, str | None]]:
    """Return (ref of its sale, SKU, its tag where one was picked) of each piece that the customer takes."""
    pieces: list[tuple[str, str | None]] = []
    for line in found.lines:
        pieces += [(line.sku, epc) for epc in line.epcs]
        pieces += [(line.sku, None)] * (line.secured - len(line.epcs))
    return [(f"reservation:{found.id}:{number}", *piece) for number, piece in enumerate(pieces, 1)]
