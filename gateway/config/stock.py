"""Reads into presence, and presence into stock: `[presence]`, `[stock]`. Pure."""

from pydantic import Field

from gateway.config.section import Section


class PresenceSection(Section):
    """How reads become belief, and belief presence (docs/truth.md)."""

    epoch_s: float = Field(5, ge=0.5, le=60, description="belief moves once per epoch of this length")
    grace_s: float = Field(
        1, ge=0, le=30, description="how long an epoch waits for reads that are a little late"
    )
    late_s: float = Field(
        120, ge=5, le=3_600, description="a read later than this is counted, and changes nothing"
    )
    in_above: float = Field(
        0.6, gt=0.5, lt=1, description="a tag is back in the store above this probability"
    )
    out_below: float = Field(0.1, gt=0, lt=0.5, description="a tag has left the store below this probability")
    move_above: float = Field(
        0.75, ge=0.5, lt=1, description="a tag is in another zone above this probability"
    )
    arrive_reads: int = Field(2, ge=1, le=20, description="reads before an unknown tag counts as arrived")
    settle_s: float = Field(
        60, ge=0, le=3_600, description="a zone watched for less than this is still unknown"
    )


class StockSection(Section):
    """How sales, counts and tags are brought together."""

    pairing_window_s: float = Field(
        2 * 3_600, ge=60, le=7 * 86_400, description="a sale and a departure further apart are two things"
    )
    in_hand_s: float = Field(
        1_800,
        ge=60,
        le=86_400,
        description="pieces taken from a weight shelf and not sold after this are gone",
    )
    count_idle_s: float = Field(
        60, ge=5, le=3_600, description="a count by scanner ends when nothing was scanned for this long"
    )
    safety_stock: int = Field(0, ge=0, le=1_000, description="pieces never promised, for every article")
    limited_below: int = Field(
        3, ge=0, le=1_000, description="status LIMITED at fewer available pieces than this"
    )
    promise_at: float = Field(
        0.9, ge=0, le=1, description="pickup is promised where the pieces asked for are there this surely"
    )
    fresh_s: float = Field(
        600, ge=10, le=86_400, description="how long an answer may be believed (valid_until)"
    )
    ledger_fresh_s: float = Field(
        129_600,
        ge=60,
        le=90 * 86_400,
        description="how long the stock of a ledger store is known after its newest figure: 36 h",
    )
    incoming_late_s: float = Field(
        14 * 86_400,
        ge=3_600,
        le=365 * 86_400,
        description="what is so late (of a transfer: so long on its way) is not counted as incoming any more",
    )
