"""Schemas of the audit log. Pure."""

from pydantic import Field

from api.schemas.base import Answer, NextCursor, Timestamp


class AuditItem(Answer):
    """One change that took effect."""

    id: int = Field(description="Its place in the log: rises in the order of commits.", examples=[20417])
    at: Timestamp = Field(
        description="When it took effect (RFC 3339, UTC).", examples=["2026-11-21T18:02:11Z"]
    )
    key_id: str = Field(
        description="Who: the id of the API key; `os:` and the operating system's user, of a command.",
        examples=["6f1c2a0b9d3e"],
    )
    address: str = Field(
        description="From where: the address of the request; empty for a command.", examples=["10.0.4.17"]
    )
    action: str = Field(
        description="What was done: a kind of thing and a verb.", examples=["reservations.confirm"]
    )
    store: str | None = Field(
        description="Id of the store; null: of the whole site, or of several stores.", examples=["lyon-1"]
    )
    subject: str = Field(
        description="Id of what was changed: a reservation, a webhook endpoint, a key …",
        examples=["19aa5d3c6b04f1d27c90be1"],
    )
    detail: str = Field(
        description="What changed, in a few words; never a secret, never a person's.",
        examples=["DEN-501-32 ×1"],
    )


class AuditList(Answer):
    """A page of changes, newest first."""

    items: tuple[AuditItem, ...] = Field(description="The changes.")
    next_cursor: NextCursor
