"""A small shop with customers who hold pieces: short words for reservations over the whole engine. Pure."""

from dataclasses import replace

from gateway.answers import availability
from gateway.channels.model import ANYBODY, Asker
from gateway.config.channels import ChannelSection
from gateway.config.reservations import ReservationsSection
from gateway.config.site import SiteConfig
from gateway.engine import Engine
from gateway.ports.inventory import Availability
from gateway.reservations.model import Command, LineAsked, NewReservation, Outcome, Refusal, Reservation
from gateway.site import Site
from tests.support.kept_engine import KeptEngine
from tests.support.small_site import STORE, S, SmallShop, articles, small_site


class HoldingShop(SmallShop):
    """The small site, where `hold` asks for pieces; totes are counted by scans, tees bear tags."""

    def __init__(self, totes: int = 0, channels: tuple[ChannelSection, ...] = (), **settings: object) -> None:
        self.settings = settings
        self.channels = channels
        SmallShop.__init__(self)
        KeptEngine.__init__(self, self._new)
        for _ in range(totes):
            self.tell("receive", sku="TOTE")
        self.ids = 0

    def _new(self) -> Engine:
        config: SiteConfig = small_site()
        section = ReservationsSection.model_validate(self.settings)
        update = {"reservations": section, "channels": self.channels}
        return Engine(Site(config.model_copy(update=update)), articles())

    def ask(self, *lines: tuple[str, int], **asked: object) -> Outcome:
        """Return what is answered to a request for (SKU, pieces)."""
        self.ids += 1
        wanted = NewReservation((STORE,), tuple(LineAsked(*line) for line in lines), "web")
        wanted = replace(wanted, **asked)  # type: ignore[arg-type]  # fields by name
        return self.engine.desk.reserve(f"{self.ids:023x}", wanted, self.now)

    def hold(self, *lines: tuple[str, int], **asked: object) -> Reservation:
        """Return the reservation that must be granted."""
        outcome = self.ask(*lines, **asked)
        assert isinstance(outcome, Reservation), outcome
        return outcome

    def refused(self, *lines: tuple[str, int], **asked: object) -> Refusal:
        """Return the refusal that must come."""
        outcome = self.ask(*lines, **asked)
        assert isinstance(outcome, Refusal), outcome
        return outcome

    def do(self, reservation: Reservation, command: Command) -> Outcome:
        """Return what is answered to a command on a reservation, as it stands now."""
        found = self.engine.state.book.get(reservation.id) or self.reservations[reservation.id]
        return self.engine.desk.change(found, command, self.now)

    def done(self, reservation: Reservation, command: Command) -> Reservation:
        """Return the reservation after a command that must take effect."""
        outcome = self.do(reservation, command)
        assert isinstance(outcome, Reservation), outcome
        return outcome

    def now_is(self, reservation: Reservation) -> Reservation:
        """Return a reservation as it is now."""
        found = self.engine.state.book.get(reservation.id) or self.reservations[reservation.id]
        return found.as_of(self.now)

    def stock(self, sku: str = "TOTE", store: str = STORE, **more: str) -> Availability:
        """Return what may be promised now."""
        return self.told(sku, store, Asker(exclude=more.get("exclude")))

    def told(self, sku: str, store: str = STORE, asker: Asker = ANYBODY, qty: int = 1) -> Availability:
        """Return what an asker is told now."""
        return availability(self.engine.state, store, sku, qty, self.now, asker=asker)

    def wait(self, seconds: float) -> None:
        """Let time pass at once, without a pass."""
        self.now += round(seconds * S)
