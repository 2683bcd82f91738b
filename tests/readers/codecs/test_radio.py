"""What a reader may be told of its radio, whatever its kind."""

import pytest

from readers.codecs.radio import check_antennas, check_region, whole_dbm
from readers.errors import DeviceRefused
from readers.registry import SERIAL_KINDS, serial_kind
from readers.settings import RfidSettings


def test_power_within_bounds_is_whole() -> None:
    """Readers take whole dBm; nothing asked for is nothing set."""
    assert whole_dbm(RfidSettings("a", power_dbm=20.0), 0, 30, "manual") == 20
    assert whole_dbm(RfidSettings("a"), 0, 30, "manual") is None


@pytest.mark.parametrize(("power_dbm", "hint"), [(31, "manual"), (-1, "manual"), (20.5, "whole dBm")])
def test_power_out_of_bounds_names_its_source(power_dbm: float, hint: str) -> None:
    """What the reader cannot give is refused with the document that says so."""
    with pytest.raises(DeviceRefused, match=f"power_dbm = {power_dbm}.*{hint}"):
        whole_dbm(RfidSettings("a", power_dbm=power_dbm), 0, 30, "manual")


def test_more_than_the_law_of_the_region_allows_is_refused() -> None:
    """A module that could give 33 dBm may not do so where the law allows 30 at the antenna port."""
    with pytest.raises(DeviceRefused, match=r"33 is more than 30 dBm.*47 CFR 15\.247"):
        serial_kind("r2000").make(RfidSettings("a", region="us", power_dbm=33))
    serial_kind("r2000").make(RfidSettings("a", region="eu", power_dbm=33))
    serial_kind("r2000").make(RfidSettings("a", region="us", power_dbm=30))


def test_regions_and_antennas_name_what_there_is() -> None:
    """A region without a setting, or a port that is not there, is refused with those that are."""
    with pytest.raises(DeviceRefused, match="'jp' is none of eu, us"):
        check_region(RfidSettings("a", region="jp"), {"us", "eu"}, "manual")
    check_region(RfidSettings("a"), {"us"}, "manual")
    with pytest.raises(DeviceRefused, match=r"\[0, 5\] must be ports of 1 to 4"):
        check_antennas(RfidSettings("a", antennas=(0, 5)), 4, "manual")


@pytest.mark.parametrize("kind", sorted(set(SERIAL_KINDS) - {"scanner"}))
@pytest.mark.parametrize("wrong", [{"region": "mars"}, {"power_dbm": 99.0}, {"antennas": ()}])
def test_every_kind_refuses_before_its_port_opens(kind: str, wrong: dict[str, object]) -> None:
    """A region of no planet's, 99 dBm, or no antenna: refused by name, whatever the reader."""
    with pytest.raises(DeviceRefused, match="front"):
        serial_kind(kind).make(RfidSettings("front", **wrong))  # type: ignore[arg-type]  # wrong on purpose
