"""What all schemas share: refusal of unknown fields, and the field types with their rules. Pure."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from api.times import parse_instant, parse_step
from gateway.ports.inventory import Status

STORE_PATTERN = r"^[a-z0-9-]{1,32}$"
SKU_PATTERN = r"^[A-Za-z0-9._-]{1,64}$"
RESERVATION_PATTERN = r"^[0-9a-f]{23}$"
CHANNEL_PATTERN = r"^[a-z0-9-]{1,32}$"
OWNER_PATTERN = r"^[\x21-\x7e]{1,128}$"
EVENT_ID_PATTERN = r"^[\x21-\x7e]{1,128}$"
"""Visible ASCII: a till's id is compared and logged, so nothing in it may look like something else."""

MAX_QTY = 10_000
"""More pieces than a shop's delivery has of one article: a larger number is a mistake."""

_INSTANT_SCHEMA = {"type": "string", "format": "date-time", "examples": ["2026-11-21T18:02:11Z"]}
_STEP_SCHEMA = {"type": "string", "pattern": "^[0-9]{1,7}[smhd]?$", "examples": ["5m"]}

Instant = Annotated[int, BeforeValidator(parse_instant), WithJsonSchema(_INSTANT_SCHEMA)]
"""Written as RFC 3339; in Python nanoseconds since the epoch."""
Step = Annotated[int, BeforeValidator(parse_step), WithJsonSchema(_STEP_SCHEMA)]
"""Written as 300, 60s, 5m, 1h, 1d; in Python seconds."""
Timestamp = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
"""An RFC 3339 time in an answer."""

Scope = Literal[
    "tasks:write",
    "availability:read",
    "availability:exact",
    "reservations:write",
    "ingest:write",
    "deliveries:receive",
    "counts:write",
    "counts:approve",
    "alerts:write",
    "alerts:manage",
    "alerts:rules",
    "admin",
]
TrackedBy = Literal["tag", "weight", "count"]
StatusField = Annotated[
    Status,
    Field(
        description="What may be said of the stock. UNKNOWN: readers are down or see too little; the "
        "quantities are then the last known ones and nothing is promised.",
        examples=["IN_STOCK"],
    ),
]
Phase = Literal["prior", "learning", "learned"]
Interval90Field = Annotated[
    tuple[int, int] | None,
    Field(
        description="Least and most pieces in the store, with 90 % probability; null: nothing is believed "
        "of it (UNKNOWN, or no engine computes it).",
        examples=[[4, 5]],
    ),
]
StoreField = Annotated[str, Field(description="Id of the store.", examples=["lyon-1"])]
SkuField = Annotated[str, Field(description="The article's SKU.", examples=["DEN-501-32"])]
NextCursor = Annotated[
    str | None,
    Field(
        description="Give it as `cursor` for the next page; null on the last page. "
        'The same address stands in the `Link` header as rel="next".',
        examples=["WyJhcnRpY2xlcyIsMCwiREVOLTUwMS0zMiJd"],
    ),
]


class Answer(BaseModel):
    """What the API says. Frozen, and complete: a field that is not described here does not exist."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Question(BaseModel):
    """What the API is told. Unknown fields and wrong JSON types are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
