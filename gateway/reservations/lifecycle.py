"""The steps of a reservation's life that need no look at the stock. Pure.

    command   from                               to           done already
    confirm   held                               confirmed    confirmed, picking, ready, collected
    pick      confirmed, picking                 picking      (piece by piece)
    ready     confirmed, picking                 ready        ready, collected
    collect   confirmed, picking, ready          collected    collected
    release   held, confirmed, picking, ready    released     released, expired, short
    short     held, confirmed, picking, ready    short        short

Each is idempotent by state: where its end is reached already, the reservation is answered as it is.
"""

from dataclasses import dataclass, replace

from gateway.reservations.model import (
    Amend,
    Collect,
    Confirm,
    LineAsked,
    Outcome,
    Pick,
    Ready,
    Refusal,
    Release,
    Reservation,
    ReservationState,
    ReservedLine,
    Short,
)

FROM: dict[type, frozenset[ReservationState]] = {
    Confirm: frozenset({"held"}),
    Pick: frozenset({"confirmed", "picking"}),
    Ready: frozenset({"confirmed", "picking"}),
    Collect: frozenset({"confirmed", "picking", "ready"}),
    Release: frozenset({"held", "confirmed", "picking", "ready"}),
    Short: frozenset({"held", "confirmed", "picking", "ready"}),
}
DONE: dict[type, frozenset[ReservationState]] = {
    Confirm: frozenset({"confirmed", "picking", "ready", "collected"}),
    Pick: frozenset(),
    Ready: frozenset({"ready", "collected"}),
    Collect: frozenset({"collected"}),
    Release: frozenset({"released", "expired", "short"}),
    Short: frozenset({"short"}),
}


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """The [reservations] table's durations, in ns."""

    ttl_ns: int
    max_held_ns: int
    collect_ns: int
    max_collect_ns: int


def is_done(found: Reservation, command: object) -> bool:
    """Return whether the end of a command is reached already."""
    return found.state in DONE.get(type(command), frozenset())


def wrong_state(found: Reservation, command: object) -> Refusal | None:
    """Return the refusal of a command that the reservation's state does not allow."""
    allowed = FROM.get(type(command))
    if allowed is None or found.state in allowed:
        return None
    verb, from_states = type(command).__name__.lower(), " or ".join(sorted(allowed))
    return Refusal("wrong_state", f"{verb} is for a reservation that is {from_states}; this is {found.state}")


def confirm(found: Reservation, command: Confirm, limits: TimeLimits, now_ns: int) -> Outcome:
    """The order is placed: from now on the time to collect counts."""
    by_ns = now_ns + limits.collect_ns if command.collect_by_ns is None else command.collect_by_ns
    refusal = _collect_refusal(by_ns, now_ns, now_ns, limits)
    if refusal is not None:
        return refusal
    return found.changed(now_ns, state="confirmed", confirmed_ns=now_ns, expires_ns=by_ns)


def _collect_refusal(by_ns: int, confirmed_ns: int, now_ns: int, limits: TimeLimits) -> Refusal | None:
    latest_ns = confirmed_ns + limits.max_collect_ns
    if now_ns < by_ns <= latest_ns:
        return None
    detail = f"collect_by must lie ahead, at most {limits.max_collect_ns // 10**9} s after the confirmation"
    return Refusal("beyond_limit", detail, faults=(("/collect_by", "not ahead, or too far ahead"),))


def end(found: Reservation, state: ReservationState, now_ns: int) -> Reservation:
    """Return a reservation that is over: it holds nothing any more."""
    return found.changed(now_ns, state=state, closed_ns=now_ns, risks=())


def pick(found: Reservation, epcs: dict[str, str], lines: tuple[LineAsked, ...], now_ns: int) -> Outcome:
    """Note pieces as picked. `epcs`: the SKU of each tag; `lines`: pieces without tags, picked in all so far.

    What was picked before is counted once, so that a repeat changes nothing.
    """
    picked = {line.sku: line for line in found.lines}
    for epc, sku in epcs.items():
        line = picked.get(sku)
        if line is None:
            return _foreign(f"{epc} is a piece of {sku}, which this reservation has no line of", "/epcs")
        if epc not in line.epcs:
            picked[sku] = replace(line, epcs=(*line.epcs, epc), picked=line.picked + 1)
    for asked in lines:
        line = picked.get(asked.sku)
        if line is None:
            return _foreign(f"this reservation has no line of {asked.sku}", "/lines")
        picked[asked.sku] = replace(line, picked=max(line.picked, asked.qty))
    over = next((line for line in picked.values() if line.picked > line.secured), None)
    if over is not None:
        return _foreign(f"{over.picked} pieces of {over.sku} are more than the {over.secured} held", "/epcs")
    after = tuple(picked.values())
    if after == found.lines and found.state == "picking":
        return found
    return found.changed(now_ns, state="picking", lines=after)


def _foreign(detail: str, pointer: str) -> Refusal:
    return Refusal("not_of_reservation", detail, faults=((pointer, detail),))


def make_ready(found: Reservation, now_ns: int) -> Reservation:
    """Return it ready: all that is held is picked."""
    lines = tuple(replace(line, picked=line.secured) for line in found.lines)
    return found.changed(now_ns, state="ready", ready_ns=now_ns, lines=lines)


def moved_to(found: Reservation, store: str, lines: tuple[ReservedLine, ...], now_ns: int) -> Reservation:
    """Return it in another store, where nothing of it is picked yet."""
    state: ReservationState = "held" if found.state == "held" else "confirmed"
    return found.changed(now_ns, store=store, state=state, lines=lines, risks=())


def too_long(ttl_ns: int, limits: TimeLimits, held_ns: int = 0) -> Refusal | None:
    """Return the refusal of a hold that would last beyond the site's limit; `held_ns`: it has lasted so long."""
    if held_ns + ttl_ns <= limits.max_held_ns:
        return None
    left_s = max(0, limits.max_held_ns - held_ns) // 10**9
    detail = f"a hold lasts {limits.max_held_ns // 10**9} s at most; of this one {left_s} s are left"
    return Refusal("beyond_limit", detail, faults=(("/ttl_s", f"at most {left_s} now"),))


def extended(found: Reservation, command: Amend, limits: TimeLimits, now_ns: int) -> Outcome:
    """Return it with another end, within the limits."""
    if command.ttl_ns is not None:
        if found.state != "held":
            return Refusal("wrong_state", f"ttl_s is of a hold; this is {found.state}: set collect_by")
        refusal = too_long(command.ttl_ns, limits, now_ns - found.created_ns)
        return refusal or replace(found, expires_ns=now_ns + command.ttl_ns)
    if command.collect_by_ns is not None:
        if found.confirmed_ns is None:
            return Refusal("wrong_state", "a hold has no time to collect before it is confirmed: set ttl_s")
        refusal = _collect_refusal(command.collect_by_ns, found.confirmed_ns, now_ns, limits)
        return refusal or replace(found, expires_ns=command.collect_by_ns)
    return found
