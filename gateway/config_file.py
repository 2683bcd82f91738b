"""Reads a site file and its catalogue from disk, and says what is wrong with them in words. [I/O]"""

import csv
import difflib
import io
import json
import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gateway.catalogue import Article, Catalogue, TrackedBy
from gateway.config import SiteConfig
from gateway.config_mappings import MappingSection
from gateway.errors import ConfigError
from readers.errors import Malformed
from readers.identity.epc import normalise_epc
from readers.settings import DeviceMapping

MAX_CONFIG_BYTES = 4 * 1024 * 1024
"""A site file is written by hand; one larger than this is some other file."""
MAX_ARTICLES = 2_000_000
MAX_NEAR_SKUS = 10_000
"""SKUs looked through for the nearest to a wrong one: an answer within a second."""
MAX_LISTED = 30
"""Names listed where none is close to a wrong one."""
LEDGER_ZONE = {"id": "stock", "role": "back_room", "name": {"en": "Stock", "fr": "Stock"}}
"""The zone of a store whose ledger alone tells of its stock, where the file names none."""
BOM = "\ufeff"
"""The first character of text files from Windows' editors and from Excel's "CSV UTF-8"."""
CATALOGUE_COLUMNS = (
    "sku", "gtin", "name", "name_en", "name_fr", "tracked_by", "department", "model", "size", "colour",
    "low_stock_at", "safety_stock", "epc",
)  # fmt: skip


def load_site(path: Path) -> SiteConfig:
    """Return the site of a TOML file. Raises ConfigError that names each bad key and its remedy."""
    remedy = "`storefloor config example` prints one to start from"
    return parse_site(_read_text(path, remedy), str(path))


def parse_site(text: str, name: str) -> SiteConfig:
    """Return the site of TOML text; `name` is what errors call the file."""
    try:
        raw = tomllib.loads(text.removeprefix(BOM))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: not valid TOML: {error}") from error
    own = raw.get("mappings", [])
    if isinstance(own, list):
        taken = {mapping.get("name") for mapping in own if isinstance(mapping, dict)}
        raw["mappings"] = own + [shipped for shipped in _shipped_mappings() if shipped["name"] not in taken]
    stores = raw.get("stores", [])
    for store in stores if isinstance(stores, list) else ():
        if isinstance(store, dict) and store.get("source") == "ledger":
            store.setdefault("zones", [LEDGER_ZONE])
    try:
        # As JSON: there alone strict types (no "20" for 20, no "no" for false) let an array be a tuple.
        return SiteConfig.model_validate_json(json.dumps(raw, default=str), strict=True)
    except ValidationError as error:
        details = error.errors()
        lines = [_explain(detail) for detail in details if not _is_echo(detail, details)]
        raise ConfigError("\n".join(f"{name}: {line}" for line in lines)) from error


@cache
def _shipped_mappings() -> tuple[dict[str, Any], ...]:
    """Return the mappings that come with storefloor, in order of their names."""
    folder = files("config").joinpath("mappings")
    texts = {
        entry.name: entry.read_text("utf-8") for entry in folder.iterdir() if entry.name.endswith(".toml")
    }
    return tuple(tomllib.loads(texts[name]) for name in sorted(texts))


def shipped_mappings() -> dict[str, DeviceMapping]:
    """Return the mappings that come with storefloor, by name, as readers/ knows them."""
    sections = (MappingSection.model_validate(raw) for raw in _shipped_mappings())
    return {section.name: section.settings() for section in sections}


def load_catalogue(site: SiteConfig, base: Path) -> Catalogue:
    """Return the catalogue that the site names (relative to `base`).

    Where it names none, the articles on its weight shelves are kept as unknown ones.
    """
    if site.catalogue.csv is None:
        skus = dict.fromkeys(shelf.sku for shelf in site.shelves)
        return Catalogue(Article(sku, tracked_by="weight", known=False) for sku in skus)
    path = base / site.catalogue.csv
    remedy = "write it as docs/operators.md describes it, or leave catalogue.csv out of the site file"
    catalogue = parse_catalogue(_read_text(path, remedy), str(path))
    _check_shelves(site, catalogue, str(path))
    return catalogue


def parse_catalogue(text: str, name: str) -> Catalogue:
    """Return the catalogue of CSV text (UTF-8, comma or semicolon, header row)."""
    text = text.removeprefix(BOM)
    if not text.strip():
        raise ConfigError(f"{name}: empty; the first row must name columns of {', '.join(CATALOGUE_COLUMNS)}")
    header = text.split("\n", 1)[0]
    delimiter = ";" if header.count(";") > header.count(",") else ","
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        _check_columns(reader.fieldnames or (), name)
        return Catalogue(_articles(reader, name))
    except ValueError as error:
        raise ConfigError(f"{name}: line {reader.reader.line_num}: {error}: remove one of them") from error
    except csv.Error as error:
        raise ConfigError(f"{name}: line {reader.reader.line_num}: {error}: mend its quotes") from error


def _check_columns(columns: Sequence[str], name: str) -> None:
    for column in columns:
        if column not in CATALOGUE_COLUMNS:
            raise ConfigError(f"{name}: unknown column {column!r}{_nearest(column, CATALOGUE_COLUMNS)}")
        if columns.count(column) > 1:
            raise ConfigError(f"{name}: column {column!r} stands twice: remove one of them")
    if "sku" not in columns:
        raise ConfigError(f"{name}: no column 'sku', the one that is required: add it to the first row")


