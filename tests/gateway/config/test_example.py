"""config/example.toml is the reference of all keys: held equal to the models, both ways."""

import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from gateway.cli import main
from gateway.config.alert_rules import AlertRuleSection
from gateway.config.alerts import AlertsSection
from gateway.config.channels import ChannelSection
from gateway.config.delivery import NotifySection
from gateway.config.devices import AntennaSection, ReaderSection, ScannerSection, ShelfSection
from gateway.config.file import parse_site
from gateway.config.influx import InfluxSection
from gateway.config.mappings import (
    AvailabilitySection,
    MappingSection,
    ReadingsSection,
    ReadsSection,
    ScansSection,
)
from gateway.config.mqtt import MqttSection
from gateway.config.notices import NoticesSection
from gateway.config.place import HoursSection, PickMinutesSection, PlaceSection
from gateway.config.privacy import PrivacySection
from gateway.config.reservations import ReservationsSection
from gateway.config.section import Section
from gateway.config.server import ApiSection, GatewaySection
from gateway.config.site import CatalogueSection, SiteConfig
from gateway.config.stock import PresenceSection, StockSection
from gateway.config.storage import StorageSection
from gateway.config.stores import StoreSection, ZoneSection
from gateway.config.webhooks import WebhooksSection
from gateway.devices.of_site import check_devices

EXAMPLE = files("config").joinpath("example.toml").read_text("utf-8")
TABLES: dict[str, type[Section]] = {
    "gateway": GatewaySection, "api": ApiSection, "mqtt": MqttSection, "catalogue": CatalogueSection,
    "reservations": ReservationsSection, "storage": StorageSection, "privacy": PrivacySection,
    "presence": PresenceSection, "stock": StockSection, "alerts": AlertsSection, "stores": StoreSection,
    "stores.zones": ZoneSection, "readers": ReaderSection, "readers.antennas": AntennaSection,
    "scanners": ScannerSection, "shelves": ShelfSection, "mappings": MappingSection,
    "mappings.reads": ReadsSection, "mappings.readings": ReadingsSection, "mappings.scans": ScansSection,
    "mappings.availability": AvailabilitySection,
    "influxdb": InfluxSection, "webhooks": WebhooksSection, "stores.place": PlaceSection,
    "stores.hours": HoursSection, "stores.pick_minutes": PickMinutesSection, "channels": ChannelSection, "notify": NotifySection,
    "alerts.notices": NoticesSection, "alert_rules": AlertRuleSection,
}  # fmt: skip
KEY_LINE = re.compile(r"^(?P<off># )?(?P<key>[a-z_]+) = (?P<rest>.*)$")
WITH_DEFAULT = re.compile(r"(?P<value>.*?)\s+# .*?(?:default: (?P<default>.*)|required)$")


class KeyLine:
    """One line of the example that shows a key: its table, its value, and the default that it claims."""

    def __init__(self, table: str, match: re.Match[str], shown: re.Match[str]) -> None:
        self.table, self.key, self.is_off = table, match["key"], match["off"] is not None
        self.value = _toml(shown["value"])
        self.default = shown["default"]

    @property
    def default_value(self) -> object:
        """Return the claimed default; PydanticUndefined where the line says that it is required."""
        if self.default is None:
            return PydanticUndefined
        return None if self.default == "none" else _toml(self.default)


def _toml(text: str) -> object:
    return tomllib.loads(f"x = {text}")["x"]


def explained_lines() -> list[KeyLine]:
    """Return the lines that explain a key (those with a comment that ends in its default)."""
    found, table = [], ""
    for line in EXAMPLE.splitlines():
        if header := re.match(r"^\[+([a-z_.]+)\]+$", line):
            table = header[1]
        elif (match := KEY_LINE.match(line)) and (shown := WITH_DEFAULT.fullmatch(match["rest"])):
            found.append(KeyLine(table, match, shown))
    return found


def default_of(model: type[BaseModel], key: str) -> object:
    """Return a field's default as TOML would give it."""
    field = model.model_fields[key]
    value = field.get_default(call_default_factory=True)
    return list(value) if isinstance(value, tuple) else value


def test_the_tables_here_are_those_of_the_models() -> None:
    """Each section of the models is a table that this test looks at."""
    sections = {Section, SiteConfig}
    assert set(TABLES.values()) | sections == {*Section.__subclasses__(), Section}


