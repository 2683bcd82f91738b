"""Schemas of signing in to the staff page. Pure."""

from typing import Literal, Self

from pydantic import Field, model_validator

from api.schemas.base import Answer, Question

RoleName = Literal["associate", "lead", "manager", "tablet", "kiosk", "screen"]


class SignIn(Question):
    """What a session cookie is given for, once: a person and their PIN, or a link's token, or a key."""

    person: str | None = Field(
        None,
        pattern=r"^st_[0-9a-f]{12}$",
        description="Id of the person whose PIN it is (`GET /session/people`). On an enrolled device alone.",
        examples=["st_6f1c2a0b9d3e"],
    )
    pin: str | None = Field(
        None, pattern=r"^[0-9]{6}$", description="Their PIN, six digits.", examples=["280741"], repr=False
    )
    link: str | None = Field(
        None,
        min_length=1,
        max_length=100,
        description="What stands behind `#link=` in a link that `storefloor staff` made. It works once.",
        examples=["sl_Qm9…"],
        repr=False,
    )
    key: str | None = Field(
        None, min_length=1, max_length=256, description="An API key.", examples=["sf_3Jk0…"], repr=False
    )

    @model_validator(mode="after")
    def _is_one_way(self) -> Self:
        if (self.person is None) != (self.pin is None):
            raise ValueError("person and pin go together")
        if sum(way is not None for way in (self.pin, self.link, self.key)) != 1:
            raise ValueError("give one of: person and pin, link, key")
        return self


class SessionDevice(Answer):
    """The device that the page is shown on, where it is enrolled."""

    id: str = Field(
        description="Id of the device, or of the person whose own it is.", examples=["sd_0b9d3e6f1c2a"]
    )
    name: str = Field(
        description="What the shop calls it, or the person's name.", examples=["Tablet at the till"]
    )
    role: RoleName = Field(
        description="tablet: people sign in by name and PIN; kiosk: customers look; screen: staff look; else: a"
        " person's own, where they alone sign in.",
        examples=["tablet"],
    )


class Session(Answer):
    """Who the caller is."""

    key_id: str = Field(
        description="Id of the key (never the key itself), or of who is signed in: what the audit log has.",
        examples=["st_6f1c2a0b9d3e"],
    )
    via: Literal["key", "session", "device", "open"] = Field(
        description="How the caller is known: a bearer key, a page session, a kiosk or screen that may look, or an"
        " open page on loopback.",
        examples=["session"],
    )
    name: str | None = Field(
        description="Name of who is signed in; null: a key, or nobody.", examples=["Inès"]
    )
    role: RoleName | None = Field(
        description="Role of who is signed in, or of the device; null: a key, or nobody.",
        examples=["associate"],
    )
    scopes: tuple[str, ...] = Field(
        description="What the caller may do.", examples=[["availability:exact", "availability:read"]]
    )
    stores: tuple[str, ...] = Field(
        description="Ids of the stores that the caller is bound to; empty: all.", examples=[[]]
    )
    device: SessionDevice | None = Field(
        description="The enrolled device that the page is shown on; null: it is none."
    )


class Person(Answer):
    """Somebody who works here."""

    id: str = Field(
        description="Their id: what tasks, alerts and the audit log have.", examples=["st_6f1c2a0b9d3e"]
    )
    name: str = Field(description="What they are called.", examples=["Inès"])
    role: Literal["associate", "lead", "manager"] = Field(description="Their role.", examples=["associate"])


class People(Answer):
    """Who works here."""

    items: tuple[Person, ...] = Field(description="By name.")
