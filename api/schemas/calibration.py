"""Schemas of calibration: what past answers were worth, where a count or a till proved them. Pure."""

from pydantic import Field

from api.schemas.base import Answer, StoreField, Timestamp


class ProvedShare(Answer):
    """A share of `n` cases, with the range that holds the true one 19 times of 20 (Wilson)."""

    n: int = Field(ge=0, description="Cases.", examples=[240])
    yes: int = Field(ge=0, description="Cases of them that it is true of.", examples=[236])
    share: float | None = Field(ge=0, le=1, description="yes / n (0 to 1); null: no case.", examples=[0.9833])
    range_95: tuple[float, float] | None = Field(
        description="Range (0 to 1) of the true share with 95 % confidence; null: no case.",
        examples=[[0.958, 0.9935]],
    )


class ProvedMean(Answer):
    """A mean over `n` cases."""

    n: int = Field(ge=0, description="Cases.", examples=[240])
    mean: float | None = Field(description="Their mean; null: no case.", examples=[0.0208])


class CountProofs(Answer):
    """What counts proved of quantities: the pieces answered for a zone just before, and those counted."""

    exact: ProvedShare = Field(description="Answers that were right to the piece.")
    mean_absolute_error: ProvedMean = Field(description="Mean of |answered - counted|, in pieces.")
    bias: ProvedMean = Field(
        description="Mean of answered - counted, in pieces: above 0, too many were answered."
    )
    expected_error: ProvedMean = Field(
        description="Mean of |expected - counted|, in pieces, where a belief was told."
    )
    unknown: int = Field(
        ge=0, description="Counts where the answer was UNKNOWN: nothing was claimed, so nothing is scored.",
        examples=[3],
    )  # fmt: skip


class ReliabilityBin(Answer):
    """The answers whose P(N >= 1) lay in a tenth, and how often it came true."""

    from_: float = Field(alias="from", description="Begin of the tenth (0 to 1), included.", examples=[0.9])
    to: float = Field(description="End (0 to 1), excluded but for 1.", examples=[1.0])
    mean_p: float | None = Field(
        description="Mean of the probabilities told (0 to 1); null: no case.", examples=[0.9964]
    )
    came_true: ProvedShare = Field(description="How often at least one piece was there.")


class Reliability(Answer):
    """P(N >= 1) as told before counts that would have found none, against what was found."""

    bins: tuple[ReliabilityBin, ...] = Field(description="Ten bins, by the probability told.")
    brier: ProvedMean = Field(description="Mean of (probability - outcome)²; 0 is perfect (no unit).")
    expected_calibration_error: ProvedMean = Field(
        description="Mean over the cases of |mean probability - share that came true| of their bin; 0 is "
        "perfect (no unit)."
    )


class SaleProofs(Answer):
    """What sales proved: at that moment there was at least one piece. One-sided: a sale is never of none."""

    answered_out_of_stock: ProvedShare = Field(
        description="Sales of pieces of which we answered that there were none."
    )
    log_loss: ProvedMean = Field(
        description="Mean of -ln P(N >= 1) just before a sale (nat); 0 is perfect, one case counts 9.21 "
        "at most."
    )
    unknown: int = Field(ge=0, description="Sales while the answer was UNKNOWN: not scored.", examples=[1])
    left_before: int = Field(
        ge=0, description="Sales of pieces that were noticed leaving before the till told: not scored.",
        examples=[4],
    )  # fmt: skip
    told_late: int = Field(
        ge=0, description="Sales told too late for the answer of their time to be known: not scored.",
        examples=[0],
    )  # fmt: skip


class StoreCalibration(Answer):
    """What past answers of one store were worth, over at most the last 13 months."""

    store: StoreField
    since: Timestamp | None = Field(
        description="First proof that is in here (RFC 3339, UTC); null: nothing was proved yet.",
        examples=["2026-10-02T08:11:40Z"],
    )
    until: Timestamp | None = Field(
        description="Newest proof (RFC 3339, UTC); null: nothing was proved yet.",
        examples=["2026-11-21T18:01:31Z"],
    )
    min_n: int = Field(
        ge=1, description="Cases below which a share says too little to be drawn.", examples=[20]
    )
    counts: CountProofs | None = Field(description="What counts proved; null: nothing was proved yet.")
    reliability: Reliability | None = Field(
        description="What counts proved of P(N >= 1); null: nothing was proved yet."
    )
    sales: SaleProofs | None = Field(description="What sales proved; null: nothing was proved yet.")


class CalibrationList(Answer):
    """Calibration of the stores asked for."""

    items: tuple[StoreCalibration, ...] = Field(description="One entry per store.")
