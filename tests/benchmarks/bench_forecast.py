"""How well demand is foretold, against run rates and Croston's method, and what that costs.

Run as `python tests/benchmarks/bench_forecast.py [seeds]`. The shop is simulated, so that what could not be bought
is known too: a third of its articles sell daily, a third by weeks, a third by months; three in ten go in clumps;
rates shift by a factor of e^(0.9 z) once in 50 days, a day's weather moves all of them by 22 %, and filling up
once a week leaves articles sold out for days. Each morning of five weeks each forecaster says how many pieces
will be asked for within a day and within a week, and whether the stock of the morning lasts for three days.

A calm shop, in which no rate shifts and nothing is ever sold out, is run as well: there a long mean is the right one.
The others are given more than they could have in a shop: the true profile of the week, and the spread around
their mean (and Croston's alpha) that was best for what was really asked for in the two weeks before. Ours sees
what the gateway sees. Log-loss is -ln P(the pieces that were asked for), per article; the calibration error is
the mean gap between a probability and how often it came true, in ten bins. Where ours loses, it stands here too.
"""

import gc
import os
import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, field
from math import log
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # run as a script, from anywhere
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the gateway's command does

import numpy as np
from numpy.typing import NDArray

from gateway.forecast.demand import DemandModel
from gateway.forecast.outflow import p_below
from gateway.forecast.week import NS_PER_HOUR
from tests.support.demand_baselines import (
    ALPHAS,
    DAY_H,
    WEEK_H,
    Counts,
    Floats,
    History,
    Means,
    Spread,
    croston_sba,
    last_day,
    last_week,
    last_week_available,
    log_losses,
    p_at_least,
    tuned,
)
from tests.support.demand_shop import FIRST_HOUR, PARIS, ShopDemand, simulated
from tests.support.figures import figure

SEEDS, CALM_SEEDS = 2, 1
FIRST_SEED = 101
"""The model was tried out on shops 1 to 3; these it had never seen."""
ARTICLES, DAYS = 300, 84
TUNED_FROM, JUDGED_FROM, JUDGED_TO = 28, 42, 77
MORNING_H = 8
STOCK_OUT_H = 72
PICK_S, PICK_RISK = 2 * 3_600, 0.05
P_LEAST = 1e-9
KINDS = ("daily", "weekly", "rare")
NAMES = (
    "ours", "last 24 h", "7-day mean x profile", "7-day mean of available hours x profile", "Croston-SBA x profile",
)  # fmt: skip
STORE = "paris"
MANY, SELLING = 100_000, 2_000
NS_PER_S = 1_000_000_000


@dataclass(slots=True)
class Judged:
    """What one forecaster said and what came true, over all mornings and articles."""

    losses: dict[int, list[Floats]] = field(default_factory=lambda: {DAY_H: [], WEEK_H: []})
    p_any: list[Floats] = field(default_factory=list)
    any_asked: list[NDArray[np.bool_]] = field(default_factory=list)
    p_out: list[Floats] = field(default_factory=list)
    is_out: list[NDArray[np.bool_]] = field(default_factory=list)


class Ours:
    """The product's model, told hour by hour what the gateway would be."""

    def __init__(self, shop: ShopDemand) -> None:
        self.shop = shop
        self.model = DemandModel({STORE: PARIS})
        self.skus = [f"sku-{number}" for number in range(shop.sold.shape[1])]
        self._was_there = np.zeros(len(self.skus), bool)

    def begin(self, hour: int) -> int:
        """Let an hour begin; return its time."""
        now_ns = (FIRST_HOUR + hour) * NS_PER_HOUR
        self.model.advance(now_ns)
        is_there = self.shop.stock[hour] > 0
        for number in np.flatnonzero(is_there != self._was_there).tolist():
            self.model.available(STORE, self.skus[number], bool(is_there[number]), now_ns)
        self._was_there = is_there
        return now_ns

    def live(self, hour: int) -> None:
        """Let the sales of an hour happen, in its middle."""
        at_ns = (FIRST_HOUR + hour) * NS_PER_HOUR + NS_PER_HOUR // 2
        sold = self.shop.sold[hour]
        for number in np.flatnonzero(sold).tolist():
            self.model.sold(STORE, self.skus[number], int(sold[number]), at_ns)
            if sold[number] == self.shop.stock[hour, number]:
                self.model.available(STORE, self.skus[number], False, at_ns)
                self._was_there[number] = False

    def p_at_least(self, number: int, now_ns: int, window_h: int, pieces: int) -> float:
        """Return P(at least so many are asked for)."""
        demand = self.model.stores[STORE]
        hours = demand.hours_until(now_ns, now_ns + window_h * NS_PER_HOUR)
        sku = self.skus[number]
        return 1.0 - p_below(demand.beliefs(sku, now_ns), hours, pieces, demand.dispersion_of(sku))


