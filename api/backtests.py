"""What became of a rule that was tried on the past, as JSON. Pure."""

from api.encoding import Json
from api.times import NS_PER_S, rfc3339, rfc3339_or_none
from gateway.backtest.ports import BacktestAnswer, Judged

MAX_EPISODES = 500
"""Of an answer: a list that a person may still read; the counts are of all."""
DECIMALS = 4


def backtest_body(answer: BacktestAnswer) -> Json:
    """Return an answer's body."""
    score = answer.score
    lead = score.lead_ns
    return {
        "rule": answer.rule.id,
        "type": answer.rule.type.value,
        "stores": answer.stores,
        "from": rfc3339(answer.from_ns),
        "to": rfc3339(answer.to_ns),
        "days": round(score.days, DECIMALS),
        "articles": score.articles,
        "movements": score.changes,
        "unknown_share": round(score.unknown_share, DECIMALS),
        "alerts": {
            "n": score.alerts,
            "per_day": round(score.alerts_per_day, DECIMALS),
            "per_100_article_days": _rounded(score.alerts_per_100_article_days),
            "followed": score.followed,
            "not_followed": score.not_followed,
            "open": score.open,
        },
        "stock_outs": {
            "n": score.stock_outs,
            "warned": score.warned,
            "told_late": score.told_late,
            "missed": score.missed,
        },
        "lead_s": None
        if lead is None
        else {name: round(getattr(lead, name) / NS_PER_S) for name in ("p10", "median", "p90")},
        "episodes": [_episode(judged) for judged in score.judged[:MAX_EPISODES]],
        "episodes_left_off": max(0, len(score.judged) - MAX_EPISODES),
    }


def _episode(judged: Judged) -> Json:
    episode = judged.episode
    return {
        "store": episode.store,
        "sku": episode.sku,
        "zone": episode.zone,
        "since": rfc3339(episode.since_ns),
        "fired_at": rfc3339(episode.fired_ns),
        "cleared_at": rfc3339_or_none(episode.cleared_ns),
        "outcome": judged.outcome,
        "lead_s": None if judged.lead_ns is None else round(judged.lead_ns / NS_PER_S),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DECIMALS)
