"""Reads a site file and its catalogue from disk, and says what is wrong with them in words. [I/O]"""

import difflib
import json
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gateway.catalogue.articles import Article, Catalogue
from gateway.catalogue.text import TextRefused, article_rows
from gateway.config.mappings import MappingSection
from gateway.config.site import SiteConfig
from gateway.errors import ConfigError
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
    line = 0

    def articles() -> Iterator[Article]:
        nonlocal line
        for count, row in enumerate(article_rows(text)):
            line = row.line
            if count >= MAX_ARTICLES:
                raise ConfigError(f"{name}: line {line}: more than {MAX_ARTICLES} articles")
            if row.article is None:
                raise ConfigError(f"{name}: line {line}: {row.fault}")
            yield row.article.article(row.article.tracked_by or "tag", "file")

    try:
        return Catalogue(articles())
    except TextRefused as error:
        raise ConfigError(f"{name}: {error}") from error
    except ValueError as error:
        raise ConfigError(f"{name}: line {line}: {error}: remove one of them") from error


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
