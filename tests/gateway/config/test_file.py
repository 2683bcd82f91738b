"""What is wrong with a site file is said in words: file, key, value, remedy."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cli.site_file import read_site
from gateway.config.file import MAX_CONFIG_BYTES, load_site, parse_site
from gateway.devices.of_site import check_devices
from gateway.errors import ConfigError

SITE = """
[[stores]]
id = "lyon-1"
name = "Lyon"
zones = [{ id = "front", role = "floor" }, { id = "back", role = "back_room" }]
"""
M100 = """
[[readers]]
id = "m100-front"
kind = "m100"
store = "lyon-1"
port = "/dev/ttyUSB0"
antennas = [{ port = 1, zone = "front" }]
"""
IMPINJ = """
[mqtt]
[[readers]]
id = "r700"
kind = "impinj"
store = "lyon-1"
topic = "r700/events"
antennas = [{ port = 1, zone = "front" }, { port = 2, zone = "back" }]
"""
SCANNER = """
[[scanners]]
id = "till-1"
store = "lyon-1"
zone = "front"
role = "till"
port = "/dev/ttyACM0"
"""
SHELF = """
[mqtt]
[[shelves]]
id = "shelf-1"
store = "lyon-1"
zone = "front"
sku = "CANDLE"
topic = "tasmota_1"
unit_weight_g = 420
"""


def refusal(text: str) -> str:
    """Return what is said of a site file, its devices judged too."""
    with pytest.raises(ConfigError) as raised:
        check_devices(parse_site(text, "site.toml"))
    return str(raised.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SITE.replace("name =", "nane ="), "unknown key stores[0].nane: did you mean 'name'?"),
        (SITE.replace("role", "roll", 1), "unknown key stores[0].zones[0].roll: did you mean 'role'?"),
        (SITE + "[precense]\n", "unknown key precense: did you mean 'presence'?"),
        (SITE + "[alerts]\nlow_stock = 3\n", "unknown key alerts.low_stock: did you mean 'low_stock_at'?"),
        (SITE + '[mqtt]\npassword = "s3cret"\n', "unknown key mqtt.password: did you mean 'password_file'?"),
        (SITE + M100.replace("port = 1", "prt = 1"), "unknown key readers[0].antennas[0].prt: did you mean 'port'?"),
        (SITE + "[api]\nzzzzzz = 1\n", "unknown key api.zzzzzz: it must be one of host, port,"),
    ],
)  # fmt: skip
def test_an_unknown_key_names_the_nearest_valid_one(text: str, said: str) -> None:
    """A misspelt key is refused with its full path and the nearest key that exists there."""
    message = refusal(text)
    assert message.startswith("site.toml: ")
    assert said in message


def test_a_secret_in_the_wrong_place_is_not_printed() -> None:
    """The value of an unknown key is never shown: it may be a password."""
    assert "s3cret" not in refusal(SITE + '[mqtt]\npassword = "s3cret"\n')


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        (SITE + "[api]\nport = 99999\n", "api.port", "99999"),
        (SITE + '[api]\nport = "many"\n', "api.port", "'many'"),
        (SITE + "[presence]\nepoch_s = 0.1\n", "presence.epoch_s", "0.1"),
        (SITE + "[presence]\nepoch_s = nan\n", "presence.epoch_s", "nan"),
        (SITE + "[stock]\nsafety_stock = -1\n", "stock.safety_stock", "-1"),
        (SITE + '[mqtt]\nprotocol = "4"\n', "mqtt.protocol", "'4'"),
        (SITE.replace('"floor"', '"shop"'), "stores[0].zones[0].role", "'shop'"),
        (SITE.replace('"lyon-1"', '"Lyon 1"'), "stores[0].id", "'Lyon 1'"),
        (SITE.replace('name = "Lyon"', 'name = "Lyon"\ntimezone = "Lyon"'), "stores[0].timezone", "'Lyon'"),
        (SITE + M100.replace("port = 1", "port = 256"), "readers[0].antennas[0].port", "256"),
        (SITE + SHELF.replace("420", "0"), "shelves[0].unit_weight_g", "0"),
        (SITE + SHELF.replace("CANDLE", "FIG CANDLE"), "shelves[0].sku", "'FIG CANDLE'"),
    ],
)
def test_a_wrong_value_is_named_with_its_key(text: str, key: str, value: str) -> None:
    """A value of a wrong type, out of bounds or not of a list names file, key and value."""
    message = refusal(text)
    assert message.startswith(f"site.toml: {key}: ")
    assert value in message


def test_every_fault_is_told_at_once() -> None:
    """Faults in several tables are listed together, a line each with the file's name."""
    lines = refusal(SITE + "[api]\nport = 0\nhots = 1\n[stock]\nfresh_s = 1\n").splitlines()
    assert len(lines) == 3
    assert all(line.startswith("site.toml: ") for line in lines)


