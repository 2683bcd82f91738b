"""The site's configuration as models: every key with its unit, default and bounds. Pure.

Unknown keys are errors. Nothing here touches a file or the network: see gateway/config_file.py.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC
from difflib import get_close_matches
from ipaddress import ip_network
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, field_validator, model_validator

from gateway.alert_rules.book import MAX_RULES, RuleBook, RuleRefused
from gateway.alert_rules.defaults import default_rules
from gateway.config_alert_rules import AlertRuleSection
from gateway.config_alerts import AlertsSection
from gateway.config_channels import BOTH_WAYS, MAX_CHANNELS, ChannelSection, FulfilmentWord
from gateway.config_delivery import MAX_TARGETS, NotifySection
from gateway.config_influx import InfluxSection
from gateway.config_mappings import MappingSection, Scale, Unit
from gateway.config_place import HoursSection, PickMinutesSection, PlaceSection
from gateway.config_privacy import PrivacySection
from gateway.config_reservations import ReservationsSection
from gateway.config_section import Id, Section
from gateway.config_storage import StorageSection
from gateway.config_webhooks import WebhooksSection
from readers.topics import check_filter


def _topic_filter(text: str) -> str:
    check_filter(text)
    return text


def _proxy(text: str) -> str:
    try:
        ip_network(text)
    except ValueError as error:
        raise ValueError(
            f"{text!r} is no address or network: write one such as 10.0.0.2 or 10.0.0.0/24"
        ) from error
    return text


Proxy = Annotated[str, AfterValidator(_proxy)]
Sku = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
TopicFilter = Annotated[str, Field(min_length=1, max_length=256), AfterValidator(_topic_filter)]
ZoneRole = Literal["floor", "back_room", "fitting_room", "receiving", "exit", "till"]
TrackedBy = Literal["tag", "weight", "count"]
ScannerRole = Literal["receiving", "till", "return", "count", "look_up"]
Region = Literal["eu", "us", "cn-900", "cn-800", "kr"]
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
RESTING_ROLES = frozenset({"floor", "back_room", "receiving"})
"""Zones where pieces rest and can be picked."""
IN_HAND = "in-hand"
"""The zone of pieces that a shelf lost and no till sold yet: with a customer. In every store."""


class GatewaySection(Section):
    """The process itself."""

    data_dir: str = Field("var/storefloor", description="folder of the embedded store, created at start")
    max_held_observations: int = Field(
        50_000, ge=1_000, le=5_000_000, description="observations waiting; beyond it readers are not read"
    )


class ApiSection(Section):
    """The HTTP server."""

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8480, ge=1, le=65_535, description="TCP port to listen on")
    page_sign_in: bool = Field(
        True, description="whether the staff page asks for a key; false is allowed on a loopback host alone"
    )
    allowed_hosts: tuple[str, ...] = Field((), description="further Host header names that are answered")
    max_streams: int = Field(1_000, ge=1, le=10_000, description="event streams open at once")
    requests_per_s: float = Field(
        500, ge=1, le=1_000_000, description="requests that each key may make for good, per real second"
    )
    requests_burst: int = Field(
        5_000, ge=10, le=10_000_000, description="requests that each key may make at once"
    )

    tls_certificate: str | None = Field(
        None, description="PEM file of the certificate and its chain: serve HTTPS; relative to this file"
    )
    tls_key: str | None = Field(None, description="PEM file of the certificate's key; relative to this file")
    trusted_proxies: tuple[Proxy, ...] = Field(
        (), max_length=32, description="addresses or networks of proxies whose X-Forwarded-… is believed"
    )

    @model_validator(mode="after")
    def _tls_has_both(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            missing = "tls_key" if self.tls_key is None else "tls_certificate"
            raise ValueError(f"{missing} is missing: HTTPS needs tls_certificate and tls_key")
        return self

    @model_validator(mode="after")
    def _open_pages_stay_on_this_machine(self) -> Self:
        if not self.page_sign_in and self.trusted_proxies:
            raise ValueError(
                "page_sign_in = false with trusted_proxies: through a proxy all the world would be this machine:"
                " set page_sign_in = true, or leave trusted_proxies out"
            )
        if not self.page_sign_in and self.host not in LOOPBACK:
            raise ValueError(
                "page_sign_in = false needs host = 127.0.0.1: set page_sign_in = true, or that host"
            )
        return self


class MqttSection(Section):
    """The broker. Left out of the file: no MQTT devices and no MQTT alerts."""

    host: str = Field("127.0.0.1", description="broker's name or address")
    port: int = Field(1883, ge=1, le=65_535, description="broker's TCP port")
    protocol: Literal["5", "3.1.1"] = Field("5", description="MQTT version")
    client_id: str = Field(
        "storefloor",
        min_length=1,
        max_length=64,
        description="fixed: the broker queues for it while it is away",
    )
    username: str | None = Field(None, description="user name; the password comes from password_file")
    password_file: str | None = Field(None, description="file whose first line is the password")
    tls: bool = Field(False, description="speak TLS to the broker, with the system's certificates")
    keepalive_s: int = Field(30, ge=5, le=3_600, description="keep-alive, real seconds")
    session_expiry_s: int = Field(
        7 * 86_400, ge=86_400, le=90 * 86_400, description="how long the broker keeps our queue (MQTT 5)"
    )
    alert_topic: str = Field(
        "storefloor/{store}/alerts",
        max_length=128,
        description="where alerts are published; {store} is filled in",
    )
    watch_topics: tuple[TopicFilter, ...] = Field(
        (), max_length=16, description="further topic filters, heard only to be listed as unmatched"
    )


class ZoneSection(Section):
    """A part of a store."""

    id: Id
    role: ZoneRole
    name: dict[str, str] = Field(default_factory=dict, description="by language: en, fr")
    rect: tuple[float, float, float, float] | None = Field(
        None, description="x, y, width, height on the floor plan, metres; y grows downwards"
    )


class StoreSection(Section):
    """A shop."""

    id: Id
    name: str = Field(min_length=1, max_length=100)
    timezone: str = Field("Europe/Paris", description="IANA name")
    place: PlaceSection = PlaceSection()
    hours: HoursSection | None = Field(
        None, description="opening hours; without them nothing is told to be ready by a time"
    )
    pick_minutes: PickMinutesSection = PickMinutesSection()
    source: Literal["readers", "ledger"] = Field(
        "readers", description="where its stock is known from: readers, tills and people, or the ERP's ledger"
    )
    fulfilment: tuple[FulfilmentWord, ...] = Field(
        BOTH_WAYS, min_length=1, max_length=2, description="how pieces are given to customers: pickup, ship"
    )
    zones: tuple[ZoneSection, ...] = Field(min_length=1, max_length=200)

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        if value != str(UTC):
            try:
                ZoneInfo(value)
            except (ZoneInfoNotFoundError, ValueError) as error:
                raise ValueError(f"{value!r} is no IANA time zone: write one such as Europe/Paris") from error
        return value

    @model_validator(mode="after")
    def _zone_ids(self) -> Self:
        ids = [zone.id for zone in self.zones]
        if len(set(ids)) != len(ids):
            twice = next(zone for zone in ids if ids.count(zone) > 1)
            raise ValueError(f"zones: two of them have the id {twice!r}: give each its own")
        if IN_HAND in ids:
            raise ValueError(f"zones: the id {IN_HAND!r} is the gateway's own: choose another")
        return self

    @model_validator(mode="after")
    def _one_zone_of_a_ledger(self) -> Self:
        resting = [zone.id for zone in self.zones if zone.role in RESTING_ROLES]
        if self.source == "ledger" and len(resting) != 1:
            raise ValueError(
                f'zones: {", ".join(resting) or "none"} of floor, back_room or receiving: with source = "ledger" there'
                " is one, for a ledger tells of no zones; leave zones out, and there is"
            )
        return self


Topic = Annotated[str, Field(min_length=1, max_length=256)]
Webhook = Annotated[
    bool, Field(description="it posts to /v1/ingest/<id>: not heard at the broker, which is then not needed")
]


class AntennaSection(Section):
    """An antenna port and the zone that it watches."""

    port: int = Field(1, ge=0, le=255, description="antenna number as the reader reports it")
    zone: Id


class ReaderSection(Section):
    """An RFID reader: on a serial port (m100, cf, …), or behind the broker (impinj, zebra, mapping …)."""

    id: Id
    kind: str = Field(
        description="m100, cf, r2000, uhfreader18, uhfreader288 (serial port); impinj, zebra, zebra_sled, "
        "mapping (broker)"
    )
    store: Id
    antennas: tuple[AntennaSection, ...] = Field(min_length=1, max_length=64)
    port: str | None = Field(None, description="serial readers: device path, best /dev/serial/by-id/…")
    baud: int | None = Field(
        None, ge=1_200, le=3_000_000, description="serial readers: bit/s; default by kind"
    )
    region: Region | None = Field(None, description="radio region; left out: the module's own setting stays")
    power_dbm: float | None = Field(None, ge=0, le=33, description="transmit power, dBm at the chip")
    mode: Literal["answer", "real_time"] = Field(
        "answer", description="uhfreader288: asked round after round, or reporting by itself"
    )
    ports: int | None = Field(
        None, ge=1, le=16, description="uhfreader288: how many antenna ports it has, where it has 16"
    )
    topic: Topic | None = Field(None, description="MQTT readers: the configured event topic")
    status_topics: tuple[TopicFilter, ...] = Field(
        (), max_length=8, description="zebra, zebra_sled: topics of its heartbeats and connection events"
    )
    mapping: Id | None = Field(None, description="kind mapping: name of its mapping, ours or shipped")
    webhook: Webhook = False
    scan_role: ScannerRole | None = Field(
        None, description="what codes mean that it scans (sleds), in the zone of its first antenna"
    )
    handheld: bool | None = Field(
        None, description="it comes and goes: its reads count, its silence says nothing; left out: by kind"
    )
    silent_after_s: float = Field(
        60,
        ge=2,
        le=3_600,
        description="no proof of life for this long: the reader is down, its zones unknown",
    )

    @field_validator("antennas")
    @classmethod
    def _one_antenna_per_port(cls, value: tuple[AntennaSection, ...]) -> tuple[AntennaSection, ...]:
        ports = [antenna.port for antenna in value]
        for port in ports:
            if ports.count(port) > 1:
                raise ValueError(f"antenna port {port} stands twice: give each port one zone")
        return value


class ScannerSection(Section):
    """A code scanner: lines on a serial port, or behind the broker; its role says what a scan means."""

    id: Id
    kind: str = Field("scanner", description="scanner (serial port), mapping (broker)")
    store: Id
    zone: Id
    role: ScannerRole
    port: str | None = Field(None, description="serial scanners: device path, best /dev/serial/by-id/…")
    baud: int | None = Field(None, ge=1_200, le=3_000_000, description="bit/s; default 9600")
    prefix: str = Field("", max_length=16, description="text that the scanner sends before each code")
    gs_replacement: str = Field("", max_length=1, description="character sent in place of GS (0x1D)")
    idle_flush_s: float = Field(
        0.3, ge=0.02, le=10, description="a code without terminator ends after this, real s"
    )
    topic: Topic | None = Field(None, description="MQTT scanners: the device's part of its mapping's topics")
    mapping: Id | None = Field(None, description="kind mapping: name of its mapping, ours or shipped")
    webhook: Webhook = False
    repeat_window_s: float = Field(
        0.8, ge=0, le=60, description="the same code again within this is the same scan"
    )


class ShelfSection(Section):
    """A weight shelf behind the broker, for one article."""

    id: Id
    kind: str = Field("tasmota", description="tasmota, esphome, things_stack, mapping")
    store: Id
    zone: Id
    sku: Sku
    topic: Topic | None = Field(None, description="the device's name in its topics (Tasmota: %topic%)")
    mapping: Id | None = Field(None, description="kind mapping: name of its mapping, ours or shipped")
    webhook: Webhook = False
    value: str | None = Field(
        None,
        min_length=1,
        max_length=512,
        description="where the weight is. esphome: object id; things_stack, mapping: expression into the JSON",
    )
    frame: str | None = Field(
        None, max_length=64, description="things_stack: struct format of frm_payload, the weight first"
    )
    unit: Unit | None = Field(
        None, description="unit that the device weighs in: mg, g, kg, oz, lb; default g"
    )
    scale: Scale | None = Field(None, description="factor on what the device says; default 1")
    unit_weight_g: float = Field(gt=0, le=1_000_000, description="weight of one piece, grams")
    tare_g: float = Field(0, ge=-1_000_000, le=1_000_000, description="reading of the empty shelf, grams")
    settle_s: float = Field(15, ge=1, le=300, description="readings must agree for this long")
    silent_after_s: float = Field(
        900, ge=10, le=86_400, description="no message for this long: shelf is down"
    )


class PresenceSection(Section):
    """How reads become belief, and belief presence (docs/truth.md)."""

    epoch_s: float = Field(5, ge=0.5, le=60, description="belief moves once per epoch of this length")
    grace_s: float = Field(
        1, ge=0, le=30, description="how long an epoch waits for reads that are a little late"
    )
    late_s: float = Field(
        120, ge=5, le=3_600, description="a read later than this is counted, and changes nothing"
    )
    in_above: float = Field(
        0.6, gt=0.5, lt=1, description="a tag is back in the store above this probability"
    )
    out_below: float = Field(0.1, gt=0, lt=0.5, description="a tag has left the store below this probability")
    move_above: float = Field(
        0.75, ge=0.5, lt=1, description="a tag is in another zone above this probability"
    )
    arrive_reads: int = Field(2, ge=1, le=20, description="reads before an unknown tag counts as arrived")
    settle_s: float = Field(
        60, ge=0, le=3_600, description="a zone watched for less than this is still unknown"
    )


class StockSection(Section):
    """How sales, counts and tags are brought together."""

    pairing_window_s: float = Field(
        2 * 3_600, ge=60, le=7 * 86_400, description="a sale and a departure further apart are two things"
    )
    in_hand_s: float = Field(
        1_800,
        ge=60,
        le=86_400,
        description="pieces taken from a weight shelf and not sold after this are gone",
    )
    count_idle_s: float = Field(
        60, ge=5, le=3_600, description="a count by scanner ends when nothing was scanned for this long"
    )
    safety_stock: int = Field(0, ge=0, le=1_000, description="pieces never promised, for every article")
    limited_below: int = Field(
        3, ge=0, le=1_000, description="status LIMITED at fewer available pieces than this"
    )
    promise_at: float = Field(
        0.9, ge=0, le=1, description="pickup is promised where the pieces asked for are there this surely"
    )
    fresh_s: float = Field(
        600, ge=10, le=86_400, description="how long an answer may be believed (valid_until)"
    )
    ledger_fresh_s: float = Field(
        129_600,
        ge=60,
        le=90 * 86_400,
        description="how long the stock of a ledger store is known after its newest figure: 36 h",
    )
    incoming_late_s: float = Field(
        14 * 86_400,
        ge=3_600,
        le=365 * 86_400,
        description="what is so late (of a transfer: so long on its way) is not counted as incoming any more",
    )


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
