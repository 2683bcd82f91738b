"""Schemas of rules that are tried on the past. Pure."""

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.alert_rules import (
    DepartmentsIn,
    Place,
    SkusIn,
    StoresIn,
    ThresholdsIn,
    ZonesIn,
)
from api.schemas.base import Answer, Instant, Question, StoreField, Timestamp
from gateway.alerts.records import AlertType

MAX_STORES = 20
HORIZON_S = 86_400
MAX_HORIZON_S = 14 * 86_400

FromIn = Annotated[
    Instant | None,
    Field(
        alias="from",
        description="Begin of the period (RFC 3339); left out: 14 days before `to`.",
        examples=["2026-11-07T18:00:00Z"],
    ),
]
ToIn = Annotated[
    Instant | None,
    Field(
        description="End of the period, excluded (RFC 3339); left out, or later than now: now.",
        examples=["2026-11-21T18:00:00Z"],
    ),
]
HorizonIn = Annotated[
    int,
    Field(
        ge=600,
        le=MAX_HORIZON_S,
        description="A stock-out is what an alert told of where it comes within so many seconds after it, s.",
        examples=[HORIZON_S],
    ),
]
LanguageIn = Annotated[
    str | None,
    Field(
        pattern="^[a-z]{2,3}$",
        description="Language of the picture, where `Accept: image/svg+xml` asks for it; left out: by Accept-Language.",
        examples=["en"],
    ),
]


class BacktestIn(Question):
    """The past that a rule is tried on."""

    stores: tuple[Place, ...] = Field(
        (),
        max_length=MAX_STORES,
        description="In these stores alone; empty: in all that the rule is for and the caller sees.",
        examples=[["lyon-1"]],
    )
    from_: FromIn = None
    to: ToIn = None
    horizon_s: HorizonIn = HORIZON_S
    language: LanguageIn = None


class RuleBacktestIn(Question):
    """A rule that is not there yet, and the past that it is tried on."""

    type: AlertType = Field(description="The type of alert that it judges.", examples=["low_stock"])
    stores: StoresIn = ()
    zones: ZonesIn = ()
    departments: DepartmentsIn = ()
    skus: SkusIn = ()
    thresholds: ThresholdsIn = Field(default_factory=dict)
    from_: FromIn = None
    to: ToIn = None
    horizon_s: HorizonIn = HORIZON_S
    language: LanguageIn = None


class BacktestAlerts(Answer):
    """The alerts that would have been told: n = followed + not_followed + open."""

    n: int = Field(description="How many alerts.", examples=[24])
    per_day: float = Field(description="How many a day, in all stores.", examples=[1.7143])
    per_100_article_days: float | None = Field(
        description="How many for a hundred articles and a day; null: no article was in stock.",
        examples=[1.3605],
    )
    followed: int = Field(description="How many a real stock-out followed within `horizon_s`.", examples=[9])
    not_followed: int = Field(
        description="How many none followed: perhaps because somebody acted.", examples=[13]
    )
    open: int = Field(description="How many were too near the end of the period to say.", examples=[2])


class BacktestStockOuts(Answer):
    """The stock-outs that really came, ten minutes and longer: n = warned + told_late + missed."""

    n: int = Field(description="How many stock-outs.", examples=[11])
    warned: int = Field(description="How many an alert stood before they came.", examples=[9])
    told_late: int = Field(description="How many were told of after they came.", examples=[0])
    missed: int = Field(description="How many the rule did not tell of.", examples=[2])


class BacktestLead(Answer):
    """How long before a stock-out its alert was told; below 0: after it."""

    p10: int = Field(description="One of ten was told later than so many seconds before, s.", examples=[1260])
    median: int = Field(description="Half were told earlier than this, s.", examples=[11_520])
    p90: int = Field(description="One of ten was told earlier than this, s.", examples=[72_000])


class BacktestEpisode(Answer):
    """One alert that would have been told."""

    store: StoreField
    sku: str = Field(description="Article that it is about.", examples=["DEN-501-32"])
    zone: str | None = Field(description="Zone that it is about; null: none.", examples=[None])
    since: Timestamp = Field(
        description="When its condition began (RFC 3339, UTC).", examples=["2026-11-12T14:20:00Z"]
    )
    fired_at: Timestamp = Field(
        description="When it would have been told (RFC 3339, UTC).", examples=["2026-11-12T14:30:00Z"]
    )
    cleared_at: Timestamp | None = Field(
        description="When it would have been over (RFC 3339, UTC); null: it stood at the end of the period.",
        examples=["2026-11-12T17:43:00Z"],
    )
    outcome: Literal["stock_out", "none", "open"] = Field(
        description="What followed within `horizon_s`: a stock-out, none, or it is too near the end to say.",
        examples=["stock_out"],
    )
    lead_s: int | None = Field(
        description="How long before the stock-out it was told (below 0: after it), s; null: none followed.",
        examples=[11_520],
    )


class Backtest(Answer):
    """What a rule would have told in the past, and what came of it."""

    rule: str = Field(description="Id of the rule; `trial`: one that is not there.", examples=["denim-low"])
    type: AlertType = Field(description="The type of alert that it judges.", examples=["low_stock"])
    stores: tuple[str, ...] = Field(description="The stores that it was tried in.", examples=[["lyon-1"]])
    from_: Timestamp = Field(
        alias="from",
        description="Begin of the period (RFC 3339, UTC): later than asked for where history begins later.",
        examples=["2026-11-07T18:00:00Z"],
    )
    to: Timestamp = Field(description="End of the period (RFC 3339, UTC).", examples=["2026-11-21T18:00:00Z"])
    days: float = Field(description="Length of the period: how many days.", examples=[14.0])
    articles: int = Field(
        description="How many articles were ever in stock, counted in each store.", examples=[126]
    )
    movements: int = Field(description="How many movements of stock were lived through.", examples=[8_412])
    unknown_share: float = Field(
        description="Share of the time of all articles (0 to 1) in which readers were down: nothing fires or clears then.",
        examples=[0.004],
    )
    alerts: BacktestAlerts = Field(description="The alerts.")
    stock_outs: BacktestStockOuts = Field(description="The stock-outs.")
    lead_s: BacktestLead | None = Field(
        description="How long before stock-outs their alerts were told, s; null: no stock-out had an alert."
    )
    episodes: tuple[BacktestEpisode, ...] = Field(description="The first 500 alerts, by time.")
    episodes_left_off: int = Field(description="How many alerts more there are.", examples=[0])
