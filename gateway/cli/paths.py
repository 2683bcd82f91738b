"""Where a site's files are: all relative paths are relative to its TOML file. Pure."""

from pathlib import Path

from gateway.config.site import SiteConfig
from readers.usb_ids import is_usb_name

STORE_FILE = "storefloor.db"


def data_dir(site: SiteConfig, base: Path) -> Path:
    """Return the folder of the embedded store."""
    return base / site.gateway.data_dir


def store_path(site: SiteConfig, base: Path) -> Path:
    """Return the embedded store's file."""
    return data_dir(site, base) / STORE_FILE


def device_path(port: str, base: Path) -> str:
    """Return a serial port's path (an absolute one as it stands, and so a name by USB ids)."""
    return port if is_usb_name(port) else str(base / port)
