"""Tests of ports named by USB ids."""

import pytest

from readers.usb_ids import UsbPort, find_port, is_usb_name

PORTS = (
    UsbPort("/dev/ttyUSB0", 0x1A86, 0x7523, None),
    UsbPort("/dev/ttyUSB1", 0x0403, 0x6001, "A1"),
    UsbPort("/dev/ttyUSB2", 0x0403, 0x6001, "B2"),
    UsbPort("/dev/ttyS0", None, None, None),
)


def test_an_adapter_is_found_wherever_it_is_plugged_in() -> None:
    """Ids, in either case, give the path; a serial number tells two alike apart."""
    assert find_port("usb:1A86:7523", PORTS) == "/dev/ttyUSB0"
    assert find_port("usb:0403:6001:B2", PORTS) == "/dev/ttyUSB2"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("usb:0403:6001", "2 adapters"),
        ("usb:0403:6001:C3", "no adapter"),
        ("usb:dead:beef", "no adapter"),
        ("usb:403:6001", "4 hex digits"),
    ],
)
def test_no_port_is_guessed(name: str, words: str) -> None:
    """None, several, or a name that is none: said in words, for the health page."""
    with pytest.raises(LookupError, match=words):
        find_port(name, PORTS)


def test_a_path_is_no_usb_name() -> None:
    """Only the scheme makes a name of ids."""
    assert is_usb_name("usb:1a86:7523")
    assert not is_usb_name("/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0")
