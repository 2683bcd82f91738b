"""What the sums of a time say, in the words of docs/kpis.md: the formulas stand here. Pure."""

from dataclasses import dataclass

from gateway.kpis.tally import (
    BEHIND,
    ELSEWHERE,
    FLOOR,
    MICRO,
    NONE,
    OUT,
    SHELF_SLOTS,
    SHELF_UNKNOWN,
    STOCK_UNKNOWN,
    Tally,
    quantile,
)

NS_PER_MINUTE = 60 * 1_000_000_000
NS_PER_HOUR = 60 * NS_PER_MINUTE


@dataclass(frozen=True, slots=True)
class LostSales:
    """Pieces that would have been sold while there was none to be had: an estimate, and its range."""

    low: float
    mean: float
    high: float


@dataclass(frozen=True, slots=True)
class Figures:
    """The key figures of some time. Shares 0 to 1, None where there is nothing to share out.

    `on_shelf`, `nosbos`, `elsewhere` and `gone` are shares of the time in which it was known, and add up to 1;
    `unknown` is a share of all time. Minutes are article-minutes of open time.
    """

    articles: float | None
    open_minutes: float
    on_shelf: float | None
    nosbos: float | None
    elsewhere: float | None
    gone: float | None
    unknown: float | None
    stock_out: float | None
    stock_out_minutes: float
    stock_unknown_minutes: float
    lost: LostSales | None
    made: int
    collected: int
    released: int
    expired: int
    short: int
    at_risk: int
    resecured: int
    readied: int
    ready_median_s: float | None
    ready_p90_s: float | None
    counted: int
    counted_exact: float | None
    counted_error: float | None
    counted_unknown: int
    refills: int
    refill_median_s: float | None
    refill_p90_s: float | None
    reads_of_sold: int


def figures_of(tally: Tally) -> Figures:
    """Return what sums say."""
    areas, events = tally.areas, tally.events
    whole = sum(areas[:SHELF_SLOTS])
    known = whole - areas[SHELF_UNKNOWN]
    stock_known = whole - areas[STOCK_UNKNOWN]
    counted = events["counted"]
    return Figures(
        articles=_share(whole, tally.open_ns),
        open_minutes=tally.open_ns / NS_PER_MINUTE,
        on_shelf=_share(areas[FLOOR], known),
        nosbos=_share(areas[BEHIND], known),
        elsewhere=_share(areas[ELSEWHERE], known),
        gone=_share(areas[NONE], known),
        unknown=_share(areas[SHELF_UNKNOWN], whole),
        stock_out=_share(areas[OUT], stock_known),
        stock_out_minutes=areas[OUT] / NS_PER_MINUTE,
        stock_unknown_minutes=areas[STOCK_UNKNOWN] / NS_PER_MINUTE,
        lost=LostSales(*(bound / MICRO / NS_PER_HOUR for bound in tally.lost)) if tally.is_rated else None,
        made=events["made"],
        collected=events["collected"],
        released=events["released"],
        expired=events["expired"],
        short=events["short"],
        at_risk=events["at_risk"],
        resecured=events["resecured"],
        readied=sum(tally.ready.values()),
        ready_median_s=quantile(tally.ready, 0.5),
        ready_p90_s=quantile(tally.ready, 0.9),
        counted=counted,
        counted_exact=_share(events["counted_exact"], counted),
        counted_error=_share(events["counted_error"], events["counted_pieces"]),
        counted_unknown=events["counted_unknown"],
        refills=sum(tally.refill.values()),
        refill_median_s=quantile(tally.refill, 0.5),
        refill_p90_s=quantile(tally.refill, 0.9),
        reads_of_sold=events["reads_of_sold"],
    )


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
