"""Answers to the e-shop: how true P(N ≥ 1) is, and which promises were kept. Pure.

Every article is asked for once a minute, night and day: "is there one, may I promise it?".

- Brier score: mean of (P(N ≥ 1) - [N ≥ 1])². ECE: the answers in bins of P (`CHANCE_EDGES`), the mean
  over all answers of |mean P of the bin - share with N ≥ 1|. A method without probabilities answers
  0 or 1.
- Oversold: of the promises made, the share at whose moment there was none. Refused: of the questions
  at whose moment there was one, the share that was not promised.
- The same of whoever promises by probability alone: where P(N ≥ 1) is `PROMISE_AT` or more.
- Regret, 60-minute pick: a promise is worth 1 if a piece is there an hour later, -1 if not, a refusal
  0; the regret is what an oracle that sees that hour gains more, per 1,000 questions.
"""

import numpy as np
from numpy.typing import NDArray

from simulators.scoring.beliefs import ANSWER_EVERY_NS, BeliefLog
from simulators.scoring.grid import NS_PER_S
from simulators.scoring.history import History
from simulators.scoring.states import Counts
from simulators.scoring.tally import CHANCE_BINS, CHANCE_EDGES, Tally

PICK_NS = 3_600 * NS_PER_S
PROMISE_AT = 0.9
"""One promise broken is worth some ten refused: a promise pays from this probability on."""


def tally_answers(tally: Tally, true: Counts, believed: Counts, log: BeliefLog, history: History) -> None:
    """Take the answers of a method into a tally; counts are pieces per article and instant."""
    grid = history.grid
    step = ANSWER_EVERY_NS // grid.epoch_ns
    asked = np.arange(step - 1, grid.size, step)
    is_there = true[:, asked] >= 1
    chances = (believed[:, asked] >= 1).astype(np.float64) if log.chances is None else log.chances
    promised = believed[:, asked] >= 1 if log.promises is None else log.promises
    chances, promised = chances[:, : len(asked)].astype(np.float64), promised[:, : len(asked)]
    scored = asked >= grid.first
    day = asked * grid.epoch_ns // grid.day_ns
    unit = np.arange(len(history.skus))[:, None] * grid.days + day[None, :]
    ok, units = np.broadcast_to(scored, is_there.shape), unit.astype(np.int64)
    tally.add("answers", units[ok])
    tally.add("squared_error", units[ok], (chances - is_there)[ok] ** 2)
    for name, values in (
        ("promised", promised & ok),
        ("oversold", promised & ~is_there & ok),
        ("keepable", is_there & ok),
        ("refused", is_there & ~promised & ok),
        ("p_promised", (chances >= PROMISE_AT) & ok),
        ("p_oversold", (chances >= PROMISE_AT) & ~is_there & ok),
        ("p_refused", is_there & (chances < PROMISE_AT) & ok),
    ):
        tally.add(name, units[ok], values[ok].astype(np.float64))
    _bins(tally, units[ok], chances[ok], is_there[ok])
    _regret(tally, units, true, asked, promised & ok, ok, history)


def _bins(
    tally: Tally, units: NDArray[np.int64], chances: NDArray[np.float64], is_there: NDArray[np.bool_]
) -> None:
    places = np.clip(np.searchsorted(CHANCE_EDGES, chances, side="right") - 1, 0, CHANCE_BINS - 1)
    flat = units * CHANCE_BINS + places
    size = tally.units * CHANCE_BINS
    for name, values in (("n", None), ("sum", chances), ("there", is_there.astype(np.float64))):
        counted = np.bincount(flat, weights=values, minlength=size).astype(np.float64)
        tally.bins[name] = counted.reshape(tally.units, CHANCE_BINS)


def _regret(
    tally: Tally,
    units: NDArray[np.int64],
    true: Counts,
    asked: NDArray[np.int64],
    promised: NDArray[np.bool_],
    ok: NDArray[np.bool_],
    history: History,
) -> None:
    ahead = PICK_NS // history.grid.epoch_ns
    decided = asked + ahead < history.grid.size
    later = true[:, asked[decided] + ahead] >= 1
    gained = np.where(promised[:, decided], np.where(later, 1.0, -1.0), 0.0)
    mask = ok[:, decided]
    tally.add("picks", units[:, decided][mask])
    tally.add("regret", units[:, decided][mask], (later.astype(np.float64) - gained)[mask])
