"""Key figures of a store, and what is told of devices, as values at one instant. Pure.

Figures of articles are gathered a few at a time: a large shop has more of them than a slice of the
loop may look at.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gateway.answers import availability
from gateway.kpis.figures import Figures
from gateway.ports.health import DeviceHealth
from gateway.state import State
from gateway.storage.influx.lines import line
from gateway.storage.influx.report import DeliveryReport

SLICE_ARTICLES = 40
"""Articles looked at before the loop gets its turn: at some 20 µs each, a slice stays under 1 ms."""


@dataclass(slots=True)
class KeyFigures:
    """One store at one instant. Articles: those that the catalogue names and that ever had a piece there."""

    articles: int = 0
    available: int = 0
    limited: int = 0
    back_room_only: int = 0
    out: int = 0
    unknown: int = 0
    pieces: int = 0
    on_floor: int = 0
    """Articles with a piece on the floor, of those that have stock and are not unknown."""
    with_stock: int = 0


def key_figures(state: State, store: str, now_ns: int, figures: KeyFigures) -> Iterator[None]:
    """Fill in the figures of a store; gives way after each SLICE_ARTICLES."""
    roles = state.site.roles[store]
    skus = [sku for place, sku in state.ledger.line_keys() if place == store]
    for number, sku in enumerate(skus):
        if number % SLICE_ARTICLES == SLICE_ARTICLES - 1:
            yield
        article = state.catalogue.article(sku)
        if article is None or not article.known:
            continue
        found = availability(state, store, sku, 1, now_ns, is_dated=False, is_sure=False)
        figures.articles += 1
        figures.pieces += found.on_hand
        match found.status:
            case "UNKNOWN":
                figures.unknown += 1
                continue
            case "OUT_OF_STOCK" | "INCOMING":
                figures.out += 1
            case "BACK_ROOM_ONLY":
                figures.back_room_only += 1
                figures.available += 1
            case "LIMITED":
                figures.limited += 1
                figures.available += 1
            case _:
                figures.available += 1
        if found.on_hand > 0:
            figures.with_stock += 1
            figures.on_floor += any(zone.pieces for zone in found.zones if roles.get(zone.zone) == "floor")


def kpi_line(
    store: str, figures: KeyFigures, today: Figures, alerts_firing: int, coverage: float | None, at_ns: int
) -> str:
    """Return a store's key figures as line protocol; `today`: what its day added up to so far."""
    return line(
        "kpi",
        {"store": store},
        {
            "articles": figures.articles,
            "available": figures.available,
            "limited": figures.limited,
            "back_room_only": figures.back_room_only,
            "out": figures.out,
            "unknown": figures.unknown,
            "pieces": figures.pieces,
            "on_shelf": figures.on_floor / figures.with_stock if figures.with_stock else None,
            "coverage": coverage,
            "alerts_firing": alerts_firing,
            "today_on_shelf": today.on_shelf,
            "today_nosbos": today.nosbos,
            "today_stock_out": today.stock_out,
            "today_unknown": today.unknown,
            "today_lost_pieces": None if today.lost is None else today.lost.mean,
        },
        at_ns,
    )


def coverage_of_zones(state: State, store: str) -> dict[str, float]:
    """Return how much of each zone with readers is seen, 0 to 1."""
    places = [place for place in state.site.places if place.store == store and place.readers]
    return {place.zone: float(state.presence.coverage(place.id)) for place in places}


def mean(values: Sequence[float]) -> float | None:
    """Return the mean; None of none."""
    return sum(values) / len(values) if values else None


def reader_lines(
    devices: Sequence[DeviceHealth], coverage: Mapping[tuple[str, str], float], at_ns: int
) -> list[str]:
    """Return a line per device; `coverage` by (store, zone). Counts are those since the gateway's start."""
    return [
        line(
            "reader",
            {"store": device.store, "reader": device.id, "role": device.role},
            {
                "state": device.state,
                "up": int(device.state == "online"),
                "coverage": mean(
                    [c for zone in device.zones if (c := coverage.get((device.store, zone))) is not None]
                )
                if device.role == "rfid"
                else None,
                "observations": device.observations,
                "received": device.received,
                "passed": device.passed,
                "held": device.held,
                "dropped": sum(device.dropped.values()),
                "reconnects": device.reconnects,
            },
            at_ns,
        )
        for device in devices
    ]


def waiting_line(store: str, at_ns: int) -> str:
    """Return a line that tells nothing but that it came: for a first try of a server."""
    return line("outbox", {"store": store}, {"checked": 1}, at_ns)


def outbox_line(store: str, report: DeliveryReport, at_ns: int) -> str:
    """Return how far the delivery to the time-series server is behind, told to that server itself."""
    return line(
        "outbox",
        {"store": store},
        {
            "points": report.outbox.points,
            "bytes": report.outbox.bytes,
            "age_s": report.age_s,
            "sent": report.sent,
            "retried": report.retried,
            "refused": report.outbox.refused,
            "let_go": report.outbox.let_go,
            "gaps": report.gaps,
        },
        at_ns,
    )
