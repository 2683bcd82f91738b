"""A scripted first half hour, so that a demo has something to show at once. Pure.

Two things are staged, both with the rules that hold for everybody (a till scan, the gate):
- the floor of one article is bought empty while its back room has stock, within some six minutes,
  and no one refills it until the act is over: time for `shelf_empty_backroom_has_stock` to hold;
- another article starts with few pieces and is sold down to two: `low_stock`.
Other customers and staff leave both articles alone for `act_hold_s`.
"""

from simulators.agenda import Process, seconds
from simulators.customers import Customers
from simulators.layout import Article, SiteLayout
from simulators.scene import Scene

EMPTIED_FLOOR_PIECES = 2
SCARCE_PIECES = 3


def emptied_article(layout: SiteLayout) -> Article:
    """Return the article whose floor is bought empty: the first tagged one of the first floor zone."""
    tagged = [article for article in layout.articles if article.tracked_by == "tag"]
    return next((a for a in tagged if a.home == layout.zones_of("floor")[0]), tagged[0])


def scarce_article(layout: SiteLayout) -> Article:
    """Return the article that is about to run low: the last tagged one."""
    return [article for article in layout.articles if article.tracked_by == "tag"][-1]


def opening_act(scene: Scene, customers: Customers) -> Process:
    """Play the act; the shop was opened with its articles held back and short on the floor."""
    emptied, scarce = emptied_article(scene.layout), scarce_article(scene.layout)
    yield seconds(scene.params.act_first_sale_s)
    for article in (*(emptied,) * EMPTIED_FLOOR_PIECES, scarce):
        piece = scene.on_floor(article.sku)[0]
        scene.take(piece, "picked up")
        scene.agenda.start(customers.buy([piece]))
        yield seconds(scene.params.act_sale_gap_s)
    yield seconds(scene.params.act_hold_s)
    scene.held_back.clear()
