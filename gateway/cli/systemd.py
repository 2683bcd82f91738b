"""Tells systemd that the gateway is ready and alive (sd_notify(3)); nothing where it does not ask. I/O."""

import os
import socket


class Notifier:
    """Speaks to the socket that systemd names in NOTIFY_SOCKET, if it does."""

    def __init__(self) -> None:
        self._address = os.environ.get("NOTIFY_SOCKET", "")
        if self._address.startswith("@"):
            self._address = "\0" + self._address[1:]

    def ready(self) -> None:
        """The gateway answers requests."""
        self._send("READY=1")

    def alive(self) -> None:
        """The real work goes on (feed the watchdog)."""
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """The gateway ends in good order."""
        self._send("STOPPING=1")

    def _send(self, text: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as out:
                out.sendto(text.encode(), self._address)
        except OSError:  # systemd is gone or busy: its watchdog decides, not we
            return
