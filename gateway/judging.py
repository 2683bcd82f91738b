"""The judges beside those of an article's pieces: what each sees of a pass, and what it says. Pure."""

from collections.abc import Collection, Iterator, Sequence

from gateway.alerts.records import AlertRecord
from gateway.alerts.rules import ArticleView, Condition
from gateway.book_stock.phantoms import PhantomWatch
from gateway.devices.watch import DeviceWatch
from gateway.forecast.watch import StockOutWatch, looking
from gateway.gate_watch import GateWatch
from gateway.misplaced import misplaced_condition
from gateway.movements import Movement
from gateway.reservations.model import Reservation
from gateway.reservations.promptness import PromptWatch
from gateway.state import State
from gateway.stray_watch import StrayWatch


class Judges:
    """All of them, for one state. One owner calls it."""

    def __init__(self, state: State) -> None:
        self._devices = DeviceWatch(state)
        self._state = state
        self._gates = GateWatch(state)
        self._strays = StrayWatch(state)
        self._phantoms = PhantomWatch(state)
        self._orders = PromptWatch(state)
        self._stock_outs = StockOutWatch(state, looking(state))

    def restore(
        self,
        reservations: Collection[Reservation],
        live_alerts: Collection[str],
        standing: Collection[AlertRecord],
    ) -> None:
        """Take up what stands open of an earlier life."""
        self._devices.restore(live_alerts)
        self._gates.restore(live_alerts)
        self._orders.restore(reservations)
        self._stock_outs.restore(live_alerts, standing)
        self._phantoms.restore(live_alerts)

    def reserved(self, reservation: Reservation) -> None:
        """Take note of a new version of a reservation."""
        self._orders.note(reservation)

    def moved(self, movements: Sequence[Movement]) -> None:
        """Take note of what moved in a pass."""
        self._gates.take(movements)
        self._phantoms.take(movements)

    def devices(self, now_ns: int, live_alerts: Collection[str]) -> Iterator[Condition]:
        """Yield the verdicts on devices that live: what they say decides whether stock may be judged."""
        yield from self._devices.judged(now_ns, live_alerts)

    def article(self, view: ArticleView, now_ns: int) -> Iterator[Condition]:
        """Yield the verdicts on an article that changed."""
        yield self._stock_outs.judged(view, now_ns)
        if (phantom := self._phantoms.judged(view)) is not None:
            yield phantom
        if (misplaced := misplaced_condition(self._state, view, now_ns)) is not None:
            yield misplaced

    def judged(self, now_ns: int, live_alerts: Collection[str]) -> Iterator[Condition]:
        """Yield the verdicts on what changed, or became due, since the last pass."""
        yield from self._orders.judged(now_ns, live_alerts)
        yield from self._stock_outs.again(now_ns, live_alerts)
        yield from self._phantoms.again(now_ns, live_alerts)
        yield from self._gates.judged(now_ns)
        yield from self._strays.judged(now_ns, live_alerts)
