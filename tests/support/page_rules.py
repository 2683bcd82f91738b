"""What a rule of alerts may have told over two weeks, as a trial finds it. Pure."""

from gateway.backtest.model import Episode, Judged, Outcome, Range, Score

S = 1_000_000_000
HOUR_NS = 3_600 * S


def a_fortnight(store: str, from_ns: int) -> Score:
    """Return what a rule may have told in two weeks: most alerts ahead of a stock-out, some of which nothing came."""
    skus = ("TEE-WHT-M", "DEN-501-32", "KNIT-NVY-L", "SHIRT-OXF-40", "CANDLE-FIG")
    judged: list[Judged] = []
    for number in range(24):
        fired_ns = from_ns + (number * 14 + number % 5 * 3) * HOUR_NS
        lead_ns = (1 + number % 4 * 2) * HOUR_NS
        outcome: Outcome = "open" if number >= 22 else "none" if number % 3 == 2 else "stock_out"
        cleared_ns = None if outcome == "open" else fired_ns + lead_ns + (2 + number % 6) * HOUR_NS
        episode = Episode(
            store, skus[number * number % 5], None, fired_ns - HOUR_NS // 6, fired_ns, cleared_ns
        )
        judged.append(Judged(episode, outcome, lead_ns if outcome == "stock_out" else None))
    return Score(
        days=14.0, articles=126, article_days=1_764.0, changes=8_412, unknown_share=0.004,
        alerts=24, followed=15, not_followed=7, open=2,
        stock_outs=17, warned=15, told_late=0, missed=2,
        lead_ns=Range(1.0 * HOUR_NS, 3.2 * HOUR_NS, 7.0 * HOUR_NS), judged=tuple(judged),
    )  # fmt: skip
