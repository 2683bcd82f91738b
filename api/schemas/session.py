"""Schemas of signing in to the staff page. Pure."""

from typing import Literal

from pydantic import Field

from api.schemas.base import Answer, Question


class SignIn(Question):
    """A key, given once for a session cookie."""

    key: str = Field(
        min_length=1, max_length=256, description="An API key.", examples=["sf_3Jk0…"], repr=False
    )


class Session(Answer):
    """Who the caller is."""

    key_id: str = Field(description="Id of the key (never the key itself).", examples=["k-1"])
    via: Literal["key", "session", "open"] = Field(
        description="How the caller is known: a bearer key, a page session, or an open page on loopback.",
        examples=["session"],
    )
    scopes: tuple[str, ...] = Field(
        description="What the caller may do.", examples=[["availability:exact", "availability:read"]]
    )
    stores: tuple[str, ...] = Field(
        description="Ids of the stores that the key is bound to; empty: all.", examples=[[]]
    )
