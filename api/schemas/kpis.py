"""Schemas of key figures: what stores, departments and days added up to. Pure."""

from pydantic import Field

from api.schemas.base import Answer, StoreField, Timestamp


class ShelfKpis(Answer):
    """How the articles of the assortment stood, as shares of their open time in which that was known."""

    on_shelf: float | None = Field(
        ge=0, le=1, description="On-shelf availability: at least one piece on the floor; null: never known.",
        examples=[0.9421],
    )  # fmt: skip
    nosbos: float | None = Field(
        ge=0, le=1, description="Share not on shelf but on stock: none on the floor, some in back room or receiving.",
        examples=[0.031],
    )  # fmt: skip
    elsewhere: float | None = Field(
        ge=0, le=1, description="Share in the store, but neither on the floor nor behind it (fitting room, in hand).",
        examples=[0.0032],
    )  # fmt: skip
    gone: float | None = Field(ge=0, le=1, description="No piece in the store.", examples=[0.0237])
    unknown: float | None = Field(
        ge=0, le=1, description="Share of all their open time in which nothing was known; in no share above.",
        examples=[0.0112],
    )  # fmt: skip


class StockOutKpis(Answer):
    """Open time in which no piece could be sold: `available` was 0."""

    share: float | None = Field(
        ge=0, le=1, description="Of the articles' open time in which the stock was known.", examples=[0.0261]
    )
    minutes: float = Field(ge=0, description="Article-minutes of it: two articles for an hour are 120.",
                           examples=[5412.5])  # fmt: skip
    unknown_minutes: float = Field(
        ge=0, description="Article-minutes in which the stock was not known.", examples=[880.0]
    )


class LostSalesKpis(Answer):
    """Pieces that would have been sold while there was none: an estimate from learned demand, not a count."""

    low: float = Field(ge=0, description="Low end of the range, pieces.", examples=[3.1])
    pieces: float = Field(ge=0, description="Expected pieces.", examples=[5.8])
    high: float = Field(ge=0, description="High end of the range, pieces.", examples=[9.9])


class ReservationKpis(Answer):
    """What became of reservations, and how long they took to be ready."""

    made: int = Field(ge=0, description="Made in this time.", examples=[42])
    collected: int = Field(ge=0, description="Collected by the customer in this time.", examples=[33])
    released: int = Field(ge=0, description="Given up in this time.", examples=[4])
    expired: int = Field(ge=0, description="Ended by their own time.", examples=[2])
    short: int = Field(ge=0, description="Ended because the pieces were not found.", examples=[1])
    at_risk: int = Field(ge=0, description="How often one came to be at risk.", examples=[3])
    resecured: int = Field(ge=0, description="How often one was secure again.", examples=[2])
    readied: int = Field(ge=0, description="Made ready in this time.", examples=[35])
    ready_median_s: float | None = Field(
        description="Half of them were ready within so many seconds of being confirmed (5 %); null: none.",
        examples=[612.1],
    )
    ready_p90_s: float | None = Field(
        description="9 of 10 were ready within so many seconds (5 %); null: none.", examples=[1504.0]
    )


class CountKpis(Answer):
    """How right the levels were where people counted."""

    n: int = Field(ge=0, description="Counted lines (an article in a zone) of known stock.", examples=[240])
    exact: float | None = Field(
        ge=0, le=1, description="Share of them that were right to the piece; null: none counted.",
        examples=[0.9833],
    )  # fmt: skip
    error: float | None = Field(
        ge=0, description="Sum of |answered - counted| per piece counted; null: no piece.", examples=[0.0061]
    )
    unknown: int = Field(ge=0, description="Counted lines of which nothing was claimed.", examples=[3])


class RefillKpis(Answer):
    """How long the floor stood empty, with pieces behind, until it was filled; open time."""

    n: int = Field(ge=0, description="Refills that were seen from begin to end.", examples=[18])
    median_s: float | None = Field(description="Median, seconds (5 %); null: none.", examples=[2_280.5])
    p90_s: float | None = Field(description="9 of 10 were as quick, seconds (5 %); null: none.",
                                examples=[8_150.0])  # fmt: skip


class KpiItem(Answer):
    """The key figures of a store, a department or a day. docs/kpis.md tells each formula."""

    store: StoreField
    department: str | None = Field(
        description='Department; "": articles without one; null: the whole store.', examples=["denim"]
    )
    day: str | None = Field(
        description="Local day of the store; null: all days asked for.", examples=["2026-11-21"]
    )
    days: int = Field(ge=0, description="Days that had any figures.", examples=[28])
    articles: float | None = Field(
        ge=0, description="Articles of the assortment, on the mean; null: no open time yet.", examples=[812.4]
    )
    open_minutes: float = Field(ge=0, description="Open time that was accounted for.", examples=[16_800.0])
    shelf: ShelfKpis = Field(description="How the articles stood.")
    stock_out: StockOutKpis = Field(description="When none could be sold.")
    lost_sales: LostSalesKpis | None = Field(
        description="Estimated sales that were lost to it; null: no demand is known."
    )
    reservations: ReservationKpis = Field(description="What became of reservations.")
    counts: CountKpis = Field(description="How right the levels were.")
    refills: RefillKpis = Field(description="How quickly empty places were filled.")
    reads_of_sold: int = Field(
        ge=0,
        description="Reads of pieces after their sale: only this daily count of them is kept.",
        examples=[17],
    )


class KpiStoreInfo(Answer):
    """What must be known of a store to read its figures."""

    store: StoreField
    since: Timestamp | None = Field(
        description="From when it is counted: there is nothing before; null: not yet.",
        examples=["2026-10-01T06:00:00Z"],
    )
    has_hours: bool = Field(
        description="Whether its opening hours are known; if not, all day counts as open.", examples=[True]
    )


class KpiList(Answer):
    """Key figures of some days, and of which stores."""

    from_: str = Field(alias="from", description="First day.", examples=["2026-10-25"])
    to: str = Field(description="Last day, included.", examples=["2026-11-21"])
    by: str = Field(description="What a row is: store, department or day.", examples=["department"])
    stores: tuple[KpiStoreInfo, ...] = Field(description="The stores asked for.")
    items: tuple[KpiItem, ...] = Field(description="Rows, by store, department and day.")
