"""What of a site's past is read back from its InfluxDB, where its file asks for that."""

from pathlib import Path

from gateway.cli.influx_settings import influx_settings
from gateway.config_influx import InfluxSection
from gateway.old_records import OldRecords
from gateway.storage.combined import CombinedLevels
from gateway.storage.sqlite import SqliteStore


def old_records(section: InfluxSection | None, base: Path, store: SqliteStore) -> OldRecords | None:
    """Return what answers for times that the store keeps no longer to the change; None: the store alone does."""
    if section is None or not section.read_history:
        return None
    # imported here: no other start need wait for it
    from gateway.storage.influx.asking import Asking
    from gateway.storage.influx.series import InfluxSeries

    series = InfluxSeries(Asking(influx_settings(section, base)))
    return OldRecords(CombinedLevels(store, series), series.close)
