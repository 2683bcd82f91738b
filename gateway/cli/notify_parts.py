"""The delivery of notices of one gateway, put together: targets, secrets, languages, queue. Wiring."""

from pathlib import Path

from gateway.clock import Clock
from gateway.config.delivery import NotifySection
from gateway.config.site import SiteConfig
from gateway.delivery.courier import NoticeCourier
from gateway.delivery.language_files import languages
from gateway.delivery.model import HttpHook, MailServer, Target
from gateway.delivery.names import Names, StoreNames
from gateway.delivery.notifier import Notifier
from gateway.delivery.table import StoredNotices
from gateway.delivery.wording import Wording
from gateway.engine import Engine
from gateway.errors import ConfigError
from gateway.storage.sqlite import SqliteStore
from gateway.storage.writer import Writer
from gateway.webhooks.sender import Sender


def make_notifier(
    site: SiteConfig, base: Path, engine: Engine, store: SqliteStore, writer: Writer, clock: Clock
) -> Notifier:
    """Return what tells a site's people; `base`: the folder of its file. Raises ConfigError."""
    stores = (
        StoreNames(store.id, store.name, store.timezone, {zone.id: zone.name for zone in store.zones})
        for store in site.stores
    )
    names = Names(stores, engine.state.catalogue)
    wordings = _wordings(names, site.alerts.notices.language)
    courier = NoticeCourier(wordings, Sender(site.webhooks.policy()))
    targets = tuple(_target(section, n, base, tuple(wordings)) for n, section in enumerate(site.notify))
    queue = StoredNotices(store, writer)
    return Notifier(targets, queue, courier, clock, [section.id for section in site.stores], wordings)


def _wordings(names: Names, own: str) -> dict[str, Wording]:
    """Return the words of all languages, the site's own first."""
    found = {code: Wording(language, names) for code, language in languages().items()}
    _known("alerts.notices.language", own, tuple(found))
    return {own: found[own], **found}


def _known(key: str, code: str, codes: tuple[str, ...]) -> None:
    if code not in codes:
        raise ConfigError(f"{key}: {code!r} is not known: write one of {', '.join(codes)}")


def _target(section: NotifySection, number: int, base: Path, codes: tuple[str, ...]) -> Target:
    where = f"notify[{number}]"
    _known(f"{where}.language", section.language, codes)
    return Target(
        section.id,
        _mail_server(section, where, base) if section.kind == "email" else _http_hook(section, where, base),
        section.stores,
        section.severities,
        section.types,
        section.level,
        section.language,
        section.digest,
    )


def _mail_server(section: NotifySection, where: str, base: Path) -> MailServer:
    return MailServer(
        section.host or "",
        section.mail_port,
        section.tls,
        section.sender or "",
        section.to,
        section.username,
        _secret(section.password_file, f"{where}.password_file", base),
        str(base / section.ca_file) if section.ca_file else None,
    )


def _http_hook(section: NotifySection, where: str, base: Path) -> HttpHook:
    url = section.url or _secret(section.url_file, f"{where}.url_file", base) or ""
    headers = dict(section.headers)
    for name, file in section.header_files.items():
        headers[name] = _secret(file, f"{where}.header_files.{name}", base) or ""
    return HttpHook(url, section.method, headers, section.body)


def _secret(file: str | None, key: str, base: Path) -> str | None:
    """Return the first line of a file; None without one. Raises ConfigError, which never says what stands in it."""
    if file is None:
        return None
    path = base / file
    try:
        line = path.read_text(encoding="utf-8").split("\n", 1)[0].strip()
    except UnicodeDecodeError as error:
        raise ConfigError(f"{key}: {path} is not UTF-8 text") from error
    except OSError as error:
        raise ConfigError(f"{key}: {path} cannot be read: {error.strerror}") from error
    if not line or not line.isprintable():
        raise ConfigError(f"{key}: {path}: its first line is empty, or no text: write the secret there")
    return line
