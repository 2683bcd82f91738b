"""Schemas of what devices post, and of what was refused of it. Pure."""

from pydantic import Field

from api.schemas.base import Answer, Timestamp


class IngestOutcome(Answer):
    """What became of the events that a device posted: received = taken + all that was dropped."""

    device: str = Field(description="Id of the device.", examples=["r700-back"])
    received: int = Field(ge=0, description="Events in the body.", examples=[3])
    taken: int = Field(ge=0, description="Events that are on disk now.", examples=[1])
    observations: int = Field(
        ge=0, description="New reads, scans, weights and signs of life in them.", examples=[1]
    )
    dropped: dict[str, int] = Field(
        description="Events dropped, by reason; `duplicate`: told before. Do not send them again.",
        examples=[{"duplicate": 1, "epc_hex": 1}],
    )


class Sample(Answer):
    """The beginning of a message, at most 256 bytes."""

    text: str | None = Field(description="As text; null where it is none.", examples=['{"weight": "heavy"}'])
    hex: str = Field(description="As hexadecimal.", examples=["7b22776569676874223a20226865617679227d"])


class DeadLetterItem(Answer):
    """Something that a device sent and that could not be read."""

    device: str = Field(description="Id of the device.", examples=["shelf-door"])
    reason: str = Field(description="Why, as it is counted in metrics.", examples=["weight"])
    detail: str = Field(description="The same for a person.", examples=["no number in value"])
    sample: Sample = Field(description="What it was.")
    at: Timestamp = Field(description="When (RFC 3339, UTC).", examples=["2026-11-21T18:02:11Z"])


class DeadLetterList(Answer):
    """What was refused last, newest first."""

    items: tuple[DeadLetterItem, ...] = Field(description="Dead letters of the stores that the caller sees.")


class UnmatchedTopicItem(Answer):
    """A topic at the broker that belongs to no device of the site's file."""

    topic: str = Field(description="Topic, cut at 200 characters.", examples=["shop/scale-7/weight"])
    count: int = Field(ge=1, description="Messages since it is listed.", examples=[12])
    retained: bool = Field(description="Whether the last message was the broker's memory.", examples=[False])
    sample: Sample = Field(description="The last message.")
    last_at: Timestamp = Field(description="When it came (RFC 3339, UTC).", examples=["2026-11-21T18:02:11Z"])


class UnmatchedTopicList(Answer):
    """The last topics that belong to no device, newest first."""

    items: tuple[UnmatchedTopicItem, ...] = Field(description="Topics.")
