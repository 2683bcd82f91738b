"""What of a site's past is read back from its InfluxDB, where its file asks for that."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.influx_settings import influx_settings
from gateway.config.influx import InfluxSection
from gateway.old_records import WAIT_S, OldRecords
from gateway.storage.combined import CombinedLevels
from gateway.storage.influx.settings import InfluxSettings
from gateway.storage.sqlite import SqliteStore

if TYPE_CHECKING:
    from gateway.storage.influx.series import InfluxSeries


def old_records(section: InfluxSection | None, base: Path, store: SqliteStore) -> OldRecords | None:
    """Return what answers for times that the store keeps no longer to the change; None: the store alone does."""
    if section is None or not section.read_history:
        return None
    series = _series(influx_settings(section, base))
    return OldRecords(CombinedLevels(store, series), series.close)


def ask_once(settings: InfluxSettings) -> None:
    """Ask for a level that nobody has; raise StoreError where even that cannot be answered."""
    _series(settings).levels_at("-", "-", 0)


def _series(settings: InfluxSettings) -> "InfluxSeries":
    # imported here: no other start need wait for it
    from gateway.storage.influx.asking import Asking
    from gateway.storage.influx.series import InfluxSeries

    return InfluxSeries(Asking(replace(settings, timeout_s=min(settings.timeout_s, WAIT_S))))