@dataclass(slots=True)
class Others:
    """The baselines, each tuned for each window."""

    means: dict[str, Means]
    spreads: dict[tuple[str, int], Spread]


def tuned_others(history: History) -> Others:
    """Return the baselines at their best for the weeks before they are judged."""
    hours = [day * DAY_H + MORNING_H for day in range(TUNED_FROM, JUDGED_FROM - 7)]

    def loss(alpha: float) -> float:
        means = croston_sba(alpha)
        spread = tuned(means, history, hours, DAY_H)
        found = np.concatenate([means(history, hour, DAY_H) for hour in hours])
        counts = np.concatenate([history.truth(hour, DAY_H) for hour in hours])
        return float(log_losses(*spread.terms(found, DAY_H), counts).mean())

    means: dict[str, Means] = {
        "last 24 h": last_day,
        "7-day mean x profile": last_week,
        "7-day mean of available hours x profile": last_week_available,
        "Croston-SBA x profile": croston_sba(min(ALPHAS, key=loss)),
    }
    windows = (DAY_H, STOCK_OUT_H, WEEK_H)
    spreads = {(name, w): tuned(m, history, hours, w) for name, m in means.items() for w in windows}
    return Others(means, spreads)


def judge_others(
    others: Others, history: History, hour: int, stock: Counts, judged: dict[str, Judged]
) -> None:
    """Take down what the baselines say one morning."""
    held = stock > 0
    is_out = (history.truth(hour, STOCK_OUT_H) >= stock)[held]
    for name, means in others.means.items():
        for window_h in (DAY_H, WEEK_H):
            terms = others.spreads[name, window_h].terms(means(history, hour, window_h), window_h)
            counts = history.truth(hour, window_h)
            losses = np.minimum(log_losses(*terms, counts), -log(P_LEAST))
            judged[name].losses[window_h].append(losses)
            if window_h == DAY_H:
                judged[name].p_any.append(p_at_least(*terms, np.ones_like(counts)))
                judged[name].any_asked.append(counts > 0)
        terms = others.spreads[name, STOCK_OUT_H].terms(means(history, hour, STOCK_OUT_H), STOCK_OUT_H)
        judged[name].p_out.append(p_at_least(*terms, stock)[held])
        judged[name].is_out.append(is_out)


def judge_ours(ours: Ours, history: History, hour: int, now_ns: int, stock: Counts, judged: Judged) -> None:
    """Take down what our model says one morning."""
    numbers = range(len(stock))
    for window_h in (DAY_H, WEEK_H):
        counts = history.truth(hour, window_h).tolist()
        at_least = [ours.p_at_least(i, now_ns, window_h, counts[i]) for i in numbers]
        more = [ours.p_at_least(i, now_ns, window_h, counts[i] + 1) for i in numbers]
        judged.losses[window_h].append(-np.log(np.maximum(np.subtract(at_least, more), P_LEAST)))
    judged.p_any.append(np.array([ours.p_at_least(i, now_ns, DAY_H, 1) for i in numbers]))
    judged.any_asked.append(history.truth(hour, DAY_H) > 0)
    until_ns = now_ns + STOCK_OUT_H * NS_PER_HOUR
    held = [i for i in numbers if stock[i] > 0]
    said = [ours.model.p_stock_out(STORE, ours.skus[i], int(stock[i]), now_ns, until_ns) for i in held]
    judged.p_out.append(np.array(said))
    judged.is_out.append((history.truth(hour, STOCK_OUT_H) >= stock)[held])


@dataclass(slots=True)
class Promises:
    """How often what we promised was kept: of stock-out times in their range, of safety stocks."""

    ranges: int = 0
    too_early: int = 0
    too_late: int = 0
    picks: int = 0
    broken: int = 0
    kept_back: int = 0


def judge_promises(ours: Ours, hour: int, now_ns: int, promises: Promises) -> None:
    """Take down the range of the stock-out's time in the morning, where the run is long enough to tell."""
    asked = ours.shop.asked[hour:].cumsum(0)
    last_ns = now_ns + len(asked) * NS_PER_HOUR
    for number, sku in enumerate(ours.skus):
        stock = int(ours.shop.stock[hour, number])
        if stock == 0:
            continue
        found = ours.model.forecast(STORE, sku, stock, now_ns)
        if found.early_ns is None or found.late_ns is None or found.late_ns >= last_ns:
            continue
        gone = int(np.searchsorted(asked[:, number], stock))
        promises.ranges += 1
        promises.too_early += now_ns + (gone + 1) * NS_PER_HOUR <= found.early_ns
        promises.too_late += now_ns + gone * NS_PER_HOUR > found.late_ns


