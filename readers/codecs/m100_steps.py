"""What is said to an M100-family reader, in order, and what each silence means. Pure."""

from readers.codecs import m100
from readers.codecs.conversation import Step
from readers.codecs.m100 import Command, Info
from readers.errors import DeviceRefused
from readers.settings import RfidSettings

MAX_POWER_DBM = 26.0
"""Modules of this family give 18 to 26 dBm (READMEs of the sbcshop UHF Lite HAT and Pico Expansion)."""


STOP = Step("stop", Command.STOP, is_required=False)
START = Step("start", Command.MULTI_INVENTORY, m100.rounds_param())
WHO = (
    Step("hardware", Command.INFO, bytes((Info.HARDWARE,))),
    Step("software", Command.INFO, bytes((Info.SOFTWARE,)), is_required=False),
    Step("maker", Command.INFO, bytes((Info.MAKER,)), is_required=False),
)


def setting_steps(settings: RfidSettings) -> tuple[Step, ...]:
    """Return the commands that the settings ask for. Raises DeviceRefused for what cannot be had."""
    steps: list[Step] = []
    if len(settings.antennas) != 1:
        raise DeviceRefused(
            f"{settings.device}: an M100 has one antenna port, not {len(settings.antennas)}: give one antenna"
        )
    if settings.region is not None:
        if settings.region not in m100.REGION_CODES:
            raise DeviceRefused(
                f"{settings.device}: region {settings.region!r} is none of {sorted(m100.REGION_CODES)}"
            )
        steps.append(Step("region", Command.SET_REGION, m100.region_param(settings.region)))
    if settings.power_dbm is not None:
        if not 0 <= settings.power_dbm <= MAX_POWER_DBM:
            raise DeviceRefused(
                f"{settings.device}: power_dbm = {settings.power_dbm} is outside 0 to {MAX_POWER_DBM} dBm, "
                "the range of M100 modules"
            )
        steps.append(Step("power", Command.SET_POWER, m100.power_param(settings.power_dbm)))
    return tuple(steps)
