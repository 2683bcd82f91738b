"""How long a store keeps what. Pure values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Retention:
    """How long each table is kept, ns of the shop's time. levels <= hourly <= daily."""

    levels_ns: int
    hourly_ns: int
    daily_ns: int
    movements_ns: int
    applied_ns: int
    alerts_ns: int
    dead_letters_ns: int
    audit_ns: int
    kpis_ns: int
