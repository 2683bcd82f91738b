"""What the doctor makes of its evidence: a rule, an example."""

import pytest

from gateway.doctor.evidence import AntennaSeen, PortEvidence, SignalRange, Watched
from gateway.doctor.findings import Finding, findings
from gateway.doctor.port_probe import Probed, Tried
from readers.probes import Identity

M100 = Identity("m100", "M100 / R200 family", "hardware V1", "cn-900", 26.0, (1,))
R2000 = Identity("r2000", "R2000 module", "fw 2.6", "eu", 30.0)
SEEN = (AntennaSeen(1, 200, 12, SignalRange("dBm", -71, -55, -43)),)
READING = Watched(5.0, (1,), SEEN, tag_count=12, heard_bytes=4_800)


def of(
    identity: Identity | None = M100,
    watched: Watched | None = READING,
    *tried: Tried,
    failure: str = "",
    region: str | None = None,
) -> dict[str, Finding]:
    """Return the findings by their code."""
    probed = Probed(tried, identity, None if identity is None else 115_200)
    found = findings(PortEvidence("/dev/ttyUSB0", "", probed, watched, failure), region)
    assert len({finding.code for finding in found}) == len(found), "said twice"
    return {finding.code: finding for finding in found}


def test_a_healthy_reader_is_good_news_alone() -> None:
    """A reader that answers cleanly in the right region, with tags, is named, and nothing is complained of."""
    identity = Identity("m100", "M100 / R200 family", "hardware V1", "eu", 20.0, (1,))
    found = of(identity, region="eu")
    assert [finding.level for finding in found.values()] == ["good"]
    assert found["found"].text == "M100 / R200 family at 115200 bit/s: hardware V1."


def test_silence_names_power_wires_and_baud() -> None:
    """No answer at all: power, crossed wires, level and baud are what to look at."""
    found = of(None, None, Tried(115_200, ("m100",)), Tried(57_600, ("cf",)))
    assert found["no_answer"].text == "Nothing answers at 57600, 115200 bit/s."
    assert all(
        word in found["no_answer"].remedy for word in ("powered", "TX and RX", "--baud", "--kind scanner")
    )


def test_bytes_of_no_protocol_are_shown() -> None:
    """Bytes in no known protocol: how many, at which baud, how they begin, and what that may be."""
    found = of(None, None, Tried(9_600, ("uhfreader288",), 0), Tried(115_200, ("m100",), 40, 0, b"\x55\xaa"))
    assert "40 at 115200 bit/s, beginning 55 AA" in found["garbage"].text
    assert "noise" in found["garbage"].remedy


def test_an_echo_is_told() -> None:
    """Our own words coming back are two joined wires, not a reader."""
    assert set(of(None, None, Tried(115_200, ("m100",), 8, 8, b"\xbb", is_echo=True))) == {"echo"}


def test_a_port_that_fails_is_told_with_its_reason() -> None:
    """A port that cannot be opened says why."""
    assert "in use by another process" in of(None, None, failure="in use by another process")["port"].text


@pytest.mark.parametrize(("refused", "level"), [(0, None), (15, None), (40, "note"), (600, "problem")])
def test_broken_bytes_are_told_by_their_share(refused: int, level: str | None) -> None:
    """Noise is told from two bytes in a thousand on, and is a problem from one in twenty."""
    watched = Watched(
        5.0, (1,), SEEN, heard_bytes=10_000, refused_bytes={"checksum": refused} if refused else {}
    )
    found = of(watched=watched).get("noise")
    assert (found.level if found else None) == level


def test_a_wrong_region_is_a_problem_with_its_cure() -> None:
    """A reader in another region than the law's is told, with the line that cures it."""
    found = of(region="eu")["wrong_region"]
    assert (found.level, found.text) == ("problem", "It transmits in region cn-900, not in eu.")
    assert 'region = "eu"' in found.remedy


