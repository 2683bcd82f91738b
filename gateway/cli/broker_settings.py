"""A site's broker as readers/ knows it: the settings of its table, its password read from its file. I/O."""

from pathlib import Path

from gateway.config.mqtt import MqttSection
from gateway.errors import ConfigError
from readers.settings import MqttSettings


def mqtt_settings(section: MqttSection, base: Path) -> MqttSettings:
    """Return the settings of a site's broker; `base` is the folder of its file. Raises ConfigError."""
    return MqttSettings(
        host=section.host,
        port=section.port,
        protocol=section.protocol,
        client_id=section.client_id,
        username=section.username,
        password=read_password(base / section.password_file) if section.password_file else None,
        tls=section.tls,
        keepalive_s=section.keepalive_s,
        session_expiry_s=section.session_expiry_s,
    )


def read_password(path: Path) -> str:
    """Return the first line of a password file. Raises ConfigError."""
    try:
        return path.read_text(encoding="utf-8").split("\n", 1)[0]
    except OSError as error:
        raise ConfigError(f"mqtt.password_file: {path} cannot be read: {error.strerror}") from error
