"""The lines that the doctor prints for a site file are lines that a site file takes."""

import pytest

from gateway.config.file import parse_site
from gateway.config.site import SiteConfig
from gateway.devices.of_site import check_devices
from gateway.doctor.config_blocks import Place, mqtt_block, port_block
from gateway.doctor.evidence import AntennaSeen, PortEvidence, Watched
from gateway.doctor.port_probe import Probed
from readers.probes import Identity

STORE = '[mqtt]\n[[stores]]\nid = "lyon-1"\nname = "Lyon"\nzones = [{ id = "front", role = "floor" }]\n'
HERE = Place("lyon-1", "front", is_guess=False)
PORT = "/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0"


def site(block: str) -> SiteConfig:
    """Return the site with the block in it; fails where it is no good one."""
    found = parse_site(STORE + block, "site.toml")
    check_devices(found)
    return found


def evidence(identity: Identity, baud: int = 115_200, *antennas: int) -> PortEvidence:
    watched = Watched(5.0, antennas=tuple(AntennaSeen(port, 9, 3, None) for port in antennas))
    return PortEvidence(PORT, "", Probed((), identity, baud), watched)


@pytest.mark.parametrize("kind", ["m100", "uhfreader18", "uhfreader288", "cf", "r2000"])
@pytest.mark.parametrize("region", [None, "eu"])
def test_a_readers_block_is_taken(kind: str, region: str | None) -> None:
    """What is printed for each kind of reader, with a region or without one, passes the site's own check."""
    found = evidence(Identity(kind, "a reader", "", "us", 33.0, (1,)))
    (reader,) = site(port_block(found, f"{kind}-1", HERE, region)).readers
    assert (reader.kind, reader.port, reader.power_dbm) == (kind, PORT, None)
    assert reader.region == (region if kind != "uhfreader18" else None)


def test_the_antennas_that_read_are_written_down() -> None:
    """The ports with tags are those of the block; where none read, those that the reader names."""
    four = Identity("uhfreader288", "a reader", "", None, None, (1, 2, 3, 4))
    (reader,) = site(port_block(evidence(four, 57_600, 2, 4), "r-1", HERE)).readers
    assert [antenna.port for antenna in reader.antennas] == [2, 4]
    (reader,) = site(port_block(evidence(four, 57_600), "r-1", HERE)).readers
    assert [antenna.port for antenna in reader.antennas] == [1, 2, 3, 4]


def test_another_baud_than_the_kinds_own_is_written_down() -> None:
    """The baud stands in the block where the kind's default would not do."""
    identity = Identity("uhfreader288", "a reader", "", None, None, (1,))
    assert "baud" not in port_block(evidence(identity, 57_600), "r-1", HERE)
    assert site(port_block(evidence(identity, 115_200), "r-1", HERE)).readers[0].baud == 115_200


def test_a_scanners_block_is_taken() -> None:
    """A scanner becomes a scanner, with a role to be chosen."""
    scanner = Identity("scanner", "code scanner", speaks_first=True)
    (section,) = site(port_block(evidence(scanner, 9_600), "till-1", HERE)).scanners
    assert (section.port, section.role) == (PORT, "receiving")


def test_what_only_the_owner_knows_is_marked() -> None:
    """Without a site, store and zone are marked as to be filled in."""
    block = port_block(evidence(Identity("m100", "a reader", antennas=(1,))), "m100-1", Place())
    assert block.count("# yours") == 2


def test_nothing_is_printed_where_nobody_answered() -> None:
    """A port without an answer has no block."""
    assert port_block(PortEvidence(PORT), "x", Place()) == ""


def test_blocks_of_devices_behind_the_broker_are_taken() -> None:
    """A reader's topic with its antennas, and a shelf's, pass the site's own check."""
    reader = mqtt_block("readers", "r700-1", "impinj", [("topic", 'a/"b"')], HERE, antennas=(2, 3))
    shelf = mqtt_block("shelves", "shelf-1", "tasmota", [("topic", "tasmota_1")], HERE)
    found = site(f"{reader}\n{shelf}".replace("YOUR-SKU", "CANDLE"))
    assert found.readers[0].topic == 'a/"b"'
    assert [antenna.port for antenna in found.readers[0].antennas] == [2, 3]
    assert found.shelves[0].topic == "tasmota_1"
