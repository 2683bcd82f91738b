"""The whole site file: its tables together, and what one says of another held to be true. Pure.

Nothing of gateway/config/ touches a file or the network but file.py, which reads.
"""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Self

from pydantic import Field, model_validator

from gateway.alert_rules.book import MAX_RULES, RuleBook, RuleRefused
from gateway.alert_rules.defaults import default_rules
from gateway.config.alert_rules import AlertRuleSection
from gateway.config.alerts import AlertsSection
from gateway.config.channels import MAX_CHANNELS, ChannelSection
from gateway.config.delivery import MAX_TARGETS, NotifySection
from gateway.config.devices import ReaderSection, ScannerSection, ShelfSection
from gateway.config.influx import InfluxSection
from gateway.config.mappings import MappingSection
from gateway.config.mqtt import MqttSection
from gateway.config.privacy import PrivacySection
from gateway.config.reservations import ReservationsSection
from gateway.config.section import Section
from gateway.config.server import ApiSection, GatewaySection
from gateway.config.stock import PresenceSection, StockSection
from gateway.config.storage import StorageSection
from gateway.config.stores import StoreSection
from gateway.config.webhooks import WebhooksSection


class CatalogueSection(Section):
    """Where the articles come from."""

    csv: str | None = Field(
        None, description="file of articles, relative to this file; see docs/operators.md"
    )


class SiteConfig(Section):
    """One site: everything that `storefloor run` needs."""

    gateway: GatewaySection = GatewaySection()
    api: ApiSection = ApiSection()
    mqtt: MqttSection | None = None
    catalogue: CatalogueSection = CatalogueSection()
    presence: PresenceSection = PresenceSection()
    stock: StockSection = StockSection()
    alerts: AlertsSection = AlertsSection()
    reservations: ReservationsSection = ReservationsSection()
    webhooks: WebhooksSection = WebhooksSection()
    storage: StorageSection = StorageSection()
    privacy: PrivacySection = PrivacySection()
    influxdb: InfluxSection | None = None
    stores: tuple[StoreSection, ...] = Field(min_length=1, max_length=20)
    readers: tuple[ReaderSection, ...] = ()
    scanners: tuple[ScannerSection, ...] = ()
    shelves: tuple[ShelfSection, ...] = ()
    mappings: tuple[MappingSection, ...] = ()
    channels: tuple[ChannelSection, ...] = Field((), max_length=MAX_CHANNELS)
    notify: tuple[NotifySection, ...] = Field((), max_length=MAX_TARGETS)
    alert_rules: tuple[AlertRuleSection, ...] = Field((), max_length=MAX_RULES)

    @model_validator(mode="after")
    def _references(self) -> Self:
        zones = {store.id: [zone.id for zone in store.zones] for store in self.stores}
        if len(zones) != len(self.stores):
            raise ValueError("stores: two of them have one id: give each its own")
        where_of: dict[str, str] = {}
        for where, device in self._devices():
            if device.id in where_of:
                raise ValueError(f"{where}.id: {device.id!r} is the id of {where_of[device.id]} already")
            where_of[device.id] = where
            _refer(f"{where}.store", device.store, list(zones), "store")
            for key, zone in _zones_of(where, device):
                _refer(key, zone, zones[device.store], f"zone of {device.store!r}")
        return self

    @model_validator(mode="after")
    def _ledgers_have_no_readers(self) -> Self:
        ledgers = {store.id for store in self.stores if store.source == "ledger"}
        for where, device in self._devices():
            if device.store in ledgers and not isinstance(device, ScannerSection):
                raise ValueError(
                    f'{where}.store: {device.store!r} has source = "ledger", and its stock is not seen: '
                    'take the device out, or write source = "readers" there'
                )
        return self

    @model_validator(mode="after")
    def _mapping_names(self) -> Self:
        names = [mapping.name for mapping in self.mappings]
        for number, name in enumerate(names):
            if name in names[:number]:
                raise ValueError(
                    f"mappings[{number}].name: {name!r} is the name of another: give each its own"
                )
        for where, device in self._devices():
            if device.mapping is not None:
                _refer(f"{where}.mapping", device.mapping, names, "mapping")
        return self

    @model_validator(mode="after")
    def _channel_names(self) -> Self:
        names = [channel.id for channel in self.channels]
        stores = [store.id for store in self.stores]
        for number, channel in enumerate(self.channels):
            if channel.id in names[:number]:
                raise ValueError(
                    f"channels[{number}].id: {channel.id!r} is the id of another: give each its own"
                )
            for store in channel.stores:
                _refer(f"channels[{number}].stores", store, stores, "store")
        for name in self.reservations.accept_unknown if names else ():
            _refer("reservations.accept_unknown", name, names, "channel")
        return self

    @model_validator(mode="after")
    def _notify_ids(self) -> Self:
        ids, stores = [target.id for target in self.notify], [store.id for store in self.stores]
        for number, target in enumerate(self.notify):
            if target.id in ids[:number]:
                raise ValueError(
                    f"notify[{number}].id: {target.id!r} is the id of another: give each its own"
                )
            for store in target.stores:
                _refer(f"notify[{number}].stores", store, stores, "store")
        return self

    @model_validator(mode="after")
    def _alert_rules_stand(self) -> Self:
        zones = {store.id: [zone.id for zone in store.zones] for store in self.stores}
        book = RuleBook(default_rules(self.alerts))
        for number, section in enumerate(self.alert_rules):
            where = f"alert_rules[{number}]"
            for store in section.stores:
                _refer(f"{where}.stores", store, list(zones), "store")
            of_stores = [zone for store in section.stores or zones for zone in zones[store]]
            for zone in section.zones:
                _refer(f"{where}.zones", zone, of_stores, "zone of its stores")
            if book.get(section.id) is not None:
                raise ValueError(f"{where}.id: {section.id!r} is the id of another: give each its own")
            try:
                book.put(section.rule())
            except RuleRefused as refused:
                raise ValueError(f"{where}: {refused}") from refused
        return self

    @model_validator(mode="after")
    def _one_device_per_port(self) -> Self:
        where_of: dict[str, str] = {}
        for where, device in self._devices():
            port = None if isinstance(device, ShelfSection) else device.port
            if port is not None and port in where_of:
                raise ValueError(f"{where}.port: {port!r} is the port of {where_of[port]} already")
            if port is not None:
                where_of[port] = where
        return self

    def _devices(self) -> Iterator[tuple[str, "ReaderSection | ScannerSection | ShelfSection"]]:
        """Yield each device with its place in the file."""
        for table in ("readers", "scanners", "shelves"):
            for number, device in enumerate(getattr(self, table)):
                yield f"{table}[{number}]", device


def _zones_of(where: str, device: ReaderSection | ScannerSection | ShelfSection) -> Iterator[tuple[str, str]]:
    """Yield (key, zone) of all that a device watches."""
    if isinstance(device, ReaderSection):
        for number, antenna in enumerate(device.antennas):
            yield f"{where}.antennas[{number}].zone", antenna.zone
    else:
        yield f"{where}.zone", device.zone


def _refer(key: str, value: str, known: Sequence[str], what: str) -> None:
    if value not in known:
        close = get_close_matches(value, known, n=1)
        remedy = f"did you mean {close[0]!r}?" if close else f"it must be one of {', '.join(known)}"
        raise ValueError(f"{key}: {value!r} is no {what}: {remedy}")
