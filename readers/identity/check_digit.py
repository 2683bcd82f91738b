"""The check digit that every GS1 key bears. Pure."""


def check_digit(payload: str) -> str:
    """Return the mod-10 check digit of a string of ASCII digits (GS1 General Specifications §7.9.1)."""
    digits = payload.encode("ascii")
    # Weights 3, 1, 3 … from the right; 48 is the code of "0", taken out in one subtraction.
    threes, ones = digits[-1::-2], digits[-2::-2]
    total = 3 * sum(threes) + sum(ones) - 48 * (3 * len(threes) + len(ones))
    return str(-total % 10)


def has_check_digit(key: str) -> bool:
    """Return whether the last digit of `key` (ASCII digits) is its check digit."""
    return check_digit(key[:-1]) == key[-1]
