"""Scenarios without code: a site, what its devices and tills said and when, and what must be known then.

See tests/scenarios/README.md for the lines. Times are the shop's; nothing here reads a clock.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from gateway.alerts.records import AlertRecord
from gateway.answers import availability
from gateway.catalogue.articles import Catalogue
from gateway.cli.site_file import read_site
from gateway.engine import Engine
from gateway.ports.intake import TillEvent
from gateway.site import Site
from readers.observations import Heartbeat, Observation, Read, Reading, Scan
from simulators.epc import sgtin96
from tests.support.kept_engine import KeptEngine

T = TypeVar("T")
NS_PER_S = 1_000_000_000
COMPANY_DIGITS = 7
MAX_SCENARIO_S = 3 * 86_400
"""A scenario is advanced second by second: longer ones belong to the simulated shop."""


class Line(BaseModel):
    """What all lines bear. `note` is for people, and is shown with a fault."""

    model_config = ConfigDict(extra="forbid")
    at: AwareDatetime
    note: str = ""


class Input(Line):
    """What a device or a till says. With `every_s` it says so again and again, up to `until`; what
    happens before `arrives_at` is learned of only then.
    """

    arrives_at: AwareDatetime | None = None
    every_s: Annotated[float, Field(gt=0)] | None = None
    until: AwareDatetime | None = None

    def times_ns(self) -> Iterator[tuple[int, int]]:
        """Yield (happened, learned) of each time that it is said."""
        at_ns, arrives_ns = to_ns(self.at), to_ns(self.arrives_at or self.at)
        last_ns = to_ns(self.until) if self.until else at_ns
        step_ns = round((self.every_s or 1) * NS_PER_S)
        for time_ns in range(at_ns, last_ns + 1, step_ns):
            yield time_ns, max(time_ns, arrives_ns)


class ReadLine(Input):
    """Tags answer an antenna: `epc` as read, or `items` such as "TEE#7" or "TEE#1-9" (pieces of SKU TEE)."""

    kind: Literal["read"]
    reader: str
    antenna: int = 1
    epc: str | None = None
    items: tuple[str, ...] = ()
    rssi_dbm: float | None = -60


class ScanLine(Input):
    """A scanner sends a code's text."""

    kind: Literal["scan"]
    scanner: str
    text: str


class ReadingLine(Input):
    """A shelf sends its weight."""

    kind: Literal["reading"]
    shelf: str
    weight_g: float


class LifeLine(Input):
    """A device proves that it lives, or is gone."""

    kind: Literal["heartbeat", "offline"]
    device: str


class EventLine(Input):
    """A till or a handheld tells of pieces. `result`: what becomes of it."""

    kind: Literal["sale", "return", "receive"]
    sku: str | None = None
    gtin: str | None = None
    item: str | None = None
    qty: int = 1
    zone: str | None = None
    store: str | None = None
    result: str = "applied"


class RestartLine(Input):
    """The gateway is killed and started again."""

    kind: Literal["restart"]


class Expected(Line):
    """What must be known at a moment: of an article (`sku`), of all firing alerts, or of both."""

    sku: str | None = None
    store: str | None = None
    on_hand: int | None = None
    available: int | None = None
    zones: dict[str, int] | None = None
    status: str | None = None
    known: bool | None = None
    alerts: list[str] | None = None


AnyInput = Annotated[
    ReadLine | ScanLine | ReadingLine | LifeLine | EventLine | RestartLine, Field(discriminator="kind")
]


def to_ns(time: datetime) -> int:
    """Return a time as nanoseconds since the Unix epoch (whole microseconds are exact)."""
    since = time - datetime(1970, 1, 1, tzinfo=UTC)
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1_000


@dataclass(frozen=True, slots=True)
class Told:
    """One input at its moment. Order: by the time the gateway learns of it, then as written."""

    learned_ns: int
    place: int
    at_ns: int
    line: Input


