"""Reads a site file and its catalogue from disk, and says what is wrong with them in words. [I/O]"""

import csv
import difflib
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gateway.catalogue import Article, Catalogue, TrackedBy
from gateway.config import SiteConfig
from gateway.errors import ConfigError

MAX_CONFIG_BYTES = 4 * 1024 * 1024
"""A site file is written by hand; one larger than this is some other file."""
MAX_ARTICLES = 2_000_000
CATALOGUE_COLUMNS = (
    "sku", "gtin", "name", "name_en", "name_fr", "tracked_by", "department", "model", "size", "colour",
    "low_stock_at", "safety_stock",
)  # fmt: skip


def load_site(path: Path) -> SiteConfig:
    """Return the site of a TOML file. Raises ConfigError that names each bad key and its remedy."""
    return parse_site(_read_text(path), str(path))


def parse_site(text: str, name: str) -> SiteConfig:
    """Return the site of TOML text; `name` is what errors call the file."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: not valid TOML: {error}") from error
    try:
        return SiteConfig.model_validate(raw)
    except ValidationError as error:
        lines = [_explain(detail) for detail in error.errors()]
        raise ConfigError("\n".join(f"{name}: {line}" for line in lines)) from error


def load_catalogue(site: SiteConfig, base: Path) -> Catalogue:
    """Return the catalogue that the site names (relative to `base`); an empty one where it names none."""
    if site.catalogue.csv is None:
        return Catalogue(())
    path = base / site.catalogue.csv
    return parse_catalogue(_read_text(path), str(path))


def parse_catalogue(text: str, name: str) -> Catalogue:
    """Return the catalogue of CSV text (UTF-8, comma or semicolon, header row)."""
    lines = text.lstrip("\ufeff").splitlines()
    if not lines:
        raise ConfigError(f"{name}: empty; the first row must name columns of {', '.join(CATALOGUE_COLUMNS)}")
    delimiter = ";" if lines[0].count(";") > lines[0].count(",") else ","
    reader = csv.DictReader(lines, delimiter=delimiter, strict=True)
    for column in reader.fieldnames or ():
        if column not in CATALOGUE_COLUMNS:
            raise ConfigError(f"{name}: unknown column {column!r}{_nearest(column, CATALOGUE_COLUMNS)}")
    if "sku" not in (reader.fieldnames or ()):
        raise ConfigError(f"{name}: no column 'sku'")
    try:
        return Catalogue(_merged(reader, name))
    except ValueError as error:
        raise ConfigError(f"{name}: {error}") from error
    except csv.Error as error:
        raise ConfigError(f"{name}: line {reader.line_num}: {error}") from error


def _merged(rows: "csv.DictReader[str]", name: str) -> Iterable[Article]:
    """Yield one article per row; `gtin` may hold several, parted by spaces or '|'."""
    for count, row in enumerate(rows):
        where = f"{name}: line {rows.line_num}"
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


def _count(row: dict[str, str], column: str, where: str) -> int | None:
    text = row.get(column, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 6:
        raise ConfigError(f"{where}: {column} {text!r} must be a whole number of pieces")
    return int(text)


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_CONFIG_BYTES * (100 if path.suffix == ".csv" else 1):
            raise ConfigError(f"{path}: too large for a file of this kind")
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError(
            f"{path}: no such file; `storefloor config example` prints one to start from"
        ) from error
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


def _nearest(word: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return (
        f": did you mean {close[0]!r}?"
        if close
        else f": it must be one of {', '.join(known)}"
        if known
        else ""
    )
