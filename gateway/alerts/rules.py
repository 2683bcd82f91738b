"""The conditions of each alert: when it would fire, when it would clear, on what evidence. Pure.

Fire and clear are apart, so that a level on the edge does not flicker; between them the alert stays
what it was. The holds in time are the engine's.
"""

from dataclasses import dataclass

from gateway.alert_rules.book import RuleBook
from gateway.alert_rules.model import AlertRule
from gateway.alerts.records import AlertType, Evidence, Severity


@dataclass(frozen=True, slots=True)
class ArticleView:
    """What the stock rules look at: one article in one store, in pieces.

    `inhibited_by`: why its levels cannot be believed now (a reader that is down), or None.
    `home_zone`: the floor zone where it last stood, `source_zone`: the fullest zone out of sight.
    """

    store: str
    sku: str
    on_hand: int
    available: int
    floor: int
    back: int
    home_zone: str | None
    source_zone: str | None
    low_stock_at: int
    low_stock_clear_at: int
    has_shelf_zones: bool
    inhibited_by: str | None
    is_known: bool = True
    """Whether the answer is another one than UNKNOWN."""
    next_delivery: "NextDelivery | None" = None
    likely: "Likely | None" = None
    """None where the pieces say it all: nothing is believed of them that they do not tell."""


@dataclass(frozen=True, slots=True)
class Likely:
    """What is believed of an article beside its rounded pieces: P(one is in the store), the pieces expected on the
    floor, P(one is out of sight behind it), P(no more can be picked than low_stock's threshold) as far as silence tells, and the
    pieces that no tag was ever read of.
    """

    in_store: float
    on_floor: float
    behind: float
    low: float
    unread: int = 0


@dataclass(frozen=True, slots=True)
class NextDelivery:
    """P(what is available will be gone before the next delivery), and above and below which it is told."""

    p_gone: float
    due_at: str
    fires_above: float
    clears_below: float


@dataclass(frozen=True, slots=True)
class Condition:
    """The verdict of one rule on one subject now. `rule` None: its type's default rule. `pends`: it may be so, though not
    surely enough to be told: its hold runs, for what turns out to be so began with the doubt.
    """

    type: AlertType
    severity: Severity
    store: str
    fires: bool
    clears: bool
    inhibited_by: str | None
    evidence: Evidence
    zone: str | None = None
    sku: str | None = None
    device: str | None = None
    rule: AlertRule | None = None
    pends: bool = False

    @property
    def may_be(self) -> bool:
        """Return whether its hold runs."""
        return self.fires or self.pends

    @property
    def fingerprint(self) -> str:
        """Return what the alert is about; the zone is evidence, for a shelf may be set up elsewhere."""
        return f"{self.type}|{self.store}|{self.sku or ''}|{self.device or ''}"


def rule_for(kind: AlertType, view: ArticleView, rules: RuleBook) -> AlertRule:
    """Return the rule of a type that applies to an article: its zone is where it is shown."""
    return rules.pick(kind, view.store, view.home_zone, view.sku)


def low_stock_levels(rule: AlertRule, own: int | None) -> tuple[int, int]:
    """Return at how many pieces low_stock fires and clears. An article's own figure in the catalogue comes before a
    rule's, unless the rule names the article; the two stay as far apart as the rule has them.
    """
    at, clear_at = int(rule["fire_at"]), int(rule["clear_at"])
    if own is None or rule.skus:
        return at, clear_at
    return own, own + clear_at - at


SURE = 0.95
"""Of what is less sure than this, the opposite may be so."""

STOCK_RULES = (AlertType.STOCK_OUT, AlertType.LOW_STOCK, AlertType.SHELF_EMPTY)
"""Types that are judged by nothing but a view."""


def article_conditions(view: ArticleView, rules: RuleBook) -> tuple[Condition, ...]:
    """Return the verdict of every stock rule on one article."""
    return tuple(article_condition(kind, view, rule_for(kind, view, rules)) for kind in STOCK_RULES)


def article_condition(kind: AlertType, view: ArticleView, rule: AlertRule) -> Condition:
    """Return the verdict of one stock rule, of a type of STOCK_RULES, on one article."""
    match kind:
        case AlertType.STOCK_OUT:
            return _stock_out(view, rule)
        case AlertType.LOW_STOCK:
            return _low_stock(view, rule)
        case _:
            return _shelf_empty(view, rule)


