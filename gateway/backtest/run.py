"""A rule tried on the past of one store: the live rules and the live engine of alerts, on stored time. Pure.

    step ─▶ the shop as it was ─▶ view ─▶ the rule's condition ─▶ AlertEngine (holds) ─▶ episodes
       └──▶ what was sold, and could be ─▶ the demand model, where the rule asks it

Steps of one instant were one pass of the gateway: each article of it is judged once, after all of them. The rule is
judged from before the period on, so that what stood at its begin stands here too; only what fires in the period counts.
"""

from collections.abc import Callable, Container, Iterable, Iterator
from typing import Protocol

from gateway.alerts.engine import AlertEngine
from gateway.alerts.records import AlertRecord, AlertState
from gateway.alerts.rules import ArticleView, Condition
from gateway.backtest.model import (
    MAX_TRACED,
    NS_PER_S,
    Episode,
    Lived,
    Moved,
    Past,
    Sight,
    Step,
    StockOut,
    Trace,
)
from gateway.backtest.shop import PastShop
from gateway.movements import Movement

JUDGED_BEFORE_NS = 24 * 3_600 * NS_PER_S
"""The rule is judged so long before the period: longer than a hold lasts in a shop."""
LOOK_EVERY_NS = 900 * NS_PER_S
"""What is told is looked at again this often, as the live gateway does, though nothing moves."""
STEPS_AT_ONCE = 20
"""Steps, or articles that are judged, between two rests: a millisecond or two of work."""


class Judge(Protocol):
    """The rule that is tried."""

    def moved(self, movements: Iterable[Movement], touched: Iterable[str], now_ns: int) -> None:
        """Learn from what happened in a pass, and until now."""
        ...

    def judged(self, view: ArticleView, now_ns: int) -> Condition | None:
        """Return the rule's verdict on an article; None: it is none of its articles."""
        ...

    def again(self, now_ns: int, live_alerts: Container[str]) -> Iterator[Condition]:
        """Yield the verdicts on what is to be looked at again."""
        ...


