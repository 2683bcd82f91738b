"""A trial told in lines, for a terminal. Pure."""

from collections.abc import Iterator

from gateway.alert_rules.book import RuleBook
from gateway.alert_rules.defaults import default_rules
from gateway.backtest.model import NS_PER_S, REAL_STOCK_OUT_NS
from gateway.backtest.trial import Tried
from gateway.site import Site, instant

MOST_ARTICLES = 10
"""Those with most alerts that are named."""


def report(tried: Tried, site: Site) -> Iterator[str]:
    """Yield the lines."""
    trial, found = tried.trial, tried.score
    whole = RuleBook(default_rules(site.config.alerts)).whole(trial.rule)
    thresholds = ", ".join(f"{name} = {value:g}" for name, value in sorted(whole.thresholds.items()))
    yield f"rule {trial.rule.id}: {trial.rule.type}, {thresholds}"
    yield (
        f"{', '.join(trial.stores) or 'no store'}: {instant(tried.from_ns)} to {instant(trial.to_ns)}"
        f" ({found.days:.1f} days), {found.articles:,} articles, {found.changes:,} movements"
    )
    if tried.from_ns > trial.from_ns:
        yield f"history begins {span(tried.from_ns - trial.from_ns)} later than asked for"
    if found.unknown_share:
        yield f"not seen: {found.unknown_share:.1%} of the time of all articles; nothing fires or clears then"
    yield ""
    per_100 = found.alerts_per_100_article_days
    rate = "" if per_100 is None else f", {per_100:.1f} for 100 articles and a day"
    yield f"alerts: {found.alerts:,}, {found.alerts_per_day:.1f} a day{rate}"
    yield (
        f"  followed by a stock-out within {span(trial.horizon_ns)}: {found.followed:,}; by none: {found.not_followed:,};"
        f" too near the end to say: {found.open:,}"
    )
    yield f"real stock-outs (nothing on hand for {span(REAL_STOCK_OUT_NS)} and more): {found.stock_outs:,}"
    yield (
        f"  told before they came: {found.warned:,}; told after: {found.told_late:,}; not told: {found.missed:,}"
    )
    if found.lead_ns is not None:
        low, middle, high = (
            span(value) for value in (found.lead_ns.p10, found.lead_ns.median, found.lead_ns.p90)
        )
        yield f"  told ahead by (median): {middle}; 8 of 10 between {low} and {high}"
    counts: dict[tuple[str, str], int] = {}
    for judged in found.judged:
        key = judged.episode.store, judged.episode.sku
        counts[key] = counts.get(key, 0) + 1
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST_ARTICLES]
    if ranked:
        yield ""
        yield "articles with most alerts:"
    for (store, sku), count in ranked:
        yield f"  {count:>5}  {sku}  {store}"


def span(value_ns: float) -> str:
    """Return a time span in its two largest units; below 0 as one that came after."""
    if value_ns < 0:
        return f"-{span(-value_ns)}"
    minutes = round(value_ns / NS_PER_S / 60)
    if minutes < 1:
        return f"{value_ns / NS_PER_S:.0f} s"
    hours, minutes = divmod(minutes, 60)
    days, rest = divmod(hours, 24)
    if days >= 2:
        return f"{days} d {rest} h" if rest else f"{days} d"
    parts = [f"{hours} h"] if hours else []
    return " ".join([*parts, f"{minutes} min"] if minutes else parts)
