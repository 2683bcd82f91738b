"""What the evidence on a port means, in words, and what to do about it. Pure: one rule, one function.

Rules look at what they need and yield nothing where they have nothing to say. Their order is the order
in which a person would look: the port, who is there, the wire, the radio, the tags.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from gateway.doctor.evidence import PortEvidence, Watched
from gateway.doctor.reader_settings import region_refusal

NOISE_SHARE = 0.002
"""A good cable loses nothing; two bytes in a thousand are worth a word."""
BAD_NOISE_SHARE = 0.05
"""One frame of 24 bytes in two is broken then or more: reads are lost all the time."""
LEAST_NOISE_BYTES = 20
"""Half a frame at the begin of listening is no noise."""
WEAK_DBM = -72.0
"""Modules of this class read down to some -80 dBm: a median below this has no reserve."""

_LOST_ANTENNA = re.compile(r"antenna_(\d{1,3})_disconnected")

Level = Literal["good", "note", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to say. `remedy` is what to do, empty where there is nothing."""

    level: Level
    code: str
    text: str
    remedy: str = ""


Rule = Callable[[PortEvidence, str | None], Iterator[Finding]]


def findings(evidence: PortEvidence, wanted_region: str | None = None) -> list[Finding]:
    """Return all that is to be said of a port; `wanted_region` is that of the law or of the site."""
    return [found for rule in RULES for found in rule(evidence, wanted_region)]


def _port(evidence: PortEvidence, _region: str | None) -> Iterator[Finding]:
    if evidence.failure:
        yield Finding("problem", "port", f"The port failed: {evidence.failure}")


def _nobody(evidence: PortEvidence, _region: str | None) -> Iterator[Finding]:
    tried, probed = evidence.probed.tried, evidence.probed
    if probed.identity is not None or not tried:
        return
    bauds = ", ".join(str(baud) for baud in sorted({what.baud for what in tried}))
    if any(what.is_echo for what in tried):
        yield Finding(
            "problem",
            "echo",
            "Only our own questions come back.",
            "TX and RX are joined, or an RS-485 adapter hears itself: separate them, then check that the "
            "device is on the other end.",
        )
    elif not any(what.heard_bytes for what in tried):
        yield Finding(
            "problem",
            "no_answer",
            f"Nothing answers at {bauds} bit/s.",
            "Is it powered (a LED)? Are TX and RX crossed, and the grounds joined? Is it 3.3 V or RS-232? "
            "A reader set to another baud is found with --baud; a scanner is silent until something is "
            "scanned: --kind scanner.",
        )
    else:
        most = max(tried, key=lambda what: what.heard_bytes)
        yield Finding(
            "problem",
            "garbage",
            f"Bytes come ({most.heard_bytes} at {most.baud} bit/s, beginning {most.sample.hex(' ').upper()}), "
            "in no protocol that is known here.",
            "Another baud (--baud), another protocol (docs/devices), or a cable full of noise: keep it "
            "short, shielded, away from motors and lamps, with a common ground.",
        )


def _identity(evidence: PortEvidence, _region: str | None) -> Iterator[Finding]:
    identity, baud = evidence.probed.identity, evidence.probed.baud
    if identity is None:
        return
    detail = f": {identity.detail}" if identity.detail else ""
    yield Finding("good", "found", f"{identity.model} at {baud} bit/s{detail}.")
    if identity.speaks_first and identity.kind != "scanner":
        yield Finding(
            "note",
            "speaks_first",
            "It reports by itself, without being asked, and was only listened to.",
            "The gateway sets it to the mode of its site file when it starts.",
        )


def _noise(evidence: PortEvidence, _region: str | None) -> Iterator[Finding]:
    watched = evidence.watched
    if watched is None or sum(watched.refused_bytes.values()) < LEAST_NOISE_BYTES:
        return
    share = watched.refused_share
    if share < NOISE_SHARE:
        return
    why = ", ".join(f"{count} {reason}" for reason, count in watched.refused_bytes.items())
    yield Finding(
        "problem" if share >= BAD_NOISE_SHARE else "note",
        "noise",
        f"{share:.1%} of the bytes are broken ({why}).",
        "Noise on the cable: a shorter or shielded one, a common ground, a better adapter or supply.",
    )


