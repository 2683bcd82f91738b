"""A site's InfluxDB as the storage knows it: the settings of its table, its secret read from its file. I/O."""

from pathlib import Path

from gateway.config.influx import InfluxSection
from gateway.errors import ConfigError
from gateway.storage.influx.settings import InfluxSettings

MAX_SECRET_BYTES = 4_096
"""A token is one line; a larger file is some other file."""


def influx_settings(section: InfluxSection, base: Path) -> InfluxSettings:
    """Return the settings of a site's InfluxDB; `base` is the folder of its file. Raises ConfigError."""
    secret = _secret(base, section.token_file)
    ca_file = None if section.ca_file is None else base / section.ca_file
    if ca_file is not None and not ca_file.is_file():
        raise ConfigError(f"influxdb.ca_file: {ca_file} is no file: name a PEM file, or leave the key out")
    return InfluxSettings(
        url=section.url,
        bucket=section.bucket,
        org=section.org,
        token=secret if section.username is None else f"{section.username}:{secret}",
        timeout_s=section.timeout_s,
        gzip=section.gzip,
        ca_file=None if ca_file is None else str(ca_file),
    )


def _secret(base: Path, name: str | None) -> str:
    """Return the first line of a secret's file; empty text where none is named. No error quotes it."""
    if name is None:
        return ""
    path = base / name
    try:
        with path.open("rb") as file:
            content = file.read(MAX_SECRET_BYTES)
    except OSError as error:
        raise ConfigError(f"influxdb.token_file: {path} cannot be read: {error.strerror}") from error
    line = content.split(b"\n", 1)[0].strip()
    if not line:
        raise ConfigError(f"influxdb.token_file: {path} is empty: write the secret into its first line")
    if not (line.isascii() and line.decode("ascii").isprintable()):
        raise ConfigError(f"influxdb.token_file: {path} must hold printable ASCII in its first line")
    return line.decode("ascii")
