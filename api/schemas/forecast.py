"""Schemas of forecasts: when an article will be gone, what is to be kept back and ordered, how well that was foretold. Pure."""

from pydantic import Field

from api.schemas.base import Answer, SkuField, StoreField, Timestamp
from api.schemas.calibration import ProvedMean, ProvedShare


class StockOutTimes(Answer):
    """When the last piece will be gone, as a distribution told by three times. null: later than `horizon`."""

    early: Timestamp | None = Field(
        description="Before this (RFC 3339, UTC) once in ten times.", examples=["2026-11-22T11:20:00Z"]
    )
    median: Timestamp | None = Field(
        description="Before this (RFC 3339, UTC) as often as not.", examples=["2026-11-23T16:05:00Z"]
    )
    late: Timestamp | None = Field(
        description="Before this (RFC 3339, UTC) nine times in ten: the times between `early` and `late` hold 80 %.",
        examples=["2026-11-27T10:40:00Z"],
    )
    horizon: Timestamp = Field(
        description="How far is looked (RFC 3339, UTC): eight weeks.", examples=["2027-01-16T19:00:00Z"]
    )
    p_before_horizon: float = Field(
        ge=0, le=1, description="Probability that it is gone before `horizon`.", examples=[0.9998]
    )


class KeptBack(Answer):
    """Pieces that are enough for a time, but for a risk."""

    pieces: int = Field(ge=0, description="The least number of pieces that is enough.", examples=[2])
    within_s: int = Field(description="The time, shop seconds.", examples=[7200])
    risk: float = Field(description="How often more are asked for than that (0 to 1).", examples=[0.05])


class ComingPieces(Answer):
    """Pieces of a delivery that is announced, and was counted in."""

    expected_at: Timestamp = Field(
        description="When it is due (RFC 3339, UTC).", examples=["2026-11-24T07:00:00Z"]
    )
    pieces: int = Field(ge=0, description="Pieces that are missing of it yet.", examples=[12])


class StoreForecast(Answer):
    """What will become of an article in one store."""

    store: StoreField
    sku: SkuField
    at: Timestamp = Field(
        description="When this was computed (RFC 3339, UTC).", examples=["2026-11-21T18:02:11Z"]
    )
    on_hand: int = Field(ge=0, description="Pieces in the store that it begins with.", examples=[6])
    is_known: bool = Field(
        description="Whether that number is known; false: the readers are down, it is the last known one.",
        examples=[True],
    )
    expected_day: float = Field(
        ge=0, description="Pieces that will be asked for within 24 hours, on the mean.", examples=[2.71]
    )
    until: Timestamp = Field(
        description="`within_s` from now (RFC 3339, UTC).", examples=["2026-11-22T18:02:11Z"]
    )
    p_stock_out: float = Field(
        ge=0,
        le=1,
        description="Probability that nothing is left at some time before `until`.",
        examples=[0.0842],
    )
    expected: float = Field(
        ge=0, description="Pieces that will be asked for before `until`, on the mean.", examples=[2.71]
    )
    stock_out: StockOutTimes = Field(description="When it will be gone.")
    safety_stock: KeptBack = Field(
        description="What a promise should leave in the store: enough for the customers who come while an order is "
        "picked (`window_s`)."
    )
    reorder_point: KeptBack = Field(
        description="The stock at which to order: enough for the time that an order takes (`lead_s`)."
    )
    deliveries: tuple[ComingPieces, ...] = Field(description="What is announced, in order of time.")


class ForecastList(Answer):
    """The forecast of an article in the stores asked for."""

    items: tuple[StoreForecast, ...] = Field(description="One entry per store.")


class HourBin(Answer):
    """Hours of articles whose probability of a sale lay in a range, and how often one was sold."""

    from_: float = Field(alias="from", description="Begin of the range (0 to 1), included.", examples=[0.1])
    to: float = Field(description="End (0 to 1), excluded but for 1.", examples=[0.2])
    mean_p: float | None = Field(
        description="Mean of the probabilities foretold (0 to 1); null: no case.", examples=[0.1421]
    )
    came_true: ProvedShare = Field(description="In how many of these hours at least one piece was sold.")


class StoreAccuracy(Answer):
    """What the forecasts of one store were worth over at most the last eight weeks: each hour of an article was foretold,
    then compared with what was sold. Hours in which there was none to sell are left out: they prove nothing.
    """

    store: StoreField
    since: Timestamp | None = Field(
        description="First hour that was scored (RFC 3339, UTC); null: none was yet.",
        examples=["2026-10-02T08:00:00Z"],
    )
    until: Timestamp | None = Field(
        description="Last hour that was scored (RFC 3339, UTC); null: none was yet.",
        examples=["2026-11-21T18:00:00Z"],
    )
    min_n: int = Field(
        ge=1, description="Cases below which a share says too little to be drawn.", examples=[20]
    )
    log_loss: ProvedMean | None = Field(
        description="Mean of -ln P(the pieces that were sold in the hour) (nat): 0 is perfect; null: none was scored."
    )
    brier: ProvedMean | None = Field(
        description="Mean of (P(a sale in the hour) - outcome)²; 0 is perfect (no unit); null: none was scored."
    )
    expected_calibration_error: ProvedMean | None = Field(
        description="Mean over the hours of |mean probability - share that came true| of their bin; 0 is perfect "
        "(no unit); null: none was scored."
    )
    bins: tuple[HourBin, ...] = Field(description="P(a sale in the hour) against how often there was one.")
    dispersion: float | None = Field(
        description="Variance / mean of what is sold in an hour, beyond what the rate explains: 1 where customers "
        "take one piece each (no unit); null: none was scored.",
        examples=[1.18],
    )
    sold_pieces: int = Field(ge=0, description="Pieces sold in the hours that were scored.", examples=[1204])
    unlearnt_pieces: int = Field(
        ge=0, description="Pieces whose sale was told too late to be learnt from.", examples=[3]
    )


class AccuracyList(Answer):
    """What forecasts of the stores asked for were worth."""

    items: tuple[StoreAccuracy, ...] = Field(description="One entry per store.")