def test_a_required_key_is_named() -> None:
    """A key that has no default is asked for by its path."""
    assert refusal("[[stores]]\nid = 'lyon-1'\n").splitlines() == [
        "site.toml: stores[0].name: this key is required",
        "site.toml: stores[0].zones: this key is required",
    ]
    assert refusal("") == "site.toml: stores: this key is required"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SITE + M100.replace("lyon-1", "lyon-2"), "readers[0].store: 'lyon-2' is no store: did you mean 'lyon-1'?"),
        (SITE + M100.replace('"front"', '"frnt"'),
         "readers[0].antennas[0].zone: 'frnt' is no zone of 'lyon-1': did you mean 'front'?"),
        (SITE + SCANNER.replace('"front"', '"denim"'),
         "scanners[0].zone: 'denim' is no zone of 'lyon-1': it must be one of front, back"),
        (SITE + SHELF.replace('"front"', '"bck"'), "shelves[0].zone: 'bck' is no zone of 'lyon-1': did you mean 'back'?"),
        (SITE + M100 + SCANNER.replace('"till-1"', '"m100-front"'), "scanners[0].id: 'm100-front' is the id of readers[0] already"),
        (SITE + M100 + SCANNER.replace("ACM0", "USB0"), "scanners[0].port: '/dev/ttyUSB0' is the port of readers[0] already"),
        (SITE.replace('"back"', '"front"'), "stores[0]: zones: two of them have the id 'front'"),
        (SITE.replace('"back"', '"in-hand"'), "stores[0]: zones: the id 'in-hand' is the gateway's own: choose another"),
        (SITE + SITE, "stores: two of them have one id"),
        (SITE + IMPINJ.replace("port = 2", "port = 1"), "readers[0].antennas: antenna port 1 stands twice: give each port one zone"),
        (SITE + "[alerts]\nlow_stock_at = 5\n", "alerts: low_stock_clear_at = 4 must be above low_stock_at = 5"),
        (SITE + '[api]\nhost = "0.0.0.0"\npage_sign_in = false\n', "set page_sign_in = true"),
        (SITE + '[api]\npage_sign_in = false\ntrusted_proxies = ["127.0.0.1"]\n', "leave trusted_proxies out"),
        (SITE + '[api]\ntrusted_proxies = ["proxy.lan"]\n', "'proxy.lan' is no address or network"),
        (SITE + '[api]\ntls_key = "a.key"\n', "tls_certificate is missing: HTTPS needs"),
        (SITE.replace('"Lyon"', '"Lyon"\nhours = { mon = ["9-12"] }'), "'9-12' are no hours: write them as 09:00-19:30"),
        (SITE.replace('"Lyon"', '"Lyon"\nhours = { mon = [] }'), "no day has hours: write at least one, or leave the table out"),
        (SITE.replace('"Lyon"', '"Lyon"\nplace = { latitude = 1 }'), "latitude and longitude go together"),
        (SITE.replace('"Lyon"', '"Lyon"\npick_minutes = { till = 1 }'), "unknown key stores[0].pick_minutes.till"),
    ],
)  # fmt: skip
def test_a_wrong_reference_is_named_with_what_there_is(text: str, said: str) -> None:
    """Ids that stand for nothing, or for two things, name the key, the value and the remedy."""
    message = refusal(text)
    assert message.startswith("site.toml: ")
    assert said in message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SITE + M100.replace('"m100"', '"m10"'), "readers[0].kind: unknown kind 'm10'"),
        (SITE + M100.replace('port = "/dev/ttyUSB0"\n', ""), "readers[0].port: reader 'm100-front' (kind m100) needs its serial port"),
        (SITE + M100 + "power_dbm = 30\n", "readers[0]: m100-front: power_dbm = 30.0 is outside 0 to 26.0 dBm"),
        (SITE + M100.replace("}]", '}, { port = 2, zone = "back" }]'), "readers[0]: m100-front: an M100 has one antenna port"),
        (SITE + IMPINJ.replace('topic = "r700/events"\n', ""), "readers[0].topic: reader 'r700' (kind impinj) needs its event topic"),
        (SITE + IMPINJ.replace("[mqtt]\n", ""), "mqtt: this table is required"),
        (SITE + SCANNER + 'kind = "scaner"\n', "scanners[0].kind: unknown kind 'scaner': did you mean 'scanner'?"),
        (SITE + SHELF + 'kind = "tasmoto"\n', "shelves[0].kind: unknown kind 'tasmoto': did you mean 'tasmota'?"),
    ],
)  # fmt: skip
def test_a_device_that_cannot_be_is_refused_before_any_port_is_touched(
    text: str, said: str, tmp_path: Path
) -> None:
    """Kinds, ports, topics, antennas and power that a device cannot have are found by the check alone."""
    path = tmp_path / "site.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as raised:
        read_site(path)
    assert str(raised.value).startswith(f"{path}: ")
    assert said in str(raised.value)


