"""A simulated line scanner: a code, as the scanner transmits it, and a terminator. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from random import Random

from simulators.devices.faults import NO_FAULTS, LineFaults, NoisyLine

GS = "\x1d"


class Symbol(StrEnum):
    """What is printed on the label."""

    EAN_13 = "ean-13"
    GS1_QR = "gs1-qr"
    DIGITAL_LINK = "digital-link"


_AIM_IDS = {Symbol.EAN_13: "]E0", Symbol.GS1_QR: "]Q3", Symbol.DIGITAL_LINK: "]Q1"}
"""ISO/IEC 15424. A Digital Link is an ordinary QR code to a scanner: ]Q1, not ]Q3."""


@dataclass(frozen=True, slots=True)
class ScannerOptions:
    """How the scanner was programmed, and what the labels are."""

    symbol: Symbol = Symbol.EAN_13
    with_aim_id: bool = False
    terminator: str = "\r\n"
    lot: str = ""
    link_host: str = "id.gs1.org"
    faults: LineFaults = NO_FAULTS


class LineScanner:
    """One scanner. It says nothing on its own, and ignores what the host writes."""

    def __init__(self, options: ScannerOptions | None = None, seed: int = 0) -> None:
        self._options = options or ScannerOptions()
        self.line = NoisyLine(self._options.faults, Random(f"{seed}:scanner"), checksum_at=0)

    def feed(self, _data: bytes, _now_ns: int) -> bytes:
        """Return the answer to host bytes: none."""
        return b""

    def scan(self, gtin14: str, serial: str = "") -> bytes:
        """Return what the scanner sends for one label. ValueError: an EAN-13 cannot hold the GTIN."""
        options = self._options
        aim_id = _AIM_IDS[options.symbol] if options.with_aim_id else ""
        return self.line.send([f"{aim_id}{self._text(gtin14, serial)}{options.terminator}".encode()])

    def _text(self, gtin14: str, serial: str) -> str:
        options = self._options
        if options.symbol is Symbol.EAN_13:
            if not gtin14.startswith("0"):
                raise ValueError(f"{gtin14} does not fit an EAN-13: it begins with no 0")
            return gtin14[1:]
        if options.symbol is Symbol.GS1_QR:
            variable = [f"10{options.lot}"] if options.lot else []
            variable += [f"21{serial}"] if serial else []
            return f"01{gtin14}" + GS.join(variable)
        lot = f"/10/{options.lot}" if options.lot else ""
        return f"https://{options.link_host}/01/{gtin14}{lot}" + (f"/21/{serial}" if serial else "")
