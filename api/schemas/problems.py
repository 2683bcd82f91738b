"""Schemas of errors (RFC 9457) and of their catalogue. Pure."""

from pydantic import Field

from api.schemas.base import Answer


class ProblemError(Answer):
    """A place in the request that was wrong."""

    pointer: str = Field(
        description="JSON pointer: into the body, or below /query, /path, /header.", examples=["/query/qty"]
    )
    reason: str = Field(description="What was wrong there.", examples=["Input should be greater than 0"])


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
