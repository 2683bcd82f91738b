"""What deliveries and transfers have in common: their lines, and what is asked of them by hand. Pure."""

from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from api.schemas.base import SKU_PATTERN, STORE_PATTERN, Answer, Question, SkuField
from gateway.deliveries.model import MAX_EPCS, MAX_LINE_QTY

REFERENCE_PATTERN = r"^[\x21-\x7e]([\x20-\x7e]{0,62}[\x21-\x7e])?$"
EPC_PATTERN = r"^([0-9A-Fa-f]{2}){2,62}$"

ReferenceIn = Annotated[
    str | None,
    Field(
        pattern=REFERENCE_PATTERN,
        description="The sender's own name for it (a despatch advice, an order): 1 to 64 visible ASCII characters.",
        examples=["ASN-20931"],
    ),
]
LineQty = Annotated[int, Field(ge=1, le=MAX_LINE_QTY, description="Pieces.", examples=[6])]


class DocumentLineIn(Question):
    """Pieces of one article, named by `sku`, `gtin` or both. Lines of one article are summed."""

    sku: str | None = Field(
        None, pattern=SKU_PATTERN, description="SKU of the article.", examples=["DEN-501-32"]
    )
    gtin: str | None = Field(
        None,
        pattern=r"^[0-9]{8}$|^[0-9]{12,14}$",
        description="GTIN-8, -12, -13 or -14 of the article.",
        examples=["03012345000024"],
    )
    qty: LineQty
    epcs: list[Annotated[str, Field(pattern=EPC_PATTERN)]] = Field(
        default_factory=list,
        max_length=MAX_EPCS,
        description="EPCs of the pieces, hex, as far as they are known; no more than `qty`.",
        examples=[["3034257BF400B7800004CB2F"]],
    )

    @field_validator("gtin")
    @classmethod
    def _gtin_14(cls, value: str | None) -> str | None:
        return None if value is None else value.zfill(14)

    @field_validator("epcs")
    @classmethod
    def _upper(cls, value: list[str]) -> list[str]:
        return [epc.upper() for epc in value]

    @model_validator(mode="after")
    def _names_an_article(self) -> Self:
        if self.sku is None and self.gtin is None:
            raise ValueError("sku or gtin must name the article")
        return self


class DocumentLineAmended(DocumentLineIn):
    """Another quantity of one article: `qty` from now on, what has come included; 0 takes the line out."""

    qty: int = Field(ge=0, le=MAX_LINE_QTY, description="Pieces from now on; 0: none.", examples=[8])


class ReceiveIn(Question):
    """All that is missing is there."""

    zone: str | None = Field(
        None,
        pattern=STORE_PATTERN,
        description="Zone where the pieces are; left out: where the store receives.",
        examples=["back-room"],
    )


class DocumentLine(Answer):
    """The pieces of one article: qty = arrived + missing."""

    sku: SkuField
    qty: int = Field(ge=1, description="Pieces announced.", examples=[6])
    arrived: int = Field(ge=0, description="Pieces that have come.", examples=[4])
    missing: int = Field(ge=0, description="Pieces that have not come.", examples=[2])
    epcs: tuple[str, ...] = Field(
        description="EPCs announced, upper-case hex.", examples=[["3034257BF400B7800004CB2F"]]
    )
    seen: tuple[str, ...] = Field(
        description="Those of them that have come.", examples=[["3034257BF400B7800004CB2F"]]
    )