def judge_picks(ours: Ours, hour: int, now_ns: int, promises: Promises) -> None:
    """Take down whether the safety stock of two hours from now on was enough."""
    asked = ours.shop.asked[hour : hour + 2].sum(0)
    for number, sku in enumerate(ours.skus):
        safety = ours.model.safety_stock(STORE, sku, now_ns, PICK_S, PICK_RISK)
        promises.picks += 1
        promises.broken += int(asked[number]) > safety
        promises.kept_back += safety


def run(seed: int, judged: dict[str, Judged], promises: Promises, *, is_calm: bool) -> tuple[float, float]:
    """Run one shop; return (share of article-hours sold out, share of what was asked for that was not sold)."""
    shop = simulated(ARTICLES, DAYS, seed, is_calm=is_calm)
    history, ours = History(shop), Ours(shop)
    others = tuned_others(history)
    for hour in range(DAYS * DAY_H):
        now_ns = ours.begin(hour)
        day, of_day = divmod(hour, DAY_H)
        if JUDGED_FROM <= day < JUDGED_TO:
            if of_day == MORNING_H:
                stock = shop.stock[hour]
                judge_ours(ours, history, hour, now_ns, stock, judged["ours"])
                judge_others(others, history, hour, stock, judged)
            if of_day == MORNING_H and day % 7 == 0 and day < JUDGED_FROM + 21:
                judge_promises(ours, hour, now_ns, promises)
            if of_day == 9 + day % 9:
                judge_picks(ours, hour, now_ns, promises)
        ours.live(hour)
    return float((shop.stock == 0).mean()), 1.0 - float(shop.sold.sum() / shop.asked.sum())


def calibration_error(p: Floats, came_true: NDArray[np.bool_]) -> float:
    """Return the mean gap between probability and share, over ten bins."""
    bins = np.minimum(9, (p * 10).astype(int))
    gaps = np.bincount(bins, p, 10) - np.bincount(bins, came_true, 10)
    return float(np.abs(gaps).sum() / len(p))


def binary_loss(p: Floats, came_true: NDArray[np.bool_]) -> float:
    """Return the mean of -ln P(what came true)."""
    return float(-np.log(np.maximum(np.where(came_true, p, 1.0 - p), P_LEAST)).mean())


def tell(name: str, judged: Judged) -> None:
    """Print the figures of one forecaster, under its name."""
    kinds = np.arange(ARTICLES) % 3
    for window_h, window in ((DAY_H, "a day"), (WEEK_H, "a week")):
        losses = np.array(judged.losses[window_h])
        figure(f"{name}, log-loss of {window}", losses.mean(), "nats")
        for kind, of_kind in enumerate(KINDS):
            figure(
                f"{name}, log-loss of {window}, {of_kind} articles", losses[:, kinds == kind].mean(), "nats"
            )
    p_any, any_asked = np.concatenate(judged.p_any), np.concatenate(judged.any_asked)
    figure(f"{name}, calibration error of a sale today", calibration_error(p_any, any_asked), "share")
    p_out, is_out = np.concatenate(judged.p_out), np.concatenate(judged.is_out)
    if is_out.any():
        figure(f"{name}, log-loss of a stock-out in 3 days", binary_loss(p_out, is_out), "nats")
        error = calibration_error(p_out, is_out)
        figure(f"{name}, calibration error of a stock-out in 3 days", error, "share")


def tell_reliability(judged: Judged) -> None:
    """Print how often our stock-outs came true, by what was said."""
    p, came_true = np.concatenate(judged.p_out), np.concatenate(judged.is_out)
    bins = np.minimum(9, (p * 10).astype(int))
    print("said     came true   n      (a stock-out within 3 days, ours)")
    for one in range(10):
        here = bins == one
        if here.any():
            print(f"{p[here].mean():6.3f}   {came_true[here].mean():6.3f}   {int(here.sum()):6d}")


def compare(seeds: int, title: str, *, is_calm: bool) -> None:
    """Hold ours against the others over some shops."""
    judged = {name: Judged() for name in NAMES}
    promises = Promises()
    runs = [run(seed, judged, promises, is_calm=is_calm) for seed in range(FIRST_SEED, FIRST_SEED + seeds)]
    out, missed = np.mean(runs, 0)
    n = seeds * ARTICLES * (JUDGED_TO - JUDGED_FROM)
    print(f"{title}: {seeds} shops, {ARTICLES} articles, {n} article-mornings of each forecaster")
    figure(f"{title}, article-hours sold out", out, "share")
    figure(f"{title}, asked for and not to be had", missed, "share")
    for name in NAMES:
        tell(f"{title}, {name}", judged[name])
    if promises.ranges:
        tell_reliability(judged["ours"])
        early, late = promises.too_early / promises.ranges, promises.too_late / promises.ranges
        figure(f"{title}, ours, stock-outs before the 80 % range (0.1 is right)", early, "share")
        figure(f"{title}, ours, stock-outs after the 80 % range (0.1 is right)", late, "share")
    figure(
        f"{title}, ours, safety stocks too small, of a risk of {PICK_RISK}",
        promises.broken / promises.picks,
        "share",
    )
    figure(
        f"{title}, ours, safety stock of {PICK_S // 3_600} h", promises.kept_back / promises.picks, "pieces"
    )


