"""What all tables of a site file share: frozen, and no key goes unread. Pure."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Id = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]


class Section(BaseModel):
    """A table of the file: frozen, and no key goes unread."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, allow_inf_nan=False)
