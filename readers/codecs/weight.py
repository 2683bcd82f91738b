"""A weight as JSON or text gives it: grams within bounds, or Malformed. Pure."""

from readers.codecs.json_payload import Json, number_of
from readers.errors import Malformed

MAX_WEIGHT_G = 1_000_000.0
"""A ton: beyond any shelf, so a number beyond it is a broken cell or another sensor."""


def grams_of(value: Json, grams_per_unit: float, field: str) -> float:
    """Return grams. Raises Malformed `weight`: no finite number, or beyond a ton."""
    number = number_of(value)
    if number is None:
        raise Malformed("weight", f"no number in {field}")
    weight_g = number * grams_per_unit
    if not -MAX_WEIGHT_G <= weight_g <= MAX_WEIGHT_G:
        raise Malformed("weight", f"{field} out of range")
    return weight_g
