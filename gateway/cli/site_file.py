"""A site as commands take it: its file, devices and articles judged together, without the network. I/O."""

from pathlib import Path

from gateway.catalogue.articles import Catalogue
from gateway.config.file import load_catalogue, load_site
from gateway.config.site import SiteConfig
from gateway.devices.of_site import check_devices
from gateway.errors import ConfigError


def read_site(path: Path) -> tuple[SiteConfig, Catalogue]:
    """Return a site that can run, and its articles. Raises ConfigError, naming the file."""
    site = load_site(path)
    try:
        check_devices(site)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error
    return site, load_catalogue(site, path.parent)
