"""How the simulated shop and its radio behave: rates and laws as data, with their units. Pure."""

from dataclasses import dataclass, replace
from enum import StrEnum

Range = tuple[float, float]
"""A duration drawn evenly between two bounds."""


@dataclass(frozen=True, slots=True)
class ShopParams:
    """Behaviour of customers and staff. Shares are 0..1; a Range is in the unit of its name."""

    # opening hours, seconds of the local day; 0 and 86,400: never closed
    opens_s: int = 9 * 3_600
    closes_s: int = 21 * 3_600
    utc_offset_s: int = 3_600
    # how busy each hour of the local day is, against the mean
    rush: tuple[float, ...] = (
        *(0.6,) * 9,
        *(0.5, 0.7, 0.9, 1.5, 1.3, 0.8, 0.8, 1.0, 1.5, 1.7, 1.2, 0.7),
        *(0.4,) * 3,
    )
    # stock
    tagged_pieces: int = 140
    floor_capacity: tuple[int, int] = (3, 6)
    shelf_capacity: int = 10
    weight_back_room: int = 6
    count_pieces: int = 12
    piece_weight_spread: float = 0.01
    company_prefix_digits: int = 7
    # customers
    customers_per_h: float = 20.0
    looks_per_customer: tuple[int, int] = (1, 3)
    browse_s: Range = (15, 90)
    fitting_room_share: float = 0.25
    fitting_room_s: Range = (180, 480)
    left_in_fitting_room_share: float = 0.15
    buy_share: float = 0.32
    misplaced_share: float = 0.06
    weight_buy_share: float = 0.6
    walk_s: Range = (8, 25)
    till_queue_s: Range = (10, 60)
    till_scan_gap_s: Range = (4, 7)
    till_to_exit_s: Range = (15, 60)
    gate_passing_s: Range = (3, 8)
    theft_share: float = 0.02
    returns_per_h: float = 0.7
    return_min_age_s: float = 1_800
    return_at_till_s: Range = (300, 1_200)
    # staff
    first_restock_s: float = 5_400
    restock_interval_s: float = 5_400
    put_back_share: float = 0.7
    shelving_s: Range = (3, 6)
    first_delivery_s: float = 3 * 3_600
    delivery_interval_s: float = 5 * 3_600
    delivered_share: float = 0.85
    receiving_gap_s: Range = (4, 6)
    first_receiving_s: float = 480
    touches_per_h: float = 15.0
    touch_s: Range = (1, 5)
    touch_load_g: Range = (-150, 600)
    """A hand on the shelf presses it, or lifts a piece a little."""
    # the opening act: see simulators/opening_act.py
    act_first_sale_s: float = 240
    act_sale_gap_s: float = 75
    act_hold_s: float = 3_000


class Pace(StrEnum):
    """day: a small shop's usual day. brisk: three times as busy and never closed, for a demo."""

    DAY = "day"
    BRISK = "brisk"


def shop_params(pace: Pace) -> ShopParams:
    """Return the shop's parameters at a pace."""
    if pace is Pace.DAY:
        return ShopParams()
    return replace(
        ShopParams(),
        opens_s=0,
        closes_s=86_400,
        rush=(1.0, 1.1, 1.2, 1.1, 1.0, 0.9, 0.8, 0.9) * 3,
        customers_per_h=60.0,
        returns_per_h=2.0,
        first_restock_s=2_700,
        restock_interval_s=2_700,
        first_delivery_s=5_400,
        delivery_interval_s=2 * 3_600,
    )


@dataclass(frozen=True, slots=True)
class AirParams:
    """The radio: how likely a tag answers an antenna in one epoch of 5 s, and how strongly."""

    read_share: float = 0.8
    """In its own zone, for a perfect tag in plain view."""
    quality_beta: tuple[float, float] = (8.0, 2.0)
    weak_share: float = 0.10
    weak_factor: float = 0.35
    hard_share: float = 0.0
    hard_factor: float = 0.08
    dead_share: float = 0.0
    visible_mean_s: float = 900.0
    shadow_median_s: float = 60.0
    shadow_sigma: float = 1.3
    shadow_factor: float = 0.05
    carried_factor: float = 0.45
    border_share: float = 0.30
    """Placements that neighbouring antennas read too."""
    border_share_range: Range = (0.02, 0.25)
    far_mean: float = 0.003
    """Mean read share of neighbouring antennas for all other placements (exponential)."""
    gate_cross_factor: float = 0.02
    """A gate antenna looks across the door, turned down: it hardly reads the shop floor."""
    own_rssi_dbm: float = -53.0
    fall_off_db: float = 14.0
    tag_sigma_db: float = 2.35
    place_sigma_db: float = 3.0
    noise_sigma_db: float = 1.5
    cross_rssi_dbm: float = -67.0
    floor_rssi_dbm: float = -77.0
    gate_rssi_dbm: float = -54.0
    gate_sigma_db: float = 4.0
    gate_share: float = 0.95
    gate_theft_share: float = 0.85
    gate_reads: tuple[int, int] = (3, 8)
