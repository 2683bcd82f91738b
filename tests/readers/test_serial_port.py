import asyncio

import pytest

from readers.errors import DeviceRefused, LinkLost
from readers.serial_port import SerialLine, SerialPort
from tests.support.pty_device import PtyDevice


def opening(line):
    return asyncio.run(SerialPort.open("reader-1", line))


def test_a_missing_port_is_a_lost_link(tmp_path):
    """It may appear later: the error says what is missing, and of which device."""
    with pytest.raises(LinkLost, match="no such port") as caught:
        opening(SerialLine(str(tmp_path / "none")))
    assert caught.value.device == "reader-1"


def test_a_file_is_no_port(tmp_path):
    """A path of something else is told as it is."""
    path = tmp_path / "file"
    path.write_text("x")
    with pytest.raises(LinkLost, match="Could not configure port"):
        opening(SerialLine(str(path)))


def test_a_speed_that_cannot_be_is_refused(tmp_path):
    """No retry helps against a wrong setting: it names port and speed."""

    async def test():
        device = PtyDevice(tmp_path / "port")
        try:
            with pytest.raises(DeviceRefused, match="-5 bit/s"):
                await SerialPort.open("reader-1", SerialLine(str(device.path), -5))
        finally:
            device.unplug()

    asyncio.run(test())
