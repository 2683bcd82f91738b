"""The families of the truth benchmark: every law and rate of the shop, its radio and its wires, as data. Pure.

The defaults are `base`. Shares and probabilities are 0..1; a Range holds the bounds of an even draw.
Families that bear `held` and the seeds of HELD_SEEDS are never looked at while a rule is tuned: they
are there to show whether what was learned holds under other laws.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Transport:
    """What the wires do to messages, and what the devices' clocks say. All zero: nothing."""

    duplicate_share: float = 0.0
    duplicate_after_s: Range = (0.01, 3.0)
    lost_share: float = 0.0
    lost_bursts_per_device_day: float = 0.0
    lost_burst_s: Range = (5.0, 40.0)
    late_share: float = 0.0
    late_median_s: float = 5.0
    late_p95_s: float = 60.0
    reordered_share: float = 0.0
    reordered_s: Range = (0.1, 2.0)
    clock_offset_s: float = 0.0
    """Each device's clock is off by up to this, either way."""
    clock_drift_ppm: float = 0.0
    clock_steps: int = 0
    """Devices whose clock is set wrong at some moment of the run."""
    clock_step_s: float = 30.0
    corrupted_bytes_share: float = 0.0
    """Bytes of a serial line that come with one bit turned."""


FAULTY = Transport(
    duplicate_share=0.01,
    lost_share=0.005,
    lost_bursts_per_device_day=1.0,
    late_share=0.02,
    reordered_share=0.02,
    clock_offset_s=2.0,
    clock_drift_ppm=20.0,
    clock_steps=1,
    corrupted_bytes_share=1e-4,
)
FAULTY_X3 = replace(
    FAULTY,
    duplicate_share=0.03,
    lost_share=0.015,
    lost_bursts_per_device_day=3.0,
    late_share=0.06,
    reordered_share=0.06,
    clock_offset_s=6.0,
    clock_drift_ppm=60.0,
    clock_steps=3,
    corrupted_bytes_share=3e-4,
)


@dataclass(frozen=True, slots=True)
class Shelves:
    """Weight shelves: how many, and how their cells behave."""

    count: int = 0
    pieces: tuple[int, int] = (8, 20)
    piece_g: Range = (180.0, 900.0)
    noise_g: float = 5.0
    drift_g_per_sqrt_h: float = 2.0
    drift_g_per_day: float = 10.0
    piece_spread: float = 0.01
    foreign_share: float = 0.02
    """Of the hands that put something down, those that leave a thing of another kind."""
    foreign_stays_s: Range = (300.0, 3_600.0)
    touches_per_h: float = 15.0
    swing_g: float = 150.0


