"""What left without a sale is noted for the digest, once the sale had its time; and taken back when it is told."""

from dataclasses import replace

from gateway.alerts.records import AlertType, Severity
from gateway.alerts.rules import Condition
from gateway.gate_watch import TOLD_NS, GateWatch
from gateway.movements import Movement, MovementKind, ZoneDelta
from tests.support.small_site import STORE, T0, S, SmallShop, epc

TEE, OTHER = epc("TEE", 1), epc("TEE", 2)
WINDOW = 2 * 3_600 * S
LEFT = Movement(
    at_ns=T0,
    recorded_ns=T0,
    store=STORE,
    sku="TEE",
    pieces=1,
    kind=MovementKind.DEPARTED,
    epc=TEE,
    deltas=(ZoneDelta("floor", -1),),
    cause="exit",
)
SOLD_ANOTHER = replace(LEFT, kind=MovementKind.SOLD, cause="till", epc=OTHER, at_ns=T0 + S, ref="r1")


def watch_of(*movements: Movement) -> GateWatch:
    """Return a watch that was told of these."""
    watch = GateWatch(SmallShop().engine.state)
    watch.take(movements)
    return watch


def verdicts(watch: GateWatch, now_ns: int) -> list[Condition]:
    """Return what is said at a time."""
    return list(watch.judged(now_ns))


def test_a_piece_is_noted_when_its_sale_had_its_time() -> None:
    """Not a nanosecond before the window is over; for information, with how many and when."""
    watch = watch_of(LEFT, SOLD_ANOTHER)
    assert verdicts(watch, T0 + WINDOW - 1) == []
    (found,) = verdicts(watch, T0 + WINDOW)
    assert (found.type, found.severity, found.fires) == (AlertType.GATE_EXIT_UNPAID, Severity.INFO, True)
    assert found.evidence["pieces"] == 1
    assert verdicts(watch, T0 + WINDOW + S) == []


def test_its_sale_or_its_coming_back_ends_it() -> None:
    """Told within the window nothing is said at all; told later, it is taken back."""
    sale = replace(LEFT, kind=MovementKind.SOLD, cause="pairing", at_ns=T0 + 2 * S)
    back = replace(LEFT, kind=MovementKind.ARRIVED, cause="rfid", at_ns=T0 + 2 * S)
    for end in (sale, back):
        assert verdicts(watch_of(LEFT, SOLD_ANOTHER, end), T0 + WINDOW) == []
        watch = watch_of(LEFT, SOLD_ANOTHER)
        assert [v.fires for v in verdicts(watch, T0 + WINDOW)] == [True]
        watch.take([end])
        assert [(v.fires, v.clears) for v in verdicts(watch, T0 + WINDOW + S)] == [(False, True)]


def test_paid_pieces_silent_ones_and_silent_tills_are_not_noted() -> None:
    """A departure that a sale paid, a tag that fell silent, and a till that told nothing since."""
    paid, unseen = replace(LEFT, ref="till-1"), replace(LEFT, cause="silence")
    earlier = replace(SOLD_ANOTHER, at_ns=T0 - S)
    for story in ((paid, SOLD_ANOTHER), (unseen, SOLD_ANOTHER), (LEFT,), (LEFT, earlier)):
        assert verdicts(watch_of(*story), T0 + WINDOW) == []


def test_it_stands_for_the_next_digest_and_no_longer_over_a_restart_too() -> None:
    """A day and a half; after a restart as long again, for which piece it was is not known any more."""
    watch = watch_of(LEFT, SOLD_ANOTHER)
    verdicts(watch, T0 + WINDOW)
    assert verdicts(watch, T0 + TOLD_NS - 1) == []
    assert [v.clears for v in verdicts(watch, T0 + TOLD_NS)] == [True]
    again = watch_of()
    again.restore([f"gate_exit_unpaid|{STORE}|TEE|", f"low_stock|{STORE}|TEE|"])
    assert verdicts(again, T0) == []
    assert [(v.sku, v.clears) for v in verdicts(again, T0 + TOLD_NS)] == [("TEE", True)]
