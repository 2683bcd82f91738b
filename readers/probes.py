"""How each kind of serial RFID reader is asked who it is, without harm: reading commands alone. Pure.

A probe is one further entry of PROBES. Nothing in it changes a setting, starts a transmission or stops
one: a reader that works for somebody else goes on with it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from readers.codecs import cf, m100, r2000, uhfreader
from readers.codecs.json_payload import Json
from readers.codecs.m100 import Dialect, Info
from readers.codecs.uhfreader_steps import READER_TYPES
from readers.describe.lines import Line

UHFREADER18_TYPES = frozenset({0x03, 0x08, 0x09})
"""Types whose tag lists bear no antenna and no RSSI (wabson/chafon-rfid, base.py)."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a reader says that it is, as far as it says it. `detail` is for people.

    `speaks_first`: it reports tags without being asked. `antennas` are the ports in use, where told.
    """

    kind: str
    model: str
    detail: str = ""
    region: str | None = None
    power_dbm: float | None = None
    antennas: tuple[int, ...] = ()
    speaks_first: bool = False


@dataclass(frozen=True, slots=True)
class Knock:
    """A first question, and those that follow once it was answered."""

    ask: bytes
    then: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Probe:
    """How one family is found. `bauds` are those that its makers ship, the likeliest first.

    `answers` are the commands whose answers prove it; `identify` makes an identity of all that was heard.
    """

    bauds: tuple[int, ...]
    knocks: tuple[Knock, ...]
    answers: frozenset[int]
    identify: Callable[[list[Line]], Identity]


def is_answered(probe: Probe, lines: Iterable[Line]) -> bool:
    """Return whether one of the lines answers a question of the probe."""
    return any(line.get("frame") == "answer" and line.get("cmd") in probe.answers for line in lines)


def speaks_first(lines: Iterable[Line]) -> bool:
    """Return whether tags or heartbeats are among lines that nobody asked for."""
    return any(line.get("kind") == "read" or line.get("frame") == "heartbeat" for line in lines)


def with_speech(identity: Identity, unasked: Iterable[Line]) -> Identity:
    """Return the identity of a reader that said these lines before it was asked anything."""
    return replace(identity, speaks_first=identity.speaks_first or speaks_first(unasked))


def _fields(lines: Iterable[Line], *commands: int) -> dict[str, Json]:
    """Return all fields of the answers to these commands, the last word counting."""
    found: dict[str, Json] = {}
    for line in lines:
        if line.get("frame") == "answer" and line.get("cmd") in commands:
            found |= line
    return found


def _texts(fields: Mapping[str, Json], *names: str) -> Iterator[str]:
    for name in names:
        if fields.get(name):
            yield f"{name} {fields[name]}"


def _number(value: Json) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _mask(value: Json) -> tuple[int, ...]:
    return uhfreader.ANTENNAS_OF_MASK[value] if isinstance(value, int) and 0 <= value < 256 else ()


def _word(value: Json) -> str | None:
    return value if isinstance(value, str) else None


# M100 family

_WHO = (m100.Command.INFO, m100.Command.GET_REGION, m100.Command.GET_POWER)


def _m100_knock(dialect: Dialect) -> Knock:
    def ask(command: int, param: bytes = b"") -> bytes:
        return m100.encode(command, param, dialect)

    return Knock(
        ask(m100.Command.INFO, bytes((Info.HARDWARE,))),
        (
            ask(m100.Command.INFO, bytes((Info.SOFTWARE,))),
            ask(m100.Command.INFO, bytes((Info.MAKER,))),
            ask(m100.Command.GET_REGION),
            ask(m100.Command.GET_POWER),
        ),
    )


def _identify_m100(lines: list[Line]) -> Identity:
    fields = _fields(lines, *_WHO)
    centi_dbm = _number(fields.get("centi_dbm"))
    return Identity(
        "m100",
        "M100 / R200 family",
        ", ".join(_texts(fields, "hardware", "software", "maker")),
        _word(fields.get("region_name")),
        None if centi_dbm is None else centi_dbm / 100,
        (1,),
    )


# UHFReader18 and UHFReader288

REGION_OF_BAND = {
    "EU": "eu",
    "EU 3": "eu",
    "US": "us",
    "US 3": "us",
    "China 2": "cn-900",
    "China 1": "cn-800",
    "Korea": "kr",
}


def _identify_uhfreader(lines: list[Line]) -> Identity:
    fields = _fields(lines, uhfreader.Command.INFO)
    number = fields.get("type")
    kind = "uhfreader18" if number in UHFREADER18_TYPES else "uhfreader288"
    model = READER_TYPES.get(number, "UHF reader") if isinstance(number, int) else "UHF reader"
    band = _word(fields.get("band"))
    detail = [*_texts(fields, "fw")]
    if band is not None and "fmin_mhz" in fields:
        detail.append(f"band {band}, {fields['fmin_mhz']} to {fields['fmax_mhz']} MHz")
    return Identity(
        kind,
        model if isinstance(number, int) else f"{model} of the UHFReader family",
        ", ".join(detail),
        REGION_OF_BAND.get(band or "", band),
        _number(fields.get("power_dbm")),
        (1,) if kind == "uhfreader18" else _mask(fields.get("ant")),
    )


# CF / UHF Prime

ACTIVE_MODE = 1


def _identify_cf(lines: list[Line]) -> Identity:
    fields = _fields(lines, cf.Command.INFO, cf.Command.GET_PARAMETERS)
    modes = {0: "answers when asked", 1: "reports by itself", 2: "reports when triggered"}
    mode = fields.get("work_mode")
    detail = [*_texts(fields, "hardware", "firmware", "serial")]
    detail += [modes[mode]] if isinstance(mode, int) and mode in modes else []
    return Identity(
        "cf",
        "CF / UHF Prime reader",
        ", ".join(detail),
        _word(fields.get("region_name")),
        _number(fields.get("power_dbm")),
        _mask(fields.get("antennas")),
        speaks_first=mode == ACTIVE_MODE,
    )


# R2000 "A0"

REGION_OF_NAME = {"FCC": "us", "ETSI": "eu", "CHN": "cn-900"}
EUROPE_KHZ = (863_000, 868_600)
"""A user's region that begins here is one of Europe's: the gateway itself sets such a one."""


def _identify_r2000(lines: list[Line]) -> Identity:
    commands = r2000.Command
    fields = _fields(lines, commands.INFO, commands.GET_POWER, commands.GET_REGION, commands.TEMPERATURE)
    levels = fields.get("dbm")
    told = fields.get("temperature_c")
    detail = [*_texts(fields, "fw")]
    detail += [f"{told} °C"] if told is not None else []
    start_khz = _number(fields.get("start_khz"))
    is_european = start_khz is not None and EUROPE_KHZ[0] <= start_khz <= EUROPE_KHZ[1]
    region = _word(fields.get("region"))
    return Identity(
        "r2000",
        'R2000 module ("A0" protocol)',
        ", ".join(detail),
        "eu" if region == "user" and is_european else REGION_OF_NAME.get(region or "", region),
        _number(levels[0]) if isinstance(levels, list) and levels else None,
    )


PROBES: Mapping[str, Probe] = MappingProxyType(
    {
        "uhfreader288": Probe(
            (57_600, 115_200, 9_600, 19_200, 38_400),
            (Knock(uhfreader.encode(uhfreader.Command.INFO)),),
            frozenset({uhfreader.Command.INFO}),
            _identify_uhfreader,
        ),
        "m100": Probe(
            (115_200,),
            (_m100_knock(Dialect.BB), _m100_knock(Dialect.AA), _m100_knock(Dialect.BB)),
            frozenset({m100.Command.INFO}),
            _identify_m100,
        ),
        "r2000": Probe(
            (115_200, 38_400),
            (
                Knock(
                    r2000.encode(r2000.Command.INFO),
                    (
                        r2000.encode(r2000.Command.GET_POWER),
                        r2000.encode(r2000.Command.GET_REGION),
                        r2000.encode(r2000.Command.TEMPERATURE),
                    ),
                ),
            ),
            frozenset({r2000.Command.INFO}),
            _identify_r2000,
        ),
        "cf": Probe(
            (115_200, 57_600),
            (Knock(cf.encode(cf.Command.INFO), (cf.encode(cf.Command.GET_PARAMETERS),)),),
            frozenset({cf.Command.INFO, cf.Command.GET_PARAMETERS}),
            _identify_cf,
        ),
    }
)
"""Framing → its probe, in the order of asking. Those without a header come first: the words of another
protocol could be the beginning of a long frame to them. A sleeping M100 loses the byte that wakes it: it
is asked once more. UHFReader18 and 288 share a probe: the answer says which of them it is.
"""

SCANNER_BAUDS = (9_600, 115_200)
"""What scanners ship with; they say nothing until something is scanned."""


def bauds() -> tuple[int, ...]:
    """Return all bauds, in the order in which they are tried: those of most kinds first."""
    counted = Counter(baud for probe in PROBES.values() for baud in probe.bauds)
    return tuple(sorted(counted, key=lambda baud: (-counted[baud], -baud)))
