"""What a rule's alerts would have been worth: held against the stock-outs that really came. Pure.

An alert is followed by a stock-out that comes while its condition holds, or within the horizon after it was told,
or that it tells of itself. A stock-out had an alert where one stood when it came, or began while it lasted; one told
before it warned, one told after it came late.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from gateway.backtest.model import (
    NS_PER_S,
    REAL_STOCK_OUT_NS,
    Episode,
    Judged,
    Lived,
    Range,
    Score,
    StockOut,
)

DAY_NS = 86_400 * NS_PER_S
Key = tuple[str, str]


def score(lived: Sequence[Lived], horizon_ns: int) -> Score:
    """Return the score of a rule over what its stores lived through, all over one period."""
    real: dict[Key, list[StockOut]] = defaultdict(list)
    for one in lived:
        for out in one.stock_outs:
            if is_real(out, one.to_ns):
                real[out.store, out.sku].append(out)
    episodes: dict[Key, list[Episode]] = defaultdict(list)
    judged: list[Judged] = []
    for one in lived:
        for episode in one.episodes:
            key = episode.store, episode.sku
            episodes[key].append(episode)
            if one.from_ns <= episode.fired_ns:
                judged.append(_judged(episode, real[key], horizon_ns, one.to_ns))
    leads = [_lead_ns(out, episodes[key]) for key, outs in real.items() for out in outs]
    known = sorted(lead for lead in leads if lead is not None)
    outcomes = [each.outcome for each in judged]
    article_ns = sum(one.article_ns for one in lived)
    return Score(
        days=max((one.to_ns - one.from_ns for one in lived), default=0) / DAY_NS,
        articles=sum(one.articles for one in lived),
        article_days=article_ns / DAY_NS,
        changes=sum(one.changes for one in lived),
        unknown_share=sum(one.unknown_ns for one in lived) / article_ns if article_ns else 0.0,
        alerts=len(judged),
        followed=outcomes.count("stock_out"),
        not_followed=outcomes.count("none"),
        open=outcomes.count("open"),
        stock_outs=len(leads),
        warned=sum(lead >= 0 for lead in known),
        told_late=sum(lead < 0 for lead in known),
        missed=len(leads) - len(known),
        lead_ns=spread(known),
        judged=tuple(sorted(judged, key=lambda each: (each.episode.fired_ns, each.episode.sku))),
    )


def is_real(out: StockOut, end_ns: int) -> bool:
    """Return whether nothing was on hand for long enough; what began just before the end is not known to be so."""
    return (end_ns if out.until_ns is None else out.until_ns) - out.at_ns >= REAL_STOCK_OUT_NS


def spread(ordered: Sequence[int]) -> Range | None:
    """Return the quantiles of values in ascending order, between two of them by their distance; None of none."""
    if not ordered:
        return None
    return Range(*(_quantile(ordered, share) for share in (0.1, 0.5, 0.9)))


def _quantile(ordered: Sequence[int], share: float) -> float:
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def _judged(episode: Episode, outs: Iterable[StockOut], horizon_ns: int, end_ns: int) -> Judged:
    until_ns = episode.fired_ns + horizon_ns
    for out in outs:
        if episode.since_ns <= out.at_ns <= until_ns or _is_within(episode, out):
            return Judged(episode, "stock_out", out.at_ns - episode.fired_ns)
    return Judged(episode, "open" if until_ns > end_ns else "none")


def _lead_ns(out: StockOut, episodes: Iterable[Episode]) -> int | None:
    """Return how long before a stock-out its alert was told; None: there was none."""
    for episode in episodes:
        is_over = episode.cleared_ns is not None and episode.cleared_ns < out.at_ns
        if (episode.since_ns <= out.at_ns and not is_over) or _is_within(episode, out):
            return out.at_ns - episode.fired_ns
    return None


def _is_within(episode: Episode, out: StockOut) -> bool:
    """Return whether an alert began while a stock-out lasted: its reader was down when that came."""
    return out.at_ns <= episode.since_ns and (out.until_ns is None or episode.since_ns < out.until_ns)
