"""Reservations decided on the stock as it is at this instant: grants, changes, collecting, expiry. Pure.

    request ─▶ lines summed ─▶ room of each article for its channel ─┬─ enough ─▶ held
                                                                     └─ short, unsure, unknown ─▶ refused, with
                                                                                     what could be had

What is granted here is committed with the pass, before it is answered.
"""

from collections.abc import Callable
from dataclasses import replace

from gateway.answered import ANSWERED_KEPT_NS
from gateway.answers import availability
from gateway.catalogue import Article
from gateway.channels import Asker
from gateway.config_reservations import ReservationsSection
from gateway.reservations import lifecycle
from gateway.reservations.grant import Room, room_of, summed
from gateway.reservations.lifecycle import TimeLimits
from gateway.reservations.model import (
    Amend,
    Collect,
    Command,
    Confirm,
    Forgetting,
    LineAsked,
    NewReservation,
    OtherVariant,
    Outcome,
    Pick,
    Ready,
    Refusal,
    Release,
    Reservation,
    ReservedLine,
    Risk,
    Shortfall,
    Transfer,
)
from gateway.reservations.risk import RiskWatch
from gateway.site import ns
from gateway.state import State
from gateway.till import Till

MAX_ALTERNATIVES = 5
"""Stores named where the one asked for cannot give: a shopper looks at no more."""
MAX_VARIANT_LOOKS = 12
"""Looks at other sizes and colours for one refusal, 0.1 ms each: a storm on a hot article is full of refusals."""
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
        self.risk = RiskWatch(state, config)
        self._forget_due_ns = 0

    # -- a new one ------------------------------------------------------------------------------------

    def reserve(self, reservation_id: str, asked: NewReservation, now_ns: int) -> Outcome:
        """Hold pieces in the first of the stores asked that has all, else (if allowed) where there is most."""
        lines = summed(asked.lines)
        ttl_ns = self._limits.ttl_ns if asked.ttl_ns is None else asked.ttl_ns
        refusal = (
            self._no_channel(asked)
            or self._unknown(asked.stores, lines)
            or lifecycle.too_long(ttl_ns, self._limits)
        )
        if refusal is not None:
            return refusal
        asked = replace(asked, min_probability=self._least(asked))
        self._depart_now(now_ns)
        tried = [(store, self._secured(store, lines, asked, now_ns)) for store in asked.stores]
        store, found = next(
            ((store, found) for store, found in tried if not isinstance(found, Refusal) and _is_whole(found)),
            ("", None),
        )
        if found is None and asked.allow_partial:
            partial = [(store, found) for store, found in tried if not isinstance(found, Refusal)]
            store, found = max(partial, key=lambda got: _pieces(got[1]), default=("", None))
        if found is None or not _pieces(found):
            return self._shortage(tried, lines, asked, now_ns)
        made = Reservation(
            id=reservation_id,
            store=store,
            state="held",
            lines=found,
            channel=asked.channel,
            owner_ref=asked.owner_ref,
            min_probability=self._least(asked),
            created_ns=now_ns,
            changed_ns=now_ns,
            expires_ns=now_ns + ttl_ns,
            risks=self._accepted(store, found, asked, now_ns),
            fulfilment=asked.fulfilment,
        )
        self._put(made)
        return made

    def _no_channel(self, asked: NewReservation) -> Refusal | None:
        fault = self._state.channels.fault(asked.channel, asked.fulfilment)
        if fault is None:
            return None
        pointer = "/channel" if fault.code == "unknown_channel" else "/fulfilment"
        return Refusal(fault.code, fault.detail, faults=((pointer, fault.detail),))

    def _least(self, asked: NewReservation) -> float:
        """Return how surely pieces must be there: as asked, and never less surely than the channel wants."""
        channels = self._state.channels
        if asked.min_probability is None:
            return channels.promise_at(asked.channel)
        return max(asked.min_probability, channels.least(asked.channel) or 0.0)

    def _accepted(
        self, store: str, lines: tuple[ReservedLine, ...], asked: NewReservation, now_ns: int
    ) -> tuple[Risk, ...]:
        """Return the risks that a channel accepts: pieces of which nothing is known now."""
        if not self._state.channels.accepts_unknown(asked.channel):
            return ()
        return tuple(
            Risk(line.sku, "stock_unknown")
            for line in lines
            if self._room(store, line.sku, asked, now_ns).unknown
        )

    def _unknown(self, stores: tuple[str, ...], lines: tuple[LineAsked, ...]) -> Refusal | None:
        for store in stores:
            if store not in self._state.site.roles:
                return Refusal("unknown_store", f"there is no store {store!r}")
        missing = [line.sku for line in lines if self._state.catalogue.article(line.sku) is None]
        if missing:
            faults = tuple(("/lines", f"{sku!r} is not known") for sku in missing)
            return Refusal("unknown_sku", f"there is no article {missing[0]!r}", faults=faults)
        return None

    def _secured(
        self, store: str, lines: tuple[LineAsked, ...], asked: NewReservation, now_ns: int
    ) -> tuple[ReservedLine, ...] | Refusal:
        """Return what of the lines could be had in a store; a refusal where its stock is not known."""
        found = []
        for line in lines:
            room = self._room(store, line.sku, asked, now_ns)
            if room.unknown and not self._state.channels.accepts_unknown(asked.channel):
                return Refusal("stock_unknown", f"the stock of {line.sku} in {store} is not known now")
            found.append(ReservedLine(line.sku, line.qty, room.granted(line.qty, self._least(asked))))
        return tuple(found)

    def _room(self, store: str, sku: str, asked: NewReservation, now_ns: int) -> Room:
        """Return the room for a request: the very answer that its channel would get now."""
        asker = Asker(asked.channel, asked.fulfilment)
        return room_of(availability(self._state, store, sku, 1, now_ns, is_dated=False, asker=asker))

    def _shortage(
        self,
        tried: list[tuple[str, tuple[ReservedLine, ...] | Refusal]],
        lines: tuple[LineAsked, ...],
        asked: NewReservation,
        now_ns: int,
    ) -> Refusal:
        shortfalls = tuple(
            shortfall
            for store, _ in tried
            for line in lines
            if (shortfall := self._shortfall(store, line, asked, now_ns)) is not None
        )
        alternatives: list[str] = []
        for store in asked.others:
            if len(alternatives) < MAX_ALTERNATIVES and store not in asked.stores:
                found = self._secured(store, lines, asked, now_ns)
                if not isinstance(found, Refusal) and _is_whole(found):
                    alternatives.append(store)
        named = ", ".join(f"{s.requested} of {s.sku} in {s.store}" for s in shortfalls[:3])
        refusal = Refusal("insufficient_availability", f"not all can be had: {named}")
        refusals = [found for _, found in tried if isinstance(found, Refusal)]
        if len(refusals) == len(tried):
            refusal = refusals[0]
        return replace(
            refusal,
            shortfalls=shortfalls,
            alternatives=tuple(alternatives),
            variants=self._variants(shortfalls, asked, now_ns),
        )

    def _variants(
        self, shortfalls: tuple[Shortfall, ...], asked: NewReservation, now_ns: int
    ) -> tuple[OtherVariant, ...]:
        """Return other sizes and colours of what is short that the stores asked have as many of, nearest in kind first."""
        found: list[OtherVariant] = []
        looks = MAX_VARIANT_LOOKS
        for sku, qty in {s.sku: s.requested for s in shortfalls}.items():
            for other in _alike(self._state.catalogue.variants(sku)):
                if looks < len(asked.stores):
                    return tuple(found)
                looks -= len(asked.stores)
                line = (LineAsked(other, qty),)
                tried = [(store, self._secured(store, line, asked, now_ns)) for store in asked.stores]
                able = tuple(store for store, got in tried if not isinstance(got, Refusal) and _is_whole(got))
                if able:
                    found.append(OtherVariant(sku, other, able))
        return tuple(found)

    def _shortfall(self, store: str, line: LineAsked, asked: NewReservation, now_ns: int) -> Shortfall | None:
        room = self._room(store, line.sku, asked, now_ns)
        if room.unknown and not self._state.channels.accepts_unknown(asked.channel):
            return Shortfall(store, line.sku, line.qty, 0, room.unknown[0])
        granted = room.granted(line.qty, self._least(asked))
        if granted >= line.qty:
            return None
        reason = room.short_of(line.qty)
        return Shortfall(store, line.sku, line.qty, granted, reason, room.probability(line.qty))

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
        refusal = self._unknown(asked.stores, asked.lines)
        if refusal is not None:
            return refusal
        self._depart_now(now_ns)
        lines = self._secured(command.store, asked.lines, asked, now_ns)
        if isinstance(lines, Refusal) or not _is_whole(lines):
            return self._shortage([(command.store, lines)], asked.lines, asked, now_ns)
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
        refusal = self._unknown(asked.stores, asked.lines)
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
            gained = self._secured(found.store, tuple(more), asked, now_ns)
            if isinstance(gained, Refusal) or not _is_whole(gained):
                return self._shortage([(found.store, gained)], tuple(more), asked, now_ns)
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


def _alike(variants: list[Article]) -> list[str]:
    """Return the SKUs behind the first article, those of the same size or colour first."""
    if not variants:
        return []
    wanted, *others = variants
    others.sort(key=lambda other: (other.size != wanted.size) + (other.colour != wanted.colour))
    return [other.sku for other in others]


def _is_whole(lines: tuple[ReservedLine, ...]) -> bool:
    return all(line.secured == line.requested for line in lines)


def _pieces(lines: tuple[ReservedLine, ...]) -> int:
    return sum(line.secured for line in lines)


def leaving(found: Reservation) -> list[tuple[str, str, str | None]]:
    """Return (ref of its sale, SKU, its tag where one was picked) of each piece that the customer takes."""
    pieces: list[tuple[str, str | None]] = []
    for line in found.lines:
        pieces += [(line.sku, epc) for epc in line.epcs]
        pieces += [(line.sku, None)] * (line.secured - len(line.epcs))
    return [(f"reservation:{found.id}:{number}", *piece) for number, piece in enumerate(pieces, 1)]