def test_the_example_is_a_site_that_could_run() -> None:
    """The example passes every check but that of its devices' presence."""
    check_devices(parse_site(EXAMPLE, "example.toml"))


def test_every_key_stands_in_the_example_once_explained() -> None:
    """The keys that the example explains are the models' keys, each once: none is missing, none is too many."""
    shown = sorted((line.table, line.key) for line in explained_lines())
    nested = {tuple(table.split(".")) for table in TABLES if "." in table}
    keys = {(table, key) for table, model in TABLES.items() for key in model.model_fields} - nested
    assert shown == sorted(keys)


def test_every_default_shown_is_the_models_default() -> None:
    """The default that a comment names is the one that holds where the key is left out."""
    wrong = [
        f"[{line.table}] {line.key}: the example says {line.default_value!r}, the model {default!r}"
        for line in explained_lines()
        if (default := default_of(TABLES[line.table], line.key)) != line.default_value
    ]
    assert not wrong, "\n".join(wrong)


def test_a_key_behind_a_hash_shows_its_default() -> None:
    """Taking the # away from a line changes nothing, but where nothing is set by default."""
    wrong = [
        f"[{line.table}] {line.key}"
        for line in explained_lines()
        if line.is_off and line.default_value is not None and line.value != line.default_value
    ]
    assert not wrong


def test_with_every_hash_taken_away_it_is_still_a_site() -> None:
    """Each value behind a # is one that the models take."""
    keys = {line.key for line in explained_lines() if line.is_off}
    text = re.sub(rf"^# ({'|'.join(keys)}) = ", r"\1 = ", EXAMPLE, flags=re.MULTILINE)
    site = parse_site(text, "example.toml")
    for line in explained_lines():
        assert line.key in _fields_set(site, line.table), f"[{line.table}] {line.key} was not read"


def _fields_set(site: SiteConfig, table: str) -> set[str]:
    """Return the keys that some instance of a table was given."""
    models: list[Any] = [site]
    for part in table.split("."):
        values = [getattr(model, part) for model in models]
        parts = [m for value in values for m in (value if isinstance(value, tuple) else (value,))]
        models = [model for model in parts if model is not None]  # a table that this store leaves out
    return {key for model in models for key in model.model_fields_set}


def test_a_unit_or_a_meaning_stands_beside_every_number() -> None:
    """A key whose name bears a unit says in the models' own description what it measures."""
    silent = [
        f"{model.__name__}.{key}"
        for model in TABLES.values()
        for key, field in model.model_fields.items()
        if key.endswith(("_s", "_g", "_dbm")) and not field.description
    ]
    assert not silent


def test_config_example_prints_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    """`storefloor config example` prints the example as it stands."""
    assert main(["config", "example"]) == 0
    assert capsys.readouterr().out == EXAMPLE


def test_the_example_alone_in_its_folder_is_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What `config example` prints passes `config check` at once: it names no file that is not there yet."""
    site = tmp_path / "site.toml"
    site.write_text(EXAMPLE, "utf-8")
    assert main(["config", "check", str(site)]) == 0
    assert "good" in capsys.readouterr().out


def test_the_example_with_its_catalogue_is_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With catalogue.csv switched on, the articles beside the file are read and counted."""
    (tmp_path / "site.toml").write_text(EXAMPLE.replace("# csv = ", "csv = "), "utf-8")
    (tmp_path / "articles.csv").write_text("sku,tracked_by\nCANDLE-FIG,weight\nTEE,tag\n", "utf-8")
    assert main(["config", "check", str(tmp_path / "site.toml")]) == 0
    assert "2 article(s)" in capsys.readouterr().out


def test_a_catalogue_that_is_not_there_is_named_with_its_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A catalogue that the file names and nobody wrote is an error that says what to do."""
    (tmp_path / "site.toml").write_text(EXAMPLE.replace("# csv = ", "csv = "), "utf-8")
    assert main(["config", "check", str(tmp_path / "site.toml")]) == 2
    error = capsys.readouterr().err
    assert str(tmp_path / "articles.csv") in error
    assert "no such file" in error
    assert "leave catalogue.csv out" in error
