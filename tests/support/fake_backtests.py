"""Rules that are tried: what was asked is kept, what is answered is set by hand."""

from collections.abc import Callable

from gateway.backtest.model import Episode, Judged, Range, Score
from gateway.backtest.ports import BacktestAnswer, BacktestAsked, BacktestRefused

S = 1_000_000_000
HOUR_NS = 3_600 * S


class FakeBacktests:
    """Implements BacktestPort. `found(stores, from_ns)`: what comes of it; `refusal`: what is said instead."""

    def __init__(self) -> None:
        self.asked: list[BacktestAsked] = []
        self.found: Callable[[tuple[str, ...], int], Score] = told
        self.refusal: BacktestRefused | None = None

    async def backtest(self, asked: BacktestAsked) -> BacktestAnswer | BacktestRefused:
        self.asked.append(asked)
        if self.refusal is not None:
            return self.refusal
        stores, from_ns = tuple(asked.stores), asked.from_ns
        svg = None if asked.picture is None else f'<svg lang="{asked.picture}"/>'
        return BacktestAnswer(asked.rule, stores, from_ns, asked.to_ns, self.found(stores, from_ns), svg)


def told(stores: tuple[str, ...], from_ns: int) -> Score:
    """Return a score of two alerts in each store, three hours ahead of a stock-out, and too near the end."""
    judged = [
        each
        for store in stores
        for each in (
            Judged(
                Episode(store, "TEE-WHT-M", "denim", from_ns, from_ns + HOUR_NS // 6, from_ns + 4 * HOUR_NS),
                "stock_out",
                3 * HOUR_NS,
            ),
            Judged(Episode(store, "TEE-WHT-L", None, from_ns, from_ns + 9 * HOUR_NS, None), "open"),
        )
    ]
    return Score(
        days=14.0, articles=12, article_days=168.0, changes=8_412, unknown_share=0.0125,
        alerts=len(judged), followed=len(stores), not_followed=0, open=len(stores),
        stock_outs=3, warned=1, told_late=0, missed=2,
        lead_ns=Range(3.0 * HOUR_NS, 3.0 * HOUR_NS, 3.0 * HOUR_NS), judged=tuple(judged),
    )  # fmt: skip
