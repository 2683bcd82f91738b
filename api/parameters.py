"""Parameters that several routes take: their rules, descriptions and examples. Pure."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import Field

from api.schemas.base import MAX_QTY, SKU_PATTERN, STORE_PATTERN

MAX_PAIRS = 100
"""Pairs of store and SKU in one GET: more belongs into a body."""
MAX_STORES = 100
DEFAULT_LIMIT, MAX_LIMIT = 50, 200
"""Items on a page: a screen by default; at most what is encoded within 2 ms."""

StoreId = Annotated[str, Field(pattern=STORE_PATTERN)]
Sku = Annotated[str, Field(pattern=SKU_PATTERN)]

StorePath = Annotated[str, Path(pattern=STORE_PATTERN, description="Id of the store.", examples=["lyon-1"])]
SkuPath = Annotated[
    str, Path(pattern=SKU_PATTERN, description="SKU of the article.", examples=["DEN-501-32"])
]
StoreQuery = Annotated[
    list[StoreId],
    Query(
        default_factory=list,
        max_length=MAX_STORES,
        description="Id of a store; may be repeated. Left out: all stores that the caller sees.",
        examples=[["lyon-1"]],
    ),
]
DevicePath = Annotated[
    str, Path(pattern=STORE_PATTERN, description="Id of the device.", examples=["r700-back"])
]
QtyQuery = Annotated[
    int,
    Query(
        ge=1,
        le=MAX_QTY,
        description="Pieces that the promise is asked for. With availability:read alone at most 10: "
        "the answer must not become a way to count the stock.",
        examples=[1],
    ),
]
CursorQuery = Annotated[
    str | None,
    Query(
        max_length=512,
        description="`next_cursor` of the page before; left out: the first page.",
        examples=["WyJhcnRpY2xlcyIsMCwiREVOLTUwMS0zMiJd"],
    ),
]
LimitQuery = Annotated[
    int, Query(ge=1, le=MAX_LIMIT, description="Most items on a page.", examples=[DEFAULT_LIMIT])
]
