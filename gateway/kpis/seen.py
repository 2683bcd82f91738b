"""What the key figures are told of an article, from the state as it is now. Pure."""

from gateway.alerts.rules import ArticleView
from gateway.catalogue.articles import Article
from gateway.kpis.model import Sighting
from gateway.state import State


def sighting(state: State, article: Article, view: ArticleView) -> Sighting:
    """Return what is known of an article, as the alerts judge it too."""
    return Sighting(
        store=view.store,
        sku=view.sku,
        department=article.department or "",
        on_hand=view.on_hand,
        available=view.available,
        floor=view.floor,
        behind=view.back,
        is_known=view.is_known,
        is_shelf_known=view.has_shelf_zones,
        changed_ns=state.ledger.changed_ns(view.store, view.sku),
    )


def enter_all(state: State, now_ns: int) -> None:
    """Take up the articles of an earlier life: they count from its end on, as unknown until they are judged."""
    for store, sku in state.ledger.line_keys():
        article = state.catalogue.article(sku)
        if article is None or not article.known or store not in state.kpis.stores:
            continue
        state.kpis.enter(
            Sighting(
                store=store,
                sku=sku,
                department=article.department or "",
                on_hand=sum(state.ledger.levels(store, sku).values()),
                available=0,
                floor=0,
                behind=0,
                is_known=False,
                is_shelf_known=False,
                changed_ns=state.ledger.changed_ns(store, sku),
            ),
            now_ns,
        )
