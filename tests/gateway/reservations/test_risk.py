"""Holds that may not be kept are told, with the reason, and told again when they may; never silence."""

from gateway.alerts.records import AlertState, AlertType
from gateway.reservations.model import Confirm, Pick, Ready, Release, Reservation
from tests.support.holding_shop import HoldingShop
from tests.support.small_site import epc

TEES = [epc("TEE", n) for n in range(1, 4)]


def reasons(shop: HoldingShop, reservation: Reservation) -> list[str]:
    """Return why a reservation is at risk, as it was written."""
    shop.live(shop.now)
    return [risk.reason for risk in shop.reservations[reservation.id].risks]


def alert_states(shop: HoldingShop) -> list[AlertState]:
    """Return the states of the alerts about holds."""
    return [a.state for a in shop.alerts.values() if a.type is AlertType.RESERVATION_AT_RISK]


def test_the_youngest_hold_is_at_risk_when_a_held_piece_is_sold() -> None:
    """A customer took it to the till: the older hold keeps what is left; a return ends the risk."""
    shop = HoldingShop(totes=2)
    older, younger = shop.hold(("TOTE", 1)), shop.hold(("TOTE", 1))
    assert (reasons(shop, older), reasons(shop, younger)) == ([], [])
    shop.tell("sale", sku="TOTE")
    assert (reasons(shop, older), reasons(shop, younger)) == ([], ["not_enough"])
    assert shop.now_is(younger).version == 2
    assert alert_states(shop) == [AlertState.FIRING]
    (alert,) = [a for a in shop.alerts.values() if a.type is AlertType.RESERVATION_AT_RISK]
    assert alert.evidence == {"reservations": 1, "reserved": 2, "on_hand": 1}
    shop.tell("receive", sku="TOTE")
    assert (reasons(shop, older), reasons(shop, younger)) == ([], [])
    shop.wait(60)
    shop.live(shop.now)
    assert alert_states(shop) == [AlertState.RESOLVED]


def test_whose_pieces_lie_picked_is_served_before_the_older() -> None:
    """The piece in the bag is not the one that is missing."""
    shop = HoldingShop(totes=2)
    older, picked = shop.hold(("TOTE", 1)), shop.hold(("TOTE", 1))
    shop.done(picked, Confirm())
    shop.done(picked, Ready())
    shop.tell("sale", sku="TOTE")
    assert (reasons(shop, older), reasons(shop, picked)) == (["not_enough"], [])


def test_the_end_of_the_hold_ends_its_alert() -> None:
    """Released or expired, nobody is waiting any more."""
    for ends_by_itself in (False, True):
        shop = HoldingShop(totes=1)
        held = shop.hold(("TOTE", 1))
        shop.tell("sale", sku="TOTE")
        assert reasons(shop, held) == ["not_enough"]
        if ends_by_itself:
            shop.wait(600)
        else:
            shop.done(held, Release())
        assert reasons(shop, held) == []
        shop.wait(60)
        shop.live(shop.now)
        assert alert_states(shop) == [AlertState.RESOLVED]


def test_stock_that_is_unknown_for_longer_than_a_moment_puts_its_holds_at_risk() -> None:
    """A reader that restarts does not; one that stays silent does, until it sees again. Picked pieces are safe."""
    shop = HoldingShop()
    shop.run(150, *TEES)
    held = shop.hold(("TEE", 1), min_probability=0, ttl_ns=14_400 * 10**9)
    picked = shop.done(shop.hold(("TEE", 1), min_probability=0), Confirm())
    shop.done(picked, Pick((TEES[0],)))
    shop.alive.clear()
    shop.run(90)
    assert shop.stock("TEE").status == "UNKNOWN"
    assert reasons(shop, held) == []
    shop.run(150)
    assert (reasons(shop, held), reasons(shop, picked)) == (["stock_unknown"], [])
    shop.alive.update(("front", "rear", "paris"))
    shop.run(120, *TEES)
    assert shop.stock("TEE").status != "UNKNOWN"
    assert reasons(shop, held) == []


def test_a_restart_tells_nothing_anew_and_forgets_no_risk() -> None:
    """What was at risk still is; what was not, is not for the minute in which nobody sees."""
    shop = HoldingShop(totes=1)
    shop.run(150, *TEES)
    calm, risky = shop.hold(("TEE", 1), min_probability=0), shop.hold(("TOTE", 1))
    shop.tell("sale", sku="TOTE")
    assert reasons(shop, risky) == ["not_enough"]
    versions = {name: r.version for name, r in shop.reservations.items()}
    shop.restart(shop.now)
    shop.run(10, *TEES)
    assert (reasons(shop, calm), reasons(shop, risky)) == ([], ["not_enough"])
    assert {name: r.version for name, r in shop.reservations.items()} == versions
    shop.tell("receive", sku="TOTE")
    assert reasons(shop, risky) == []


def test_evidence_that_fades_is_told_before_the_piece_is_given_up() -> None:
    """A tag that falls silent is doubted first: the hold is at risk while the level still counts it."""
    shop = HoldingShop()
    shop.run(900, *TEES)
    held = shop.hold(("TEE", 3), min_probability=0.9, ttl_ns=14_400 * 10**9)
    told: list[tuple[str, int]] = []
    for _ in range(120):
        shop.run(5, *TEES[1:])
        told += [(reason, shop.stock("TEE").on_hand) for reason in reasons(shop, held)]
    assert told[0] == ("not_sure", 3)
    shop.run(60, *TEES)
    assert reasons(shop, held) == []


def test_a_picked_tag_that_leaves_is_told() -> None:
    """The bag at the counter is gone, though another piece of the article may do."""
    shop = HoldingShop()
    shop.run(150, *TEES)
    held = shop.done(shop.hold(("TEE", 1), min_probability=0), Confirm())
    shop.done(held, Pick((TEES[0],)))
    assert reasons(shop, held) == []
    shop.tell("sale", epc=TEES[0])
    assert reasons(shop, held) == ["picked_piece_left"]