class Backtest:
    """One rule over one store. `lived` is whole once `running` came to its end."""

    def __init__(
        self,
        past: Past,
        shop: PastShop,
        alerts: AlertEngine,
        judge: Judge,
        from_ns: int,
    ) -> None:
        """`from_ns`: the begin of the period; what of the past is before it is lived through, and not counted."""
        self.lived = Lived(past.store, max(from_ns, past.from_ns), past.to_ns)
        self._past = past
        self._shop = shop
        self._alerts = alerts
        self._judge = judge
        self._judged_from_ns = max(past.from_ns, from_ns - JUDGED_BEFORE_NS)
        self._is_judging = False
        self._counted_ns = self.lived.from_ns
        self._looked_ns = past.from_ns
        self._tracked: set[str] = set()
        self._unknown = 0
        self._blind_since: int | None = None
        self._gone: dict[str, int] = {}
        self._episodes: dict[str, AlertRecord] = {}
        self._traced = 0

    def running(self) -> Iterator[int]:
        """Live through the past; yield how many movements were so far, every few milliseconds."""
        batch: list[Step] = []
        done = 0
        for step in self._past.steps:
            if batch and step.at_ns != batch[0].at_ns:
                for _ in self._passing(batch):
                    yield done
                batch = []
            batch.append(step)
            done += isinstance(step, Moved)
            if done % STEPS_AT_ONCE == 0:
                yield done
        for _ in self._passing(batch) if batch else ():
            yield done
        for _ in self._letting_pass(self.lived.to_ns):
            yield done
        self._end()
        yield done

    # -- passes ------------------------------------------------------------------------------------

    def _passing(self, steps: list[Step]) -> Iterator[None]:
        """Live through one pass, with rests where there is much to judge; so do the methods that it calls."""
        now_ns = steps[0].at_ns
        yield from self._letting_pass(now_ns)
        touched: dict[str, None] = {}
        movements: list[Movement] = []
        is_seen_anew = False
        for step in steps:
            sku = self._shop.take(step)
            if sku is not None:
                touched[sku] = None
            is_seen_anew |= isinstance(step, Sight)
            if isinstance(step, Moved):
                movements.append(step.movement)
        if is_seen_anew:
            touched |= dict.fromkeys(self._shop.skus())
        self._judge.moved(movements, touched, now_ns)
        for sku in touched:
            self._note_level(sku, now_ns)
        if now_ns >= self.lived.from_ns:
            self.lived.changes += len(movements)
        if is_seen_anew:
            self._note_sight(now_ns)
        if self._is_judging:
            yield from self._judging_all(touched, now_ns)
            self._settle(now_ns)

    def _letting_pass(self, now_ns: int) -> Iterator[None]:
        """Let time go on to the next step, with the looks that fall between."""
        if not self._is_judging and now_ns >= self._judged_from_ns:
            yield from self._looking_until(self._judged_from_ns)
            yield from self._beginning()
        yield from self._looking_until(now_ns)
        if self._is_judging:
            # the live gateway passes each second: a hold ends before what comes after it
            self._settle(now_ns - 1)
        self._count_until(now_ns)

    def _looking_until(self, now_ns: int) -> Iterator[None]:
        while self._looked_ns + LOOK_EVERY_NS < now_ns:
            self._looked_ns += LOOK_EVERY_NS
            yield from self._looking(self._looked_ns)

    def _beginning(self) -> Iterator[None]:
        """Begin to judge, with all articles as they are then."""
        self._is_judging = True
        at_ns = self._judged_from_ns
        skus = list(self._shop.skus())
        self._judge.moved((), skus, at_ns)
        for sku in skus:
            self._note_level(sku, at_ns)
        self._note_sight(at_ns)
        yield from self._judging_all(skus, at_ns)
        self._settle(at_ns)

    def _looking(self, at_ns: int) -> Iterator[None]:
        self._judge.moved((), (), at_ns)
        if not self._is_judging:
            return
        self._settle(at_ns - 1)
        for number, condition in enumerate(self._judge.again(at_ns, self._alerts.live), 1):
            self._alerts.judge(condition, at_ns)
            if number % STEPS_AT_ONCE == 0:
                yield
        self._settle(at_ns)

    def _judging_all(self, skus: Iterable[str], now_ns: int) -> Iterator[None]:
        for number, sku in enumerate(skus, 1):
            if number % STEPS_AT_ONCE == 0:
                yield
            view = self._shop.view(sku, now_ns)
            condition = None if view is None else self._judge.judged(view, now_ns)
            if condition is not None:
                self._alerts.judge(condition, now_ns)

    def _settle(self, now_ns: int) -> None:
        """Let holds end, and keep the episodes that fired."""
        self._alerts.advance(now_ns)
        for record in self._alerts.drain():
            if record.state is AlertState.RESOLVED:
                self._episodes.pop(record.id, None)
                self._keep(record)
            elif record.fired_at_ns is not None:
                self._episodes[record.id] = record

    def _keep(self, record: AlertRecord) -> None:
        fired_ns, cleared_ns = record.fired_at_ns, record.resolved_at_ns
        if fired_ns is None or (cleared_ns is not None and cleared_ns < self.lived.from_ns):
            return
        self.lived.episodes.append(
            Episode(record.store, record.sku or "", record.zone, record.since_ns, fired_ns, cleared_ns)
        )

    # -- what is counted ---------------------------------------------------------------------------

    def _count_until(self, now_ns: int) -> None:
        passed_ns = min(now_ns, self.lived.to_ns) - self._counted_ns
        if passed_ns > 0:
            self.lived.article_ns += passed_ns * len(self._tracked)
            self.lived.unknown_ns += passed_ns * self._unknown
            self._counted_ns += passed_ns

    def _note_level(self, sku: str, now_ns: int) -> None:
        """Take note of the pieces of an article: since when there are none, and how they went for the picture."""
        on_hand = self._shop.on_hand(sku)
        if on_hand > 0 and sku not in self._tracked:
            if self._shop.view(sku, now_ns) is None:
                return
            self._tracked.add(sku)
            self._unknown += self._shop.inhibited_by(sku) is not None
        if sku not in self._tracked:
            return
        if on_hand <= 0:
            self._gone.setdefault(sku, now_ns)
        elif (gone_ns := self._gone.pop(sku, None)) is not None:
            self._note_stock_out(sku, gone_ns, now_ns)
        if self._is_judging:
            self._trace(sku, on_hand, now_ns)

    def _trace(self, sku: str, on_hand: int, now_ns: int) -> None:
        """Keep the level of an article; of the time before the period, the last one."""
        trace = self.lived.traces.setdefault(sku, Trace())
        if now_ns <= self.lived.from_ns and trace.pieces:
            trace.pieces[-1] = on_hand
        elif self._traced < MAX_TRACED and (not trace.pieces or trace.pieces[-1] != on_hand):
            trace.at_ns.append(now_ns)
            trace.pieces.append(on_hand)
            self._traced += 1

    def _note_stock_out(self, sku: str, at_ns: int, until_ns: int | None) -> None:
        if self.lived.from_ns <= at_ns < self.lived.to_ns:
            self.lived.stock_outs.append(StockOut(self.lived.store, sku, at_ns, until_ns))

    def _note_sight(self, now_ns: int) -> None:
        self._unknown = sum(self._shop.inhibited_by(sku) is not None for sku in self._tracked)
        if self._shop.is_blind and self._blind_since is None:
            self._blind_since = now_ns
        elif not self._shop.is_blind and self._blind_since is not None:
            self.lived.blind.append((self._blind_since, now_ns))
            self._blind_since = None

    def _end(self) -> None:
        """Keep what still stands at the end."""
        self._settle(self.lived.to_ns)
        for record in self._episodes.values():
            self._keep(record)
        for sku, at_ns in self._gone.items():
            self._note_stock_out(sku, at_ns, None)
        if self._blind_since is not None:
            self.lived.blind.append((self._blind_since, self.lived.to_ns))
        self.lived.articles = len(self._tracked)


def no_rest(_done: int) -> None:
    """Go on at once."""


def lived_through(test: Backtest, told: Callable[[int], None] = no_rest) -> Lived:
    """Return what a store lived through; `told` hears how many movements were taken in, every few milliseconds."""
    for done in test.running():
        told(done)
    return test.lived
