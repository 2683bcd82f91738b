"""What a reader may be told of its radio: power, region, antennas; refused by name before any port opens. Pure."""

from collections.abc import Collection

from readers.errors import DeviceRefused
from readers.settings import RfidSettings

LAWFUL_DBM = {"us": (30, "47 CFR 15.247 (b) allows 1 W at the antenna port")}
"""The most that the law of a region allows a transmitter, where it limits that, not the radiated power."""


def check_region(settings: RfidSettings, known: Collection[str], source: str) -> None:
    """Raise DeviceRefused for a region that the reader has no setting for."""
    if settings.region is not None and settings.region not in known:
        raise DeviceRefused(
            f"{settings.device}: region {settings.region!r} is none of {', '.join(sorted(known))} ({source})"
        )


def whole_dbm(settings: RfidSettings, least: int, most: int, source: str) -> int | None:
    """Return the power to set. Raises DeviceRefused for what the reader or its region's law does not allow."""
    power_dbm = settings.power_dbm
    if power_dbm is None:
        return None
    given = f"{settings.device}: power_dbm = {power_dbm:g}"
    if not least <= power_dbm <= most:
        raise DeviceRefused(f"{given} is outside {least} to {most} dBm ({source})")
    if power_dbm != int(power_dbm):
        raise DeviceRefused(f"{given}: this reader takes whole dBm")
    lawful, law = LAWFUL_DBM.get(settings.region or "", (most, ""))
    if power_dbm > lawful:
        raise DeviceRefused(f"{given} is more than {lawful} dBm: in region {settings.region!r} {law}")
    return int(power_dbm)


def check_antennas(settings: RfidSettings, most: int, source: str) -> None:
    """Raise DeviceRefused for antenna ports that the reader does not have (they count from 1)."""
    wrong = [port for port in settings.antennas if not 1 <= port <= most]
    if wrong or not settings.antennas:
        raise DeviceRefused(
            f"{settings.device}: antennas {list(settings.antennas)} must be ports of 1 to {most} ({source})"
        )