def likely_of(view: ArticleView) -> Likely:
    """Return what is believed; what the pieces say where nothing else is."""
    if view.likely is not None:
        return view.likely
    is_low = view.available <= view.low_stock_at
    return Likely(float(view.on_hand > 0), float(view.floor), float(view.back > 0), float(is_low))


def _stock_out(view: ArticleView, rule: AlertRule) -> Condition:
    """Of pieces in doubt it waits until the doubt is gone: neither fires nor clears."""
    p = likely_of(view).in_store
    return Condition(
        AlertType.STOCK_OUT,
        rule.gravity,
        view.store,
        fires=view.on_hand == 0 and p < rule["fire_at"],
        clears=view.on_hand > 0 and p > rule["clear_at"],
        inhibited_by=view.inhibited_by,
        evidence={"on_hand": view.on_hand},
        sku=view.sku,
        rule=rule,
        pends=p < SURE and likely_of(view).unread == 0,
    )


def _low_stock(view: ArticleView, rule: AlertRule) -> Condition:
    """Fires at the threshold or below, or where the rest will not last until the next delivery; nothing left at
    all is stock_out's to tell.
    """
    coming = view.next_delivery
    evidence: Evidence = {
        "available": view.available,
        "on_hand": view.on_hand,
        "threshold": view.low_stock_at,
    }
    if coming is not None:
        evidence |= {"p_gone_before_delivery": round(coming.p_gone, 1), "delivery_at": coming.due_at}
    is_short = coming is not None and coming.p_gone > coming.fires_above
    lasts = coming is None or coming.p_gone < coming.clears_below
    return Condition(
        AlertType.LOW_STOCK,
        rule.gravity,
        view.store,
        fires=view.on_hand > 0 and (view.available <= view.low_stock_at or is_short),
        clears=(view.available >= view.low_stock_clear_at and lasts) or view.on_hand == 0,
        inhibited_by=view.inhibited_by,
        evidence=evidence,
        sku=view.sku,
        rule=rule,
        pends=view.on_hand > 0 and likely_of(view).low > 1 - SURE,
    )


def _shelf_empty(view: ArticleView, rule: AlertRule) -> Condition:
    """An article that only scans track has no shelf that anything watches, so it has no such alert."""
    likely = likely_of(view)
    is_empty = view.has_shelf_zones and likely.on_floor < rule["fire_at"]
    has_behind = view.back > 0 and likely.behind > rule["behind_above"]
    return Condition(
        AlertType.SHELF_EMPTY,
        rule.gravity,
        view.store,
        fires=is_empty and has_behind,
        clears=(view.floor > 0 and likely.on_floor > rule["clear_at"]) or view.back == 0,
        inhibited_by=view.inhibited_by,
        evidence={
            "floor": 0 if is_empty else view.floor,
            "back_room": view.back,
            "from_zone": view.source_zone,
            "to_zone": view.home_zone,
        },
        zone=view.home_zone,
        sku=view.sku,
        rule=rule,
        pends=view.has_shelf_zones and likely.on_floor < SURE and has_behind,
    )


@dataclass(frozen=True, slots=True)
class LateDeliveries:
    """Deliveries of one store of which pieces are missing, the time of grace over. `first`: the one due first."""

    deliveries: int
    pieces: int
    first: str
    due_at: str


def delivery_condition(
    store: str, late: LateDeliveries | None, inhibited_by: str | None, rule: AlertRule
) -> Condition:
    """Return the verdict on the deliveries of a store. One alert tells of all: a driver brings them together.

    `late` None: every piece was seen, or nobody waits for it any more.
    """
    evidence: Evidence = {}
    if late is not None:
        evidence |= {"deliveries": late.deliveries, "pieces": late.pieces}
        evidence |= {"first": late.first, "due_at": late.due_at}
    return Condition(
        AlertType.DELIVERY_NOT_SEEN,
        rule.gravity,
        store,
        fires=late is not None,
        clears=late is None,
        inhibited_by=inhibited_by,
        evidence=evidence,
        rule=rule,
    )


def reader_condition(
    store: str, device: str, zones: tuple[str, ...], rule: AlertRule, *, alive: bool, state: str
) -> Condition:
    """Return the verdict on one reader; `state` says how it is missing (silent, offline, never)."""
    return Condition(
        AlertType.READER_DOWN,
        rule.gravity,
        store,
        fires=not alive,
        clears=alive,
        inhibited_by=None,
        evidence={"zones": ", ".join(zones), "state": state},
        zone=zones[0] if zones else None,
        device=device,
        rule=rule,
    )
