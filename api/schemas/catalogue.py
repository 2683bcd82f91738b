"""Schemas of stores and articles. Pure."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator, field_validator

from api.schemas.base import (
    SKU_PATTERN,
    Answer,
    NextCursor,
    Phase,
    Question,
    SkuField,
    StoreField,
    Timestamp,
    TrackedBy,
)
from gateway.catalogue.model import MAX_PUT
from gateway.catalogue.text import gtin14
from gateway.channels.model import Fulfilment


class Zone(Answer):
    """A part of a store."""

    id: str = Field(description="Id of the zone.", examples=["denim"])
    role: str = Field(
        description="floor, back_room, fitting_room, receiving, exit or till.", examples=["floor"]
    )
    name: dict[str, str] = Field(
        description="Name by language code; may be empty.", examples=[{"en": "Denim wall", "fr": "Mur denim"}]
    )
    rect: tuple[float, float, float, float] | None = Field(
        description="x, y, width and height on the floor plan in metres; null: not drawn.",
        examples=[[8, 5, 6, 5]],
    )
    coverage: float | None = Field(
        ge=0,
        le=1,
        description="Share (0 to 1) of what the zone's readers could tell that they do tell now; null: nothing is known.",
        examples=[0.97],
    )
    phase: Phase | None = Field(
        description="How well the zone's readers are known by now: prior (by general experience alone), "
        "learning (by some reads of their own), learned (by enough of them); null: no reader sees tags there, "
        "or nothing is learned of it.",
        examples=["learned"],
    )
    phase_since: Timestamp | None = Field(
        description="Since when it is in that phase (RFC 3339, UTC); null: without a phase.",
        examples=["2026-11-20T18:02:11Z"],
    )


class Position(Answer):
    """A point on the earth (WGS 84)."""

    latitude: float = Field(description="Degrees north.", examples=[45.7605])
    longitude: float = Field(description="Degrees east.", examples=[4.8597])


class StorePlace(Answer):
    """Where a store is."""

    address: str = Field(description="For people; may be empty.", examples=["Part-Dieu, 69003 Lyon"])
    position: Position | None = Field(description="Where it is on the map; null: not given.")


class Store(Answer):
    """A store that the caller sees."""

    id: StoreField
    name: str = Field(description="Name for people.", examples=["Lyon Part-Dieu"])
    timezone: str = Field(description="IANA time zone of the store.", examples=["Europe/Paris"])
    source: Literal["readers", "ledger"] = Field(
        description="Where its stock is known from.", examples=["readers"]
    )
    place: StorePlace = Field(description="Where it is.")
    channels: tuple[str, ...] = Field(
        description="Channels that sell from it; empty: none does, or the site names no channels at all.",
        examples=[["web"]],
    )
    fulfilment: tuple[Fulfilment, ...] = Field(
        description="How it gives pieces to customers: pickup, ship.", examples=[["pickup", "ship"]]
    )
    hours: dict[str, tuple[str, ...]] | None = Field(
        description="Opening hours by weekday (mon … sun), on the store's own clock; an empty list: closed; "
        "a span that ends before it begins ends on the next day; null: not given.",
        examples=[
            {
                "mon": ["10:00-19:30"],
                "tue": ["10:00-19:30"],
                "wed": [],
                "thu": [],
                "fri": [],
                "sat": [],
                "sun": [],
            }
        ],
    )
    special_hours: dict[str, tuple[str, ...]] = Field(
        description="Hours of single days by date, instead of their weekday's; an empty list: closed.",
        examples=[{"2026-12-25": []}],
    )
    zones: tuple[Zone, ...] = Field(description="Its zones.")


class StoreList(Answer):
    """The stores that the caller sees."""

    items: tuple[Store, ...] = Field(description="Stores, in the order of the site's file.")


class Article(Answer):
    """An article, or a product seen on the floor that no catalogue names."""

    sku: SkuField
    gtins: tuple[str, ...] = Field(description="GTIN-14s of the article.", examples=[["03012345000024"]])
    name: dict[str, str] = Field(
        description="Name by language code; may be empty.", examples=[{"en": "Straight jeans 32"}]
    )
    tracked_by: TrackedBy = Field(description="How its pieces are counted.", examples=["tag"])
    known: bool = Field(description="False: seen on the floor, and no catalogue names it.", examples=[True])
    department: str | None = Field(description="Department; null: not given.", examples=["denim"])
    model: str | None = Field(description="Model; null: not given.", examples=["DEN-501"])
    size: str | None = Field(description="Size; null: not given.", examples=["32"])
    colour: str | None = Field(description="Colour; null: not given.", examples=["indigo"])
    source: Literal["file", "api", "floor"] = Field(
        description="Where it is known from: file (the site's), api (it was put), floor (seen, and named by nobody). "
        "What was put counts, whatever the file says.",
        examples=["api"],
    )
    low_stock_at: int | None = Field(
        description="Alert at this many available pieces or fewer; null: as for all articles, or the key may see no "
        "quantities.",
        examples=[4],
    )
    safety_stock: int | None = Field(
        description="Pieces never promised; null: as for all articles, or the key may see no quantities.",
        examples=[1],
    )
    epcs: tuple[str, ...] | None = Field(
        description="Tags bound to it by hand, hex; null: the key may see no single pieces.",
        examples=[["E2806894000050230A1B2C3D"]],
    )


Name = Annotated[str, Field(min_length=1, max_length=200)]
Word = Annotated[str, Field(min_length=1, max_length=100)]
MAX_GTINS, MAX_EPCS = 50, 100
"""Codes of one article: colours that share a SKU have some; tags are bound by hand for want of a product code."""


class ResolvedCode(Answer):
    """What a scanned or typed text names."""

    kind: Literal["sku", "product", "tag", "other"] = Field(
        description="sku: an article by its own name. product: a GTIN (EAN, GS1 element string, GS1 Digital Link, EPC "
        "URI). tag: a single tag, by its hex. other: nothing of these.",
        examples=["product"],
    )
    gtin: str | None = Field(
        description="GTIN-14 that the code bears; null: it bears none.", examples=["03012345000024"]
    )
    serial: str | None = Field(
        description="Serial of the single piece; null: it bears none.", examples=["4711"]
    )
    epc: str | None = Field(
        description="EPC of the piece (upper-case hex), where the code is a tag or bears the serial of one that was "
        "read; null: neither, or the key may see no single pieces.",
        examples=["3034257BF400B7800004CB2F"],
    )
    fault: str | None = Field(
        description="Why it names nothing, where it claims to: check_digit, length, not_numeric, gs1_elements, "
        "digital_link, epc_header … as in dead letters; null: nothing is wrong with it.",
        examples=[None],
    )
    article: Article | None = Field(description="The article; null: none is known by this code.")
    variants: tuple[Article, ...] = Field(
        description="The other sizes and colours of its model, by SKU, at most 200."
    )


class ArticleIn(Question):
    """An article as it shall be: what is left out is not set, but for `tracked_by`, which stays as it is."""

    sku: str = Field(pattern=SKU_PATTERN, description="SKU of the article.", examples=["DEN-501-32"])
    gtins: list[Annotated[str, Field(pattern=r"^[0-9]{8}$|^[0-9]{12,14}$")]] = Field(
        default_factory=list,
        max_length=MAX_GTINS,
        description="GTIN-8, -12, -13 or -14, each with its check digit; no other article's.",
        examples=[["03012345000024"]],
    )
    name: dict[Annotated[str, Field(pattern=r"^[a-z]{2}$")], Name] = Field(
        default_factory=dict,
        max_length=20,
        description="Name by language code; left out: the SKU.",
        examples=[{"en": "Straight jeans 32", "fr": "Jean droit 32"}],
    )
    tracked_by: TrackedBy | None = Field(
        None,
        description="How its pieces are counted. Left out: as they are, those of a new article by tag. It changes "
        "while there is no piece of it alone.",
        examples=["tag"],
    )
    department: Word | None = Field(None, description="Department.", examples=["denim"])
    model: Word | None = Field(
        None, description="What its sizes and colours share: they are its variants.", examples=["DEN-501"]
    )
    size: Word | None = Field(None, description="Size.", examples=["32"])
    colour: Word | None = Field(None, description="Colour.", examples=["indigo"])
    low_stock_at: int | None = Field(
        None,
        ge=0,
        le=999_999,
        description="Alert at this many available pieces or fewer; left out: as for all articles.",
        examples=[4],
    )
    safety_stock: int | None = Field(
        None,
        ge=0,
        le=999_999,
        description="Pieces never promised; left out: as for all articles.",
        examples=[1],
    )
    epcs: list[Annotated[str, Field(pattern=r"^([0-9A-Fa-f]{2}){2,62}$")]] = Field(
        default_factory=list,
        max_length=MAX_EPCS,
        description="Tags bound to it by hand, hex, for their code names no product.",
        examples=[["E2806894000050230A1B2C3D"]],
    )

    @field_validator("gtins")
    @classmethod
    def _gtin_14(cls, value: list[str]) -> list[str]:
        return [gtin14(code) for code in value]

    @field_validator("epcs")
    @classmethod
    def _upper(cls, value: list[str]) -> list[str]:
        return [epc.upper() for epc in value]


@dataclass(frozen=True, slots=True)
class MalformedArticle:
    """An item of a batch that is no article: its SKU as far as it has one, and what is wrong with it."""

    sku: str | None
    error: ValidationError


def _keep_malformed(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """Return the article, or the malformed item as a value: one bad item does not refuse its batch."""
    try:
        return validate(value)
    except ValidationError as error:
        sku = value.get("sku") if isinstance(value, dict) else None
        return MalformedArticle(sku[:64] if isinstance(sku, str) else None, error)


class ArticleBatch(Question):
    """Articles to be put in. (In Python an item may be a MalformedArticle instead: see `items`.)"""

    articles: list[Annotated[ArticleIn, WrapValidator(_keep_malformed)]] = Field(
        min_length=1, max_length=MAX_PUT, description="1 to 5,000 articles; each gets its own result."
    )

    def items(self) -> list[ArticleIn | MalformedArticle]:
        """Return the articles as they were judged, in order."""
        return list(self.articles)


class ArticleOutcome(Answer):
    """What became of one article."""

    index: int = Field(ge=0, description="Place of the article in the batch, from 0.", examples=[0])
    line: int | None = Field(description="Number of its line in the CSV; null: it was JSON.", examples=[2])
    sku: str | None = Field(description="Its SKU; null where it had none.", examples=["DEN-501-32"])
    outcome: Literal["created", "changed", "unchanged", "refused"] = Field(
        description="created, changed: so it is from now on, on disk. unchanged: it was so. refused: see code.",
        examples=["created"],
    )
    code: str | None = Field(
        description="Why it was refused: invalid_article, gtin_taken, epc_taken (another article's), has_stock, on_a_shelf "
        "(tracked_by cannot change now), pieces_held (reservations hold what would become it), reserved_sku, "
        "too_many_articles; null: it was not.",
        examples=[None],
    )
    detail: str | None = Field(description="The same for a person; null: not refused.", examples=[None])
    pointer: str | None = Field(
        description="JSON pointer to what was wrong in the request's body; null: not refused, or it was CSV.",
        examples=[None],
    )


class ArticleOutcomes(Answer):
    """What became of a batch."""

    results: tuple[ArticleOutcome, ...] = Field(description="One result per article, in order.")
    created: int = Field(ge=0, description="Articles that were not there before.", examples=[1])
    changed: int = Field(ge=0, description="Articles that were there, and are others now.", examples=[0])
    unchanged: int = Field(ge=0, description="Articles that were so already.", examples=[0])
    refused: int = Field(ge=0, description="Articles refused.", examples=[0])


class ArticleList(Answer):
    """A page of articles, by SKU; products that no catalogue names come last."""

    items: tuple[Article, ...] = Field(description="The articles of this page.")
    next_cursor: NextCursor
