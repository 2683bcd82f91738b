"""What the benchmark's shop sells and has at the start: articles, items with their EPCs, ledger, ghosts. Pure, seeded."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from simulators.benchmark.families import Family
from simulators.benchmark.topology import FLOOR, Topology
from simulators.epc import check_digit, sgtin96

COMPANY = "3012345"
SERIAL_BITS = 34
"""Serials are drawn, not counted: the order of the EPCs tells nothing."""


@dataclass(frozen=True, slots=True)
class Article:
    """Something the shop sells. `weight_g` 0: a tag is on each piece."""

    sku: str
    gtin: str
    home: str
    units: int
    floor_capacity: int
    popularity: float
    weight_g: float = 0.0


@dataclass(frozen=True, slots=True)
class OpeningStock:
    """The shop on the morning of the first day, and what its books say of it."""

    articles: tuple[Article, ...]
    ledger: Mapping[str, int]
    ghosts: tuple[tuple[str, str], ...]
    """(EPC, SKU) of those ghosts that a list of tags has."""


class EpcPrinter:
    """Gives out EPCs, each once."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._given: set[str] = set()

    def print(self, gtin: str) -> str:
        """Return the EPC of a new piece of one article."""
        while True:
            epc = sgtin96(gtin, len(COMPANY), self._rng.getrandbits(SERIAL_BITS))
            if epc not in self._given:
                self._given.add(epc)
                return epc


def gtin_of(number: int) -> str:
    """Return the GTIN-14 of the shop's article of that number."""
    digits = f"0{COMPANY}{number:05d}"
    return digits + check_digit(digits)


def stock_up(family: Family, topology: Topology, rng: Random, printer: EpcPrinter) -> OpeningStock:
    """Return what there is to sell, and the books with their errors and ghosts."""
    articles = tuple(
        [_tagged(family, topology, number, rng) for number in range(1, family.skus + 1)]
        + [_weighed(family, topology, family.skus + n, rng) for n in range(1, family.shelves.count + 1)]
    )
    ledger = {article.sku: article.units for article in articles}
    for sku in ledger:
        if rng.random() < family.ledger_wrong_share:
            ledger[sku] = max(0, ledger[sku] + rng.choice(family.ledger_off_by))
    ghosts = _ghosts(family, articles, ledger, rng)
    told = [article for article in ghosts if rng.random() < family.ghosts_told_share]
    return OpeningStock(articles, ledger, tuple((printer.print(a.gtin), a.sku) for a in told))


def _ghosts(
    family: Family, articles: tuple[Article, ...], ledger: Mapping[str, int], rng: Random
) -> list[Article]:
    """Return the article of each ghost: a piece that the books have, and that is not there.

    Ghosts are what stands too high in the books, so that the rows that are wrong stay as many as the
    family says.
    """
    tagged = [article for article in articles if not article.weight_g]
    surplus = [a for a in tagged for _ in range(max(0, ledger[a.sku] - a.units))]
    count = round(family.ghost_share * sum(article.units for article in tagged))
    return rng.sample(surplus, min(count, len(surplus)))


def catalogue_csv(articles: tuple[Article, ...]) -> str:
    """Return the catalogue as the product takes it."""
    rows = ["sku,gtin,name_en,tracked_by,department"]
    rows += [
        f"{a.sku},{a.gtin},Article {a.sku},{'weight' if a.weight_g else 'tag'},{a.home}" for a in articles
    ]
    return "\n".join(rows) + "\n"


def _tagged(family: Family, topology: Topology, number: int, rng: Random) -> Article:
    is_fast = rng.random() < family.fast_share
    median = family.fast_median_units if is_fast else family.slow_median_units
    units = max(1, round(median * math.exp(rng.gauss(0.0, family.units_sigma))))
    home = rng.choice(topology.zones_of(FLOOR))
    capacity = rng.randint(*family.floor_capacity)
    return Article(f"A-{number:04d}", gtin_of(number), home, units, capacity, float(units))


def _weighed(family: Family, topology: Topology, number: int, rng: Random) -> Article:
    """A shelf holds all there is of its article; the zones take turns."""
    floors = topology.zones_of(FLOOR)
    units = rng.randint(*family.shelves.pieces)
    weight_g = round(rng.uniform(*family.shelves.piece_g), 1)
    return Article(
        f"W-{number:04d}", gtin_of(number), floors[number % len(floors)], units, units, float(units), weight_g
    )