def _check_shelves(site: SiteConfig, catalogue: Catalogue, name: str) -> None:
    """Refuse a shelf whose article is not there: it would count pieces that nobody can ask for."""
    for number, shelf in enumerate(site.shelves):
        article = catalogue.article(shelf.sku)
        where = f"shelves[{number}].sku of the site file"
        if article is None:
            near = _nearest(shelf.sku, [a.sku for a in catalogue.articles()[:MAX_NEAR_SKUS]], cutoff=0.7)
            raise ConfigError(f"{name}: no article {shelf.sku!r}, which {where} names{near or ': add it'}")
        if article.tracked_by != "weight":
            raise ConfigError(
                f"{name}: sku {shelf.sku!r} is tracked by {article.tracked_by}, yet {where} weighs it: "
                "write 'weight' into its column tracked_by"
            )


def _articles(rows: "csv.DictReader[str]", name: str) -> Iterable[Article]:
    """Yield one article per row; `gtin` may hold several, parted by spaces or '|'."""
    for count, row in enumerate(rows):
        where = f"{name}: line {rows.reader.line_num}"
        if count >= MAX_ARTICLES:
            raise ConfigError(f"{where}: more than {MAX_ARTICLES} articles")
        if None in row:
            raise ConfigError(f"{where}: more fields than the header has columns")
        yield _article({key: (value or "").strip() for key, value in row.items()}, where)


def _article(row: dict[str, str], where: str) -> Article:
    sku = row["sku"]
    if not 1 <= len(sku) <= 64 or not all(c.isascii() and (c.isalnum() or c in "._-") for c in sku):
        raise ConfigError(f"{where}: sku {sku!r} must be 1-64 characters of A-Z a-z 0-9 . _ -")
    tracked_by = row.get("tracked_by") or "tag"
    if tracked_by not in get_args(TrackedBy):
        raise ConfigError(f"{where}: tracked_by {tracked_by!r} must be tag, weight or count")
    name = row.get("name") or sku
    return Article(
        sku=sku,
        gtins=tuple(_gtin14(code, where) for code in row.get("gtin", "").replace("|", " ").split()),
        name={"en": row.get("name_en") or name, "fr": row.get("name_fr") or row.get("name_en") or name},
        tracked_by=tracked_by,  # type: ignore[arg-type]  # checked against the Literal just above
        department=row.get("department") or None,
        model=row.get("model") or None,
        size=row.get("size") or None,
        colour=row.get("colour") or None,
        epcs=tuple(_epc(text, where) for text in row.get("epc", "").replace("|", " ").split()),
        low_stock_at=_count(row, "low_stock_at", where),
        safety_stock=_count(row, "safety_stock", where),
    )


def _gtin14(code: str, where: str) -> str:
    """Return a GTIN-8/12/13/14 as 14 digits, its check digit verified (GS1 General Specifications §7.9)."""
    if not (code.isascii() and code.isdigit()) or len(code) not in (8, 12, 13, 14):
        raise ConfigError(f"{where}: gtin {code!r} must have 8, 12, 13 or 14 digits")
    gtin = code.zfill(14)
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(gtin[:13]))
    check = -total % 10
    if check != int(gtin[13]):
        raise ConfigError(f"{where}: gtin {code!r} has a wrong check digit: it should end in {check}")
    return gtin


def _epc(text: str, where: str) -> str:
    """Return an EPC as the readers tell it."""
    try:
        return normalise_epc(text)
    except Malformed as error:
        raise ConfigError(f"{where}: epc {text!r} must be 4 to 124 hex digits, whole bytes") from error


def _count(row: dict[str, str], column: str, where: str) -> int | None:
    text = row.get(column, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 6:
        raise ConfigError(f"{where}: {column} {text!r} must be a whole number of pieces")
    return int(text)


def _read_text(path: Path, remedy: str) -> str:
    try:
        if path.stat().st_size > MAX_CONFIG_BYTES * (100 if path.suffix == ".csv" else 1):
            raise ConfigError(f"{path}: too large for a file of this kind")
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: no such file: {remedy}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text (byte {error.start}): save it as UTF-8") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error


def _explain(detail: ErrorDetails) -> str:
    """Return one line for one validation error: key, value, remedy."""
    where = _dotted(detail["loc"])
    if detail["type"] == "extra_forbidden":
        return f"unknown key {where}{_nearest(str(detail['loc'][-1]), _keys_at(detail['loc'][:-1]))}"
    message = detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "missing":
        return f"{where}: this key is required"
    shown = repr(detail["input"])
    value = "" if detail["type"] == "value_error" or len(shown) > 80 else f" (it is {shown})"
    return f"{where}: {message}{value}" if where else message


def _is_echo(detail: ErrorDetails, details: Sequence[ErrorDetails]) -> bool:
    """Return whether a list is only too short because its wrong items, told already, were not counted."""
    loc = detail["loc"]
    return detail["type"] == "too_short" and any(
        len(other["loc"]) > len(loc) and other["loc"][: len(loc)] == loc for other in details
    )


def _dotted(loc: Sequence[int | str]) -> str:
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _keys_at(loc: Sequence[int | str]) -> tuple[str, ...]:
    """Return the keys that the models allow at `loc`."""
    model: Any = SiteConfig
    for part in loc:
        if isinstance(part, int):
            continue
        found = _models_in(model.model_fields[part].annotation)
        if not found:
            return ()
        model = found[0]
    return tuple(model.model_fields)


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]


def _nearest(word: str, known: Sequence[str], cutoff: float = 0.5) -> str:
    """Return words that name what is closest to `word` among what is known, else all of a short list."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=cutoff)
    if close:
        return f": did you mean {close[0]!r}?"
    return f": it must be one of {', '.join(known)}" if 0 < len(known) <= MAX_LISTED else ""