def test_a_reader_that_cannot_be_set_to_the_region_must_not_be_used() -> None:
    """A kind without the region is not told to be set to it."""
    old = Identity("uhfreader18", "UHFReader18", "", "us", 30.0, (1,))
    assert "must not be used there" in of(old, region="eu")["wrong_region"].remedy


def test_a_region_that_nobody_judged_is_shown() -> None:
    """Without a region to compare with, the reader's own is shown for the operator to judge."""
    assert of()["region"].level == "note"


def test_no_tags_asks_for_a_tag_first() -> None:
    """A running inventory without tags: hold one before the antenna."""
    found = of(watched=Watched(5.0, (1,), heard_bytes=500))
    assert "20 cm" in found["no_tags"].remedy


def test_a_reader_that_dies_when_it_transmits_needs_power() -> None:
    """It answered, and says nothing once the inventory runs: its supply breaks down."""
    assert "supply" in of(watched=Watched(5.0, (1,)))["no_rounds"].remedy


def test_an_antenna_in_use_that_is_missing_is_a_problem() -> None:
    """A port that the reader itself has in use has no antenna: a problem; so are all ports without one."""
    lost = (("antenna_3_disconnected", "no antenna on port 3"),)
    four = Identity("uhfreader288", "UHFReader288M", "", "eu", 30.0, (1, 2, 3, 4))
    found = of(four, Watched(5.0, (1, 2, 3, 4), SEEN, faults=lost, heard_bytes=500))
    assert (found["no_antenna"].level, found["no_antenna"].text) == ("problem", "No antenna on port 3.")
    all_lost = tuple((f"antenna_{port}_disconnected", "") for port in (1, 2, 3, 4))
    found = of(R2000, Watched(5.0, (1, 2, 3, 4), faults=all_lost, heard_bytes=500))
    assert found["no_antenna"].text == "No antenna on ports 1, 2, 3, 4."
    assert "no_tags" not in found


def test_bare_ports_that_nobody_uses_are_a_note() -> None:
    """Ports that were asked only to see whether something is on them may be bare."""
    lost = tuple((f"antenna_{port}_disconnected", "") for port in (2, 3, 4))
    found = of(R2000, Watched(5.0, (1, 2, 3, 4), SEEN, faults=lost, heard_bytes=500))
    assert (found["bare_ports"].level, "no_antenna" in found) == ("note", False)


def test_other_faults_are_told_in_the_readers_words() -> None:
    """What a reader reports of itself is passed on."""
    faults = (("error_20", "error 0x20: hopping timed out"),)
    found = of(watched=Watched(5.0, (1,), SEEN, faults=faults, heard_bytes=500))
    assert "hopping timed out" in found["fault"].text


def test_weak_antennas_are_named() -> None:
    """An antenna whose median read is weak is named; a raw scale without dBm is not judged."""
    weak = (AntennaSeen(2, 50, 3, SignalRange("dBm", -80, -76, -70)),)
    assert "Antenna 2" in of(watched=Watched(5.0, (2,), weak, heard_bytes=500))["weak"].text
    raw = (AntennaSeen(2, 50, 3, SignalRange("raw", 80, 90, 100)),)
    assert "weak" not in of(watched=Watched(5.0, (2,), raw, heard_bytes=500))


def test_a_reader_that_speaks_first_is_not_blamed() -> None:
    """A reader in real-time mode is told as such: the gateway sets the mode that its site file names."""
    active = Identity("cf", "CF / UHF Prime reader", "", "eu", 30.0, (1,), speaks_first=True)
    assert of(active, region="eu")["speaks_first"].level == "note"


def test_a_scanner_has_no_radio_and_no_tags() -> None:
    """Nothing is said of region or tags where a scanner is."""
    scanner = Identity("scanner", "code scanner", "sends lines", speaks_first=True)
    assert set(of(scanner, Watched(5.0, codes=("4006381333931",)), region="eu")) == {"found"}
