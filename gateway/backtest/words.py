"""The words of the picture, in each language that it speaks. Pure data."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

Language = Literal["en", "fr"]

WORDS: Mapping[Language, Mapping[str, str]] = MappingProxyType(
    {
        "en": {
            "low_stock": "Low stock",
            "stock_out": "Sold out",
            "shelf_empty_backroom_has_stock": "Empty shelf, pieces in the back room",
            "predicted_stock_out": "Soon sold out",
            "title": "{type}: what the rule would have told",
            "summary": "{alerts} alerts in {days} days, {per_day} a day. {stock_outs} real stock-outs: {warned}"
            " were told before they came, {told_late} after, {missed} not at all.",
            "rows": "The articles with most alerts: pieces on hand over time.",
            "nothing": "The rule would have told nothing.",
            "article": "{sku}, {store}",
            "alerts_of": "{count} alerts",
            "alert_of": "1 alert",
            "told": "Alert from {since} to {until}",
            "out": "Nothing on hand from {since} to {until}",
            "blind": "Not seen from {since} to {until}: nothing fires or clears",
            "open_end": "the end",
            "legend_level": "pieces on hand",
            "legend_alert": "alert",
            "legend_out": "real stock-out",
            "legend_blind": "not seen",
            "most": "{count} pieces",
        },
        "fr": {
            "low_stock": "Stock bas",
            "stock_out": "Épuisé",
            "shelf_empty_backroom_has_stock": "Rayon vide, pièces en réserve",
            "predicted_stock_out": "Bientôt épuisé",
            "title": "{type} : ce que la règle aurait signalé",
            "summary": "{alerts} alertes en {days} jours, {per_day} par jour. {stock_outs} ruptures réelles :"
            " {warned} signalées avant, {told_late} après, {missed} pas du tout.",
            "rows": "Les articles avec le plus d’alertes : pièces en stock au fil du temps.",
            "nothing": "La règle n’aurait rien signalé.",
            "article": "{sku}, {store}",
            "alerts_of": "{count} alertes",
            "alert_of": "1 alerte",
            "told": "Alerte du {since} au {until}",
            "out": "Rien en stock du {since} au {until}",
            "blind": "Non vu du {since} au {until} : rien ne se déclenche ni ne se termine",
            "open_end": "la fin",
            "legend_level": "pièces en stock",
            "legend_alert": "alerte",
            "legend_out": "rupture réelle",
            "legend_blind": "non vu",
            "most": "{count} pièces",
        },
    }
)


def number(value: float, language: Language, digits: int = 0) -> str:
    """Return a number as it is written in a language."""
    text = f"{value:,.{digits}f}"
    return text if language == "en" else text.replace(",", "\u202f").replace(".", ",")
