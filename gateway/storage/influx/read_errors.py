"""What can go wrong when levels are read back from InfluxDB, split by who can act. Pure."""

from gateway.storage.errors import StoreError


class SeriesUnavailable(StoreError):  # noqa: N818 - as all of storage's errors
    """It cannot be reached, gave no answer in time, or is too busy: to be asked again later."""

    remedy = "see that this InfluxDB runs and can be reached from here; nothing is lost meanwhile"


class SeriesRefused(StoreError):  # noqa: N818 - as above
    """It answers, and refuses: the key, the database, or a server that knows no InfluxQL."""

    remedy = "see `url`, `bucket` and the token under [influxdb]; 2.x needs the bucket mapped as a database"


class SeriesTooLarge(StoreError):  # noqa: N818 - as above
    """What was asked for is more than one answer may hold."""

    remedy = "ask for a shorter time"