@dataclass(frozen=True, slots=True)
class Family:
    """One family of shops: the same laws, any seed."""

    name: str = "base"
    about: str = "The shop of every day: weak tags, shadows, neighbours' reads, thefts, errors at the till."
    held: bool = False
    held_because: str = ""

    # time
    open_h: float = 12.0
    night_h: float = 0.5
    """The closed night, cut short: four days are 50 hours, 35,000 tag-hours at 700 tags."""
    hour_profile: tuple[float, ...] = (0.5, 0.7, 0.9, 1.4, 1.3, 0.8, 0.8, 1.0, 1.4, 1.6, 1.0, 0.6)
    """Open hours against their mean, stretched over open_h."""
    week_profile: tuple[float, ...] = (0.85, 0.85, 0.95, 0.95, 1.15, 1.5, 0.75)
    """Monday to Sunday, against their mean."""

    # the place: see simulators/benchmark/topology.py
    topology: str = "street"
    reader_kind: Literal["impinj", "zebra", "uhfreader288"] = "impinj"
    is_reader_per_zone: bool = False
    heartbeat_s: float = 30.0
    """Of zebra readers always, of uhfreader288 while they see nothing; an R700 has none over MQTT."""
    report_s: float = 1.0
    """A reader sends what it saw once in this time."""

    tells_rssi: bool = True
    """Of Impinj readers: peakRssiCdbm can be switched off, as all fields but the EPC."""
    is_each_round_told: bool = False
    """Each answer is an event of its own; else those of one antenna within an epoch are one."""
    listens_each_epochs: int = 1
    """Readers rest between: they listen for one epoch of 5 s out of so many."""

    # stock and ledger
    skus: int = 80
    units_sigma: float = 0.85
    fast_share: float = 0.6
    fast_median_units: float = 9.0
    slow_median_units: float = 2.0
    floor_capacity: tuple[int, int] = (3, 6)
    sold_before: int = 40
    """Items sold before the run, which may come back."""
    ledger_wrong_share: float = 0.35
    ledger_off_by: tuple[int, ...] = (-2, -1, 1, 2, 3)
    ghost_share: float = 0.02
    ghosts_told_share: float = 0.0
    """Ghosts are errors of counting in the books, which no tag was ever part of; where the list of tags
    is as wrong as they are (family `ghosts-told`), pieces that left before anything watched are in it."""
    tags_told_share: float = 1.0
    """Of the tags in stock at the start, those that the shop tells by receive events."""

    # customers
    sales_per_day: float = 160.0
    browses_per_sale: float = 3.0
    browse_s: Range = (15.0, 90.0)
    fitting_share: float = 0.25
    fitting_s: Range = (180.0, 480.0)
    left_in_fitting_share: float = 0.15
    misplaced_share: float = 0.06
    theft_share: float = 0.02
    theft_shielded_share: float = 0.30
    till_queue_s: Range = (10.0, 60.0)
    till_to_exit_s: Range = (15.0, 60.0)
    gate_passing_s: Range = (3.0, 8.0)
    returns_per_day: float = 8.0
    return_age_s: float = 1_800.0
    return_at_till_s: Range = (300.0, 1_200.0)
    bursts_per_day: float = 1.0
    burst_s: Range = (900.0, 2_400.0)
    burst_factor: float = 2.5
    burst_sku_share: float = 0.5
    """Of a burst's customers, those who all want one and the same article."""
    shift_at_day: float | None = None
    """From here on other articles are in demand."""
    shift_factor: float = 4.0
    shifted_share: float = 0.15

    # staff
    delivered_per_day: int = 60
    delivery_at_h: float = 2.0
    receiving_gap_s: Range = (4.0, 6.0)
    restock_each_s: float = 5_400.0
    shelving_s: Range = (3.0, 6.0)
    put_back_share: float = 0.7
    life_days: Range | None = None
    """How long a piece may be sold after its delivery; each morning staff write off what is older."""
    delivery_named_by: Literal["epc", "sku"] = "epc"

    # till
    till_by: Literal["sku", "epc", "scanner"] = "sku"
    till_missed_share: float = 0.005
    till_double_share: float = 0.003
    till_wrong_share: float = 0.007

    # tags
    dead_share: float = 0.005
    hard_share: float = 0.02
    hard_factor: float = 0.08
    weak_share: float = 0.10
    weak_factor: float = 0.35
    quality_beta: tuple[float, float] | None = (8.0, 2.0)
    """None: all tags are perfect."""

    # air, per epoch of 5 s
    read_share: float = 0.8
    full_reach: float = 0.7
    """Of the antenna's range R: within it the share above, beyond falling to 0 at R."""
    corner_reach: float = 0.85
    """R is such that a zone's farthest corner from its nearest antenna lies at this part of it."""
    shadow_law: Literal["none", "lognormal", "weibull-uniform"] = "lognormal"
    visible_mean_s: float = 900.0
    shadow_median_s: float = 60.0
    shadow_sigma: float = 1.3
    shadow_factor: float = 0.05
    carried_factor: float = 0.45
    border_share: float = 0.30
    border_read_share: Range = (0.02, 0.25)
    far_mean: float = 0.003
    stray_share: float = 2e-4
    own_rssi_dbm: float = -53.0
    fall_off_db: float = 14.0
    tag_sigma_db: float = 2.35
    place_sigma_db: float = 3.0
    noise_sigma_db: float = 1.5
    floor_rssi_dbm: float = -77.0
    cross_rssi_dbm: float = -67.0
    gate_rssi_dbm: float = -54.0
    gate_sigma_db: float = 4.0
    gate_sale_share: float = 0.95
    gate_theft_share: float = 0.85
    gate_reads: tuple[int, int] = (3, 8)
    antennas_bumped_at_day: float | None = None
    """At this moment somebody knocks against each second antenna: it looks elsewhere from then on."""
    bump_m: float = 1.5

    # outage
    outage: Literal["", "antennas", "reader"] = ""
    """antennas: those of `outage_zone` fall silent, their reader goes on. reader: the whole reader dies."""
    outage_zone: str = ""
    outage_s: float = 1_200.0
    outages_per_day: float = 1.0

    transport: Transport = Transport()
    shelves: Shelves = Shelves()