def seconds_of(action: Callable[[], object]) -> float:
    """Return the CPU seconds of an action."""
    started_s = time.process_time()
    action()
    return time.process_time() - started_s


def measure_cost() -> None:
    """Measure what 100 k articles cost: memory, a sale, an hour, an answer, a restart."""
    start_ns = FIRST_HOUR * NS_PER_HOUR
    skus = [f"sku-{number}" for number in range(MANY)]
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    model = DemandModel({STORE: PARIS})
    for sku in skus:
        model.available(STORE, sku, True, start_ns)
    model.dirty_rows()
    gc.collect()
    figure(
        f"forecast at {MANY} articles, memory of one",
        (tracemalloc.get_traced_memory()[0] - before) / MANY,
        "bytes",
    )
    tracemalloc.stop()
    rng = np.random.default_rng(1)
    kept: dict[str, str | None] = {}
    sale_s = hour_s = rows_s = longest_s = 0.0
    hours = 48
    for hour in range(hours):
        at_ns = start_ns + hour * NS_PER_HOUR
        chosen = [skus[i] for i in rng.choice(MANY, SELLING, replace=False).tolist()]
        sale_s += seconds_of(lambda c=chosen, t=at_ns: [model.sold(STORE, sku, 1, t) for sku in c])
        steps = model.advancing(at_ns + NS_PER_HOUR)
        while True:
            step_s = seconds_of(lambda s=steps: next(s, None))
            hour_s, longest_s = hour_s + step_s, max(longest_s, step_s)
            if steps.gi_frame is None:
                break
        started_s = time.process_time()
        kept |= dict(model.dirty_rows())
        rows_s += time.process_time() - started_s
    now_ns = start_ns + hours * NS_PER_HOUR
    name = f"forecast at {MANY} articles"
    figure(f"{name}, a sale", 1e6 * sale_s / (hours * SELLING), "us")
    figure(f"{name}, an hour with {SELLING} articles sold", 1e3 * hour_s / hours, "ms")
    figure(f"{name}, longest step of an hour", 1e3 * longest_s, "ms")
    figure(f"{name}, a row to be written", 1e6 * rows_s / (hours * SELLING), "us")
    figure(f"{name}, text of a row", sum(len(t or "") for t in kept.values()) / len(kept), "bytes")
    idle_s = seconds_of(lambda: [model.advance(now_ns + 1) for _ in range(10_000)])
    figure(f"{name}, a pass in which no hour ends", 1e6 * idle_s / 10_000, "us")
    same_s = seconds_of(lambda: [model.available(STORE, sku, True, now_ns) for sku in skus])
    figure(f"{name}, an availability that did not change", 1e6 * same_s / MANY, "us")
    measure_answers(model, name, chosen, now_ns)
    again = DemandModel({STORE: PARIS})
    rows = [(key, text) for key, text in kept.items() if text is not None]
    restore_s = seconds_of(lambda: again.restore(rows))
    figure(f"{name}, restart of one", 1e6 * restore_s / len(rows), "us")
    sku = chosen[0]
    assert again.forecast(STORE, sku, 5, now_ns) == model.forecast(STORE, sku, 5, now_ns)


def measure_answers(model: DemandModel, name: str, skus: list[str], now_ns: int) -> None:
    """Measure what each answer costs."""
    until_ns, n = now_ns + 3 * DAY_H * NS_PER_HOUR, len(skus)
    for stock in (5, 50):
        s = seconds_of(lambda k=stock: [model.p_stock_out(STORE, sku, k, now_ns, until_ns) for sku in skus])
        figure(f"{name}, P(stock-out in 3 days) of {stock} pieces", 1e6 * s / n, "us")
        s = seconds_of(lambda k=stock: [model.forecast(STORE, sku, k, now_ns) for sku in skus])
        figure(f"{name}, whole forecast of {stock} pieces", 1e6 * s / n, "us")
    s = seconds_of(lambda: [model.safety_stock(STORE, sku, now_ns, PICK_S, PICK_RISK) for sku in skus])
    figure(f"{name}, safety stock", 1e6 * s / n, "us")


if __name__ == "__main__":
    print(__doc__)
    given = int(sys.argv[1]) if len(sys.argv) > 1 else None
    compare(given or SEEDS, "forecast", is_calm=False)
    compare(given or CALM_SEEDS, "forecast in a calm shop", is_calm=True)
    measure_cost()
