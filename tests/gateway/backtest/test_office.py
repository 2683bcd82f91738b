"""Rules tried beside a running gateway: one at a time, within bounds, without holding the loop."""

import asyncio
import threading

from gateway.alert_rules.model import AlertRule
from gateway.alerts.records import AlertType
from gateway.backtest.model import Past
from gateway.backtest.office import BacktestOffice
from gateway.backtest.ports import BacktestAnswer, BacktestAsked, BacktestRefused
from gateway.delivery.language_files import languages
from gateway.site import Site
from tests.support.past_shop import DAY, HOUR, at, moved, past, rule
from tests.support.small_site import STORE, S, articles, small_site

STEPS = [moved(HOUR, "TOTE", -1), moved(4 * HOUR, "TOTE", -1)]
LOW = AlertRule("low", AlertType.LOW_STOCK, skus=("TOTE",), thresholds={"fire_at": 1, "clear_at": 3})


class Shelf:
    """A store that holds one past. `gate`: what is read waits for it, where it is given."""

    def __init__(self, gate: threading.Event | None = None) -> None:
        self.gate = gate
        self.asked: list[tuple[str, int, int]] = []
        self.threads: list[str] = []

    def past(self, store: str, from_ns: int, to_ns: int, settle_ns: int) -> Past:
        if self.gate is not None:
            assert self.gate.wait(30)
        self.asked.append((store, from_ns, to_ns))
        self.threads.append(threading.current_thread().name)
        return past({("TOTE", "floor"): 2}, STEPS)


def office(shelf: Shelf, max_movements: int = 1_000, max_s: float = 600.0) -> BacktestOffice:
    """Return an office over the small site, a day after the period began."""
    site, now_ns = Site(small_site()), at(DAY)
    return BacktestOffice(
        site, articles(), shelf, lambda: now_ns, languages(), max_movements=max_movements, max_s=max_s
    )


def asked(wanted: AlertRule = LOW, picture: str | None = None, to_s: int = DAY) -> BacktestAsked:
    """Return a question about the first store."""
    return BacktestAsked(wanted, [STORE], at(0), at(to_s), DAY * S, picture)


def test_a_rule_is_tried_aside_and_told_with_its_picture() -> None:
    """In a thread of its own; the picture where it is asked for; the future is cut off."""
    shelf = Shelf()
    desk = office(shelf)
    found = asyncio.run(desk.backtest(asked(picture="fr", to_s=2 * DAY)))
    desk.close()
    assert isinstance(found, BacktestAnswer)
    assert (found.score.alerts, found.score.warned) == (1, 1)
    assert found.svg is not None
    assert "Bientôt épuisé" in found.svg
    assert found.to_ns == at(DAY)
    [(_, from_ns, _)] = shelf.asked
    assert from_ns == at(-DAY)
    assert shelf.threads[0].startswith("backtest")


def test_one_at_a_time_and_the_loop_goes_on() -> None:
    """A second question is refused while the first is read; afterwards there is room again."""
    gate = threading.Event()
    desk = office(Shelf(gate))

    async def ask() -> None:
        first = asyncio.ensure_future(desk.backtest(asked()))
        await asyncio.sleep(0)
        second = await desk.backtest(asked())
        assert isinstance(second, BacktestRefused)
        assert second.code == "backtest_busy"
        gate.set()
        answer = await first
        assert isinstance(answer, BacktestAnswer)
        assert answer.svg is None
        assert isinstance(await desk.backtest(asked()), BacktestAnswer)

    asyncio.run(ask())
    desk.close()
    closed = asyncio.run(desk.backtest(asked()))
    assert isinstance(closed, BacktestRefused)


def code_of(wanted: AlertRule, max_movements: int = 1_000, max_s: float = 600.0) -> str:
    """Return why a rule is refused, twice: a refusal leaves room for the next question."""
    desk = office(Shelf(), max_movements, max_s)
    codes = []
    for _ in range(2):
        found = asyncio.run(desk.backtest(asked(wanted)))
        assert isinstance(found, BacktestRefused)
        assert found.detail
        codes.append(found.code)
    desk.close()
    assert codes[0] == codes[1]
    return codes[0]


def test_what_is_too_much_or_cannot_be_tried_is_refused_by_its_reason() -> None:
    """Movements, time, types, thresholds that cross."""
    assert code_of(LOW, max_movements=1) == "too_much_history"
    assert code_of(LOW, max_s=-1.0) == "too_much_history"
    assert code_of(rule(AlertType.CLOCK_SKEW)) == "rule_not_testable"
    assert code_of(rule(fire_at=9, clear_at=3)) == "rule_refused"