def _faults(evidence: PortEvidence, _region: str | None) -> Iterator[Finding]:
    for code, detail in evidence.watched.faults if evidence.watched else ():
        if not _LOST_ANTENNA.fullmatch(code):
            yield Finding("problem", "fault", f"The reader says: {detail} ({code}).")


def _antennas(evidence: PortEvidence, _region: str | None) -> Iterator[Finding]:
    """A port that the reader itself has in use, or the last one, misses its antenna; others may be bare."""
    watched, identity = evidence.watched, evidence.probed.identity
    if watched is None or identity is None:
        return
    bare = _lost_ports(watched)
    wanted = [port for port in bare if port in identity.antennas]
    if not bare:
        return
    if wanted or not set(watched.asked) - set(bare):
        yield Finding(
            "problem",
            "no_antenna",
            _bare(wanted or bare),
            "Screw it on before the reader transmits again, or leave that port out of `antennas`: a "
            "transmitter without an antenna can destroy itself.",
        )
    else:
        yield Finding("note", "bare_ports", _bare(bare), "Leave what stays bare out of `antennas`.")


def _bare(ports: list[int]) -> str:
    listed = ", ".join(str(port) for port in ports)
    return f"No antenna on port{'s' if len(ports) > 1 else ''} {listed}."


def _lost_ports(watched: Watched) -> list[int]:
    matches = (_LOST_ANTENNA.fullmatch(code) for code, _ in watched.faults)
    return sorted(int(match[1]) for match in matches if match)


def _radio(evidence: PortEvidence, wanted_region: str | None) -> Iterator[Finding]:
    identity = evidence.probed.identity
    if identity is None or identity.region is None:
        return
    if wanted_region is None:
        yield Finding(
            "note",
            "region",
            f"It transmits in region {identity.region}.",
            "Check that this is the law where you are, or let the doctor do it: --region eu.",
        )
    elif identity.region != wanted_region:
        refusal = region_refusal(identity, wanted_region)
        yield Finding(
            "problem",
            "wrong_region",
            f"It transmits in region {identity.region}, not in {wanted_region}.",
            f"It cannot be set to it, and must not be used there: {refusal}"
            if refusal
            else f'Write region = "{wanted_region}" into the site file: the gateway sets it at each start.',
        )


def _tags(evidence: PortEvidence, _region: str | None) -> Iterator[Finding]:
    watched, identity = evidence.watched, evidence.probed.identity
    if watched is None or identity is None or identity.kind == "scanner":
        return
    if watched.reads:
        yield from _signals(watched)
        return
    if set(watched.asked) <= set(_lost_ports(watched)):
        return  # said already: no port has an antenna
    if not watched.heard_bytes:
        yield Finding(
            "problem",
            "no_rounds",
            f"It answered before, and said nothing in {watched.seconds:g} s of inventory.",
            "It may lose power when it transmits: give it a supply of its own (1 A and more).",
        )
        return
    yield Finding(
        "problem",
        "no_tags",
        f"The inventory ran for {watched.seconds:g} s, and no tag answered.",
        "Hold a tag 20 cm before the antenna, flat to it, not on metal. None still: antenna cable, power_dbm, "
        "region (tags of one region answer badly in another).",
    )


def _signals(watched: Watched) -> Iterator[Finding]:
    for seen in watched.antennas:
        signal = seen.signal
        if signal is not None and signal.unit == "dBm" and signal.median < WEAK_DBM:
            yield Finding(
                "note",
                "weak",
                f"Antenna {seen.antenna} hears its tags weakly (median {signal.median:g} dBm).",
                "Move it nearer, turn it, or raise power_dbm as far as the law allows.",
            )


RULES: tuple[Rule, ...] = (_port, _nobody, _identity, _noise, _radio, _antennas, _faults, _tags)
