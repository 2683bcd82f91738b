"""Which antennas could see in an epoch: silence of all their tags at once is the antenna's, not the tags'. Pure.

An antenna that used to read so many tags an epoch and reads none was blind in it, though its reader
may answer for itself. The chance of it is followed per antenna, and a zone sees as much as its
antennas do, each by its usual share of the zone's reads.
"""

import numpy as np
from numpy.typing import NDArray

from gateway.presence.rule import Floats, chance

USUAL_MEMORY_S = 600.0
BLIND_PER_S = 1 / (10 * 86_400.0)
"""An antenna fails about once in ten days, in some way."""
HEALED_PER_S = 1 / 3_600.0
CLUMPING = 0.5
"""Tags are shadowed together: that many independent tags is one that is read worth."""
MOST_EXPECTED = 60.0
NOT_DARK = 1e-3
LEAST_TELLING = 0.8
"""A zone that is seen less than this has an antenna in the dark: the silence in it tells nothing."""
LEAST_SEEN = 0.02
"""A zone that is seen less than this is not: the rest is antennas that never read anything."""


class Antennas:
    """The antennas of one store; `zone_of[i]` is the zone (number within the store) that antenna i watches."""

    def __init__(self, zone_of: tuple[int, ...], zones: int, epoch_s: float) -> None:
        self._zone_of = np.array(zone_of, np.intp)
        self._zones = zones
        self._keep = 1.0 - chance(1 / USUAL_MEMORY_S, epoch_s)
        self._fails = chance(BLIND_PER_S, epoch_s)
        self._heals = chance(HEALED_PER_S, epoch_s)
        self.usual = np.zeros(len(zone_of))
        self.p_blind = np.zeros(len(zone_of))

    def epoch(
        self, tags_read: NDArray[np.int64], alive: NDArray[np.bool_], due: NDArray[np.float64]
    ) -> Floats:
        """Take in how many tags each antenna read in an epoch; return the share of each zone that was seen.

        An antenna that is rather blind than not sees nothing: hours of the little that it might see add up.
        `alive`: whether each antenna's reader proved its life; a dead reader's antennas see nothing.
        `due`: the reads that are expected of each zone, going by the tags believed there: an antenna
        whose tags were carried away and read elsewhere is not blind.
        """
        of_zone = np.bincount(self._zone_of, self.usual, self._zones)[self._zone_of]
        modelled = due[self._zone_of] * self.usual / np.maximum(of_zone, 1e-12)
        expected = np.minimum(np.minimum(self.usual, modelled) * CLUMPING, MOST_EXPECTED)
        prior = self.p_blind + (1 - self.p_blind) * self._fails
        prior = prior * (1 - self._heals * (1 - prior))
        dark = np.exp(-expected)
        blind = prior / (prior + (1 - prior) * dark)
        self.p_blind = np.where(tags_read > 0, 0.0, blind)
        watched = (self.p_blind < 0.5) & alive
        seeing = np.where(watched, 1.0 - self.p_blind, 0.0)
        self.usual = np.where(watched, self.usual * self._keep + tags_read * (1 - self._keep), self.usual)
        weight = np.maximum(self.usual, NOT_DARK)
        seen = np.bincount(self._zone_of, weight * seeing, self._zones)
        whole = np.bincount(self._zone_of, weight, self._zones)
        share = seen / np.maximum(whole, NOT_DARK)
        result: Floats = np.where(share < LEAST_SEEN, 0.0, share).astype(np.float32)
        return result

    def is_blind(self, antenna: int) -> bool:
        """Return whether an antenna is taken to be blind."""
        return bool(self.p_blind[antenna] > 0.5)


def telling(seen: Floats) -> Floats:
    """Return how much silence tells in each zone, by the share of it that is seen.

    Which tags the dark antenna of a zone alone reads is not known: were silence to tell by the share that
    is seen, all of these would depart within half an hour.
    """
    result: Floats = np.clip((seen - LEAST_TELLING) / (1 - LEAST_TELLING), 0.0, 1.0).astype(np.float32)
    return result
