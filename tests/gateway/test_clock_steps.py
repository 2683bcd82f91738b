"""The machine's clock is set by an hour, to and fro, while a shop is at work."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import pytest

from gateway.clock import NS_PER_S, SteadyClock
from gateway.movements import Movement, MovementKind
from simulators.params import Pace, shop_params
from tests.support.virtual_shop import VirtualShop

HOUR_NS = 3_600 * NS_PER_S
BEFORE_S, AFTER_S = 300, 900


@dataclass(frozen=True, slots=True)
class Lived:
    """What a shop's gateway wrote down, what it believes in the end, how its time went, how many devices' clocks
    are in each state.
    """

    movements: Sequence[Movement]
    levels: dict[tuple[str, str], dict[str, int]]
    ahead_s: float
    clocks: Counter[str]


@cache
def lived(step_ns: int) -> Lived:
    """Let a simulated shop and its gateway live; in the midst of it the machine's clock is set by `step_ns`."""
    movements: list[Movement] = []
    shop = VirtualShop(
        params=shop_params(Pace.DAY), on_changes=lambda changes, _now_ns: movements.extend(changes.movements)
    )
    set_by_ns = 0
    clock = SteadyClock(lambda: shop.now_ns + set_by_ns, lambda: shop.now_ns)
    for second in range(BEFORE_S + AFTER_S):
        set_by_ns = step_ns if second >= BEFORE_S else 0
        shop.clock_ahead_ns = clock.now_ns() - shop.now_ns
        shop.step()
    ledger, clocks = shop.engine.state.ledger, shop.engine.state.clocks
    return Lived(
        movements,
        {key: dict(ledger.levels(*key)) for key in ledger.line_keys()},
        clock.ahead_s(),
        Counter(clocks.judge(device, shop.gateway_ns).state for device in shop.engine.state.devices),
    )


def what_happened(movements: Sequence[Movement]) -> Counter[tuple[str, str, str, str | None]]:
    """Return what came, left and was sold. (A piece in a customer's hands may be seen to move at another second.)"""
    return Counter(
        (m.kind, m.cause, m.sku, m.epc)
        for m in movements
        if m.kind is not MovementKind.MOVED or m.deltas == ()
    )


@pytest.mark.parametrize("step_ns", [HOUR_NS, -HOUR_NS])
def test_a_clock_set_by_an_hour_makes_and_loses_nothing(step_ns: int) -> None:
    """The same pieces come, are sold and leave as without it; the same levels; the journal's time never goes back.
    Set forward, devices whose own clocks no longer agree are told of; set back, how far time here is ahead.
    """
    plain, stepped = lived(0), lived(step_ns)
    assert what_happened(stepped.movements) == what_happened(plain.movements)
    assert stepped.levels == plain.levels
    recorded = [movement.recorded_ns for movement in stepped.movements]
    assert recorded == sorted(recorded)
    assert all(movement.at_ns <= movement.recorded_ns for movement in stepped.movements)
    assert stepped.ahead_s == (0 if step_ns > 0 else pytest.approx(3_600 - AFTER_S / 10, abs=1))
    assert (stepped.clocks["stepped"] > 0) == (step_ns > 0), "set back, time here does not step"
    assert plain.clocks["stepped"] == 0
