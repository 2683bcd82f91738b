"""What happens in the shop that a device can notice. Pure values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CodeScanned:
    """A person held a product's code before the scanner of a role (till, receiving, return)."""

    at_ns: int
    role: str
    sku: str
    gtin: str


@dataclass(frozen=True, slots=True)
class GatePassed:
    """A tag is carried through the exit gate between two moments; `paid` or not."""

    at_ns: int
    until_ns: int
    epc: str
    paid: bool


@dataclass(frozen=True, slots=True)
class ShelfTouched:
    """Somebody's hand is on a weight shelf until `settles_ns`; then it bears `load_g` of goods."""

    at_ns: int
    sku: str
    load_g: float
    settles_ns: int
    press_g: float


Signal = CodeScanned | GatePassed | ShelfTouched