@pytest.mark.parametrize("dbm", [0, 18.5, 26])
def test_the_power_of_an_m100_may_be_what_its_modules_give(dbm: float) -> None:
    """0 to 26 dBm is what the family gives."""
    check_devices(parse_site(SITE + M100 + f"power_dbm = {dbm}\n", "site.toml"))


# -- files ---------------------------------------------------------------------------------------------


def load_refusal(path: Path) -> str:
    """Return what is said of a file."""
    with pytest.raises(ConfigError) as raised:
        load_site(path)
    return str(raised.value)


def test_a_file_that_is_not_there_names_how_to_begin(tmp_path: Path) -> None:
    """A missing site file is named, with the command that prints one."""
    message = load_refusal(tmp_path / "site.toml")
    assert (
        message
        == f"{tmp_path / 'site.toml'}: no such file: `storefloor config example` prints one to start from"
    )


def test_text_that_is_not_utf8_is_named_with_its_place(tmp_path: Path) -> None:
    """A file in another encoding names the first byte that cannot be read, and the remedy."""
    path = tmp_path / "site.toml"
    path.write_bytes(SITE.encode() + "# Entrée\n".encode("latin-1"))
    assert load_refusal(path) == f"{path}: not UTF-8 text (byte {len(SITE) + 6}): save it as UTF-8"


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    """Windows' editors put one before the first table."""
    path = tmp_path / "site.toml"
    path.write_bytes(b"\xef\xbb\xbf" + SITE.lstrip().encode())
    assert load_site(path).stores[0].id == "lyon-1"


def test_a_folder_and_a_huge_file_are_refused(tmp_path: Path) -> None:
    """What cannot be a site file is said to be none, and is not read into memory."""
    assert "cannot be read" in load_refusal(tmp_path)
    path = tmp_path / "site.toml"
    with path.open("wb") as file:
        file.truncate(MAX_CONFIG_BYTES + 1)
    assert load_refusal(path) == f"{path}: too large for a file of this kind"


def test_toml_that_is_none_names_line_and_column() -> None:
    """A fault of syntax tells where it is."""
    assert refusal("[[stores]]\nid = lyon\n").startswith("site.toml: not valid TOML: ")
    assert "line 2" in refusal("[[stores]]\nid = lyon\n")


@given(st.text(max_size=200))
def test_any_text_is_a_site_or_is_refused_in_words(text: str) -> None:
    """Whatever a file holds, the outcome is a site or a ConfigError that names the file."""
    try:
        parse_site(text, "site.toml")
        said = "site.toml: good"
    except ConfigError as error:
        said = str(error)
    assert said.startswith("site.toml: ")
