"""PINs: which may be had, what is kept of them, and what it takes to verify one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.staff.pins import COST, fault_of, hash_pin, is_pin, key_of, new_pin
from tests.support.plain_staff import CHEAP, KEY, SALT

DIGITS = st.from_regex(r"[0-9]{6}", fullmatch=True)


@pytest.mark.parametrize(
    "pin",
    [
        "000000", "123456", "654321", "012345", "890123", "135791", "111222", "112233", "121212", "123123", "147258",
        "159753", "700007", "97531", "9753186", "28074a", "２８０７４１", " 28074", "",
    ],
)  # fmt: skip
def test_what_is_tried_first_and_what_is_no_pin_is_refused(pin: str) -> None:
    """Runs, few digits, halves that repeat, ways over the keypad; other than six ASCII digits."""
    assert fault_of(pin) is not None


@pytest.mark.parametrize("pin", ["280741", "391852", "904271"])
def test_others_may_be_had(pin: str) -> None:
    """Dates too: they are too many of all to be refused."""
    assert fault_of(pin) is None


def test_a_pin_of_ours_may_be_had_and_most_pins_may() -> None:
    """It is drawn again until it is none of the easy ones, which are few: nine of ten may be had."""
    drawn = iter([0, 123456, 280741])
    assert new_pin(lambda _: next(drawn)) == "280741"
    allowed = sum(fault_of(f"{number:06d}") is None for number in range(0, 1_000_000, 37))
    assert allowed > 0.85 * 1_000_000 / 37


@given(pin=DIGITS, other=DIGITS)
@settings(max_examples=50)
def test_a_pin_is_itself_and_no_other(pin: str, other: str) -> None:
    """Under the same secret and no other; what is kept has no digit run of it."""
    kept = hash_pin(pin, KEY, SALT, CHEAP)
    assert is_pin(pin, kept, KEY)
    assert is_pin(other, kept, KEY) == (other == pin)
    assert not is_pin(pin, kept, key_of(KEY))


def test_the_same_pin_is_kept_differently_each_time() -> None:
    """Who has the store sees no two that are the same."""
    assert hash_pin("280741", KEY, SALT, CHEAP) != hash_pin("280741", KEY, SALT[::-1], CHEAP)


@pytest.mark.parametrize(
    "kept", ["", "scrypt$4$00$00", "plain$280741", "scrypt$4$" + "0" * 32 + "$" + "g" * 64]
)
def test_what_is_no_hash_is_nobodys_pin(kept: str) -> None:
    """Damage lets nobody in, and stops nothing."""
    assert not is_pin("280741", kept, KEY)


def test_what_a_gateway_keeps_is_dear() -> None:
    """The cost stands in the hash, so a later version may choose another and still verify this one."""
    assert hash_pin("280741", KEY, SALT).startswith(f"scrypt${COST}$")
    assert COST >= 14
