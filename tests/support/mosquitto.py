"""A real Mosquitto for tests: free port, own folder, set up as a shop's broker should be."""

import os
from pathlib import Path

from tests.support.broker_process import BrokerProcess
from tests.support.needed import found, needs
from tests.support.plain_mqtt import PlainMqtt
from tests.support.polling import eventually

KEPT_TOPIC = "test/kept"


def mosquitto_binary() -> str | None:
    """Return the path of Mosquitto, or None."""
    return found("mosquitto")


def needs_mosquitto() -> str:
    """Return the path of Mosquitto; skip the test without it, or fail where nothing may skip."""
    return needs("mosquitto", "mosquitto")


class Mosquitto(BrokerProcess):
    """Persistent: with autosave at each change its queues survive a kill, which the default loses."""

    def __init__(self, folder: Path, *extra_lines: str) -> None:
        super().__init__(folder)
        self._binary = needs_mosquitto()
        self._extra_lines = extra_lines

    def until_kept(self, mqtt: PlainMqtt) -> None:
        """Return once all that `mqtt` published before is in the broker's file.

        Mosquitto acknowledges first and writes a moment later: what it took between the two, a kill takes
        from it. So a retained mark is published last, and looked for in the file, which is written whole.
        """
        mark = f"mark {mqtt.published}"
        mqtt.publish(KEPT_TOPIC, mark, retain=True)
        mqtt.settle()
        self.until_holds(mark)

    def until_holds(self, text: str) -> None:
        """Return once the broker's file holds a text: a payload, or a topic that somebody has subscribed to."""
        file = self.folder / "mosquitto" / "mosquitto.db"
        eventually(
            lambda: file.exists() and text.encode() in file.read_bytes(), f"{text} in the broker's file", 60.0
        )

    def command(self) -> list[str]:
        """Write the configuration, return the command."""
        data = self.folder / "mosquitto"
        data.mkdir(exist_ok=True)
        config = self.folder / "mosquitto.conf"
        lines = [
            *(["user root"] if os.geteuid() == 0 else []),  # else it gives up its right to the folder
            f"listener {self.port} {self.host}",
            "allow_anonymous true",
            "persistence true",
            f"persistence_location {data}/",
            "autosave_interval 1",
            "autosave_on_changes true",
            "max_queued_messages 100000",
            *self._extra_lines,
        ]
        config.write_text("\n".join(lines) + "\n")
        return [self._binary, "-c", str(config)]
