"""How long a store keeps what. Pure values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Retention:
    """How long each table is kept, ns of the shop's time. levels <= hourly <= daily.

    `serials_ns` None: the serials of movements stay; else older ones become pseudonyms by `serials_key`.
    """

    levels_ns: int
    hourly_ns: int
    daily_ns: int
    movements_ns: int
    applied_ns: int
    alerts_ns: int
    dead_letters_ns: int
    audit_ns: int
    kpis_ns: int
    serials_ns: int | None = None
    serials_key: bytes = b""
