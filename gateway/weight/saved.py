"""What a shelf has learned, as a text that outlives a restart. Pure.

A plain integer (rows of earlier versions) is a count alone. Where unit weight or tare were set anew
since, the count alone is taken up: what was learned belonged to the old ones.
"""

import json
from dataclasses import dataclass
from math import exp, log

from gateway.weight.hypothesis import Covariance, Hypothesis

DIGITS = 6


@dataclass(frozen=True, slots=True)
class SavedShelf:
    """The state of a shelf. `pieces` None: nothing was ever told."""

    pieces: int | None
    is_in_doubt: bool = False
    noise_sd_g: float | None = None
    spread_share: float | None = None
    at_ns: int = 0
    accounts: tuple[Hypothesis, ...] = ()


def to_text(saved: SavedShelf, unit_weight_g: float, tare_g: float) -> str:
    """Return the state as JSON."""
    return json.dumps(
        {
            "pieces": saved.pieces,
            "doubt": saved.is_in_doubt,
            "noise": saved.noise_sd_g,
            "spread": saved.spread_share,
            "at": saved.at_ns,
            "set": [unit_weight_g, tare_g],
            "accounts": [_to_list(account) for account in saved.accounts],
        },
        separators=(",", ":"),
    )


def from_text(text: str, unit_weight_g: float, tare_g: float) -> SavedShelf:
    """Return the state that `text` tells."""
    told = json.loads(text)
    if not isinstance(told, dict):
        return SavedShelf(None if told is None else int(told))
    if told["set"] != [unit_weight_g, tare_g]:
        return SavedShelf(told["pieces"])
    accounts = tuple(_from_list(account) for account in told["accounts"])
    return SavedShelf(told["pieces"], told["doubt"], told["noise"], told["spread"], told["at"], accounts)


def _to_list(account: Hypothesis) -> list[object]:
    state = (account.zero_g, account.load_g, account.unit_g)
    return [
        account.pieces,
        list(account.foreign_g),
        *(round(value, DIGITS) for value in state),
        list(account.covariance),
        exp(account.log_weight),
    ]


def _from_list(
    told: tuple[int, list[float], float, float, float, Covariance, float],
) -> Hypothesis:
    pieces, foreign_g, zero_g, load_g, unit_g, (zz, zl, zu, ll, lu, uu), share = told
    covariance = (zz, zl, zu, ll, lu, uu)
    return Hypothesis(pieces, tuple(foreign_g), zero_g, load_g, unit_g, covariance, log(share))
