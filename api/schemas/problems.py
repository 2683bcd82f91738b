"""Schemas of errors (RFC 9457) and of their catalogue. Pure."""

from pydantic import Field

from api.schemas.base import Answer


class ProblemError(Answer):
    """A place in the request that was wrong."""

    pointer: str = Field(
        description="JSON pointer: into the body, or below /query, /path, /header.", examples=["/query/qty"]
    )
    reason: str = Field(description="What was wrong there.", examples=["Input should be greater than 0"])


class ProblemShortfall(Answer):
    """A line that cannot be had whole."""

    store: str = Field(description="Id of the store.", examples=["lyon-1"])
    sku: str = Field(description="SKU of the article.", examples=["DEN-501-32"])
    requested: int = Field(ge=1, description="Pieces asked for.", examples=[3])
    obtainable: int | None = Field(
        ge=0,
        description="Pieces that could be had now; null in the answer to a key that may not see quantities, where a "
        "transfer is refused.",
        examples=[1],
    )
    reason: str = Field(
        description="not_enough, not_sure (they are there, but not surely enough), quota_reached (the channel may hold no "
        "more), not_sold_here (the channel does not sell from there), not_offered_here (no such fulfilment there), or why "
        "the stock is not known.",
        examples=["not_enough"],
    )
    probability: float | None = Field(
        ge=0,
        le=1,
        description="Probability (0 to 1) of as many as asked for beyond what is held; null: not computed.",
        examples=[0.12],
    )


class ProblemAlternative(Answer):
    """A store that could give all of it."""

    store: str = Field(description="Id of the store.", examples=["lyon-2"])
    distance_km: float | None = Field(
        description="Great-circle distance from the first store asked, km to 0.1; null: not known.",
        examples=[3.4],
    )


class ProblemVariant(Answer):
    """Another size or colour of an article that is short."""

    instead_of: str = Field(description="SKU of the article that is short.", examples=["DEN-501-32"])
    sku: str = Field(description="SKU of the other one.", examples=["DEN-501-33"])
    size: str | None = Field(description="Its size; null: not given.", examples=["33"])
    colour: str | None = Field(description="Its colour; null: not given.", examples=["indigo"])
    stores: tuple[str, ...] = Field(
        description="Stores of those asked that have as many pieces of it.", examples=[["lyon-1"]]
    )


class ProblemDocument(Answer):
    """An error, as application/problem+json (RFC 9457)."""

    type: str = Field(
        description="Address (relative) that says what the code means.",
        examples=["/v1/problems/invalid_request"],
    )
    title: str = Field(description="The code in words.", examples=["Request is not valid"])
    status: int = Field(description="HTTP status.", examples=[422])
    detail: str = Field(
        description="What happened this time, for a person.",
        examples=["/query/qty: Input should be greater than 0"],
    )
    code: str = Field(
        description="What a program decides by; see GET /v1/problems.", examples=["invalid_request"]
    )
    trace_id: str = Field(
        description="Names this request in the gateway's log (32 hex digits).",
        examples=["4bf92f3577b34da6a3ce929d0e0e4736"],
    )
    errors: tuple[ProblemError, ...] = Field(description="Where the request was wrong; may be empty.")
    shortfalls: tuple[ProblemShortfall, ...] | None = Field(
        None, description="With `insufficient_availability` and `stock_unknown` alone: what is missing."
    )
    alternatives: tuple[ProblemAlternative, ...] | None = Field(
        None,
        description="With the same: other stores of yours that could give all of it, the nearest first, at most five.",
    )
    current: int | None = Field(
        None,
        description="With `stale_quantity` and `below_zero` alone, for keys with availability:exact: pieces there now.",
        examples=[4],
    )
    variants: tuple[ProblemVariant, ...] | None = Field(
        None,
        description="With the same: other sizes and colours that the stores asked have, the nearest in kind first.",
    )


class ProblemMeaning(Answer):
    """What a code means."""

    code: str = Field(description="The code.", examples=["unknown_sku"])
    status: int = Field(description="HTTP status that it comes with.", examples=[404])
    title: str = Field(description="The code in words.", examples=["No such article"])
    remedy: str = Field(
        description="What to do about it.", examples=["`GET /v1/articles` lists the articles."]
    )


class ProblemCatalogue(Answer):
    """All codes."""

    items: tuple[ProblemMeaning, ...] = Field(description="The codes, by status.")
