"""The families are what was laid down before any rule was tuned on them: a benchmark that follows its product proves nothing."""

from dataclasses import asdict, fields

import pytest

from simulators.benchmark.families import FAMILIES, FAULTY, FAULTY_X3, Family
from simulators.benchmark.topology import TOPOLOGIES

LAID_DOWN = {
    "read_share": 0.8, "full_reach": 0.7,
    "dead_share": 0.005, "hard_share": 0.02, "hard_factor": 0.08, "weak_share": 0.10, "weak_factor": 0.35,
    "quality_beta": (8.0, 2.0),
    "shadow_law": "lognormal", "visible_mean_s": 900.0, "shadow_median_s": 60.0, "shadow_sigma": 1.3,
    "shadow_factor": 0.05, "carried_factor": 0.45,
    "border_share": 0.30, "border_read_share": (0.02, 0.25), "far_mean": 0.003, "stray_share": 2e-4,
    "own_rssi_dbm": -53.0, "fall_off_db": 14.0, "tag_sigma_db": 2.35, "place_sigma_db": 3.0,
    "noise_sigma_db": 1.5, "floor_rssi_dbm": -77.0, "cross_rssi_dbm": -67.0, "gate_rssi_dbm": -54.0,
    "gate_sigma_db": 4.0, "gate_sale_share": 0.95, "gate_theft_share": 0.85, "theft_shielded_share": 0.30,
    "skus": 80, "units_sigma": 0.85, "fast_median_units": 9.0, "slow_median_units": 2.0,
    "sales_per_day": 160.0, "browses_per_sale": 3.0, "fitting_share": 0.25, "misplaced_share": 0.06,
    "theft_share": 0.02, "returns_per_day": 8.0, "delivered_per_day": 60, "restock_each_s": 5_400.0,
    "ghost_share": 0.02, "ledger_wrong_share": 0.35,
    "till_missed_share": 0.005, "till_double_share": 0.003, "till_wrong_share": 0.007,
    "outage_s": 1_200.0,
}  # fmt: skip
"""`base`, from the table that the benchmark was built after."""
HARDER = {
    "hard_share": 0.06, "weak_share": 0.25, "visible_mean_s": 450.0, "shadow_median_s": 120.0,
    "border_share": 0.50, "border_read_share": (0.02, 0.40), "gate_sale_share": 0.80, "gate_theft_share": 0.50,
    "till_missed_share": 0.015, "till_wrong_share": 0.02,
}  # fmt: skip
FAULTS = {
    "duplicate_share": 0.01, "lost_share": 0.005, "late_share": 0.02, "late_median_s": 5.0, "late_p95_s": 60.0,
    "clock_offset_s": 2.0, "clock_drift_ppm": 20.0, "clock_steps": 1, "clock_step_s": 30.0,
    "corrupted_bytes_share": 1e-4,
}  # fmt: skip
SHELF = {
    "noise_g": 5.0, "drift_g_per_sqrt_h": 2.0, "drift_g_per_day": 10.0, "piece_spread": 0.01,
    "foreign_share": 0.02, "touches_per_h": 15.0,
}  # fmt: skip


def differences(one: Family, other: Family) -> set[str]:
    """Return the names of the parameters in which two families differ."""
    told = {"name", "about", "held", "held_because"}
    return {f.name for f in fields(one) if getattr(one, f.name) != getattr(other, f.name)} - told


def test_base_and_hard_are_as_laid_down() -> None:
    """Their parameters are those of the table; hard differs in what the table says, and in nothing else."""
    base, hard = asdict(FAMILIES["base"]), asdict(FAMILIES["hard"])
    assert {name: base[name] for name in LAID_DOWN} == LAID_DOWN
    assert {name: hard[name] for name in HARDER} == HARDER
    assert differences(FAMILIES["base"], FAMILIES["hard"]) == set(HARDER)
    assert differences(FAMILIES["base"], FAMILIES["sparse"]) == {"read_share"}
    assert FAMILIES["sparse"].read_share == 0.35


def test_faults_and_shelves_are_as_laid_down() -> None:
    """Faults of transport, three times as many in the hard ones, and what cells of shelves do."""
    faults, more = asdict(FAULTY), asdict(FAULTY_X3)
    assert {name: faults[name] for name in FAULTS} == FAULTS
    for name in ("duplicate_share", "lost_share", "late_share", "clock_steps", "corrupted_bytes_share"):
        assert more[name] == pytest.approx(3 * faults[name])
    shelf = asdict(FAMILIES["grocery"].shelves)
    assert {name: shelf[name] for name in SHELF} == SHELF
    hard = FAMILIES["grocery-hard"].shelves
    assert (hard.noise_g, hard.drift_g_per_day, hard.foreign_share) == (20.0, 50.0, 0.05)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=list(FAMILIES))
def test_a_family_can_be(family: Family) -> None:
    """Shares are shares, bounds are in order, and its floor plan has what its outage names."""
    for name, value in (*asdict(family).items(), *asdict(family.transport).items()):
        if name.endswith("_share") and isinstance(value, float):
            assert 0.0 <= value <= 1.0, name
        if isinstance(value, tuple) and len(value) == 2 and name not in {"quality_beta", "ledger_off_by"}:
            assert value[0] <= value[1], name
    zones = {zone.id for zone in TOPOLOGIES[family.topology].zones}
    assert not family.outage or family.outage_zone in zones


@pytest.mark.parametrize("name", TOPOLOGIES)
def test_a_floor_plan_is_whole(name: str) -> None:
    """Zones do not overlap, each has antennas on just one reader, and all hang together by their walls."""
    topology = TOPOLOGIES[name]
    for zone in topology.zones:
        for other in topology.zones:
            a, b = zone.rect, other.rect
            overlap = (
                min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0]),
                min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1]),
            )
            assert zone is other or min(overlap) <= 0, f"{zone.id} lies upon {other.id}"
    watched = [zone for _, zones in topology.readers for zone in zones]
    assert sorted(watched) == sorted(zone.id for zone in topology.zones)
    reached, fresh = set(), {topology.zones[0].id}
    while fresh:
        reached |= fresh
        fresh = {near for zone in fresh for near in topology.adjacent(zone)} - reached
    assert reached == set(watched)
    for antenna in topology.antennas(0.85, is_reader_per_zone=False):
        assert 1 <= antenna.port <= 8