BASE = Family()
CLEAN = replace(
    BASE,
    name="clean",
    about="Perfect tags, no shadows, no neighbours' reads, no errors: only the readers' own misses.",
    ledger_wrong_share=0.0,
    ghost_share=0.0,
    theft_shielded_share=0.0,
    till_missed_share=0.0,
    till_double_share=0.0,
    till_wrong_share=0.0,
    dead_share=0.0,
    hard_share=0.0,
    weak_share=0.0,
    quality_beta=None,
    shadow_law="none",
    border_share=0.0,
    far_mean=0.0,
    stray_share=0.0,
    gate_sale_share=1.0,
    gate_theft_share=1.0,
)
GHOSTS_TOLD = replace(
    BASE,
    name="ghosts-told",
    about="The list of tags that the shop starts from is as wrong as its books: half of the ghosts are in it.",
    ghosts_told_share=0.5,
)
HARD = replace(
    BASE,
    name="hard",
    about="Twice the weak tags and the shadows, walls that let more through, a worse gate and till.",
    hard_share=0.06,
    weak_share=0.25,
    visible_mean_s=450.0,
    shadow_median_s=120.0,
    border_share=0.50,
    border_read_share=(0.02, 0.40),
    gate_sale_share=0.80,
    gate_theft_share=0.50,
    till_missed_share=0.015,
    till_wrong_share=0.02,
)
SPARSE = replace(
    BASE, name="sparse", about="Readers that see a tag in one epoch of three at best.", read_share=0.35
)

OUTAGE = replace(
    BASE,
    name="outage",
    about="A reader for each zone, with heartbeats; that of one floor zone dies for 20 minutes a day.",
    reader_kind="zebra",
    is_reader_per_zone=True,
    outage="reader",
    outage_zone="floor-b",
)
OUTAGE_UNPLUGGED = replace(
    OUTAGE,
    name="outage-unplugged",
    about="One zone's antennas fall off for 20 minutes; its reader's heartbeats go on as if nothing were.",
    outage="antennas",
)
OUTAGE_SILENT = replace(
    BASE,
    name="outage-silent",
    about="No heartbeats at all; one zone's antennas fall silent for 20 minutes, their reader goes on.",
    outage="antennas",
    outage_zone="floor-b",
)
OUTAGE_READER = replace(
    OUTAGE_SILENT,
    name="outage-reader",
    about="No heartbeats at all; the reader of two floor zones dies for 20 minutes.",
    outage="reader",
)

TRANSPORT = replace(
    BASE,
    name="transport",
    about="Messages doubled, lost, late and out of order; clocks that are off; a till scanner on a noisy line.",
    till_by="scanner",
    transport=FAULTY,
)
TRANSPORT_HARD = replace(
    TRANSPORT, name="transport-hard", about="Three times the faults of transport.", transport=FAULTY_X3
)

UNTOLD = replace(
    BASE,
    name="untold",
    about="Nobody tells of tags: stock is only read, deliveries are scanned by their article's code.",
    tags_told_share=0.0,
    delivery_named_by="sku",
)
EPC_TILL = replace(
    BASE, name="epc-till", about="A till that reads the tag it sells, and names it.", till_by="epc"
)

SHADOW_WEIBULL = replace(
    BASE,
    name="shadow-weibull",
    about="Shadows of another law: many short ones, a heavy tail, and even ones up to ten minutes.",
    held=True,
    held_because="a filter that learned the length of lognormal shadows by heart fails here",
    shadow_law="weibull-uniform",
    shadow_factor=0.10,
)
MOVED_ANTENNAS = replace(
    BASE,
    name="moved-antennas",
    about="Another floor plan: one to three antennas per zone at its walls, and half of them knocked askew.",
    held=True,
    held_because="read rates of the usual floor plan, known in advance, are worth nothing here",
    topology="hall",
    corner_reach=0.92,
    antennas_bumped_at_day=0.5,
)
MIXED_TAGS = replace(
    BASE,
    name="mixed-tags",
    about="Another mix of tags: more dead and hard ones, and no clear line between good and weak.",
    held=True,
    held_because="classes of tags that were typed in do not fit this mix",
    dead_share=0.01,
    hard_share=0.06,
    hard_factor=0.15,
    weak_share=0.20,
    weak_factor=0.60,
    quality_beta=(3.0, 1.5),
)
BOUTIQUE = replace(
    BASE,
    name="boutique",
    about="A small shop: 15 articles, one floor zone, one antenna per zone, few customers.",
    topology="boutique",
    reader_kind="zebra",
    skus=15,
    fast_share=0.3,
    sales_per_day=20.0,
    returns_per_day=1.0,
    delivered_per_day=10,
    sold_before=10,
    floor_capacity=(2, 4),
)
GROCERY = replace(
    BASE,
    name="grocery",
    about="Short life and high turnover: 12 weight shelves beside tags, a till scanner, daily write-offs.",
    topology="grocery",
    skus=60,
    fast_median_units=10.0,
    floor_capacity=(6, 10),
    sales_per_day=450.0,
    browses_per_sale=0.5,
    fitting_share=0.0,
    misplaced_share=0.02,
    returns_per_day=1.0,
    delivered_per_day=420,
    delivery_at_h=0.5,
    restock_each_s=2_700.0,
    life_days=(1.0, 4.0),
    till_by="scanner",
    shelves=Shelves(count=12),
)
GROCERY_HARD = replace(
    GROCERY,
    name="grocery-hard",
    about="As grocery, with shelves that are noisy, drift far and bear foreign things.",
    shelves=Shelves(count=12, noise_g=20.0, drift_g_per_day=50.0, foreign_share=0.05),
)
LEVEL_SHIFT = replace(
    BASE,
    name="level-shift",
    about="From noon of the first day on, other articles are in demand.",
    shift_at_day=0.5,
)
BURST = replace(
    BASE,
    name="burst",
    about="Four storms of customers a day, most of them after one article.",
    held=True,
    held_because="rates learned in quiet hours must not delay what happens in loud ones",
    bursts_per_day=4.0,
    burst_factor=4.0,
    burst_sku_share=0.7,
)

