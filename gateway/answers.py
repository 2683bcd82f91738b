"""Answers from the state as it is now: availability, and the views that alerts judge. Pure."""

from collections.abc import Container
from dataclasses import replace

from gateway.alert_rules.model import AlertRule
from gateway.alerts.records import AlertType
from gateway.alerts.rules import ArticleView, NextDelivery, low_stock_levels
from gateway.availability import NOT_SURE, Context, Terms, ZoneView, answer, merge_levels
from gateway.beliefs import level_belief, likely
from gateway.book_stock.books import home_zone
from gateway.catalogue.articles import Article
from gateway.channels.model import ANYBODY, NOT_SOLD_HERE, Asker, QuotaUse
from gateway.config.stores import IN_HAND, STOCK_ROLES
from gateway.inhibition import inhibition
from gateway.picking import pick_minutes, ready_by
from gateway.ports.inventory import Availability
from gateway.site import instant, ns
from gateway.state import State

NEVER_NS = 2**63 - 1
LEDGER_SOURCES = ("ledger", "scan", "pos")
SOURCES = {"tag": ("rfid", "pos"), "weight": ("weight", "pos", "scan"), "count": ("scan", "pos")}


def availability(
    state: State,
    store: str,
    sku: str,
    qty: int,
    now_ns: int,
    version: int = 0,
    *,
    is_dated: bool = True,
    is_sure: bool = True,
    asker: Asker = ANYBODY,
) -> Availability:
    """Return the answer for an article that the catalogue knows, in a store of the site, to somebody.

    Not `is_dated`: without the times of its last reads, for which every tag of the article is looked at;
    not `is_sure`: without the belief in its number.
    """
    article = state.catalogue.article(sku)
    if article is None:
        raise KeyError(sku)
    stock = state.site.config.stock
    tracked_by, by_ledger = state.ledger.tracked_by(store, sku), store in state.books.ledger_stores
    rules, channel = state.channels, asker.channel
    closed = rules.closed(store, asker)
    zones = _zone_views(state, store, article, now_ns, is_dated=is_dated)
    quota = None
    if rules.has_quota(channel):
        quota = quota_use(state, store, sku, asker, now_ns, sum(zone.pieces for zone in zones))
    fresh_ns = ns(stock.fresh_s)
    coming = state.deliveries.pieces(store, sku, now_ns)
    found = answer(
        zones,
        Terms(
            reserved=state.book.reserved(store, sku, now_ns, own_holds(state, asker)),
            safety_stock=rules.safety(store, article, channel, now_ns).pieces,
            incoming=state.ledger.incoming(store, sku)
            + (sum(piece.pieces for piece in coming) if coming else 0),
            limited_below=stock.limited_below,
            bound=_bound(state, store, sku, now_ns),
            quota_left=0 if closed == NOT_SOLD_HERE else None if quota is None else quota.left,
        ),
        Context(
            store=store,
            sku=sku,
            gtin=article.gtins[0] if article.gtins else None,
            qty=qty,
            sources=LEDGER_SOURCES if by_ledger else SOURCES[tracked_by],
            changed_ns=state.ledger.changed_ns(store, sku),
            valid_until_ns=min(
                (now_ns // fresh_ns + 1) * fresh_ns,
                state.book.next_expiry_ns(store, sku, now_ns) or NEVER_NS,
                _fades_ns(state, store, sku, now_ns) if by_ledger else NEVER_NS,
                state.deliveries.next_change_ns(store, sku, now_ns) or NEVER_NS,
            ),
            version=version,
            zones_seen=tracked_by != "count",
            doubts=_ledger_doubts(state, store, sku, now_ns) if by_ledger else (),
            fulfilment=asker.fulfilment,
            closed=closed,
        ),
    )
    if coming:
        expected_ns = next((piece.due_ns for piece in coming if piece.due_ns >= now_ns), None)
        found = replace(found, incoming_at_ns=expected_ns)
    belief = level_belief(state, store, sku) if is_sure else None
    if belief is not None:
        p = belief.at_least(qty + found.reserved + found.not_pickable)
        found = replace(found, belief=belief, p_at_least_requested=p)
        if found.pickup == "yes" and p < rules.promise_at(channel):
            found = replace(found, pickup="no", reasons=(NOT_SURE,))
    if is_dated and found.pickup == "yes" and asker.fulfilment == "pickup":
        found = replace(found, ready_by_ns=_ready_by(state, found, qty, now_ns))
    return found


def own_holds(state: State, asker: Asker) -> tuple[str, ...]:
    """Return the ids of the reservations that are the asker's own."""
    if asker.exclude is None and asker.owner_ref is None:
        return ()
    own = dict.fromkeys(() if asker.owner_ref is None else state.book.of_owner(asker.owner_ref))
    if asker.exclude is not None:
        own[asker.exclude] = None
    return tuple(own)


def quota_use(state: State, store: str, sku: str, asker: Asker, now_ns: int, on_hand: int) -> QuotaUse | None:
    """Return the quota of a channel and what it has of it, the asker's own aside; None where it has no quota."""
    if not state.channels.has_quota(asker.channel):
        return None
    reserved = state.book.reserved(store, sku, now_ns, own_holds(state, asker), asker.channel)
    return state.channels.quota(asker.channel, on_hand, reserved)


def _ready_by(state: State, found: Availability, qty: int, now_ns: int) -> int | None:
    """Return by when as many pieces are fetched, those of others' holds taken to be the easiest to reach."""
    hours, roles = state.site.hours.get(found.store), state.site.roles[found.store]
    if hours is None:
        return None
    pieces = [(roles.get(level.zone, ""), level.pieces) for level in found.zones]
    minutes = pick_minutes(pieces, state.site.pick_minutes[found.store], qty + found.reserved)
    return None if minutes is None else ready_by(hours, minutes, now_ns)


def _ledger_doubts(state: State, store: str, sku: str, now_ns: int) -> tuple[str, ...]:
    doubt = state.books.doubt(store, sku, now_ns)
    return () if doubt is None else (doubt,)


def _fades_ns(state: State, store: str, sku: str, now_ns: int) -> int:
    """Return until when the stock of a ledger store goes on being known."""
    until_ns = state.books.fresh_until_ns(store, sku)
    return NEVER_NS if until_ns is None or until_ns <= now_ns else until_ns


def _told_by_ledger(state: State, store: str, sku: str) -> dict[str, int]:
    """Return when the stock of a ledger store was last told, by its zone."""
    account = state.books.account(store, sku)
    told_ns = None if account is None else account.told_ns
    return {} if told_ns is None else {home_zone(state.site.roles[store]): told_ns}


def _bound(state: State, store: str, sku: str, now_ns: int) -> int:
    """Return the pieces that were picked for a reservation and lie where no other can be picked.

    They are reserved already: as not pickable too they would be subtracted twice.
    """
    epcs, unnamed = state.book.picked(store, sku, now_ns)
    bound = min(unnamed, state.ledger.levels(store, sku).get(IN_HAND, 0)) if unnamed else 0
    for epc in epcs:
        place_id = state.presence.place_of(epc)
        if place_id is not None:
            place = state.site.places[place_id]
            bound += place.store == store and place.role not in STOCK_ROLES
    return bound


def _zone_views(
    state: State, store: str, article: Article, now_ns: int, *, is_dated: bool
) -> tuple[ZoneView, ...]:
    """Return the zones that bear witness of an article: those its way of tracking can see."""
    levels = state.ledger.levels(store, article.sku)
    roles = state.site.roles[store]
    tracked_by = state.ledger.tracked_by(store, article.sku)
    match tracked_by:
        case "tag":
            seen = last_seen(state, store, article.sku) if is_dated else {}
            watched = {z: state.is_watched(store, z, now_ns) for z in roles if _has_reader(state, store, z)}
            doubtful: set[str] = set()
        case "weight":
            seen, watched, doubtful = _shelf_views(state, store, article.sku, now_ns)
        case _:
            seen, watched, doubtful = _told_by_ledger(state, store, article.sku), {}, set()
    zones = tuple([zone for zone in roles if zone in watched])
    return tuple(
        [
            ZoneView(
                zone,
                roles.get(zone),
                pieces,
                watched.get(zone, True),
                zone in doubtful,
                seen.get(zone),
                _coverage(state, store, zone) if tracked_by == "tag" else None,
            )
            for zone, pieces in merge_levels(levels, zones).items()
        ]
    )


def _has_reader(state: State, store: str, zone: str) -> bool:
    return bool(state.site.places[state.site.place_id[store, zone]].readers)


def _coverage(state: State, store: str, zone: str) -> float | None:
    """Return how much of a zone is seen; None where no reader watches it."""
    place = state.site.place_id.get((store, zone))
    if place is None or not state.site.places[place].readers:
        return None
    return state.presence.coverage(place)


def last_seen(state: State, store: str, sku: str) -> dict[str, int]:
    seen: dict[str, int] = {}
    for epc in state.tags_of.get((store, sku), ()):
        place, at_ns = state.presence.place_of(epc), state.presence.last_seen_ns(epc)
        if place is not None and at_ns is not None:
            zone = state.site.places[place].zone
            seen[zone] = max(at_ns, seen.get(zone, 0))
    return seen


def _shelf_views(
    state: State, store: str, sku: str, now_ns: int
) -> tuple[dict[str, int], dict[str, bool], set[str]]:
    seen: dict[str, int] = {}
    watched: dict[str, bool] = {}
    doubtful: set[str] = set()
    for section in state.site.config.shelves:
        if section.store != store or section.sku != sku:
            continue
        device, shelf = state.devices[section.id], state.shelves[section.id]
        alive = device.state(now_ns) == "online" and shelf.pieces is not None
        watched[section.zone] = watched.get(section.zone, True) and alive
        if device.last_seen_ns is not None:
            seen[section.zone] = max(device.last_seen_ns, seen.get(section.zone, 0))
        if shelf.in_doubt:
            doubtful.add(section.zone)
    return seen, watched, doubtful


def article_view(
    state: State, store: str, article: Article, now_ns: int, live_alerts: Container[str]
) -> ArticleView:
    """Return what the stock rules judge of one article."""
    view = availability(state, store, article.sku, 1, now_ns, is_dated=False, is_sure=False)
    levels = state.ledger.levels(store, article.sku)
    roles = state.site.roles[store]
    floor = sum(n for zone, n in levels.items() if roles.get(zone) == "floor")
    behind = {z: n for z, n in levels.items() if roles.get(z) in {"back_room", "receiving"} and n > 0}
    home = _home(state, store, article)
    low, at, clear_at = _low_levels(state, store, article, home)
    return ArticleView(
        store=store,
        sku=article.sku,
        on_hand=view.on_hand,
        available=view.available,
        floor=floor,
        back=sum(behind.values()),
        home_zone=home,
        source_zone=max(behind, key=lambda zone: behind[zone]) if behind else None,
        low_stock_at=at,
        low_stock_clear_at=clear_at,
        has_shelf_zones=state.ledger.tracked_by(store, article.sku) != "count",
        inhibited_by=inhibition(state, view, home, live_alerts),
        is_known=view.status != "UNKNOWN",
        next_delivery=_next_delivery(state, low, store, article.sku, view.available, now_ns),
        likely=likely(state, store, article.sku, floor, sum(behind.values()), view.available - at),
    )


def low_at(state: State, store: str, sku: str) -> int:
    """Return at how many available pieces low_stock fires."""
    article = state.catalogue.article(sku)
    return 0 if article is None else _low_levels(state, store, article, _home(state, store, article))[1]


def _low_levels(state: State, store: str, article: Article, home: str | None) -> tuple[AlertRule, int, int]:
    """Return the rule of low_stock for an article, and at how many pieces it fires and clears."""
    rule = state.rules.pick(AlertType.LOW_STOCK, store, home, article.sku)
    return rule, *low_stock_levels(rule, article.low_stock_at)


def _next_delivery(
    state: State, rule: AlertRule, store: str, sku: str, available: int, now_ns: int
) -> NextDelivery | None:
    """Return whether what is available lasts until more comes; None where nothing is announced."""
    expected = state.deliveries.expected(store, sku)
    due_ns = next((due_ns for due_ns, _ in expected if due_ns > now_ns), None)
    if due_ns is None:
        return None
    p_gone = state.demand.p_stock_out(store, sku, available, now_ns, due_ns)
    return NextDelivery(p_gone, instant(due_ns), rule["risk_above"], rule["risk_clear_below"])


def _home(state: State, store: str, article: Article) -> str | None:
    for shelf in state.site.config.shelves:
        if shelf.store == store and shelf.sku == article.sku:
            return shelf.zone
    return state.home_zone(store, article.sku)