class Scenario:
    """One folder: {gateway.toml, input.jsonl, expected.jsonl} and the articles that the site names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.site, self._articles = read_site(folder / "gateway.toml")
        self._inputs = list(_lines(folder / "input.jsonl", TypeAdapter(AnyInput)))
        self._expected = list(_lines(folder / "expected.jsonl", TypeAdapter(Expected)))
        self._kept = KeptEngine(self._new_engine)

    def _new_engine(self) -> Engine:
        return Engine(Site(self.site), Catalogue(self._articles.articles()))

    def run(self) -> list[str]:
        """Live through it, second by second; return what was otherwise than expected, a line each."""
        told = sorted(
            (
                Told(learned_ns, place, at_ns, line)
                for place, line in self._inputs
                for at_ns, learned_ns in line.times_ns()
            ),
            key=lambda t: (t.learned_ns, t.place),
        )
        checks: dict[int, list[tuple[int, Expected]]] = {}
        for place, check in self._expected:
            checks.setdefault(to_ns(check.at), []).append((place, check))
        start_s, end_ns = told[0].learned_ns // NS_PER_S, max(checks)
        assert end_ns <= (start_s + MAX_SCENARIO_S) * NS_PER_S, "longer than a scenario may be"
        faults: list[str] = []
        waiting = iter([*told, Told(end_ns + NS_PER_S, 0, 0, told[0].line)])
        upcoming = next(waiting)
        for now_ns in range(start_s * NS_PER_S, end_ns + 1, NS_PER_S):
            while upcoming.learned_ns <= now_ns:
                faults += self._tell(upcoming, now_ns)
                upcoming = next(waiting)
            self._kept.live(now_ns)
            for place, check in checks.pop(now_ns, ()):
                faults += [f"expected.jsonl:{place}: {fault}" for fault in self._faults(check, now_ns)]
        faults += [f"expected.jsonl:{c[0][0]}: `at` is no whole second" for c in checks.values()]
        self._kept.check_laws()
        return faults

    # -- in -----------------------------------------------------------------------------------------

    def _tell(self, told: Told, now_ns: int) -> list[str]:
        line = told.line
        if isinstance(line, RestartLine):
            self._kept.restart(now_ns)
        elif isinstance(line, EventLine):
            result = self._kept.engine.record(self._event(line, told), now_ns)
            if line.result not in {result.outcome, result.code}:
                return [f"input.jsonl:{told.place}: {result.outcome} {result.code or ''}, not {line.result}"]
        else:
            for observation in self._observations(line, told):
                self._kept.engine.observe(observation, now_ns)
        return []

    def _observations(self, line: Input, told: Told) -> Iterator[Observation]:
        times = told.at_ns, told.learned_ns
        match line:
            case ReadLine():
                epcs = [epc for item in line.items for epc in self._epcs(item)]
                for epc in [*epcs, line.epc] if line.epc else epcs:
                    yield Read(line.reader, line.antenna, epc, *times, rssi_dbm=line.rssi_dbm)
            case ScanLine():
                yield Scan(line.scanner, line.text, *times)
            case ReadingLine():
                yield Reading(line.shelf, line.weight_g, *times)
            case LifeLine():
                yield Heartbeat(line.device, line.kind == "heartbeat", *times)

    def _event(self, line: EventLine, told: Told) -> TillEvent:
        return TillEvent(
            event_id=f"{told.place}-{told.at_ns}",
            type=line.kind,
            store=line.store or self.site.stores[0].id,
            sku=line.sku,
            gtin=line.gtin,
            epc=self._epcs(line.item)[0] if line.item else None,
            qty=line.qty,
            at_ns=told.at_ns,
            zone=line.zone,
        )

    def _epcs(self, items: str) -> list[str]:
        """Return the EPCs of "SKU#1" or "SKU#1-9", or of "GTIN-14#1" where no article has that product."""
        product, _, serials = items.partition("#")
        first, _, last = serials.partition("-")
        article = self._articles.article(product)
        gtin = article.gtins[0] if article else product
        return [sgtin96(gtin, COMPANY_DIGITS, n) for n in range(int(first), int(last or first) + 1)]

    # -- out ----------------------------------------------------------------------------------------

    def _faults(self, check: Expected, now_ns: int) -> Iterator[str]:
        why = f" ({check.note})" if check.note else ""
        for what, wanted, found in self._compared(check, now_ns):
            if wanted != found:
                yield f"{check.at:%H:%M:%S} {what}: expected {wanted}, found {found}{why}"

    def _compared(self, check: Expected, now_ns: int) -> Iterator[tuple[str, object, object]]:
        if check.alerts is not None:
            yield "alerts", sorted(check.alerts), sorted(_said(alert) for alert in self._kept.firing())
        if check.sku is None:
            return
        state, store = self._kept.engine.state, check.store or self.site.stores[0].id
        article = state.catalogue.article(check.sku)
        if article is None:
            yield check.sku, "an article", None
            return
        answer = availability(state, store, check.sku, 1, now_ns)
        found = {
            "on_hand": answer.on_hand,
            "available": answer.available,
            "status": answer.status,
            "zones": {zone.zone: zone.pieces for zone in answer.zones if zone.pieces},
            "known": article.known,
        }
        for key, value in found.items():
            if (wanted := getattr(check, key)) is not None:
                yield f"{check.sku} {key}", wanted, value


def _said(alert: AlertRecord) -> str:
    return f"{alert.type} {alert.sku or alert.device}{' suppressed' if alert.suppressed_by else ''}"


def _lines(path: Path, adapter: TypeAdapter[T]) -> Iterator[tuple[int, T]]:
    """Yield (line number, line); an error names both. Empty lines are let be."""
    for place, text in enumerate(path.read_text("utf-8").splitlines(), 1):
        if text.strip():
            try:
                yield place, adapter.validate_json(text)
            except ValidationError as error:
                raise AssertionError(f"{path.name}:{place}: {error}") from error