LEAN = replace(
    BASE,
    name="lean",
    about="Few pieces of each article: shelves run empty and articles out of stock all day long.",
    fast_median_units=3.0,
    floor_capacity=(1, 3),
    delivered_per_day=120,
)
LEAN_HARD = replace(
    HARD,
    name="lean-hard",
    about="As lean, with the radio, the walls, the gate and the till of hard.",
    fast_median_units=3.0,
    floor_capacity=(1, 3),
    delivered_per_day=120,
)
LEAN_OUTAGE = replace(
    LEAN,
    name="lean-outage",
    about="As lean, with a reader for each zone; that of one floor zone dies six times a day for 20 minutes.",
    reader_kind="zebra",
    is_reader_per_zone=True,
    outage="reader",
    outage_zone="floor-b",
    outages_per_day=6.0,
)
LEAN_DAYS = replace(
    LEAN,
    name="lean-days",
    about="As lean, with whole nights: what is foretold for a day ahead needs days of 24 hours.",
    night_h=12.0,
)
LEAN_HELD = replace(
    LEAN,
    name="lean-held",
    about="As lean, with other tags, other shadows and another floor plan.",
    held=True,
    held_because="alerts that are right under one radio alone are worth little",
    hard_share=0.04,
    weak_share=0.15,
    weak_factor=0.60,
    quality_beta=(5.0, 1.5),
    shadow_law="weibull-uniform",
    shadow_factor=0.10,
    topology="hall",
    corner_reach=0.92,
)

CHATTY = replace(
    BASE,
    name="chatty",
    about="Readers that tell each single answer of a tag: twice the reads, no more knowledge.",
    is_each_round_told=True,
)
RESTING = replace(
    BASE,
    name="resting",
    about="Readers that listen for 5 seconds out of 30, as those that share a channel or save power.",
    listens_each_epochs=6,
)
NO_RSSI = replace(
    BASE,
    name="no-rssi",
    about="Readers that do not tell how strong an answer was.",
    held=True,
    held_because="what places a tag must not hang on its signal alone",
    tells_rssi=False,
)
QUIET = replace(
    BASE,
    name="quiet",
    about="Hardly a customer: whatever seems to leave did not.",
    sales_per_day=8.0,
    returns_per_day=0.5,
    delivered_per_day=4,
    bursts_per_day=0.0,
)
THIEVES = replace(
    BASE,
    name="thieves",
    about="One item in ten that leave is stolen, half of them in foil, and the gate sees half of the others.",
    held=True,
    held_because="a prior of few thefts must give way to what is seen",
    theft_share=0.10,
    theft_shielded_share=0.50,
    gate_theft_share=0.50,
)

SERIAL = replace(
    BASE,
    name="serial",
    about="Readers on serial lines that turn bits: frames with a raw signal and no time of their own.",
    reader_kind="uhfreader288",
    report_s=0.25,
    transport=Transport(corrupted_bytes_share=1e-4),
    till_by="scanner",
)

HELD_SEEDS = frozenset(range(9_000, 10_000))
"""Never used while tuning, in any family: what is reported of them is what a new shop would see."""

FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        family.name: family
        for family in (
            CLEAN, BASE, HARD, SPARSE,
            OUTAGE, OUTAGE_UNPLUGGED, OUTAGE_SILENT, OUTAGE_READER,
            TRANSPORT, TRANSPORT_HARD,
            UNTOLD, EPC_TILL, GHOSTS_TOLD,
            SHADOW_WEIBULL, MOVED_ANTENNAS, MIXED_TAGS,
            BOUTIQUE, GROCERY, GROCERY_HARD,
            LEVEL_SHIFT, BURST,
            LEAN, LEAN_HARD, LEAN_OUTAGE, LEAN_DAYS, LEAN_HELD,
            CHATTY, RESTING, NO_RSSI, QUIET, THIEVES, SERIAL,
        )
    }
)  # fmt: skip
