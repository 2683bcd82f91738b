"""Schemas of the targets of notices, and of what became of what they were told. Pure."""

from typing import Literal

from pydantic import Field

from api.schemas.base import Answer, Timestamp
from gateway.alerts.records import AlertType, Severity


class NotifyTarget(Answer):
    """A target of the site's file, and how it fares. Secrets are not shown."""

    id: str = Field(description="Id of the target.", examples=["floor"])
    kind: Literal["email", "http"] = Field(description="How it is told.", examples=["email"])
    stores: tuple[str, ...] = Field(
        description="Stores that it is told of; empty: all.", examples=[["lyon-1"]]
    )
    severities: tuple[Severity, ...] = Field(
        description="Of which severities; empty: all.", examples=[["critical"]]
    )
    types: tuple[AlertType, ...] = Field(
        description="Of which types of alert; empty: all.", examples=[["low_stock"]]
    )
    level: Literal["associate", "lead", "manager"] = Field(
        description="Who reads it.", examples=["associate"]
    )
    language: str = Field(description="The language that it is told in.", examples=["fr"])
    digest: bool = Field(description="Whether it is told digests.", examples=[True])
    state: Literal["idle", "ok", "failing"] = Field(
        description="idle: nothing was sent since the start; ok: the last try was taken; failing: it was not.",
        examples=["ok"],
    )
    waiting: int = Field(description="Number of notices that wait for it on disk.", examples=[0])
    given_up: int = Field(
        description="Number of notices that it will never be told, of those kept (the newest 1,000).",
        examples=[0],
    )
    failing: int = Field(description="Tries in a row that were not taken.", examples=[0])
    last_try_at: Timestamp | None = Field(
        description="When it was last tried (RFC 3339, UTC); null: not since the start.",
        examples=["2026-11-21T18:02:11Z"],
    )
    last_delivered_at: Timestamp | None = Field(
        description="When it last took one (RFC 3339, UTC); null: not since the start.",
        examples=["2026-11-21T18:02:11Z"],
    )
    last_error: str | None = Field(
        description="Why the last try was not taken, without secrets; null: it was.", examples=[None]
    )
    next_try_s: float | None = Field(
        description="Seconds until it is tried again; null: nothing waits, or it is not failing.",
        examples=[None],
    )


class NotifyTargetList(Answer):
    """The targets whose stores the caller's key sees, in the order of the site's file."""

    items: tuple[NotifyTarget, ...] = Field(description="The targets.")


class NoticeDelivery(Answer):
    """One try of a notice."""

    notice: str = Field(
        description="Id of the notice: the same at each try.", examples=["8c1f0a2b9d3e4f5162738495"]
    )
    kind: str = Field(description="fired, repeated, escalated, resolved or digest.", examples=["fired"])
    at: Timestamp = Field(description="When it was sent (RFC 3339, UTC).", examples=["2026-11-21T18:02:11Z"])
    tries: int = Field(description="The how manieth try it was.", examples=[1])
    outcome: Literal["delivered", "retry", "given_up"] = Field(
        description="retry: it is tried again; given_up: it never will be.", examples=["delivered"]
    )
    status: int | None = Field(
        description="HTTP status, or SMTP's reply as a number; null: no answer.", examples=[250]
    )
    reason: str | None = Field(
        description="Why it was not taken, or of whom it was not; null: all is well.", examples=[None]
    )
    took_ms: int = Field(description="How long it took, ms.", examples=[180])


class NoticeDeliveries(Answer):
    """The newest tries of a target, newest first; 1,000 are kept."""

    items: tuple[NoticeDelivery, ...] = Field(description="The tries.")
