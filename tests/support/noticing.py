"""Alerts, notices and words for tests of their delivery. Pure."""

from dataclasses import replace
from typing import Any

from gateway.alerts.notices import Notice
from gateway.alerts.records import AlertRecord, AlertState, AlertType, Severity
from gateway.catalogue.articles import Article, Catalogue
from gateway.delivery.language_files import languages
from gateway.delivery.model import HttpHook, MailServer, Target
from gateway.delivery.names import Names, StoreNames
from gateway.delivery.wording import Wording

S = 1_000_000_000
AT_NS = 1_795_284_131 * S  # 2026-11-21 18:02:11 UTC, 19:02 in Lyon
STORE = "lyon-1"
NASTY = 'Jean "501" <b>&\r\nBcc: all@shop.example \\ {title} \U0001f455'


def names(article: str = "Jeans 501") -> Names:
    """Return the names of a shop of one article, DEN-501."""
    zones = {"denim": {"en": "Denim", "fr": "Denim hommes"}, "back": {"en": "Back room", "fr": "Réserve"}}
    stores = [StoreNames(STORE, "Lyon Part-Dieu", "Europe/Paris", zones)]
    return Names(stores, Catalogue([Article("DEN-501", name={"en": article, "fr": f"Le {article}"})]))


def wordings(article: str = "Jeans 501") -> dict[str, Wording]:
    """Return the words of all languages that there are."""
    return {code: Wording(language, names(article)) for code, language in languages().items()}


def alert(number: int = 1, **changes: Any) -> AlertRecord:
    """Return an empty shelf, or what `changes` make of it."""
    plain = AlertRecord(
        f"a{number}",
        f"f{number}",
        AlertType.SHELF_EMPTY,
        Severity.WARNING,
        STORE,
        AlertState.FIRING,
        AT_NS - 600 * S,
        "denim",
        "DEN-501",
        fired_at_ns=AT_NS,
        evidence={"floor": 0, "back_room": 4, "from_zone": "back", "to_zone": "denim"},
    )
    return replace(plain, **changes)


def notice(number: int = 1, **changes: Any) -> Notice:
    """Return a notice of one empty shelf, or what `changes` make of it."""
    kind, type_ = "fired", "shelf_empty_backroom_has_stock"
    plain = Notice(
        f"{number:024x}",
        kind,
        STORE,
        Severity.WARNING,
        (alert(number),),
        "associate",
        AT_NS,
        1,
        "denim",
        type_,
    )  # type: ignore[arg-type]  # the literal is one of them
    return replace(plain, **changes)


def hook(url: str, body: str = '{"id": "{id}", "title": "{title}"}', **changes: Any) -> Target:
    """Return a target that is told over HTTP."""
    return replace(
        Target("chat", HttpHook(url, "POST", {"Authorization": "Bearer s3cret-token"}, body)), **changes
    )


def mailbox(port: int, **changes: Any) -> Target:
    """Return a target that is told by mail."""
    server = MailServer(
        "localhost", port, "none", "Storefloor <alerts@shop.example>", ("floor@shop.example",)
    )
    return Target("floor", replace(server, **changes))
