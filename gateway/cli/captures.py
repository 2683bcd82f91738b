"""Which format a capture has: a kind, a mapping that comes with storefloor, or a device of a site. I/O.

Site files are read by pydantic models, whose import takes longer than most captures: only where wanted.
"""

from importlib.resources import files
from pathlib import Path

from gateway.errors import ConfigError
from readers.codecs.scanner import ScannerSession
from readers.describe import mapping
from readers.describe.events import EventDescriber
from readers.describe.registry import PAYLOAD_KINDS, STREAM_KINDS, StreamKind
from readers.describe.scanner import ScannerDescriber

Format = StreamKind | EventDescriber
"""Of a stream of bytes, or of MQTT payloads."""


def kinds() -> tuple[str, ...]:
    """Return all that `--kind` may be."""
    return tuple(sorted((*STREAM_KINDS, *PAYLOAD_KINDS, *_mapping_names())))


def format_of(kind: str | None, config: Path | None, device: str | None) -> Format:
    """Return the format of a kind, or of a site's device. Raises ConfigError where neither is named."""
    if (kind is None) == (device is None):
        raise ConfigError("decode: say what the capture is of: --kind KIND, or --config FILE --device ID")
    if device is not None:
        if config is None:
            raise ConfigError("decode: --device is one of a site: give its file with --config")
        return _of_device(config, device)
    assert kind is not None  # noqa: S101 - said above, in a way that mypy does not follow
    if kind in STREAM_KINDS:
        return STREAM_KINDS[kind]
    return PAYLOAD_KINDS[kind].describe if kind in PAYLOAD_KINDS else _of_mapping(kind)


def _mapping_names() -> list[str]:
    names = (Path(entry.name) for entry in files("config").joinpath("mappings").iterdir())
    return [name.stem for name in names if name.suffix == ".toml"]


def _of_mapping(name: str) -> EventDescriber:
    from gateway.config.file import shipped_mappings

    return mapping.describer(shipped_mappings()[name])


def _of_device(config: Path, device_id: str) -> Format:
    from gateway.cli.site_file import read_site
    from gateway.devices.of_site import Device, mqtt_devices, serial_devices

    site, _ = read_site(config)
    sections: list[Device] = [*site.readers, *site.scanners, *site.shelves]
    kind_of = {section.id: section.kind for section in sections}
    if device_id not in kind_of:
        known = ", ".join(sorted(kind_of)) or "none at all"
        raise ConfigError(f"decode: --device {device_id!r} is none of {config}'s: it has {known}")
    kind = kind_of[device_id]
    codec = next((device.codec for device in mqtt_devices(site) if device.id == device_id), None)
    if codec is not None:
        return (
            mapping.of_device(codec) if kind == "mapping" else PAYLOAD_KINDS[kind].describe.of_device(codec)
        )
    session = next(device.protocol for device in serial_devices(site) if device.id == device_id)
    if isinstance(session, ScannerSession):
        return StreamKind(STREAM_KINDS[kind].title, lambda: ScannerDescriber(session))
    return STREAM_KINDS[kind]
