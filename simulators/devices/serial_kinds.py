"""kind -> simulated RFID reader on a serial port: the one table to extend for a further one. Pure."""

from simulators.devices.cf import Cf, CfOptions
from simulators.devices.faults import NO_FAULTS, LineFaults
from simulators.devices.m100 import M100, M100Options
from simulators.devices.r2000 import R2000, R2000Options
from simulators.devices.serial_reader import SerialReader
from simulators.devices.uhfreader import UhfReader, UhfReaderOptions

UHF_SIZES = (1, 4, 8, 16)
"""UHFReader288s are sold with so many antenna ports."""


def make_reader(
    kind: str,
    faults: LineFaults = NO_FAULTS,
    seed: int = 0,
    ports: int = 1,
    dead_antennas: frozenset[int] = frozenset(),
) -> SerialReader:
    """Return a reader of a kind, with at least so many antenna ports. KeyError: no such kind."""
    match kind:
        case "m100":
            return M100(M100Options(faults=faults), seed)
        case "cf":
            return Cf(CfOptions(faults=faults), seed)
        case "r2000":
            return R2000(R2000Options(faults=faults, dead_antennas=dead_antennas), seed)
        case "uhfreader18":
            return UhfReader(UhfReaderOptions(model=18, faults=faults), seed)
        case "uhfreader288":
            size = next(size for size in UHF_SIZES if size >= min(ports, UHF_SIZES[-1]))
            return UhfReader(UhfReaderOptions(ports=size, dead_antennas=dead_antennas, faults=faults), seed)
    raise KeyError(kind)
