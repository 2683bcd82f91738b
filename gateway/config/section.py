"""What all tables of a site file share: frozen, no key goes unread, and kinds of text. Pure."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from readers.topics import check_filter


def _topic_filter(text: str) -> str:
    check_filter(text)
    return text


Id = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]
Sku = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
TopicFilter = Annotated[str, Field(min_length=1, max_length=256), AfterValidator(_topic_filter)]


class Section(BaseModel):
    """A table of the file: frozen, and no key goes unread."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, allow_inf_nan=False)
