"""Schemas of webhook endpoints, of what is sent to them, and of the log. Pure."""

from typing import Annotated, Any

from pydantic import Field

from api.schemas.base import STORE_PATTERN, Answer, Question, Timestamp
from api.schemas.changes import ChangeTypeField

MAX_STORES = 100
URL_EXAMPLE = "https://shop.example/hooks/stock"

UrlIn = Annotated[
    str,
    Field(
        min_length=1,
        max_length=2_048,
        description="Where messages are posted to: https, at a public address (the operator may allow networks of "
        "their own). Redirects are not followed.",
        examples=[URL_EXAMPLE],
    ),
]
TypesIn = Annotated[
    tuple[ChangeTypeField, ...],
    Field(max_length=4, description="Only changes of these types; empty: all.", examples=[["availability"]]),
]
StoresIn = Annotated[
    tuple[Annotated[str, Field(pattern=STORE_PATTERN)], ...],
    Field(
        min_length=1,
        max_length=MAX_STORES,
        description="Ids of the stores whose changes are told.",
        examples=[["lyon-1"]],
    ),
]
DescriptionIn = Annotated[
    str, Field(max_length=200, description="For people.", examples=["Web shop, product pages"])
]


class WebhookIn(Question):
    """A new endpoint."""

    url: UrlIn
    stores: StoresIn
    types: TypesIn = ()
    description: DescriptionIn = ""


class WebhookPatch(Question):
    """What is to be different; what is left out stays."""

    url: UrlIn | None = Field(None, description="Another URL.", examples=[URL_EXAMPLE])
    stores: StoresIn | None = Field(None, description="Other stores.", examples=[["lyon-1"]])
    types: TypesIn | None = Field(None, description="Other types; empty: all.", examples=[["availability"]])
    description: DescriptionIn | None = Field(None, description="Other words for people.", examples=["Till"])
    enabled: bool | None = Field(
        None,
        description="Whether messages are sent. Enabled again, it goes on where it stopped.",
        examples=[True],
    )


class ReplayIn(Question):
    """From where a store's changes are told again."""

    store: str = Field(pattern=STORE_PATTERN, description="Id of the store.", examples=["lyon-1"])
    after: int = Field(
        ge=0, le=2**62, description="The last sequence that is not told again.", examples=[20416]
    )


class WebhookEndpoint(Answer):
    """An endpoint and how it fares."""

    id: str = Field(description="Id of the endpoint.", examples=["wh_6f1c2a0b9d3e"])
    url: str = Field(description="Where messages are posted to.", examples=[URL_EXAMPLE])
    stores: tuple[str, ...] = Field(description="Stores whose changes are told.", examples=[["lyon-1"]])
    types: tuple[ChangeTypeField, ...] = Field(
        description="Only these types; empty: all.", examples=[["availability"]]
    )
    description: str = Field(description="For people.", examples=["Web shop, product pages"])
    enabled: bool = Field(description="Whether messages are sent.", examples=[True])
    disabled_reason: str | None = Field(
        description="Why not: by hand, 410 Gone, or five days without a message taken; null: enabled.",
        examples=[None],
    )
    created_at: Timestamp = Field(
        description="When it was made (RFC 3339, UTC).", examples=["2026-11-21T18:02:11Z"]
    )
    rotated_at: Timestamp | None = Field(
        description="When its secret was last changed (RFC 3339, UTC); null: never.", examples=[None]
    )
    failing: int = Field(description="Tries in a row that were not taken; 0: all is well.", examples=[0])
    told: dict[str, int] = Field(
        description="By store: the sequence that it was told through.", examples=[{"lyon-1": 20417}]
    )


class WebhookWithSecret(WebhookEndpoint):
    """An endpoint with its new secret, which is shown this once."""

    secret: str = Field(
        description="Signs each message (Standard Webhooks, v1). Shown this once; rotate to get another.",
        examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )


class WebhookList(Answer):
    """The endpoints that the caller may manage, oldest first."""

    items: tuple[WebhookEndpoint, ...] = Field(description="The endpoints.")


class WebhookDelivery(Answer):
    """One try of a message."""

    message_id: str = Field(
        description="`webhook-id`: the same at each try of a message.",
        examples=["msg_wh_6f1c2a0b9d3e_6f1c2a0b9d3e4f51_lyon-1_20417"],
    )
    type: str = Field(description="Type of the message.", examples=["availability.changed"])
    at: Timestamp = Field(description="When it was sent (RFC 3339, UTC).", examples=["2026-11-21T18:02:11Z"])
    tries: int = Field(description="The how manieth try it was.", examples=[1])
    delivered: bool = Field(description="Whether it was taken (2xx).", examples=[True])
    status: int | None = Field(description="HTTP status of the answer; null: no answer.", examples=[204])
    reason: str | None = Field(description="Why it was not taken; null: it was.", examples=[None])
    took_ms: int = Field(description="How long it took, ms.", examples=[38])
    bytes: int = Field(description="Length of the body, bytes.", examples=[412])


class WebhookDeliveries(Answer):
    """The newest tries of an endpoint, newest first; 1,000 are kept."""

    items: tuple[WebhookDelivery, ...] = Field(description="The tries.")


class WebhookMessage(Answer):
    """The body of a message, as it is posted. Its headers are those of Standard Webhooks."""

    type: str = Field(
        description="availability.changed, alert.changed, reservation.changed, task.changed, changes.reset (begin anew: ask for all "
        "that you keep) or webhook.test.",
        examples=["availability.changed"],
    )
    timestamp: Timestamp = Field(
        description="When it was first sent (RFC 3339, UTC).", examples=["2026-11-21T18:02:11Z"]
    )
    store: str | None = Field(None, description="Id of the store; left out in a test.", examples=["lyon-1"])
    journal: str | None = Field(
        None, description="Id of the journal that the sequences belong to.", examples=["6f1c2a0b9d3e4f51"]
    )
    sequence: int | None = Field(
        None, description="Place in the store's log, as in /v1/changes.", examples=[20417]
    )
    previous_sequence: int | None = Field(
        None,
        description="The sequence that this endpoint was told through before this message. Another one than you saw "
        "last: you missed something; ask /v1/changes. null with a reset.",
        examples=[20411],
    )
    data: dict[str, Any] = Field(
        description="The subject as it reads now: the JSON of the stream's event of that type.", examples=[{}]
    )
